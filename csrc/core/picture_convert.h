#pragma once

#include <cstdint>
#include <optional>

#include "core/model.h"
#include "core/ports.h"
#include "pixels/resize.h"

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
  pixels::Crop crop = {0, 0, 0, 0};  // width 0: the whole picture
  uint32_t width = 0;                // what the crop is resized to; 0: not resized
  uint32_t height = 0;
};

// Writes pictures of one size as tensors, one after another; thread-safe.
class TensorWriter {
 public:
  // Throws Error(invalid_argument) for a crop that is not inside the picture.
  TensorWriter(const TensorOptions& options, uint32_t picture_width, uint32_t picture_height);

  const TensorOptions& options() const { return options_; }
  uint32_t width() const { return width_; }
  uint32_t height() const { return height_; }
  uint32_t row_bytes() const { return row_bytes_; }
  size_t plane_bytes() const { return static_cast<size_t>(row_bytes_) * height_; }
  uint32_t plane_count() const { return options_.layout == Layout::chw ? 3 : 1; }
  size_t byte_length() const { return plane_bytes() * plane_count(); }
  bool is_for(const Picture& picture) const;
  // The properties of what it writes, without planes.
  void describe(Picture& tensor) const;

  void write(const Picture& picture, pixels::ResizeScratch& scratch, uint8_t* out) const;

 private:
  const TensorOptions options_;
  const uint32_t picture_width_;
  const uint32_t picture_height_;
  uint32_t width_;
  uint32_t height_;
  uint32_t row_bytes_;
  std::optional<pixels::Resize> resize_;  // nothing: the whole picture as it is
};

Picture convert_to_tensor(const Picture& picture, const TensorOptions& options, Memory& memory);

// Name of the vector instructions that conversions use.
const char* conversion_target();

}  // namespace cuf
