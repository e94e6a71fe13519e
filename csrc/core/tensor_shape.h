#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/error.h"
#include "core/model.h"
#include "pixels/resize.h"

namespace cuf {

// Replaces what a stream says of its colour, where it says nothing or is wrong.
struct ColorOverride {
  uint32_t matrix = 0;  // H.273; 0 = the stream's
  uint32_t range = 0;   // 0 = the stream's, 1 = limited, 2 = full
};

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

// The tensors that pictures of one size become.
class TensorShape {
 public:
  // Throws Error(invalid_argument) for a crop that is not inside the picture.
  TensorShape(const TensorOptions& options, uint32_t picture_width, uint32_t picture_height);

  const TensorOptions& options() const { return options_; }
  uint32_t width() const { return width_; }
  uint32_t height() const { return height_; }
  uint32_t row_bytes() const { return row_bytes_; }
  size_t plane_bytes() const { return static_cast<size_t>(row_bytes_) * height_; }
  uint32_t plane_count() const { return options_.layout == Layout::chw ? 3 : 1; }
  size_t byte_length() const { return plane_bytes() * plane_count(); }
  bool is_for(const Picture& picture) const;
  // Nothing: the whole picture as it is.
  const std::optional<pixels::Resize>& resize() const { return resize_; }
  // The properties of such a tensor, without planes.
  void describe(Picture& tensor) const;
  // A tensor at `data` and its planes, with what `picture` says of its time and origin.
  Picture tensor_of(const Picture& picture, const uint8_t* data) const;
  // Where a picture of this depth is written.
  pixels::RgbTarget target(uint8_t* out, uint32_t bit_depth) const;

 private:
  const TensorOptions options_;
  const uint32_t picture_width_;
  const uint32_t picture_height_;
  uint32_t width_;
  uint32_t height_;
  uint32_t row_bytes_;
  std::optional<pixels::Resize> resize_;
};

// The picture's planes as the pixel code takes them. Throws Error(unsupported) for RGB.
pixels::Image image_of(const Picture& picture);
// Throws Error(unsupported) for matrices that are not linear.
pixels::ColorSpec color_spec_of(const Picture& picture, const ColorOverride& override);
// Whether the picture is red, green and blue already, as GBR formats are.
bool is_rgb_coded(const Picture& picture);
// Everything but the pixels and where they are.
Picture with_properties_of(const Picture& picture);

}  // namespace cuf
