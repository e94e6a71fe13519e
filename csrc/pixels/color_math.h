// What a conversion to RGB is, in integers: the CPU code, its Highway form and the CUDA kernels all
// compute exactly this. Plain C++ without library calls, so that nvcc can compile it too.
#pragma once

#include <cstdint>

#include "pixels/pixels.h"

#ifdef __CUDACC__
#define CUF_HD __host__ __device__
#else
#define CUF_HD
#endif

namespace cuf::pixels {

// Constants of one conversion. `samples` are d-bit integers, d = depth.
//
// narrow (8-bit in): samples are centred and shifted to Q7, coefficients are halved in Q15, each
//   product is (a * b + 2^14) >> 15, the sum is Q6, + 32 >> 6. It fits saturating 16-bit lanes.
// wide (9..16 bits in): one sum of full products with `fraction_bits`, rounded once.
//   |sum| < 2.24 * 2^(output bits + fraction_bits); fraction_bits = 29 - output bits keeps that
//   under 2^31. Coefficient rounding then costs at most 2^(depth + output bits - 29) output steps:
//   2^-5 (12 bits kept), 0.5 (14 bits kept), 2^-5 (any depth to 8 bits). Keeping 15 or 16 bits
//   needs 64-bit sums, with 28 fraction bits.
struct RgbMath {
  Matrix matrix;
  uint8_t depth;
  uint8_t shift;          // the sample is (container >> shift) & mask
  uint8_t fraction_bits;  // of the wide form
  bool sums_are_64_bit;
  int32_t mask;
  int32_t y_offset;  // black: 16 << (depth - 8), or 0 for full range
  int32_t c_offset;  // no colour: 1 << (depth - 1)
  // All positive: R = y + rv, G = y - (gu + gv), B = y + bu.
  int32_t y;
  int32_t rv;
  int32_t gu;
  int32_t gv;
  int32_t bu;
  int32_t max;  // greatest output integer
};

struct Rgb {
  int32_t r;
  int32_t g;
  int32_t b;
};

struct LumaWeights {
  double kr;
  double kb;
};

// H.273 table 4. Identity has no chroma products: its three planes all take the luma formula.
constexpr LumaWeights luma_weights(Matrix matrix) {
  switch (matrix) {
    case Matrix::bt709:
      return {0.2126, 0.0722};
    case Matrix::bt2020_ncl:
      return {0.2627, 0.0593};
    case Matrix::fcc:
      return {0.30, 0.11};
    case Matrix::smpte240m:
      return {0.212, 0.087};
    case Matrix::bt601:
    case Matrix::identity:
      break;
  }
  return {0.299, 0.114};
}

// `keep_depth` false: output is 0..255; true: 0..2^depth - 1 (the same for 8-bit input).
constexpr RgbMath rgb_math(const ColorSpec& color, int depth, int shift, bool keep_depth) {
  const int output_bits = keep_depth ? depth : 8;
  RgbMath m{};
  m.matrix = color.matrix;
  m.depth = static_cast<uint8_t>(depth);
  m.shift = static_cast<uint8_t>(shift);
  m.sums_are_64_bit = output_bits > 14;
  m.fraction_bits = static_cast<uint8_t>(depth == 8          ? 14
                                         : m.sums_are_64_bit ? 28
                                                             : 29 - output_bits);
  m.mask = (1 << depth) - 1;
  m.max = (1 << output_bits) - 1;
  m.y_offset = color.full_range ? 0 : 16 << (depth - 8);
  m.c_offset = 1 << (depth - 1);
  const double one = static_cast<double>(1 << m.fraction_bits);
  const double unit = 1 << (depth - 8);
  const double y_gain = m.max / (color.full_range ? m.mask : 219 * unit) * one;
  const double c_gain = m.max / (color.full_range ? m.mask : 224 * unit) * one;
  const auto [kr, kb] = luma_weights(color.matrix);
  const double kg = 1 - kr - kb;
  m.y = static_cast<int32_t>(y_gain + 0.5);
  m.rv = static_cast<int32_t>(2 * (1 - kr) * c_gain + 0.5);
  m.gu = static_cast<int32_t>(2 * (1 - kb) * kb / kg * c_gain + 0.5);
  m.gv = static_cast<int32_t>(2 * (1 - kr) * kr / kg * c_gain + 0.5);
  m.bu = static_cast<int32_t>(2 * (1 - kb) * c_gain + 0.5);
  return m;
}

template <class T>
CUF_HD constexpr int32_t clamp_to(T v, int32_t max) {
  const T positive = v < 0 ? 0 : v;
  return positive > max ? max : static_cast<int32_t>(positive);
}

CUF_HD constexpr int32_t narrow_product(int32_t centred, int32_t coefficient) {
  return (centred * (128 * coefficient) + (1 << 14)) >> 15;
}

// What one chroma sample pair adds to the luma of every pixel that shares it: R = luma + r,
// G = luma - g, B = luma + b. With Matrix::identity r and b are lumas themselves and g is 0.
template <class Sum>
struct ChromaTerms {
  Sum r;
  Sum g;
  Sum b;
};

// The two forms, each as luma, chroma and what they make together, so that kernels can use one
// chroma for several pixels.
struct NarrowForm {
  using Sum = int32_t;

  CUF_HD static constexpr int32_t luma(const RgbMath& m, int32_t y) {
    return narrow_product(y - m.y_offset, m.y) + 32;
  }

  CUF_HD static constexpr ChromaTerms<int32_t> chroma(const RgbMath& m, int32_t u, int32_t v) {
    if (m.matrix == Matrix::identity) return {luma(m, v), 0, luma(m, u)};
    const int32_t cu = u - m.c_offset;
    const int32_t cv = v - m.c_offset;
    return {narrow_product(cv, m.rv), narrow_product(cu, m.gu) + narrow_product(cv, m.gv),
            narrow_product(cu, m.bu)};
  }

  CUF_HD static constexpr int fraction_bits(const RgbMath&) { return 6; }
};

template <class T>
struct WideForm {
  using Sum = T;  // int32_t or, where sums_are_64_bit, int64_t

  CUF_HD static constexpr Sum luma(const RgbMath& m, int32_t y) {
    return Sum{y - m.y_offset} * m.y + (Sum{1} << (m.fraction_bits - 1));
  }

  CUF_HD static constexpr ChromaTerms<Sum> chroma(const RgbMath& m, int32_t u, int32_t v) {
    if (m.matrix == Matrix::identity) return {luma(m, v), 0, luma(m, u)};
    const Sum cu = u - m.c_offset;
    const Sum cv = v - m.c_offset;
    return {cv * m.rv, cu * m.gu + cv * m.gv, cu * m.bu};
  }

  CUF_HD static constexpr int fraction_bits(const RgbMath& m) { return m.fraction_bits; }
};

template <class Form, class Sum = typename Form::Sum>
CUF_HD constexpr Rgb rgb_of(const RgbMath& m, Sum luma, const ChromaTerms<Sum>& chroma) {
  const int shift = Form::fraction_bits(m);
  const Sum base = m.matrix == Matrix::identity ? Sum{0} : luma;
  return {clamp_to((base + chroma.r) >> shift, m.max), clamp_to((luma - chroma.g) >> shift, m.max),
          clamp_to((base + chroma.b) >> shift, m.max)};
}

template <class Form>
CUF_HD constexpr Rgb rgb_by(const RgbMath& m, int32_t y, int32_t u, int32_t v) {
  return rgb_of<Form>(m, Form::luma(m, y), Form::chroma(m, u, v));
}

// One pixel; u and v are m.c_offset where there is no chroma.
CUF_HD constexpr Rgb yuv_to_rgb(const RgbMath& m, int32_t y, int32_t u, int32_t v) {
  if (m.depth == 8) return rgb_by<NarrowForm>(m, y, u, v);
  return m.sums_are_64_bit ? rgb_by<WideForm<int64_t>>(m, y, u, v)
                           : rgb_by<WideForm<int32_t>>(m, y, u, v);
}

// The product and the sum are rounded each: files that use this are compiled with
// -ffp-contract=off (GCC contracts by default, even across Highway's intrinsics).
CUF_HD inline float scale_and_bias(int32_t v, float scale, float bias) {
#ifdef __CUDA_ARCH__
  return __fadd_rn(__fmul_rn(static_cast<float>(v), scale), bias);
#else
  return static_cast<float>(v) * scale + bias;
#endif
}

// Constants of the conversion to half, which works on the bits of the float's magnitude.
inline constexpr uint32_t kHalfOverflow = 0x47800000;   // 65536
inline constexpr uint32_t kHalfSubnormal = 0x38800000;  // 2^-14
inline constexpr uint32_t kHalfMagic = 0x3f000000;      // 0.5: its last bit is half's least step
inline constexpr uint32_t kHalfRebias = 0xc8000fff;     // exponent - 112, and rounding up to a tie
inline constexpr uint32_t kFloatInfinity = 0x7f800000;
inline constexpr uint32_t kFloatQuietNan = 0x7fc00000;

// Round to nearest even; NaN becomes 0x7e00 with its sign, and on a GPU the NaN that it has.
CUF_HD constexpr uint16_t float_to_half(float value) {
#ifdef __CUDA_ARCH__
  uint16_t half = 0;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
  return half;
#else
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t magnitude = bits & 0x7fffffff;
  uint32_t half = 0;
  if (magnitude >= kHalfOverflow) {
    half = magnitude > kFloatInfinity ? 0x7e00 : 0x7c00;
  } else if (magnitude < kHalfSubnormal) {
    const float sum = __builtin_bit_cast(float, magnitude) + __builtin_bit_cast(float, kHalfMagic);
    half = __builtin_bit_cast(uint32_t, sum) - kHalfMagic;
  } else {
    half = (magnitude + kHalfRebias + ((magnitude >> 13) & 1)) >> 13;
  }
  return static_cast<uint16_t>(half | (bits >> 16 & 0x8000));
#endif
}

}  // namespace cuf::pixels
