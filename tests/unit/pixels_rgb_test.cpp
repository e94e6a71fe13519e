#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "pixels/pixels.h"
#include "pixels/rgb_scalar.h"
#include "pixels_output.h"
#include "pixels_samples.h"

namespace cuf::pixels::testing {
namespace {

std::vector<uint8_t> by_scalar(const Image& image, const ColorSpec& color, const Kind& kind) {
  Output output(image, kind.order, kind.channels, kind.dtype);
  const RgbMath math = rgb_math(color, image.bit_depth, image.shift, kind.dtype != DType::u8);
  scalar::to_rgb_rows(image, math, output.target, 0, image.height);
  return output.bytes;
}

// Every vector target gives the bytes of the scalar form. Counts failures instead of asserting
// each.
void check_all_kinds(const Image& image, const ColorSpec& color, int& compared) {
  for (const Kind& kind : all_kinds()) {
    const std::vector<uint8_t> expected = by_scalar(image, color, kind);
    for_each_vector_target([&](const char* name) {
      Output output(image, kind.order, kind.channels, kind.dtype);
      to_rgb(image, color, output.target);
      ++compared;
      if (output.bytes == expected) return;
      FAIL_CHECK(name << ": " << image.width << "x" << image.height << " depth "
                      << int{image.bit_depth} << " shift " << int{image.shift} << " chroma "
                      << static_cast<int>(image.chroma) << " " << int{image.log2_chroma_width}
                      << int{image.log2_chroma_height} << " matrix "
                      << static_cast<int>(color.matrix) << " full " << color.full_range << " dtype "
                      << static_cast<int>(kind.dtype) << " order " << static_cast<int>(kind.order)
                      << " channels " << int{kind.channels});
    });
  }
}

// 4:2:0, 4:2:2, 4:4:4, 4:0:0 and the rarer 4:4:0, 4:1:1, 4:1:0.
struct Sampling {
  uint8_t log2_width;
  uint8_t log2_height;
  ChromaLayout chroma;
};
constexpr Sampling kSamplings[] = {
    {1, 1, ChromaLayout::planar}, {1, 1, ChromaLayout::semi_planar}, {1, 0, ChromaLayout::planar},
    {0, 0, ChromaLayout::planar}, {0, 0, ChromaLayout::semi_planar}, {0, 0, ChromaLayout::none},
    {0, 1, ChromaLayout::planar}, {2, 0, ChromaLayout::planar},      {2, 2, ChromaLayout::planar}};

}  // namespace

TEST_CASE("pixels: vector code equals the scalar definition") {
  constexpr int32_t kSizes[][2] = {{1, 1}, {2, 2}, {3, 5}, {17, 9}, {64, 2}, {129, 3}, {1091, 2}};
  int compared = 0;
  uint32_t seed = 1;
  for (const int depth : {8, 10, 12}) {
    for (const Sampling& s : kSamplings) {
      for (const auto& size : kSizes) {
        const Picture picture({.width = size[0],
                               .height = size[1],
                               .log2_chroma_width = s.log2_width,
                               .log2_chroma_height = s.log2_height,
                               .depth = static_cast<uint8_t>(depth),
                               .chroma = s.chroma,
                               .msb_aligned = depth > 8 && s.chroma == ChromaLayout::semi_planar},
                              seed++);
        for (const Matrix matrix : {Matrix::bt601, Matrix::bt709, Matrix::bt2020_ncl}) {
          check_all_kinds(picture.image(), {matrix, false}, compared);
          check_all_kinds(picture.image(), {matrix, true}, compared);
        }
      }
    }
  }
  CHECK(compared >= 3 * 9 * 7 * 6 * 12);
}

TEST_CASE("pixels: vector code equals the scalar definition at other depths and matrices") {
  int compared = 0;
  uint32_t seed = 1000;
  for (const int depth : {8, 9, 11, 14, 15, 16}) {
    for (const Sampling& s : kSamplings) {
      const Picture picture({.width = 147,
                             .height = 3,
                             .log2_chroma_width = s.log2_width,
                             .log2_chroma_height = s.log2_height,
                             .depth = static_cast<uint8_t>(depth),
                             .chroma = s.chroma,
                             .msb_aligned = depth == 14},
                            seed++, true);
      for (const Matrix m : {Matrix::bt709, Matrix::fcc, Matrix::smpte240m, Matrix::identity}) {
        check_all_kinds(picture.image(), {m, false}, compared);
        check_all_kinds(picture.image(), {m, true}, compared);
      }
    }
  }
  CHECK(compared >= 6 * 9 * 8 * 12);
}

TEST_CASE("pixels: an odd picture of more than a chunk in both directions") {
  int compared = 0;
  for (const int depth : {8, 10}) {
    const Picture picture({.width = 321,
                           .height = 241,
                           .log2_chroma_width = 1,
                           .log2_chroma_height = 1,
                           .depth = static_cast<uint8_t>(depth),
                           .chroma = ChromaLayout::planar},
                          77);
    check_all_kinds(picture.image(), {Matrix::bt709, false}, compared);
  }
  CHECK(compared >= 24);
}

TEST_CASE("pixels: row ranges put together equal the whole picture") {
  const Picture picture({.width = 37,
                         .height = 11,
                         .log2_chroma_width = 1,
                         .log2_chroma_height = 1,
                         .depth = 8,
                         .chroma = ChromaLayout::planar},
                        5);
  const ColorSpec color{Matrix::bt709, false};
  for (const Kind& kind : all_kinds()) {
    Output whole(picture.image(), kind.order, kind.channels, kind.dtype);
    Output split(picture.image(), kind.order, kind.channels, kind.dtype);
    to_rgb(picture.image(), color, whole.target);
    to_rgb_rows(picture.image(), color, split.target, 7, 11);
    to_rgb_rows(picture.image(), color, split.target, 3, 7);
    to_rgb_rows(picture.image(), color, split.target, 0, 3);
    CHECK(whole.bytes == split.bytes);
  }
}

TEST_CASE("pixels: negative output stride writes the rows bottom up") {
  const Picture picture({.width = 70,
                         .height = 5,
                         .log2_chroma_width = 1,
                         .log2_chroma_height = 0,
                         .depth = 8,
                         .chroma = ChromaLayout::planar},
                        6);
  const ColorSpec color{Matrix::bt601, true};
  Output down(picture.image(), Order::hwc, 3, DType::u8);
  Output up(picture.image(), Order::hwc, 3, DType::u8, true);
  to_rgb(picture.image(), color, down.target);
  to_rgb(picture.image(), color, up.target);
  for (int y = 0; y < 5; ++y) {
    CHECK(std::memcmp(down.target.data + down.target.row_stride * y,
                      up.target.data + up.target.row_stride * y, 70 * 3) == 0);
  }
  CHECK(up.target.data > up.target.data + up.target.row_stride);
}

TEST_CASE("pixels: floats are rounded after the product and after the sum") {
  const Picture picture({.width = 200,
                         .height = 3,
                         .log2_chroma_width = 1,
                         .log2_chroma_height = 1,
                         .depth = 10,
                         .chroma = ChromaLayout::planar},
                        8);
  const ColorSpec color{Matrix::bt709, false};
  Output integers(picture.image(), Order::chw, 3, DType::u16);
  Output floats(picture.image(), Order::chw, 3, DType::f32);
  to_rgb(picture.image(), color, integers.target);
  to_rgb(picture.image(), color, floats.target);
  int wrong = 0;
  int fused_would_differ = 0;
  for (int c = 0; c < 3; ++c) {
    for (int x = 0; x < 200; ++x) {
      uint16_t v;
      float f;
      std::memcpy(&v, integers.target.data + integers.target.plane_stride * c + x * 2, 2);
      std::memcpy(&f, floats.target.data + floats.target.plane_stride * c + x * 4, 4);
      const float scale = floats.target.scale[c];
      const float bias = floats.target.bias[c];
      const volatile float product = static_cast<float>(v) * scale;
      const volatile float sum = product + bias;
      if (f != sum) ++wrong;
      if (static_cast<float>(double{scale} * v + bias) != sum) ++fused_would_differ;
    }
  }
  CHECK(wrong == 0);
  CHECK(fused_would_differ > 0);
}

TEST_CASE("pixels: vector code rounds every kind of half as the scalar definition does") {
  const Picture picture({.width = 333,
                         .height = 3,
                         .log2_chroma_width = 0,
                         .log2_chroma_height = 0,
                         .depth = 12,
                         .chroma = ChromaLayout::planar},
                        9);
  // Subnormal, around the least subnormal, overflowing, infinite and not a number.
  constexpr float kScales[][2] = {
      {1e-8F, 0}, {1e-9F, -3e-8F}, {-33.0F, 1e4F},    {1e38F, -1e38F},
      {1, NAN},   {-1, -NAN},      {INFINITY, -1e4F}, {INFINITY, -INFINITY}};
  const Kind kind{Order::chw, 3, DType::f16};
  const ColorSpec color{Matrix::bt709, true};
  const RgbMath math = rgb_math(color, 12, 0, true);
  for (const auto& scale : kScales) {
    Output expected(picture.image(), kind.order, kind.channels, kind.dtype);
    std::fill_n(expected.target.scale, 3, scale[0]);
    std::fill_n(expected.target.bias, 3, scale[1]);
    scalar::to_rgb_rows(picture.image(), math, expected.target, 0, 3);
    for_each_vector_target([&](const char* name) {
      Output output(picture.image(), kind.order, kind.channels, kind.dtype);
      std::fill_n(output.target.scale, 3, scale[0]);
      std::fill_n(output.target.bias, 3, scale[1]);
      to_rgb(picture.image(), color, output.target);
      INFO(name << " scale " << scale[0] << " bias " << scale[1]);
      CHECK(output.bytes == expected.bytes);
    });
  }
}

}  // namespace cuf::pixels::testing
