#pragma once

#include <cstdint>

#include "core/model.h"
#include "core/ports.h"

namespace cuf {

// Replaces what a stream says of its colour, where it says nothing or is wrong.
struct ColorOverride {
  uint32_t matrix = 0;  // H.273; 0 = the stream's
  uint32_t range = 0;   // 0 = the stream's, 1 = limited, 2 = full
};

// The picture as outputColorType asks for it; raw is the picture itself.
Picture convert_output(const Picture& picture, ColorType type, const ColorOverride& color,
                       Memory& memory);

// The layout of native pictures of this kind.
Format native_format_of(ChromaFormat chroma, uint32_t bit_depth);

struct TensorOptions {
  Layout layout = Layout::hwc;
  Dtype dtype = Dtype::uint8;
  uint32_t channels = 3;  // 4 with hwc: opaque alpha
  double mean[3] = {0, 0, 0};
  double deviation[3] = {1, 1, 1};
  ColorOverride color;
};

Picture convert_to_tensor(const Picture& picture, const TensorOptions& options, Memory& memory);

// Name of the vector instructions that conversions use.
const char* conversion_target();

}  // namespace cuf
