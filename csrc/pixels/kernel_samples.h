// How the kernels read pictures: four pixels of a row, their luma and the terms of their chroma.
#pragma once

#include "pixels/device_code.h"
#include "pixels/kernel_parameters.h"

namespace cuf::pixels::device {

__device__ __forceinline__ int32_t least(int32_t a, int32_t b) {
  return a < b ? a : b;
}

template <class Form>
struct SampleOf {
  using Type = uint16_t;
};
template <>
struct SampleOf<NarrowForm> {
  using Type = uint8_t;
};

template <class Form>
__device__ __forceinline__ int32_t sample_of(const RgbMath& m, uint32_t container) {
  const auto sample = static_cast<int32_t>(container);
  return sizeof(typename SampleOf<Form>::Type) == 1 ? sample : sample >> m.shift & m.mask;
}

template <class Form>
__device__ __forceinline__ int32_t load_sample(const RgbMath& m, uint64_t row, int32_t x) {
  using Sample = typename SampleOf<Form>::Type;
  return sample_of<Form>(m, load<Sample>(row + static_cast<uint64_t>(x) * sizeof(Sample)));
}

// Whether the four samples from `x` of the row can come by one load.
template <class Form>
__device__ __forceinline__ bool is_aligned(uint64_t row, int32_t x) {
  constexpr uint64_t kSize = sizeof(typename SampleOf<Form>::Type);
  return (row + static_cast<uint64_t>(x) * kSize) % (4 * kSize) == 0;
}

template <class Form>
__device__ __forceinline__ void load_four(const RgbMath& m, uint64_t row, int32_t x,
                                          int32_t (&out)[4]) {
  constexpr uint64_t kSize = sizeof(typename SampleOf<Form>::Type);
  const uint64_t at = row + static_cast<uint64_t>(x) * kSize;
  if constexpr (kSize == 1) {
    const uint32_t word = load<uint32_t>(at);
    CUF_UNROLL for (int i = 0; i < 4; ++i) out[i] = static_cast<int32_t>(word >> (8 * i) & 0xff);
  } else {
    const Words2 words = load<Words2>(at);
    CUF_UNROLL for (int i = 0; i < 4; ++i) {
      out[i] = sample_of<Form>(m, words.word[i / 2] >> (16 * (i % 2)) & 0xffff);
    }
  }
}

// The first `count` of four; the others are 0.
template <class Form>
__device__ __forceinline__ void load_luma(const DeviceImage& image, const RgbMath& m, int32_t row,
                                          int32_t x, int32_t count, int32_t (&out)[4]) {
  const uint64_t at = image.data[0] + static_cast<uint64_t>(image.stride[0] * row);
  if (count == 4 && is_aligned<Form>(at, x)) return load_four<Form>(m, at, x, out);
  CUF_UNROLL for (int i = 0; i < 4; ++i) {
    out[i] = i < count ? load_sample<Form>(m, at, x + i) : 0;
  }
}

// Of the first `count` pixels from `x` in chroma row `row`.
template <class Form, class Terms = ChromaTerms<typename Form::Sum>>
__device__ __forceinline__ void load_chroma(const DeviceImage& image, const RgbMath& m, int32_t row,
                                            int32_t x, int32_t count, Terms (&out)[4]) {
  const bool in_pairs = image.chroma == ChromaLayout::semi_planar;
  const int log2 = image.log2_chroma_width;
  const uint64_t u_row = image.data[1] + static_cast<uint64_t>(image.stride[1] * row);
  const uint64_t v_row = image.data[2] + static_cast<uint64_t>(image.stride[2] * row);
  if (image.chroma == ChromaLayout::none) {
    CUF_UNROLL for (int i = 0; i < 4; ++i) out[i] = {};
  } else if (in_pairs && log2 == 1 && count == 4 && x % 2 == 0 && is_aligned<Form>(u_row, x)) {
    int32_t uv[4];
    load_four<Form>(m, u_row, x, uv);
    out[0] = out[1] = Form::chroma(m, uv[0], uv[1]);
    out[2] = out[3] = Form::chroma(m, uv[2], uv[3]);
  } else if (!in_pairs && log2 == 0 && count == 4 && is_aligned<Form>(u_row, x) &&
             is_aligned<Form>(v_row, x)) {
    int32_t u[4];
    int32_t v[4];
    load_four<Form>(m, u_row, x, u);
    load_four<Form>(m, v_row, x, v);
    CUF_UNROLL for (int i = 0; i < 4; ++i) out[i] = Form::chroma(m, u[i], v[i]);
  } else {
    CUF_UNROLL for (int i = 0; i < 4; ++i) {
      const int32_t at = (x + least(i, count - 1)) >> log2;
      out[i] =
          Form::chroma(m, load_sample<Form>(m, u_row, in_pairs ? 2 * at : at),
                       load_sample<Form>(m, in_pairs ? u_row : v_row, in_pairs ? 2 * at + 1 : at));
    }
  }
}

}  // namespace cuf::pixels::device
