// Converts one raw picture from stdin to RGB on stdout, for the Python tests beside it, by the CPU
// code and by the CUDA kernels compiled for this machine. Status 5: their bytes differ, so what the
// tests say of the output holds for both.
//   pixels_tool WIDTH HEIGHT LOG2_CHROMA_W LOG2_CHROMA_H DEPTH MATRIX FULL CHW DTYPE
//               [CROP_X CROP_Y CROP_WIDTH CROP_HEIGHT TARGET_WIDTH TARGET_HEIGHT]
// Planes are planar and tight, LSB-aligned words above 8 bits; LOG2_CHROMA_W -1 means no chroma.
// MATRIX and DTYPE are the numbers of the enumerations.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "cuda/kernels/picture_kernels.h"
#include "pixels/pixels.h"
#include "pixels/resize.h"
#include "support/kernel_device.h"

using namespace cuf;
using namespace cuf::pixels;

namespace {

bool read_all(std::vector<uint8_t>& bytes) {
  return std::fread(bytes.data(), 1, bytes.size(), stdin) == bytes.size();
}

// `image` and `target` as the library has them, by the kernels; the bytes that they give.
std::vector<uint8_t> by_kernels(const Image& image, size_t image_bytes, const ColorSpec& color,
                                const Resize& resize, const RgbTarget& target, size_t bytes) {
  const auto device = testing::host_kernel_device();
  cuda::KernelModules modules(*device);
  cuda::PictureKernels kernels(modules, nullptr);
  const cuda::StreamMemory in(*device, nullptr, image_bytes);
  const cuda::StreamMemory out(*device, nullptr, bytes);
  device->upload(in.address(), image.data[0], image_bytes, nullptr);
  DeviceImage on_device{.data = {},
                        .stride = {image.stride[0], image.stride[1], image.stride[2]},
                        .width = image.width,
                        .height = image.height,
                        .log2_chroma_width = image.log2_chroma_width,
                        .log2_chroma_height = image.log2_chroma_height,
                        .bit_depth = image.bit_depth,
                        .shift = image.shift,
                        .chroma = image.chroma,
                        .reserved = {}};
  for (int p = 0; p < 3; ++p) {
    on_device.data[p] = in.address() + static_cast<uint64_t>(image.data[p] - image.data[0]);
  }
  DeviceTarget device_target{.data = out.address(),
                             .row_stride = target.row_stride,
                             .plane_stride = target.plane_stride,
                             .scale = {},
                             .bias = {},
                             .order = target.order,
                             .channels = target.channels,
                             .dtype = target.dtype,
                             .reserved = {}};
  std::copy_n(target.scale, 3, device_target.scale);
  std::copy_n(target.bias, 3, device_target.bias);
  kernels.to_rgb_resized(on_device, color, resize, device_target);
  std::vector<uint8_t> result(bytes);
  device->download(result.data(), out.address(), bytes);
  if (!device->problems().empty()) result.clear();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 10 && argc != 16) return 2;
  const bool resized = argc == 16;
  int v[16] = {};
  for (int i = 1; i < argc; ++i) v[i] = std::atoi(argv[i]);
  const bool gray = v[3] < 0;
  const ptrdiff_t sample = v[5] > 8 ? 2 : 1;
  const int log2_w = gray ? 0 : v[3];
  const ptrdiff_t chroma_width = (v[1] + (1 << log2_w) - 1) >> log2_w;
  const ptrdiff_t chroma_height = (v[2] + (1 << v[4]) - 1) >> v[4];
  const ptrdiff_t luma_bytes = sample * v[1] * v[2];
  const ptrdiff_t chroma_bytes = gray ? 0 : sample * chroma_width * chroma_height;
  std::vector<uint8_t> in(static_cast<size_t>(luma_bytes + 2 * chroma_bytes));
  if (!read_all(in)) return 3;
  const Image image{
      .width = v[1],
      .height = v[2],
      .log2_chroma_width = static_cast<uint8_t>(log2_w),
      .log2_chroma_height = static_cast<uint8_t>(v[4]),
      .bit_depth = static_cast<uint8_t>(v[5]),
      .shift = 0,
      .chroma = gray ? ChromaLayout::none : ChromaLayout::planar,
      .data = {in.data(), in.data() + luma_bytes, in.data() + luma_bytes + chroma_bytes},
      .stride = {sample * v[1], sample * chroma_width, sample * chroma_width}};
  const auto dtype = static_cast<DType>(v[9]);
  const ptrdiff_t element = dtype == DType::u8 ? 1 : dtype == DType::f32 ? 4 : 2;
  const ptrdiff_t width = resized ? v[14] : v[1];
  const ptrdiff_t height = resized ? v[15] : v[2];
  const ptrdiff_t plane = element * width * height;
  std::vector<uint8_t> out(static_cast<size_t>(3 * plane));
  RgbTarget target{.order = v[8] != 0 ? Order::chw : Order::hwc,
                   .channels = 3,
                   .dtype = dtype,
                   .data = out.data(),
                   .row_stride = element * width * (v[8] != 0 ? 1 : 3),
                   .plane_stride = plane,
                   .scale = {},
                   .bias = {}};
  const float mean[3] = {0.485F, 0.456F, 0.406F};
  const float deviation[3] = {0.229F, 0.224F, 0.225F};
  normalization(v[5], mean, deviation, target.scale, target.bias);
  const ColorSpec color{static_cast<Matrix>(v[6]), v[7] != 0};
  const Crop crop = resized ? Crop{v[10], v[11], v[12], v[13]} : Crop{0, 0, v[1], v[2]};
  const Resize resize(crop, static_cast<int32_t>(width), static_cast<int32_t>(height));
  if (resized) {
    ResizeScratch scratch;
    to_rgb_resized(image, color, resize, target, scratch);
  } else {
    to_rgb(image, color, target);
  }
  if (by_kernels(image, in.size(), color, resize, target, out.size()) != out) return 5;
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? 0 : 4;
}
