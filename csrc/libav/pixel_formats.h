#pragma once

#include "core/model.h"
#include "libav/compat.h"

namespace cuf::libav {

// What a libav format is in cuframe's words.
struct PixelFormat {
  Format format = Format::unknown;  // unknown: must be converted first
  uint32_t bit_depth = 8;
};

PixelFormat to_pixel_format(AVPixelFormat format);
// The format to convert a frame to that to_pixel_format does not know: no less depth, no less
// chroma. Alpha is dropped.
AVPixelFormat nearest_format(AVPixelFormat format);
// For RGB whose bits are not bytes: the packed format to go through, since swscale goes to planes
// through YUV otherwise.
AVPixelFormat intermediate_format(AVPixelFormat format);

ChromaFormat chroma_of(AVPixelFormat format);
uint32_t bit_depth_of(AVPixelFormat format);
bool is_full_range_format(AVPixelFormat format);  // yuvj*, rgb
bool is_rgb_format(AVPixelFormat format);

}  // namespace cuf::libav
