#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "pixels/color_math.h"
#include "pixels/pixels.h"
#include "pixels/resize.h"
#include "pixels/resize_scalar.h"
#include "pixels_output.h"
#include "pixels_samples.h"

namespace cuf::pixels::testing {
namespace {

// Every vector target and dtype gives the bytes of the scalar form.
void check_all_kinds(const Image& image, const ColorSpec& color, const Crop& crop, int32_t width,
                     int32_t height, int& compared) {
  const Resize resize(crop, width, height);
  ResizeScratch scratch;  // of one size after the other, as a caller has it
  for (const Kind& kind : all_kinds()) {
    Output expected(width, height, kind);
    const RgbMath math = rgb_math(color, image.bit_depth, image.shift, kind.dtype != DType::u8);
    scalar::to_rgb_resized(image, math, resize, expected.target);
    for_each_vector_target([&](const char* name) {
      Output output(width, height, kind);
      to_rgb_resized(image, color, resize, output.target, scratch);
      ++compared;
      if (output.bytes == expected.bytes) return;
      FAIL_CHECK(name << ": " << image.width << "x" << image.height << " depth "
                      << int{image.bit_depth} << " crop " << crop.x << "," << crop.y << " "
                      << crop.width << "x" << crop.height << " to " << width << "x" << height
                      << " dtype " << static_cast<int>(kind.dtype) << " order "
                      << static_cast<int>(kind.order) << " channels " << int{kind.channels});
    });
  }
}

struct Geometry {
  int32_t width;
  int32_t height;
  Crop crop;
  int32_t target_width;
  int32_t target_height;
};

// Growing, shrinking, both, neither; one pixel; crops at every parity; more than a chunk of 1024;
// windows of 2 (growing) to 8, 16 and over 32 taps.
constexpr Geometry kGeometries[] = {
    {1, 1, {0, 0, 1, 1}, 1, 1},        {1, 1, {0, 0, 1, 1}, 7, 3},
    {17, 9, {16, 8, 1, 1}, 4, 4},      {64, 36, {0, 0, 64, 36}, 64, 36},
    {65, 37, {1, 1, 63, 35}, 63, 35},  {67, 35, {3, 2, 63, 33}, 21, 11},
    {67, 35, {2, 3, 50, 31}, 133, 9},  {67, 35, {5, 5, 60, 30}, 9, 70},
    {200, 50, {0, 0, 200, 50}, 32, 7}, {321, 241, {7, 1, 313, 239}, 5, 3},
    {321, 41, {0, 0, 321, 41}, 1, 1},  {1291, 19, {130, 0, 1161, 19}, 97, 8}};

}  // namespace

TEST_CASE("resize: vector code equals the scalar definition") {
  constexpr Shape kShapes[] = {{0, 0, 1, 1, 8, ChromaLayout::planar},
                               {0, 0, 1, 1, 8, ChromaLayout::semi_planar},
                               {0, 0, 2, 0, 8, ChromaLayout::planar},
                               {0, 0, 0, 0, 8, ChromaLayout::none},
                               {0, 0, 1, 1, 10, ChromaLayout::semi_planar, true},
                               {0, 0, 1, 0, 12, ChromaLayout::planar},
                               {0, 0, 0, 0, 16, ChromaLayout::planar}};
  int compared = 0;
  uint32_t seed = 1;
  for (Shape shape : kShapes) {
    for (const Geometry& g : kGeometries) {
      shape.width = g.width;
      shape.height = g.height;
      ++seed;
      const Picture picture(shape, seed, seed % 3 == 0);
      check_all_kinds(picture.image(), {Matrix::bt709, seed % 2 == 0}, g.crop, g.target_width,
                      g.target_height, compared);
    }
  }
  CHECK(compared >= 7 * 12 * 12);
}

TEST_CASE("resize: the crop's own size gives what to_rgb gives, to the bit") {
  for (const uint8_t depth : {8, 10, 16}) {
    const Picture picture({.width = 131,
                           .height = 23,
                           .log2_chroma_width = 1,
                           .log2_chroma_height = 1,
                           .depth = depth,
                           .chroma = ChromaLayout::planar},
                          depth);
    const ColorSpec color{Matrix::bt601, false};
    const Resize resize({0, 0, 131, 23}, 131, 23);
    ResizeScratch scratch;
    for (const Kind& kind : all_kinds()) {
      Output plain(131, 23, kind);
      Output resized(131, 23, kind);
      to_rgb(picture.image(), color, plain.target);
      to_rgb_resized(picture.image(), color, resize, resized.target, scratch);
      CHECK(plain.bytes == resized.bytes);
    }
  }
}

TEST_CASE("resize: one scratch serves any sequence of sizes") {
  const Picture picture({.width = 90,
                         .height = 70,
                         .log2_chroma_width = 1,
                         .log2_chroma_height = 1,
                         .depth = 10,
                         .chroma = ChromaLayout::planar},
                        3);
  const ColorSpec color{Matrix::bt709, false};
  ResizeScratch reused;
  for (const int32_t size : {40, 3, 160, 8}) {
    const Resize resize({1, 3, 80, 60}, size, size);
    for (const Kind& kind : all_kinds()) {
      ResizeScratch fresh;
      Output one(size, size, kind);
      Output other(size, size, kind);
      to_rgb_resized(picture.image(), color, resize, one.target, reused);
      to_rgb_resized(picture.image(), color, resize, other.target, fresh);
      CHECK(one.bytes == other.bytes);
    }
  }
}

TEST_CASE("resize: a repeated frame moves no memory") {
  ResizeScratch scratch;
  uint8_t* memory = scratch.reserve(1000);
  CHECK(reinterpret_cast<uintptr_t>(memory) % 64 == 0);
  CHECK(scratch.reserve(1000) == memory);
  CHECK(scratch.reserve(10) == memory);
}

TEST_CASE("resize: weights of every output sum to one and stay inside the input") {
  constexpr int32_t kSizes[][2] = {{1, 1},     {1, 5},     {5, 1},     {1920, 224}, {1080, 224},
                                   {224, 224}, {224, 225}, {225, 224}, {3, 4000},   {7680, 3}};
  for (const auto& size : kSizes) {
    const ResizeAxis axis(size[0], size[1]);
    const auto stride = static_cast<size_t>(axis.stride);
    REQUIRE(axis.weights.size() == stride * static_cast<size_t>(size[1]));
    int wrong = 0;
    for (size_t i = 0; i < static_cast<size_t>(size[1]); ++i) {
      const int16_t* w = &axis.weights[i * stride];
      const int32_t sum = std::accumulate(w, w + stride, 0);
      const bool inside =
          axis.first[i] >= 0 && axis.count[i] >= 1 && axis.first[i] + axis.count[i] <= size[0];
      const bool padded = std::all_of(w + axis.count[i], w + stride, [](int v) { return v == 0; });
      const bool positive = std::all_of(w, w + axis.count[i], [](int v) { return v >= 0; });
      if (sum != 1 << axis.fraction_bits || !inside || !padded || !positive) ++wrong;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("resize: a plain picture stays plain at both ends of the range") {
  for (const uint8_t sample : {uint8_t{0}, uint8_t{255}}) {
    const std::vector<uint8_t> plane(static_cast<size_t>(301) * 203, sample);
    const Image image{.width = 301,
                      .height = 203,
                      .log2_chroma_width = 0,
                      .log2_chroma_height = 0,
                      .bit_depth = 8,
                      .shift = 0,
                      .chroma = ChromaLayout::none,
                      .data = {plane.data(), nullptr, nullptr},
                      .stride = {301, 0, 0}};
    const Resize resize({0, 0, 301, 203}, 50, 300);
    std::vector<uint8_t> out(static_cast<size_t>(50) * 300 * 3, 7);
    const RgbTarget target{.order = Order::hwc,
                           .channels = 3,
                           .dtype = DType::u8,
                           .data = out.data(),
                           .row_stride = 150,
                           .plane_stride = 0,
                           .scale = {},
                           .bias = {}};
    ResizeScratch scratch;
    to_rgb_resized(image, {Matrix::bt709, true}, resize, target, scratch);
    CHECK(std::all_of(out.begin(), out.end(), [sample](uint8_t v) { return v == sample; }));
  }
}

TEST_CASE("resize: negative output stride writes the rows bottom up") {
  const Picture picture({.width = 70,
                         .height = 25,
                         .log2_chroma_width = 1,
                         .log2_chroma_height = 0,
                         .depth = 8,
                         .chroma = ChromaLayout::planar},
                        6);
  const Kind kind{Order::hwc, 3, DType::u8};
  Output down(33, 9, kind);
  Output up(33, 9, kind, true);
  const Resize resize({0, 0, 70, 25}, 33, 9);
  ResizeScratch scratch;
  to_rgb_resized(picture.image(), {Matrix::bt601, true}, resize, down.target, scratch);
  to_rgb_resized(picture.image(), {Matrix::bt601, true}, resize, up.target, scratch);
  for (int y = 0; y < 9; ++y) {
    CHECK(std::memcmp(down.target.data + down.target.row_stride * y,
                      up.target.data + up.target.row_stride * y, 33 * 3) == 0);
  }
}

}  // namespace cuf::pixels::testing
