// A crop of a picture to RGB of the same size: the kernels of pixels::to_rgb_rows, same bytes.
//
// A thread makes 4 columns of 2 rows. The rows begin at an even row of the picture, so that with
// 4:2:0 a thread has one chroma row, and each of its chroma products serves 4 pixels.
//
// Arithmetic for each pixel of 4:2:0, where rows are aligned: luma 1 product, chroma 1 (4 for 4
// pixels), for each channel a sum, a shift and two bounds. Counted in the PTX of that path, with
// unpacking, packing and addresses: 33 instructions for NV12 to 8-bit RGB, 31 for P010 to it, 37
// for NV12 to f32, 43 to f16; and for 8 pixels 3 loads and 2 to 24 stores.
#include "pixels/kernel_samples.h"
#include "pixels/kernel_store.h"

namespace cuf::pixels::device {

template <class Form>
__device__ __forceinline__ void store_row(const RgbParameters& p, int32_t y, int32_t x,
                                          const int32_t (&luma)[4],
                                          const ChromaTerms<typename Form::Sum> (&chroma)[4],
                                          int32_t count) {
  uint32_t elements[3][4];
  CUF_UNROLL for (int i = 0; i < 4; ++i) {
    const Rgb rgb = rgb_of<Form>(p.math, Form::luma(p.math, luma[i]), chroma[i]);
    elements[0][i] = static_cast<uint32_t>(rgb.r);
    elements[1][i] = static_cast<uint32_t>(rgb.g);
    elements[2][i] = static_cast<uint32_t>(rgb.b);
  }
  const DeviceTarget& target = p.target;
  if (has_float_elements(target)) {
    CUF_UNROLL for (int c = 0; c < 3; ++c) {
      CUF_UNROLL for (int i = 0; i < 4; ++i) {
        elements[c][i] = float_element(target, c, static_cast<int32_t>(elements[c][i]));
      }
    }
  }
  const uint64_t row = target.data + static_cast<uint64_t>(target.row_stride * y);
  if (target.dtype == DType::u8) {
    store_pixels<uint8_t>(target, row, x, elements, p.alpha, count);
  } else if (target.dtype == DType::f32) {
    store_pixels<uint32_t>(target, row, x, elements, p.alpha, count);
  } else {
    store_pixels<uint16_t>(target, row, x, elements, p.alpha, count);
  }
}

template <class Form>
__device__ __forceinline__ void rgb_block(const RgbParameters& p) {
  const auto column = static_cast<int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  const auto pair = static_cast<int32_t>(blockIdx.y * blockDim.y + threadIdx.y);
  const int32_t x = column * kThreadColumns;
  const int32_t first = pair * kThreadRows - (p.crop_y & 1);
  if (x >= p.width || first >= p.height) return;
  const int32_t count = least(kThreadColumns, p.width - x);
  const int32_t end = least(first + kThreadRows, p.height);
  ChromaTerms<typename Form::Sum> chroma[4];
  int32_t chroma_row = -1;
  CUF_KEEP_LOOP for (int32_t y = first < 0 ? 0 : first; y < end; ++y) {
    const int32_t row = p.crop_y + y;
    if (row >> p.image.log2_chroma_height != chroma_row) {
      chroma_row = row >> p.image.log2_chroma_height;
      load_chroma<Form>(p.image, p.math, chroma_row, p.crop_x + x, count, chroma);
    }
    int32_t luma[4];
    load_luma<Form>(p.image, p.math, row, p.crop_x + x, count, luma);
    store_row<Form>(p, y, x, luma, chroma, count);
  }
}

}  // namespace cuf::pixels::device

extern "C" {

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_rgb_narrow(const cuf::pixels::RgbParameters p) {
  cuf::pixels::device::rgb_block<cuf::pixels::NarrowForm>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_rgb_wide(const cuf::pixels::RgbParameters p) {
  cuf::pixels::device::rgb_block<cuf::pixels::WideForm<int32_t>>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_rgb_wide_64(const cuf::pixels::RgbParameters p) {
  cuf::pixels::device::rgb_block<cuf::pixels::WideForm<int64_t>>(p);
}

}  // extern "C"
