// What a conversion of RGB to YUV is, in integers: the CPU code, its Highway form and the CUDA
// kernel all compute exactly this. Plain C++ without library calls, so that nvcc can compile it
// too.
#pragma once

#include <cstdint>

#include "pixels/color_math.h"
#include "pixels/yuv.h"

namespace cuf::pixels {

// Factors of R, G and B in Q15.
struct YuvWeights {
  int16_t r;
  int16_t g;
  int16_t b;
};

// Constants of one conversion of d-bit RGB to d-bit YUV, d = 8 or 10.
//
// Samples are shifted left by `fraction_bits` = 15 - d, the greatest that leaves a sum of four of
// them, shifted two less, within 15 bits. Each product with a weight is (a * b + 2^14) >> 15; they
// are summed with the offset and with what rounds, and the sum is shifted back. So everything fits
// 16-bit lanes, where only the last sum can exceed them, and by 1: it saturates. Products and
// weights cost at most 3 * (2^-(17 - d) + 2^-(17 - d)) of an output step: 0.02 with 8 bits, 0.1
// with 10.
//
// The weights of luma add up to its gain, those of chroma to 0: grey has no colour, white is
// exactly the greatest luma.
struct YuvMath {
  int32_t fraction_bits;
  int32_t max;           // greatest sample
  int32_t output_shift;  // of samples in their container: 0, or 6 for 10 bits
  int32_t y_base;        // offset of luma, and a half
  int32_t c_base;        // offset of chroma, and a half
  YuvWeights y;
  YuvWeights u;  // b is positive, the others negative
  YuvWeights v;  // r is positive, the others negative
  int16_t reserved;
};

constexpr int16_t yuv_weight(double weight) {
  const double scaled = weight * 32768;
  return static_cast<int16_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

// H.273 equations 38 to 40 and what follows them, for R, G, B of 0..2^depth - 1.
constexpr YuvMath yuv_math(const ColorSpec& color, int depth) {
  const int unit = 1 << (depth - 8);
  YuvMath m{};
  m.fraction_bits = 15 - depth;
  m.max = (1 << depth) - 1;
  m.output_shift = depth == 8 ? 0 : 16 - depth;
  const int32_t half = 1 << (m.fraction_bits - 1);
  m.y_base = ((color.full_range ? 0 : 16 * unit) << m.fraction_bits) + half;
  m.c_base = ((128 * unit) << m.fraction_bits) + half;
  const double y_gain = color.full_range ? 1 : 219.0 * unit / m.max;
  const double c_gain = color.full_range ? 1 : 224.0 * unit / m.max;
  const auto [kr, kb] = luma_weights(color.matrix);
  m.y.r = yuv_weight(kr * y_gain);
  m.y.b = yuv_weight(kb * y_gain);
  m.y.g = static_cast<int16_t>(static_cast<int32_t>(y_gain * 32768 + 0.5) - m.y.r - m.y.b);
  m.u.b = yuv_weight(c_gain / 2);
  m.u.r = yuv_weight(-kr / (1 - kb) * c_gain / 2);
  m.u.g = static_cast<int16_t>(-m.u.b - m.u.r);
  m.v.r = m.u.b;
  m.v.b = yuv_weight(-kb / (1 - kr) * c_gain / 2);
  m.v.g = static_cast<int16_t>(-m.v.r - m.v.b);
  return m;
}

CUF_HD constexpr int32_t yuv_product(int32_t sample, int16_t weight) {
  return (sample * weight + (1 << 14)) >> 15;
}

// Of samples that are shifted already.
CUF_HD constexpr int32_t yuv_sample(const YuvMath& m, const YuvWeights& w, int32_t base,
                                    const Rgb& s) {
  const int32_t sum = base + yuv_product(s.r, w.r) + yuv_product(s.g, w.g) + yuv_product(s.b, w.b);
  return clamp_to(sum >> m.fraction_bits, m.max) << m.output_shift;
}

CUF_HD constexpr Rgb shift_left(const Rgb& s, int bits) {
  return {s.r << bits, s.g << bits, s.b << bits};
}

// The sample of luma of one pixel, as its container has it.
CUF_HD constexpr int32_t luma_of(const YuvMath& m, const Rgb& pixel) {
  return yuv_sample(m, m.y, m.y_base, shift_left(pixel, m.fraction_bits));
}

struct ChromaPair {
  int32_t u;
  int32_t v;
};

// Of the sum of 2^log2_count pixels, 1 or 4; at an odd end, its pixels count twice.
CUF_HD constexpr ChromaPair chroma_of(const YuvMath& m, const Rgb& sum, int log2_count) {
  const Rgb s = shift_left(sum, m.fraction_bits - log2_count);
  return {yuv_sample(m, m.u, m.c_base, s), yuv_sample(m, m.v, m.c_base, s)};
}

CUF_HD constexpr Rgb add(const Rgb& a, const Rgb& b) {
  return {a.r + b.r, a.g + b.g, a.b + b.b};
}

// A pixel of bgr10 or rgb10.
CUF_HD constexpr Rgb rgb_of_word(uint32_t word, RgbLayout layout) {
  const auto low = static_cast<int32_t>(word & 1023);
  const auto middle = static_cast<int32_t>(word >> 10 & 1023);
  const auto high = static_cast<int32_t>(word >> 20 & 1023);
  return layout == RgbLayout::rgb10 ? Rgb{low, middle, high} : Rgb{high, middle, low};
}

}  // namespace cuf::pixels
