// Crop, antialiased resize and conversion to RGB: the kernels of pixels::to_rgb_resized, same
// bytes, in its two steps with the sums down in between (DeviceSums).
//
// Down: for each tap the pixel's conversion, as in rgb.cu, and three times a subtraction and a
// product; a picture row is converted about twice when shrinking. Across: for each tap and pixel
// three products and four loads of 16 bits.
#include "pixels/kernel_samples.h"
#include "pixels/kernel_store.h"
#include "pixels/resize_math.h"

namespace cuf::pixels::device {

__device__ __forceinline__ uint64_t index_of(int32_t k, const DeviceAxis& axis, int32_t output) {
  return static_cast<uint64_t>(k) * static_cast<uint64_t>(axis.outputs) +
         static_cast<uint64_t>(output);
}

__device__ __forceinline__ int32_t weight_of(const DeviceAxis& axis, int32_t k, int32_t output) {
  return static_cast<int16_t>(
      load<uint16_t>(axis.weights + index_of(k, axis, output) * sizeof(int16_t)));
}

__device__ __forceinline__ int32_t entry_of(uint64_t table, int32_t output) {
  return static_cast<int32_t>(
      load<uint32_t>(table + static_cast<uint64_t>(output) * sizeof(int32_t)));
}

__device__ __forceinline__ uint64_t sums_row(const DeviceSums& sums, int32_t row, int channel) {
  return sums.data + static_cast<uint64_t>(sums.stride * (int64_t{row} * 3 + channel));
}

// A thread sums 4 columns of one output row; those beside the crop are part of the picture or 0.
template <class Form>
__device__ __forceinline__ void sum_down(const ResizeDownParameters& p) {
  const auto column = static_cast<int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  const auto y = static_cast<int32_t>(blockIdx.y * blockDim.y + threadIdx.y);
  const int32_t x = column * kThreadColumns;
  if (x >= p.columns || y >= p.axis.outputs) return;
  const int32_t count = least(kThreadColumns, p.image.width - p.image_x - x);
  const int32_t first = p.image_y + entry_of(p.axis.first, y);
  const int32_t taps = entry_of(p.axis.count, y);
  const int32_t centre = 1 << (p.bits - 1);
  int32_t sums[3][4] = {};
  ChromaTerms<typename Form::Sum> chroma[4];
  int32_t chroma_row = -1;
  CUF_KEEP_LOOP for (int32_t k = 0; k < taps; ++k) {
    const int32_t row = first + k;
    if (row >> p.image.log2_chroma_height != chroma_row) {
      chroma_row = row >> p.image.log2_chroma_height;
      load_chroma<Form>(p.image, p.math, chroma_row, p.image_x + x, count, chroma);
    }
    int32_t luma[4];
    load_luma<Form>(p.image, p.math, row, p.image_x + x, count, luma);
    const int32_t weight = weight_of(p.axis, k, y);
    CUF_UNROLL for (int i = 0; i < 4; ++i) {
      const Rgb rgb = rgb_of<Form>(p.math, Form::luma(p.math, luma[i]), chroma[i]);
      sums[0][i] += weight * (rgb.r - centre);
      sums[1][i] += weight * (rgb.g - centre);
      sums[2][i] += weight * (rgb.b - centre);
    }
  }
  const int shift = vertical_shift(p.axis.fraction_bits, p.bits);
  CUF_UNROLL for (int c = 0; c < 3; ++c) {
    uint32_t elements[4];
    CUF_UNROLL for (int i = 0; i < 4; ++i) {
      elements[i] = static_cast<uint32_t>(rounded_shift(sums[c][i], shift)) & 0xffff;
    }
    store_run<uint16_t>(sums_row(p.sums, y, c) + static_cast<uint64_t>(x) * 2, elements, 4);
  }
}

// A thread makes one pixel.
__device__ __forceinline__ void sum_across(const ResizeAcrossParameters& p) {
  const auto x = static_cast<int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  const auto y = static_cast<int32_t>(blockIdx.y * blockDim.y + threadIdx.y);
  if (x >= p.axis.outputs || y >= p.height) return;
  const auto first = static_cast<uint64_t>(p.lead + entry_of(p.axis.first, x));
  const int32_t taps = entry_of(p.axis.count, x);
  uint64_t at = sums_row(p.sums, y, 0) + first * 2;
  const auto next = static_cast<uint64_t>(p.sums.stride);
  int32_t sums[3] = {};
  for (int32_t k = 0; k < taps; ++k, at += 2) {
    const int32_t weight = weight_of(p.axis, k, x);
    CUF_UNROLL for (int c = 0; c < 3; ++c) {
      sums[c] += weight * static_cast<int16_t>(load<uint16_t>(at + c * next));
    }
  }
  const DeviceTarget& target = p.target;
  uint32_t elements[3];
  CUF_UNROLL for (int c = 0; c < 3; ++c) {
    const int shift = horizontal_shift(p.axis.fraction_bits);
    const int32_t value = rounded_shift(sums[c], shift) + kResizedCentre;
    elements[c] = has_float_elements(target)
                      ? float_element(target, c, value)
                      : static_cast<uint32_t>(resized_integer(value, p.bits));
  }
  const uint64_t row = target.data + static_cast<uint64_t>(target.row_stride * y);
  if (target.dtype == DType::u8) {
    store_pixel<uint8_t>(target, row, x, elements, p.alpha);
  } else if (target.dtype == DType::f32) {
    store_pixel<uint32_t>(target, row, x, elements, p.alpha);
  } else {
    store_pixel<uint16_t>(target, row, x, elements, p.alpha);
  }
}

}  // namespace cuf::pixels::device

extern "C" {

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_resize_down_narrow(const cuf::pixels::ResizeDownParameters p) {
  cuf::pixels::device::sum_down<cuf::pixels::NarrowForm>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_resize_down_wide(const cuf::pixels::ResizeDownParameters p) {
  cuf::pixels::device::sum_down<cuf::pixels::WideForm<int32_t>>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_resize_down_wide_64(const cuf::pixels::ResizeDownParameters p) {
  cuf::pixels::device::sum_down<cuf::pixels::WideForm<int64_t>>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_resize_across(const cuf::pixels::ResizeAcrossParameters p) {
  cuf::pixels::device::sum_across(p);
}

}  // extern "C"
