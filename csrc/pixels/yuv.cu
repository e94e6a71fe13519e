// Pictures to what encoders take: the kernels of pixels::to_yuv_rows, same bytes, and of planes in
// another depth, as pixels::PlaneFit makes them.
//
// A thread makes 4 columns of 2 rows: 8 samples of luma and, with 4:2:0, 2 pairs of chroma.
#include "pixels/kernel_samples.h"
#include "pixels/kernel_store.h"

namespace cuf::pixels::device {

// The first `bytes` of kBytes; the others are 0.
template <int kBytes>
__device__ __forceinline__ void load_run(uint64_t at, int32_t bytes, uint32_t (&words)[4]) {
  CUF_UNROLL for (int i = 0; i < 4; ++i) words[i] = 0;
  if (kBytes == 16 && bytes == kBytes && at % 16 == 0) {
    const auto four = load<Words4>(at);
    CUF_UNROLL for (int i = 0; i < 4; ++i) words[i] = four.word[i];
  } else if (bytes == kBytes && at % 4 == 0) {
    CUF_UNROLL for (int i = 0; i < kBytes / 4; ++i) words[i] = load<uint32_t>(at + 4U * i);
  } else {
    CUF_UNROLL for (int i = 0; i < kBytes; ++i) {
      if (i < bytes) words[i / 4] |= uint32_t{load<uint8_t>(at + i)} << (i % 4 * 8);
    }
  }
}

__device__ __forceinline__ int32_t byte_of(const uint32_t (&words)[4], int i) {
  return static_cast<int32_t>(words[i / 4] >> (i % 4 * 8) & 0xff);
}

// The pixels of words, and of bytes that lie as `layout` says.
template <class Sample>
__device__ __forceinline__ void load_packed(const DeviceRgb& image, uint64_t row, int32_t x,
                                            int32_t count, Rgb (&out)[4]) {
  uint32_t words[4];
  if (sizeof(Sample) == 1 && image.layout == RgbLayout::rgb) {
    load_run<12>(row + static_cast<uint64_t>(x) * 3, 3 * count, words);
    CUF_UNROLL for (int i = 0; i < 4; ++i) {
      out[i] = {byte_of(words, 3 * i), byte_of(words, 3 * i + 1), byte_of(words, 3 * i + 2)};
    }
    return;
  }
  load_run<16>(row + static_cast<uint64_t>(x) * 4, 4 * count, words);
  CUF_UNROLL for (int i = 0; i < 4; ++i) {
    if (sizeof(Sample) == 2) {
      out[i] = rgb_of_word(words[i], image.layout);
    } else {
      const int32_t first = byte_of(words, 4 * i);
      const int32_t third = byte_of(words, 4 * i + 2);
      const bool is_rgba = image.layout == RgbLayout::rgba;
      out[i] = {is_rgba ? first : third, byte_of(words, 4 * i + 1), is_rgba ? third : first};
    }
  }
}

// `count` of four pixels, and the last of them again.
template <class Sample>
__device__ __forceinline__ void load_pixels(const DeviceRgb& image, int32_t y, int32_t x,
                                            int32_t count, Rgb (&out)[4]) {
  const uint64_t first = image.data[0] + static_cast<uint64_t>(image.stride[0] * y);
  if (sizeof(Sample) == 1 && image.layout == RgbLayout::rgbp) {
    uint32_t planes[3][4];
    CUF_UNROLL for (int c = 0; c < 3; ++c) {
      const uint64_t row = image.data[c] + static_cast<uint64_t>(image.stride[c] * y);
      load_run<4>(row + static_cast<uint64_t>(x), count, planes[c]);
    }
    CUF_UNROLL for (int i = 0; i < 4; ++i) {
      out[i] = {byte_of(planes[0], i), byte_of(planes[1], i), byte_of(planes[2], i)};
    }
  } else {
    load_packed<Sample>(image, first, x, count, out);
  }
  CUF_UNROLL for (int i = 1; i < 4; ++i) {
    if (i >= count) out[i] = out[i - 1];
  }
}

__device__ __forceinline__ uint64_t row_of(const DeviceYuv& target, int plane, int32_t y) {
  return target.data[plane] + static_cast<uint64_t>(target.stride[plane] * y);
}

template <class Sample>
__device__ __forceinline__ void store_luma(const YuvParameters& p, int32_t y, int32_t x,
                                           int32_t count, const Rgb (&pixels)[4]) {
  uint32_t luma[4];
  CUF_UNROLL for (int i = 0; i < 4; ++i) {
    luma[i] = static_cast<uint32_t>(luma_of(p.math, pixels[i]));
  }
  store_run<Sample>(row_of(p.target, 0, y) + static_cast<uint64_t>(x) * sizeof(Sample), luma,
                    count);
}

template <class Sample>
__device__ __forceinline__ void store_full_chroma(const YuvParameters& p, int32_t y, int32_t x,
                                                  int32_t count, const Rgb (&pixels)[4]) {
  uint32_t u[4];
  uint32_t v[4];
  CUF_UNROLL for (int i = 0; i < 4; ++i) {
    const ChromaPair pair = chroma_of(p.math, pixels[i], 0);
    u[i] = static_cast<uint32_t>(pair.u);
    v[i] = static_cast<uint32_t>(pair.v);
  }
  const uint64_t column = static_cast<uint64_t>(x) * sizeof(Sample);
  store_run<Sample>(row_of(p.target, 1, y) + column, u, count);
  store_run<Sample>(row_of(p.target, 2, y) + column, v, count);
}

template <class Sample>
__device__ __forceinline__ void store_half_chroma(const YuvParameters& p, int32_t y, int32_t x,
                                                  int32_t count, const Rgb (&upper)[4],
                                                  const Rgb (&lower)[4]) {
  uint32_t pairs[4];
  CUF_UNROLL for (int i = 0; i < 4; i += 2) {
    const Rgb sum = add(add(upper[i], upper[i + 1]), add(lower[i], lower[i + 1]));
    const ChromaPair pair = chroma_of(p.math, sum, 2);
    pairs[i] = static_cast<uint32_t>(pair.u);
    pairs[i + 1] = static_cast<uint32_t>(pair.v);
  }
  store_run<Sample>(row_of(p.target, 1, y / 2) + static_cast<uint64_t>(x) * sizeof(Sample), pairs,
                    count + (count & 1));
}

template <class Sample>
__device__ __forceinline__ void yuv_block(const YuvParameters& p) {
  const auto column = static_cast<int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  const auto pair = static_cast<int32_t>(blockIdx.y * blockDim.y + threadIdx.y);
  const int32_t x = column * kThreadColumns;
  const int32_t y = pair * kThreadRows;
  if (x >= p.image.width || y >= p.image.height) return;
  const int32_t count = least(kThreadColumns, p.image.width - x);
  const int32_t below = least(y + 1, p.image.height - 1);
  Rgb upper[4];
  Rgb lower[4];
  load_pixels<Sample>(p.image, y, x, count, upper);
  load_pixels<Sample>(p.image, below, x, count, lower);
  // The last row of an odd height is its own lower one.
  store_luma<Sample>(p, y, x, count, upper);
  if (below != y) store_luma<Sample>(p, below, x, count, lower);
  if (!p.is_full) {
    store_half_chroma<Sample>(p, y, x, count, upper, lower);
  } else {
    store_full_chroma<Sample>(p, y, x, count, upper);
    if (below != y) store_full_chroma<Sample>(p, below, x, count, lower);
  }
}

// A thread makes 4 samples of a row.
template <class From, class To>
__device__ __forceinline__ void depth_block(const DepthParameters& p) {
  const auto column = static_cast<int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  const auto y = static_cast<int32_t>(blockIdx.y * blockDim.y + threadIdx.y);
  const int32_t x = column * kThreadColumns;
  if (x >= p.columns || y >= p.rows) return;
  const int32_t count = least(kThreadColumns, p.columns - x);
  const uint64_t in =
      p.from + static_cast<uint64_t>(p.from_stride * y) + static_cast<uint64_t>(x) * sizeof(From);
  uint32_t out[4];
  CUF_UNROLL for (int i = 0; i < 4; ++i) {
    const uint32_t sample =
        i < count ? uint32_t{load<From>(in + static_cast<uint64_t>(i) * sizeof(From))} : 0;
    const uint32_t level = ((sample >> p.from_shift) * p.factor + p.half) / p.divisor;
    out[i] = (level < p.most ? level : p.most) << p.to_shift;
  }
  store_run<To>(
      p.to + static_cast<uint64_t>(p.to_stride * y) + static_cast<uint64_t>(x) * sizeof(To), out,
      count);
}

}  // namespace cuf::pixels::device

extern "C" {

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_yuv_narrow(const cuf::pixels::YuvParameters p) {
  cuf::pixels::device::yuv_block<uint8_t>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_yuv_wide(const cuf::pixels::YuvParameters p) {
  cuf::pixels::device::yuv_block<uint16_t>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_depth_narrow(const cuf::pixels::DepthParameters p) {
  cuf::pixels::device::depth_block<uint16_t, uint8_t>(p);
}

__global__ void __launch_bounds__(cuf::pixels::kThreads)
    cuf_depth_wide(const cuf::pixels::DepthParameters p) {
  cuf::pixels::device::depth_block<uint8_t, uint16_t>(p);
}

}  // extern "C"
