// Pictures and targets as the CUDA kernels get them.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "cuda/kernels/picture_kernels.h"
#include "pixels/kernel_parameters.h"
#include "pixels_output.h"
#include "support/kernel_device.h"

namespace cuf::pixels::testing {

using cuf::testing::KernelDevice;

// Runs f on this machine and on the simulated driver, where it was built; or only on the libcuda
// that CUFRAME_KERNEL_LIBCUDA names: libcuda.so.1 for the machine's GPU.
template <class F>
void for_each_device(F f) {
  const char* library = std::getenv("CUFRAME_KERNEL_LIBCUDA");
  if (library != nullptr) {
    INFO("on " << library);
    return f(*cuf::testing::driver_kernel_device(library));
  }
  {
    INFO("on the host");
    f(*cuf::testing::host_kernel_device());
  }
#ifdef CUF_HAS_SIMULATED_DRIVER
  INFO("on the simulated driver");
  // Beside this program, so that no object depends on where it is built.
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  f(*cuf::testing::driver_kernel_device(folder / "driver_sim" / "libcuda.so.1"));
#endif
}

class DeviceBytes {
 public:
  // A copy of `bytes`, `lead` bytes behind an address that is a multiple of 256.
  DeviceBytes(KernelDevice& device, const std::vector<uint8_t>& bytes, size_t lead = 0)
      : device_(device),
        memory_(device, nullptr, lead + bytes.size()),
        address_(memory_.address() + lead) {
    device.upload(address_, bytes.data(), bytes.size(), nullptr);
  }

  uint64_t address() const { return address_; }
  void download(std::vector<uint8_t>& bytes) const {
    device_.download(bytes.data(), address_, bytes.size());
  }

 private:
  KernelDevice& device_;
  cuda::StreamMemory memory_;
  uint64_t address_;
};

// A picture's planes in device memory, as long as needed and not a byte longer: rows a multiple of
// 256 bytes apart with poison between them, as a decoder's surface has them, or as the picture has
// them, at an odd sample.
class Surface {
 public:
  Surface(KernelDevice& device, const Image& image, bool is_pitched)
      : Surface(device, image, {is_pitched, is_pitched, is_pitched}) {}
  Surface(KernelDevice& device, const Image& image, const std::array<bool, 3>& pitched_planes) {
    image_ = {.data = {},
              .stride = {},
              .width = image.width,
              .height = image.height,
              .log2_chroma_width = image.log2_chroma_width,
              .log2_chroma_height = image.log2_chroma_height,
              .bit_depth = image.bit_depth,
              .shift = image.shift,
              .chroma = image.chroma,
              .reserved = {}};
    const int planes = image.chroma == ChromaLayout::none          ? 1
                       : image.chroma == ChromaLayout::semi_planar ? 2
                                                                   : 3;
    for (int p = 0; p < planes; ++p) {
      const int log2_w = p == 0 ? 0 : image.log2_chroma_width;
      const int log2_h = p == 0 ? 0 : image.log2_chroma_height;
      const ptrdiff_t samples =
          ptrdiff_t{(image.width + (1 << log2_w) - 1) >> log2_w} * (planes == 2 && p == 1 ? 2 : 1);
      const ptrdiff_t row = samples * (image.bit_depth > 8 ? 2 : 1);
      const ptrdiff_t rows = (image.height + (1 << log2_h) - 1) >> log2_h;
      if (pitched_planes[static_cast<size_t>(p)]) {
        place_pitched(device, p, image, row, rows);
      } else {
        place_packed(device, p, image, row, rows);
      }
    }
  }

  const DeviceImage& image() const { return image_; }

 private:
  void place_packed(KernelDevice& device, int p, const Image& image, ptrdiff_t row,
                    ptrdiff_t rows) {
    const ptrdiff_t stride = image.stride[p];
    const ptrdiff_t above = stride < 0 ? stride * (rows - 1) : 0;  // of the first row in memory
    const uint8_t* first = image.data[p] + above;
    const std::vector<uint8_t> bytes(first, first + std::abs(stride) * (rows - 1) + row);
    planes_.emplace_back(device, bytes, image.bit_depth > 8 ? 2 : 1);
    image_.data[p] = planes_.back().address() - static_cast<uint64_t>(above);
    image_.stride[p] = stride;
  }

  void place_pitched(KernelDevice& device, int p, const Image& image, ptrdiff_t row,
                     ptrdiff_t rows) {
    constexpr ptrdiff_t kPitch = 256;
    const ptrdiff_t stride = (row + kPitch) / kPitch * kPitch;  // never the row's own length
    std::vector<uint8_t> bytes(static_cast<size_t>(stride * (rows - 1) + row), 0xee);
    for (ptrdiff_t y = 0; y < rows; ++y) {
      std::memcpy(bytes.data() + stride * y, image.data[p] + image.stride[p] * y,
                  static_cast<size_t>(row));
    }
    planes_.emplace_back(device, bytes);
    image_.data[p] = planes_.back().address();
    image_.stride[p] = stride;
  }

  DeviceImage image_;
  std::vector<DeviceBytes> planes_;
};

// A copy of an Output on the device.
class Target {
 public:
  Target(KernelDevice& device, Output& output) : output_(output), bytes_(device, output.bytes) {
    const RgbTarget& host = output.target;
    target_ = {.data = bytes_.address() + static_cast<uint64_t>(host.data - output.bytes.data()),
               .row_stride = host.row_stride,
               .plane_stride = host.plane_stride,
               .scale = {host.scale[0], host.scale[1], host.scale[2]},
               .bias = {host.bias[0], host.bias[1], host.bias[2]},
               .order = host.order,
               .channels = host.channels,
               .dtype = host.dtype,
               .reserved = {}};
  }

  const DeviceTarget& target() const { return target_; }
  void download() { bytes_.download(output_.bytes); }

 private:
  Output& output_;
  DeviceBytes bytes_;
  DeviceTarget target_;
};

inline std::string description_of(const Image& image, const ColorSpec& color, const Kind& kind) {
  const auto number = [](auto v) { return std::to_string(static_cast<int>(v)); };
  return std::to_string(image.width) + "x" + std::to_string(image.height) + " depth " +
         number(image.bit_depth) + " shift " + number(image.shift) + " chroma " +
         number(image.chroma) + " " + number(image.log2_chroma_width) +
         number(image.log2_chroma_height) + " matrix " + number(color.matrix) + " full " +
         number(color.full_range) + " dtype " + number(kind.dtype) + " order " +
         number(kind.order) + " channels " + number(kind.channels);
}

inline std::string description_of(const Crop& crop) {
  return " crop " + std::to_string(crop.x) + "," + std::to_string(crop.y) + " " +
         std::to_string(crop.width) + "x" + std::to_string(crop.height);
}

inline std::string first_problem(const KernelDevice& device) {
  return device.problems().empty() ? "" : ": " + device.problems()[0];
}

}  // namespace cuf::pixels::testing
