// The CUDA kernels of RGB to YUV against the CPU code: the same bytes, and nothing beside the
// picture read or written.
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"
#include "kernels_device.h"
#include "pixels/yuv_scalar.h"
#include "pixels_yuv_samples.h"

namespace cuf::pixels::testing {
namespace {

// A copy of a picture on the device, as long as needed: rows at multiples of 16 bytes with poison
// between them, or as the picture has them, at an odd address.
class RgbSurface {
 public:
  RgbSurface(KernelDevice& device, const RgbImage& image, bool is_pitched) {
    image_ = {.data = {},
              .stride = {},
              .width = image.width,
              .height = image.height,
              .layout = image.layout,
              .reserved = {}};
    const ptrdiff_t row = rgb_row_bytes(image.layout, image.width);
    const ptrdiff_t stride = is_pitched ? row / 16 * 16 + 32 : row + 5;
    const size_t lead = is_pitched ? 0 : 1;
    for (int p = 0; p < (image.layout == RgbLayout::rgbp ? 3 : 1); ++p) {
      std::vector<uint8_t> bytes(static_cast<size_t>(stride * (image.height - 1) + row), 0xee);
      for (ptrdiff_t y = 0; y < image.height; ++y) {
        std::memcpy(bytes.data() + stride * y, image.data[p] + image.stride[p] * y,
                    static_cast<size_t>(row));
      }
      planes_.emplace_back(device, bytes, lead);
      image_.data[p] = planes_.back().address();
      image_.stride[p] = stride;
    }
  }

  const DeviceRgb& image() const { return image_; }

 private:
  DeviceRgb image_;
  std::vector<DeviceBytes> planes_;
};

struct Kernels {
  explicit Kernels(KernelDevice& device) : device(device), modules(device) {}
  KernelDevice& device;
  cuda::KernelModules modules;
  cuda::PictureKernels pictures{modules, nullptr};
};

// From and to aligned and unaligned rows.
void check_both(Kernels& kernels, const RgbImage& image, const ColorSpec& color,
                NativeFormat format, int& compared) {
  for (const bool is_aligned : {true, false}) {
    const ptrdiff_t alignment = is_aligned ? 16 : 0;
    YuvOutput expected(image, format, alignment);
    const YuvMath math = yuv_math(color, rgb_bit_depth(image.layout));
    scalar::to_yuv_rows(image, math, expected.target, 0, image.height);
    const RgbSurface surface(kernels.device, image, is_aligned);
    YuvOutput output(image, format, alignment);
    const DeviceBytes memory(kernels.device, output.bytes);
    DeviceYuv target{};
    for (int p = 0; p < native_plane_count(format); ++p) {
      target.data[p] =
          memory.address() + static_cast<uint64_t>(output.target.data[p] - output.bytes.data());
      target.stride[p] = output.target.stride[p];
    }
    kernels.pictures.to_yuv(surface.image(), color, format, target);
    memory.download(output.bytes);
    ++compared;
    if (output.bytes == expected.bytes && kernels.device.problems().empty()) continue;
    FAIL_CHECK(description_of(image, color, format)
               << " aligned " << is_aligned << first_problem(kernels.device));
  }
}

}  // namespace

TEST_CASE("kernels: RGB to YUV of every layout, matrix, range and size gives the CPU's bytes") {
  constexpr int32_t kSizes[][2] = {{1, 1},  {2, 2},  {3, 5},   {4, 4},   {16, 2},
                                   {17, 9}, {23, 5}, {129, 3}, {260, 18}};
  for_each_device([&](KernelDevice& device) {
    Kernels kernels(device);
    int compared = 0;
    uint32_t seed = 1;
    for (const RgbLayout layout : kRgbLayouts) {
      for (const NativeFormat format : kYuvFormats) {
        if (!is_yuv_target(layout, format)) continue;
        for (const auto& size : kSizes) {
          ++seed;
          const RgbPicture picture(size[0], size[1], layout, seed, seed % 3 == 0);
          for (const Matrix matrix : {Matrix::bt601, Matrix::bt709, Matrix::bt2020_ncl}) {
            for (const bool full : {false, true}) {
              check_both(kernels, picture.image(), {matrix, full}, format, compared);
            }
          }
        }
      }
    }
    CHECK(compared == 12 * 9 * 6 * 2);
    CHECK(device.modules() == 1);
  });
}

TEST_CASE("kernels: RGB of more rows than a grid has is refused") {
  const auto device = cuf::testing::host_kernel_device();
  Kernels kernels(*device);
  DeviceRgb image{};
  image.width = 1;
  image.height = 600'000;
  CHECK_THROWS_AS(kernels.pictures.to_yuv(image, {Matrix::bt709, false}, NativeFormat::nv12, {}),
                  Error);
  CHECK(device->launches() == 0);
}

}  // namespace cuf::pixels::testing
