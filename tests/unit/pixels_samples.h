// Pictures with random samples for the pixel tests, in buffers with canaries around every row.
#pragma once

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <cstdint>
#include <random>
#include <vector>

#include "pixels/pixels.h"

namespace cuf::pixels::testing {

struct Shape {
  int32_t width;
  int32_t height;
  uint8_t log2_chroma_width;
  uint8_t log2_chroma_height;
  uint8_t depth;
  ChromaLayout chroma;
  bool msb_aligned = false;
};

inline int32_t ceil_shift(int32_t v, int log2) {
  return (v + (1 << log2) - 1) >> log2;
}

// Planes at odd strides and, for bytes, odd addresses; exactly as long as needed, so that ASan sees
// one byte too many. `flipped` stores the rows bottom up (negative strides).
class Picture {
 public:
  Picture(const Shape& shape, uint32_t seed, bool flipped = false) {
    const bool words = shape.depth > 8;
    image_ = {.width = shape.width,
              .height = shape.height,
              .log2_chroma_width = shape.log2_chroma_width,
              .log2_chroma_height = shape.log2_chroma_height,
              .bit_depth = shape.depth,
              .shift = static_cast<uint8_t>(shape.msb_aligned ? 16 - shape.depth : 0),
              .chroma = shape.chroma,
              .data = {},
              .stride = {}};
    const int planes = shape.chroma == ChromaLayout::none          ? 1
                       : shape.chroma == ChromaLayout::semi_planar ? 2
                                                                   : 3;
    std::mt19937 random(seed);
    for (int p = 0; p < planes; ++p) {
      const int32_t w = p == 0 ? shape.width : ceil_shift(shape.width, shape.log2_chroma_width);
      const int32_t h = p == 0 ? shape.height : ceil_shift(shape.height, shape.log2_chroma_height);
      const ptrdiff_t row = ptrdiff_t{w} * (words ? 2 : 1) * (planes == 2 && p == 1 ? 2 : 1);
      const ptrdiff_t stride = row + (words ? 6 : 5);
      const ptrdiff_t lead = words ? 2 : 1;
      storage_[p].resize(static_cast<size_t>(lead + stride * (h - 1) + row));
      fill(storage_[p], random);
      image_.data[p] = storage_[p].data() + lead + (flipped ? stride * (h - 1) : 0);
      image_.stride[p] = flipped ? -stride : stride;
    }
  }

  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  const Image& image() const { return image_; }

 private:
  // A quarter of the bytes at the extremes. 16-bit containers get bits outside the sample too.
  static void fill(std::vector<uint8_t>& bytes, std::mt19937& random) {
    for (uint8_t& byte : bytes) {
      const uint32_t r = random();
      byte = (r & 7) == 0 ? 0 : (r & 7) == 1 ? 255 : static_cast<uint8_t>(r >> 8);
    }
  }

  Image image_;
  std::vector<uint8_t> storage_[3];
};

// Runs f once for every vector target of this processor.
template <class F>
void for_each_vector_target(F f) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    f(hwy::TargetName(target));
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace cuf::pixels::testing
