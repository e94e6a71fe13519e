#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "pixels/pixels.h"
#include "pixels_samples.h"

namespace cuf::pixels::testing {
namespace {

constexpr uint8_t kCanary = 0x5a;

struct Planes {
  Planes(NativeFormat format, int32_t width, int32_t height) {
    for (int p = 0; p < native_plane_count(format); ++p) {
      const PlaneShape shape = native_plane_shape(format, p, width, height);
      const ptrdiff_t stride = shape.row_bytes + 4;
      bytes[p].assign(static_cast<size_t>(stride * shape.rows), kCanary);
      view.data[p] = bytes[p].data();
      view.stride[p] = stride;
    }
  }

  bool operator==(const Planes& other) const {
    return bytes[0] == other.bytes[0] && bytes[1] == other.bytes[1] && bytes[2] == other.bytes[2];
  }

  std::vector<uint8_t> bytes[3];
  NativeView view{};
};

// One sample of the picture as the layouts store it: bytes, or MSB-aligned words.
uint32_t stored(const Image& image, int plane, int32_t x, int32_t row) {
  const uint8_t* at = image.data[plane] + image.stride[plane] * row;
  if (image.bit_depth == 8) return at[x];
  uint16_t word;
  std::memcpy(&word, at + ptrdiff_t{x} * 2, 2);
  const uint32_t sample = (word >> image.shift) & ((1U << image.bit_depth) - 1);
  return sample << (16 - image.bit_depth);
}

uint32_t chroma(const Image& image, int component, int32_t luma_x, int32_t luma_row) {
  if (image.chroma == ChromaLayout::none) return image.bit_depth == 8 ? 0x80 : 0x8000;
  const int32_t x = luma_x >> image.log2_chroma_width;
  const int32_t row = luma_row >> image.log2_chroma_height;
  if (image.chroma == ChromaLayout::semi_planar) return stored(image, 1, 2 * x + component, row);
  return stored(image, 1 + component, x, row);
}

void put(Planes& planes, int plane, int32_t index, int32_t row, uint32_t value, bool words) {
  uint8_t* at = planes.view.data[plane] + planes.view.stride[plane] * row;
  if (words) {
    const auto word = static_cast<uint16_t>(value);
    std::memcpy(at + ptrdiff_t{index} * 2, &word, 2);
  } else {
    at[index] = static_cast<uint8_t>(value);
  }
}

// Sample by sample, from the layouts' documentation.
Planes expected_planes(const Image& image, NativeFormat format, int log2_w, int log2_h) {
  Planes planes(format, image.width, image.height);
  const bool words = image.bit_depth > 8;
  for (int32_t y = 0; y < image.height; ++y) {
    for (int32_t x = 0; x < image.width; ++x) put(planes, 0, x, y, stored(image, 0, x, y), words);
  }
  for (int32_t y = 0; y < ceil_shift(image.height, log2_h); ++y) {
    for (int32_t x = 0; x < ceil_shift(image.width, log2_w); ++x) {
      for (int c = 0; c < 2; ++c) {
        const uint32_t value = chroma(image, c, x << log2_w, y << log2_h);
        if (native_plane_count(format) == 2) {
          put(planes, 1, 2 * x + c, y, value, words);
        } else {
          put(planes, 1 + c, x, y, value, words);
        }
      }
    }
  }
  return planes;
}

struct Case {
  uint8_t log2_width;
  uint8_t log2_height;
  ChromaLayout chroma;
  NativeFormat formats[3];  // at 8, 10 and 12 bits
  int native_log2_width;
  int native_log2_height;
};

using enum NativeFormat;
constexpr ChromaLayout kPlanar = ChromaLayout::planar;
constexpr ChromaLayout kPairs = ChromaLayout::semi_planar;
constexpr Case kCases[] = {
    {1, 1, kPlanar, {nv12, p010, p016}, 1, 1},
    {1, 1, kPairs, {nv12, p010, p016}, 1, 1},
    {0, 0, ChromaLayout::none, {nv12, p010, p016}, 1, 1},
    {1, 0, kPlanar, {nv16, p210, p216}, 1, 0},
    {1, 0, kPairs, {nv16, p210, p216}, 1, 0},
    {0, 0, kPlanar, {yuv444, yuv444_16, yuv444_16}, 0, 0},
    {0, 0, kPairs, {yuv444, yuv444_16, yuv444_16}, 0, 0},
    {0, 1, kPlanar, {yuv444, yuv444_16, yuv444_16}, 0, 0},
    {2, 0, kPlanar, {yuv444, yuv444_16, yuv444_16}, 0, 0},
    {2, 2, kPlanar, {yuv444, yuv444_16, yuv444_16}, 0, 0},
};

Shape shape_of(const Case& c, const int32_t size[2], int depth_index) {
  constexpr uint8_t kDepths[] = {8, 10, 12};
  return {.width = size[0],
          .height = size[1],
          .log2_chroma_width = c.log2_width,
          .log2_chroma_height = c.log2_height,
          .depth = kDepths[depth_index],
          .chroma = c.chroma,
          .msb_aligned = depth_index > 0 && c.chroma == kPairs};
}

}  // namespace

TEST_CASE("pixels: native layouts hold every sample where NVDEC has it") {
  constexpr int32_t kSizes[][2] = {{1, 1}, {3, 5}, {17, 9}, {128, 4}, {321, 241}, {1091, 3}};
  uint32_t seed = 1;
  for (const Case& c : kCases) {
    for (const auto& size : kSizes) {
      for (int d = 0; d < 3; ++d) {
        ++seed;
        const Picture picture(shape_of(c, size, d), seed, seed % 3 == 0);
        const NativeFormat format = native_format_of(picture.image());
        CHECK(format == c.formats[d]);
        const Planes expected =
            expected_planes(picture.image(), format, c.native_log2_width, c.native_log2_height);
        for_each_vector_target([&](const char* name) {
          CAPTURE(name);
          Planes planes(format, size[0], size[1]);
          to_native(picture.image(), format, planes.view);
          CHECK(planes == expected);
        });
      }
    }
  }
}

TEST_CASE("pixels: native row ranges put together equal the whole picture") {
  constexpr int32_t kSize[2] = {35, 11};
  for (const Case& c : kCases) {
    const Picture picture(shape_of(c, kSize, 1), 9);
    const NativeFormat format = native_format_of(picture.image());
    Planes whole(format, 35, 11);
    Planes split(format, 35, 11);
    to_native(picture.image(), format, whole.view);
    to_native_rows(picture.image(), format, split.view, 6, 11);
    to_native_rows(picture.image(), format, split.view, 0, 6);
    CHECK(whole == split);
  }
}

TEST_CASE("pixels: plane shapes of odd sizes have ceil chroma") {
  CHECK(native_plane_shape(nv12, 0, 321, 241).row_bytes == 321);
  CHECK(native_plane_shape(nv12, 1, 321, 241).row_bytes == 322);
  CHECK(native_plane_shape(nv12, 1, 321, 241).rows == 121);
  CHECK(native_plane_shape(p010, 1, 3, 5).row_bytes == 8);
  CHECK(native_plane_shape(nv16, 1, 3, 5).rows == 5);
  CHECK(native_plane_shape(p216, 1, 3, 5).row_bytes == 8);
  CHECK(native_plane_shape(yuv444, 2, 3, 5).row_bytes == 3);
  CHECK(native_plane_shape(yuv444_16, 2, 3, 5).row_bytes == 6);
}

}  // namespace cuf::pixels::testing
