#include "pixels/yuv_scalar.h"

#include <algorithm>
#include <cstring>

#include "pixels/scalar_store.h"

namespace cuf::pixels::scalar {
namespace {

Rgb pixel(const RgbImage& image, int32_t x, int32_t y) {
  const uint8_t* row = image.data[0] + image.stride[0] * y;
  switch (image.layout) {
    case RgbLayout::rgb:
      row += ptrdiff_t{3} * x;
      return {row[0], row[1], row[2]};
    case RgbLayout::rgbp:
      return {row[x], image.data[1][image.stride[1] * y + x],
              image.data[2][image.stride[2] * y + x]};
    case RgbLayout::bgra:
      row += ptrdiff_t{4} * x;
      return {row[2], row[1], row[0]};
    case RgbLayout::rgba:
      row += ptrdiff_t{4} * x;
      return {row[0], row[1], row[2]};
    case RgbLayout::bgr10:
    case RgbLayout::rgb10:
      break;
  }
  uint32_t word;
  std::memcpy(&word, row + ptrdiff_t{4} * x, sizeof word);
  return rgb_of_word(word, image.layout);
}

// Sample `index` of row `y` of a plane.
void store(const YuvTarget& target, int plane, int32_t index, int32_t y, int32_t value) {
  uint8_t* row = target.data[plane] + target.stride[plane] * y;
  if (target.format == NativeFormat::nv12 || target.format == NativeFormat::yuv444) {
    row[index] = static_cast<uint8_t>(value);
  } else {
    put(row + ptrdiff_t{2} * index, static_cast<uint16_t>(value));
  }
}

void chroma_row(const RgbImage& image, const YuvMath& math, const YuvTarget& target, int32_t y) {
  const int32_t below = std::min(y + 1, image.height - 1);
  for (int32_t x = 0; x < image.width; x += 2) {
    const int32_t right = std::min(x + 1, image.width - 1);
    const Rgb sum = add(add(pixel(image, x, y), pixel(image, right, y)),
                        add(pixel(image, x, below), pixel(image, right, below)));
    const ChromaPair chroma = chroma_of(math, sum, 2);
    store(target, 1, x, y / 2, chroma.u);
    store(target, 1, x + 1, y / 2, chroma.v);
  }
}

}  // namespace

void to_yuv_rows(const RgbImage& image, const YuvMath& math, const YuvTarget& target,
                 int32_t row_begin, int32_t row_end) {
  const bool is_full =
      target.format == NativeFormat::yuv444 || target.format == NativeFormat::yuv444_16;
  for (int32_t y = row_begin; y < row_end; ++y) {
    for (int32_t x = 0; x < image.width; ++x) {
      const Rgb rgb = pixel(image, x, y);
      store(target, 0, x, y, luma_of(math, rgb));
      if (!is_full) continue;
      const ChromaPair chroma = chroma_of(math, rgb, 0);
      store(target, 1, x, y, chroma.u);
      store(target, 2, x, y, chroma.v);
    }
    if (!is_full && y % 2 == 0) chroma_row(image, math, target, y);
  }
}

}  // namespace cuf::pixels::scalar
