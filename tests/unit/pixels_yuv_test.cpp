#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "pixels/yuv.h"
#include "pixels/yuv_scalar.h"
#include "pixels_samples.h"
#include "pixels_yuv_samples.h"

namespace cuf::pixels::testing {
namespace {

// H.273 table 4 once more.
struct Weights {
  Matrix matrix;
  double kr;
  double kb;
};
constexpr Weights kWeights[] = {{Matrix::bt601, 0.299, 0.114},
                                {Matrix::bt709, 0.2126, 0.0722},
                                {Matrix::bt2020_ncl, 0.2627, 0.0593}};

// The formula in float64: H.273 equations for E'Y, E'PB, E'PR and their quantisation.
struct Real {
  double y;
  double u;
  double v;
};
Real real_yuv(const Weights& w, bool full, int depth, double r, double g, double b) {
  const double top = (1 << depth) - 1;
  const double unit = 1 << (depth - 8);
  const double luma = (w.kr * r + (1 - w.kr - w.kb) * g + w.kb * b) / top;
  const double pb = 0.5 * (b / top - luma) / (1 - w.kb);
  const double pr = 0.5 * (r / top - luma) / (1 - w.kr);
  const double c_gain = full ? top : 224 * unit;
  return {full ? top * luma : (219 * luma + 16) * unit,
          std::min(c_gain * pb + 128 * unit, top),  // full range ends half a step above
          std::min(c_gain * pr + 128 * unit, top)};
}

struct Mean {
  double r = 0;
  double g = 0;
  double b = 0;
};

// By its own reading of the layouts.
Mean pixel_of(const RgbImage& image, int32_t x, int32_t y) {
  const auto byte = [&](int plane, int32_t at) -> double {
    return image.data[plane][image.stride[plane] * y + at];
  };
  const auto field = [&](int bit) -> double {
    const uint8_t* at = image.data[0] + image.stride[0] * y + ptrdiff_t{4} * x;
    const uint32_t word = at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24;
    return word >> bit & 1023;
  };
  switch (image.layout) {
    case RgbLayout::rgb:
      return {byte(0, 3 * x), byte(0, 3 * x + 1), byte(0, 3 * x + 2)};
    case RgbLayout::rgbp:
      return {byte(0, x), byte(1, x), byte(2, x)};
    case RgbLayout::bgra:
      return {byte(0, 4 * x + 2), byte(0, 4 * x + 1), byte(0, 4 * x)};
    case RgbLayout::rgba:
      return {byte(0, 4 * x), byte(0, 4 * x + 1), byte(0, 4 * x + 2)};
    case RgbLayout::bgr10:
      return {field(20), field(10), field(0)};
    case RgbLayout::rgb10:
      break;
  }
  return {field(0), field(10), field(20)};
}

// Of the pixels of a block that are in the picture.
Mean mean_of(const RgbImage& image, int32_t x, int32_t y, int size) {
  Mean sum;
  int count = 0;
  for (int32_t row = y; row < std::min(y + size, image.height); ++row) {
    for (int32_t column = x; column < std::min(x + size, image.width); ++column, ++count) {
      const Mean p = pixel_of(image, column, row);
      sum = {sum.r + p.r, sum.g + p.g, sum.b + p.b};
    }
  }
  return {sum.r / count, sum.g / count, sum.b / count};
}

// A sample, from its MSB-aligned container where it has one; -1 where bits below it are set.
int sample_of(const YuvTarget& target, int plane, int32_t index, int32_t y) {
  const uint8_t* row = target.data[plane] + target.stride[plane] * y;
  if (target.format == NativeFormat::nv12 || target.format == NativeFormat::yuv444) {
    return row[index];
  }
  const int container = row[2 * index] | row[2 * index + 1] << 8;
  return container % 64 == 0 ? container / 64 : -1;
}

double worst_distance(const RgbImage& image, const Weights& w, bool full, const YuvTarget& target) {
  const int depth = rgb_bit_depth(image.layout);
  const bool is_444 =
      target.format == NativeFormat::yuv444 || target.format == NativeFormat::yuv444_16;
  double worst = 0;
  for (int32_t y = 0; y < image.height; ++y) {
    for (int32_t x = 0; x < image.width; ++x) {
      const Mean p = pixel_of(image, x, y);
      const double luma = real_yuv(w, full, depth, p.r, p.g, p.b).y;
      worst = std::max(worst, std::abs(sample_of(target, 0, x, y) - luma));
      if (!is_444 && (x % 2 != 0 || y % 2 != 0)) continue;
      const Mean m = mean_of(image, x, y, is_444 ? 1 : 2);
      const Real real = real_yuv(w, full, depth, m.r, m.g, m.b);
      const int u = is_444 ? sample_of(target, 1, x, y) : sample_of(target, 1, x, y / 2);
      const int v = is_444 ? sample_of(target, 2, x, y) : sample_of(target, 1, x + 1, y / 2);
      worst = std::max({worst, std::abs(u - real.u), std::abs(v - real.v)});
    }
  }
  return worst;
}

template <class F>
void for_each_target(F f) {
  for (const RgbLayout layout : kRgbLayouts) {
    for (const NativeFormat format : kYuvFormats) {
      if (is_yuv_target(layout, format)) f(layout, format);
    }
  }
}

}  // namespace

TEST_CASE("pixels: RGB to YUV is the float64 formula, rounded once") {
  int compared = 0;
  uint32_t seed = 1;
  for_each_target([&](RgbLayout layout, NativeFormat format) {
    for (const auto& [width, height] : {std::pair{64, 6}, {65, 7}, {1, 1}, {3, 2}}) {
      const RgbPicture picture(width, height, layout, ++seed);
      for (const Weights& w : kWeights) {
        for (const bool full : {false, true}) {
          YuvOutput output(picture.image(), format);
          to_yuv(picture.image(), {w.matrix, full}, output.target);
          INFO(description_of(picture.image(), {w.matrix, full}, format));
          CHECK(worst_distance(picture.image(), w, full, output.target) <
                (rgb_bit_depth(layout) == 8 ? 0.53 : 0.6));
          ++compared;
        }
      }
    }
  });
  CHECK(compared == 12 * 4 * 3 * 2);
}

TEST_CASE("pixels: grey has no colour, black and white are the ends of luma") {
  for (const Weights& w : kWeights) {
    for (const bool full : {false, true}) {
      for (const int depth : {8, 10}) {
        const int unit = 1 << (depth - 8);
        const int top = (1 << depth) - 1;
        const YuvMath m = yuv_math({w.matrix, full}, depth);
        for (int grey = 0; grey <= top; ++grey) {
          for (const int log2_count : {0, 2}) {
            const int sum = grey << log2_count;
            const ChromaPair chroma = chroma_of(m, {sum, sum, sum}, log2_count);
            REQUIRE((chroma.u >> m.output_shift) == 128 * unit);
            REQUIRE((chroma.v >> m.output_shift) == 128 * unit);
          }
        }
        CHECK((luma_of(m, {0, 0, 0}) >> m.output_shift) == (full ? 0 : 16 * unit));
        CHECK((luma_of(m, {top, top, top}) >> m.output_shift) == (full ? top : 235 * unit));
      }
    }
  }
}

TEST_CASE("pixels: vector code of RGB to YUV equals the scalar definition") {
  constexpr int32_t kSizes[][2] = {{1, 1},  {2, 2},   {3, 5},   {63, 3},  {64, 2},
                                   {66, 4}, {129, 3}, {255, 2}, {321, 41}};
  int compared = 0;
  uint32_t seed = 100;
  for_each_target([&](RgbLayout layout, NativeFormat format) {
    for (const auto& size : kSizes) {
      ++seed;
      const RgbPicture picture(size[0], size[1], layout, seed, seed % 3 == 0);
      for (const Weights& w : kWeights) {
        for (const bool full : {false, true}) {
          YuvOutput expected(picture.image(), format);
          const YuvMath math = yuv_math({w.matrix, full}, rgb_bit_depth(layout));
          scalar::to_yuv_rows(picture.image(), math, expected.target, 0, size[1]);
          for_each_vector_target([&](const char* name) {
            YuvOutput output(picture.image(), format);
            to_yuv(picture.image(), {w.matrix, full}, output.target);
            ++compared;
            if (output.bytes == expected.bytes) return;
            FAIL_CHECK(name << ": " << description_of(picture.image(), {w.matrix, full}, format));
          });
        }
      }
    }
  });
  CHECK(compared >= 12 * 9 * 6);
}

TEST_CASE("pixels: every sum of four pixels at the extremes, in vectors as in the definition") {
  // Rows of 0 and the greatest value in all combinations: where sums leave 16 bits.
  for (const RgbLayout layout : {RgbLayout::rgb, RgbLayout::rgb10}) {
    const bool words = layout == RgbLayout::rgb10;
    std::vector<uint32_t> memory(2 * 128 * 3);
    auto* bytes = reinterpret_cast<uint8_t*>(memory.data());
    for (int i = 0; i < 2 * 128; ++i) {
      const int bits = i / 2 % 8;
      for (int c = 0; c < 3; ++c) {
        const bool on = (bits >> c & 1) != 0;
        if (words) {
          memory[static_cast<size_t>(i)] |= on ? 1023U << (10 * c) : 0;
        } else {
          bytes[3 * i + c] = on ? 255 : 0;
        }
      }
    }
    const ptrdiff_t stride = rgb_row_bytes(layout, 128);
    const RgbImage image{
        .width = 128, .height = 2, .layout = layout, .data = {bytes}, .stride = {stride}};
    for (const NativeFormat format : kYuvFormats) {
      if (!is_yuv_target(layout, format)) continue;
      for (const Weights& w : kWeights) {
        YuvOutput expected(image, format);
        const YuvMath math = yuv_math({w.matrix, true}, rgb_bit_depth(layout));
        scalar::to_yuv_rows(image, math, expected.target, 0, 2);
        CHECK(worst_distance(image, w, true, expected.target) < 0.6);
        for_each_vector_target([&](const char* name) {
          YuvOutput output(image, format);
          to_yuv(image, {w.matrix, true}, output.target);
          INFO(name);
          CHECK(output.bytes == expected.bytes);
        });
      }
    }
  }
}

TEST_CASE("pixels: row ranges of RGB to YUV put together equal the whole picture") {
  for_each_target([&](RgbLayout layout, NativeFormat format) {
    const RgbPicture picture(37, 11, layout, 5);
    const ColorSpec color{Matrix::bt709, false};
    YuvOutput whole(picture.image(), format);
    YuvOutput split(picture.image(), format);
    to_yuv(picture.image(), color, whole.target);
    to_yuv_rows(picture.image(), color, split.target, 8, 11);
    to_yuv_rows(picture.image(), color, split.target, 0, 2);
    to_yuv_rows(picture.image(), color, split.target, 2, 8);
    CHECK(whole.bytes == split.bytes);
  });
}

TEST_CASE("pixels: RGB to YUV 4:4:4 and back is within 2") {
  const RgbPicture picture(251, 83, RgbLayout::rgb, 9);
  const RgbImage& image = picture.image();
  for (const Weights& w : kWeights) {
    for (const bool full : {false, true}) {
      YuvOutput output(image, NativeFormat::yuv444);
      to_yuv(image, {w.matrix, full}, output.target);
      const YuvTarget& t = output.target;
      const Image yuv{.width = image.width,
                      .height = image.height,
                      .log2_chroma_width = 0,
                      .log2_chroma_height = 0,
                      .bit_depth = 8,
                      .shift = 0,
                      .chroma = ChromaLayout::planar,
                      .data = {t.data[0], t.data[1], t.data[2]},
                      .stride = {t.stride[0], t.stride[1], t.stride[2]}};
      std::vector<uint8_t> back(static_cast<size_t>(251 * 83 * 3));
      to_rgb(yuv, {w.matrix, full}, {Order::hwc, 3, DType::u8, back.data(), 251 * 3, 0, {}, {}});
      int worst = 0;
      for (int y = 0; y < 83; ++y) {
        for (int i = 0; i < 251 * 3; ++i) {
          const int before = image.data[0][image.stride[0] * y + i];
          worst = std::max(worst, std::abs(before - back[static_cast<size_t>(y * 251 * 3 + i)]));
        }
      }
      CHECK(worst <= 2);
    }
  }
}

}  // namespace cuf::pixels::testing
