#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "pixels/color_math.h"
#include "pixels/pixels.h"

namespace cuf::pixels {
namespace {

struct Weights {
  Matrix matrix;
  double kr;
  double kb;
};
constexpr Weights kWeights[] = {{Matrix::bt601, 0.299, 0.114},
                                {Matrix::bt709, 0.2126, 0.0722},
                                {Matrix::bt2020_ncl, 0.2627, 0.0593}};

int clamp_byte(int64_t v) {
  return static_cast<int>(std::clamp<int64_t>(v, 0, 255));
}

// The definition once more, from DESIGN's words and in 64 bits, so that it cannot overflow: halved
// coefficients in Q15, Q7 samples, products rounded, sum in Q6.
struct Reference {
  Reference(const Weights& w, bool full) {
    const double kg = 1 - w.kr - w.kb;
    const double y_gain = full ? 1 : 255.0 / 219;
    const double c_gain = full ? 1 : 255.0 / 224;
    black = full ? 0 : 16;
    y = std::llround(y_gain / 2 * 32768);
    rv = std::llround((1 - w.kr) * c_gain * 32768);
    gu = std::llround((1 - w.kb) * w.kb / kg * c_gain * 32768);
    gv = std::llround((1 - w.kr) * w.kr / kg * c_gain * 32768);
    bu = std::llround((1 - w.kb) * c_gain * 32768);
    real_y = y_gain;
    real_rv = 2 * (1 - w.kr) * c_gain;
    real_gu = 2 * (1 - w.kb) * w.kb / kg * c_gain;
    real_gv = 2 * (1 - w.kr) * w.kr / kg * c_gain;
    real_bu = 2 * (1 - w.kb) * c_gain;
  }

  static int64_t product(int64_t sample, int64_t c) { return (sample * 128 * c + 16384) >> 15; }

  void integers(int ys, int us, int vs, int out[3]) const {
    const int64_t luma = product(ys - black, y);
    out[0] = clamp_byte((luma + product(vs - 128, rv) + 32) >> 6);
    out[1] = clamp_byte((luma - product(us - 128, gu) - product(vs - 128, gv) + 32) >> 6);
    out[2] = clamp_byte((luma + product(us - 128, bu) + 32) >> 6);
  }

  void reals(int ys, int us, int vs, double out[3]) const {
    const double luma = real_y * (ys - black);
    out[0] = luma + real_rv * (vs - 128);
    out[1] = luma - real_gu * (us - 128) - real_gv * (vs - 128);
    out[2] = luma + real_bu * (us - 128);
  }

  int black;
  int64_t y, rv, gu, gv, bu;
  double real_y, real_rv, real_gu, real_gv, real_bu;
};

// One 256x256 picture per v: y is the column, u the row.
struct Triples {
  Triples() : y(65536), u(65536), v(65536), rgb(3 * 65536) {
    for (int i = 0; i < 65536; ++i) {
      y[i] = static_cast<uint8_t>(i);
      u[i] = static_cast<uint8_t>(i >> 8);
    }
  }

  void convert(uint8_t v_value, const ColorSpec& color) {
    std::fill(v.begin(), v.end(), v_value);
    const Image image{.width = 256,
                      .height = 256,
                      .log2_chroma_width = 0,
                      .log2_chroma_height = 0,
                      .bit_depth = 8,
                      .shift = 0,
                      .chroma = ChromaLayout::planar,
                      .data = {y.data(), u.data(), v.data()},
                      .stride = {256, 256, 256}};
    to_rgb(image, color, {Order::chw, 3, DType::u8, rgb.data(), 256, 65536, {}, {}});
  }

  std::vector<uint8_t> y, u, v, rgb;
};

float half_to_float(uint16_t h) {
  const int exponent = h >> 10 & 31;
  const int fraction = h & 1023;
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                        : std::ldexp(1024.0F + fraction, exponent - 25);
  return (h & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

TEST_CASE("pixels: all 2^24 triples equal an independent 64-bit form and are near the real one") {
  Triples triples;
  for (const Weights& w : kWeights) {
    for (const bool full : {false, true}) {
      const Reference reference(w, full);
      int64_t unequal = 0;
      int64_t off_by_one = 0;
      double worst = 0;
      for (int v = 0; v < 256; ++v) {
        triples.convert(static_cast<uint8_t>(v), {w.matrix, full});
        for (int i = 0; i < 65536; ++i) {
          int expected[3];
          double real[3];
          reference.integers(i & 255, i >> 8, v, expected);
          reference.reals(i & 255, i >> 8, v, real);
          for (int c = 0; c < 3; ++c) {
            const int got = triples.rgb[static_cast<size_t>(c * 65536 + i)];
            unequal += got != expected[c];
            const double exact = std::clamp(real[c], 0.0, 255.0);
            off_by_one += got != static_cast<int>(exact + 0.5);
            worst = std::max(worst, std::abs(got - exact));
          }
        }
      }
      CHECK(unequal == 0);
      CHECK(worst < 0.54);
      // DESIGN 5: at most 1 off, on about 0.45 % of samples.
      CHECK(static_cast<double>(off_by_one) / (3.0 * 65536 * 256) < 0.006);
    }
  }
}

TEST_CASE("pixels: black, white and mid grey at every depth") {
  for (int depth = 8; depth <= 16; ++depth) {
    for (const bool keep : {false, true}) {
      for (const Weights& w : kWeights) {
        const int unit = 1 << (depth - 8);
        const RgbMath limited = rgb_math({w.matrix, false}, depth, 0, keep);
        const RgbMath full = rgb_math({w.matrix, true}, depth, 0, keep);
        const int top = keep ? (1 << depth) - 1 : 255;
        const Rgb black = yuv_to_rgb(limited, 16 * unit, 128 * unit, 128 * unit);
        const Rgb white = yuv_to_rgb(limited, 235 * unit, 128 * unit, 128 * unit);
        const Rgb full_white = yuv_to_rgb(full, (1 << depth) - 1, 128 * unit, 128 * unit);
        CHECK(std::max({black.r, black.g, black.b}) == 0);
        CHECK(std::min({white.r, white.g, white.b}) == top);
        CHECK(std::min({full_white.r, full_white.g, full_white.b}) == top);
      }
    }
  }
}

TEST_CASE("pixels: identity copies full range and expands limited range") {
  const RgbMath full = rgb_math({Matrix::identity, true}, 8, 0, false);
  const RgbMath limited = rgb_math({Matrix::identity, false}, 8, 0, false);
  for (int v = 0; v < 256; ++v) {
    const Rgb copy = yuv_to_rgb(full, v, 255 - v, 7);
    CHECK(copy.g == v);
    CHECK(copy.b == 255 - v);
    CHECK(copy.r == 7);
    const double wide = std::clamp((v - 16) * 255.0 / 219, 0.0, 255.0);
    CHECK(std::abs(yuv_to_rgb(limited, v, v, v).r - wide) < 0.54);
  }
}

TEST_CASE("pixels: half floats round to nearest even") {
  for (uint32_t h = 0; h < 0x7bff; ++h) {
    const auto low = static_cast<uint16_t>(h);
    const float a = half_to_float(low);
    const float b = half_to_float(static_cast<uint16_t>(h + 1));
    const float middle = a + (b - a) / 2;
    const int even = static_cast<int>(h + (h & 1));
    REQUIRE(float_to_half(a) == low);
    REQUIRE(float_to_half(-a) == (low | 0x8000));
    REQUIRE(float_to_half(middle) == even);
    REQUIRE(float_to_half(std::nextafter(middle, a)) == h);
    REQUIRE(float_to_half(std::nextafter(middle, b)) == h + 1);
  }
  CHECK(float_to_half(65504.0F) == 0x7bff);
  CHECK(float_to_half(65519.996F) == 0x7bff);
  CHECK(float_to_half(65520.0F) == 0x7c00);
  CHECK(float_to_half(1e30F) == 0x7c00);
  CHECK(float_to_half(-INFINITY) == 0xfc00);
  CHECK(float_to_half(NAN) == 0x7e00);
}

TEST_CASE("pixels: normalization maps 0 and the greatest value as asked") {
  const float mean[3] = {0.485F, 0.456F, 0.406F};
  const float deviation[3] = {0.229F, 0.224F, 0.225F};
  for (const int depth : {8, 10, 16}) {
    float scale[3];
    float bias[3];
    normalization(depth, mean, deviation, scale, bias);
    const int top = (1 << depth) - 1;
    for (int c = 0; c < 3; ++c) {
      CHECK(scale_and_bias(0, scale[c], bias[c]) == doctest::Approx(-mean[c] / deviation[c]));
      CHECK(scale_and_bias(top, scale[c], bias[c]) ==
            doctest::Approx((1 - mean[c]) / deviation[c]));
    }
  }
}

TEST_CASE("pixels: an unspecified matrix follows the height") {
  CHECK(default_matrix(576) == Matrix::bt601);
  CHECK(default_matrix(719) == Matrix::bt601);
  CHECK(default_matrix(720) == Matrix::bt709);
  CHECK(default_matrix(2160) == Matrix::bt709);
}

}  // namespace cuf::pixels
