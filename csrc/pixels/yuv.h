// RGB pictures to the layouts that encoders take. The integer definition is yuv_math.h; every
// function here gives exactly its bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pixels/pixels.h"

namespace cuf::pixels {

// 8 bits: rgb is [H, W, 3], rgbp [3, H, W], bgra and rgba [H, W, 4] in that order of bytes.
// 10 bits: 32-bit words with blue (bgr10) or red (rgb10) in bits 0..9, green in 10..19, the third
// in 20..29. Alpha, the two high bits of a word, too, is ignored.
enum class RgbLayout : uint8_t { rgb, rgbp, bgra, rgba, bgr10, rgb10 };

// An RGB picture of full range; only read.
struct RgbImage {
  int32_t width;   // pixels, at least 1, any parity
  int32_t height;  // rows, at least 1, any parity
  RgbLayout layout;
  // R, G, B for rgbp; else the first only. Any address and stride will do.
  const uint8_t* data[3];
  ptrdiff_t stride[3];  // bytes; may be negative
};

// Planes as native_plane_count and native_plane_shape give them; the first unused bits of 10-bit
// samples are 0 (MSB-aligned).
struct YuvTarget {
  NativeFormat format;
  uint8_t* data[3];     // Y, U, V (or Y, UV); multiples of 2 for p010 and yuv444_16
  ptrdiff_t stride[3];  // bytes; may be negative
};

// 8 of the 8-bit layouts, 10 of words.
constexpr int rgb_bit_depth(RgbLayout layout) {
  return layout >= RgbLayout::bgr10 ? 10 : 8;
}

// Whether pictures of this layout can be written in that format: 8-bit ones as nv12 or yuv444, of
// 10 bits as p010 or yuv444_16.
constexpr bool is_yuv_target(RgbLayout layout, NativeFormat format) {
  return rgb_bit_depth(layout) == 8
             ? format == NativeFormat::nv12 || format == NativeFormat::yuv444
             : format == NativeFormat::p010 || format == NativeFormat::yuv444_16;
}

// Chroma of 4:2:0 is that of the mean of 2 x 2 pixels, of fewer at an odd end. is_yuv_target()
// holds and the matrix is not identity.
void to_yuv(const RgbImage& image, const ColorSpec& color, const YuvTarget& target);

// The same for the rows [row_begin, row_end) and their chroma, so that threads can share a picture:
// row_begin is even, row_end is even or the height.
void to_yuv_rows(const RgbImage& image, const ColorSpec& color, const YuvTarget& target,
                 int32_t row_begin, int32_t row_end);

}  // namespace cuf::pixels
