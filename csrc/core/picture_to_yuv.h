#pragma once

#include <cstddef>
#include <cstdint>

#include "core/error.h"
#include "core/model.h"
#include "pixels/yuv.h"

namespace cuf {

class Memory;

// Whether the picture is RGB of 8 or of 10 bits as encoders are given it: rgb, rgbp and rgba
// tensors of uint8 that are not batches, bgra, bgr10 and rgb10.
bool is_rgb_input(const Picture& picture);

// How one RGB picture becomes YUV.
class YuvShape {
 public:
  // `format` is nv12 or yuv444 for 8 bits, p010 or yuv444_16 for 10. `color` is that of the result;
  // an unspecified matrix (2) is BT.709 from 720 lines up and BT.601 below. Throws
  // Error(unsupported) for other pictures and formats, and for matrices that are not linear.
  YuvShape(const Picture& picture, Format format, const Color& color);

  // Where the picture is: on the host, or in a GPU's memory.
  const pixels::RgbImage& image() const { return image_; }
  const pixels::ColorSpec& color() const { return spec_; }
  pixels::NativeFormat format() const { return format_; }
  // Of a result, whose planes follow one another; on a GPU rows of all of them begin at the same
  // multiple of 256 bytes, on the host there is no padding.
  size_t byte_length() const { return byte_length_; }
  // A result at `data`, with what the picture says of its time and origin. Its owner is the
  // caller's matter.
  Picture picture_at(const uint8_t* data) const;
  pixels::YuvTarget target(uint8_t* out) const;

 private:
  pixels::RgbImage image_{};
  pixels::ColorSpec spec_{};
  pixels::NativeFormat format_ = pixels::NativeFormat::nv12;
  Picture result_;  // its planes' `data` null
  size_t offsets_[3] = {};
  size_t byte_length_ = 0;
};

// The picture in YUV, in `memory`; a GPU's picture stays in its memory and is converted there.
// Throws as YuvShape does.
Picture to_yuv(const Picture& picture, Format format, const Color& color, Memory& memory);

}  // namespace cuf
