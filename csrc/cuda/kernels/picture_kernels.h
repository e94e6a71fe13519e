// Pictures in device memory to RGB and from it: the CUDA form of pixels::to_rgb,
// pixels::to_rgb_resized and pixels::to_yuv, the same bytes.
#pragma once

#include "cuda/kernels/kernel_modules.h"
#include "cuda/kernels/resize_tables.h"
#include "cuda/kernels/stream_memory.h"
#include "pixels/kernel_parameters.h"
#include "pixels/resize.h"

namespace cuf::cuda {

// Conversions on one stream; they only put work on it. Keeps what resizes need of device memory:
// tables of weights and the sums between its two passes, both from the driver's allocate. One
// thread at a time; the context is current, for the destructor, too. The stream outlives it.
class PictureKernels {
 public:
  PictureKernels(KernelModules& modules, CUstream_st* stream);

  // The crop lies within the image; the target has its size.
  void to_rgb(const pixels::DeviceImage& image, const pixels::ColorSpec& color,
              const pixels::Crop& crop, const pixels::DeviceTarget& target);

  // The target has the size that `resize` was made for. Throws Error(unsupported) for one of more
  // rows than a grid of the GPU has.
  void to_rgb_resized(const pixels::DeviceImage& image, const pixels::ColorSpec& color,
                      const pixels::Resize& resize, const pixels::DeviceTarget& target);

  // is_yuv_target(image.layout, format) holds. Throws as to_rgb_resized().
  void to_yuv(const pixels::DeviceRgb& image, const pixels::ColorSpec& color,
              pixels::NativeFormat format, const pixels::DeviceYuv& target);

  // A plane, of which its places and its size are given, in another depth, as pixels::PlaneFit
  // makes it: of more than 8 bits, MSB-aligned, in 8, or of 8 in more. Throws as to_rgb_resized().
  void to_depth(pixels::DepthParameters plane, uint32_t from_bits, uint32_t to_bits,
                bool full_range);

  // Device memory for the sums of a resize: 6 bytes for each column of the crop and row of the
  // target, columns rounded up to 64; 2.5 MiB for 1920 x 1080 to 224 x 224.
  static size_t scratch_bytes(const pixels::Resize& resize);

 private:
  void launch(Kernel kernel, const Grid& grid, void* parameters);

  KernelModules& modules_;
  CUstream_st* const stream_;
  ResizeTables tables_;
  StreamMemory scratch_;
};

}  // namespace cuf::cuda
