#include "core/picture_to_yuv.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/picture_convert.h"
#include "core/ports.h"

namespace cuf {
namespace {

using pixels::Matrix;
using pixels::NativeFormat;
using pixels::RgbLayout;

constexpr uint32_t kUnspecified = 2;
constexpr size_t kDevicePitch = 256;

RgbLayout layout_of(const Picture& picture) {
  switch (picture.format) {
    case Format::rgbp:
      return RgbLayout::rgbp;
    case Format::rgba:
      return RgbLayout::rgba;
    case Format::bgra:
      return RgbLayout::bgra;
    case Format::bgr10:
      return RgbLayout::bgr10;
    case Format::rgb10:
      return RgbLayout::rgb10;
    default:
      return RgbLayout::rgb;
  }
}

pixels::RgbImage rgb_image_of(const Picture& picture) {
  if (!is_rgb_input(picture)) {
    throw Error(Status::unsupported,
                "Only a frame of RGB, of uint8 or of 10-bit words, can be converted to YUV");
  }
  pixels::RgbImage image{.width = static_cast<int32_t>(picture.width),
                         .height = static_cast<int32_t>(picture.height),
                         .layout = layout_of(picture),
                         .data = {},
                         .stride = {}};
  for (uint32_t i = 0; i < picture.plane_count && i < 3; ++i) {
    image.data[i] = picture.planes[i].data;
    image.stride[i] = picture.planes[i].stride;
  }
  return image;
}

NativeFormat native_format_of(RgbLayout layout, Format format) {
  NativeFormat native = NativeFormat::nv16;  // not a target
  if (format == Format::nv12) native = NativeFormat::nv12;
  if (format == Format::p010) native = NativeFormat::p010;
  if (format == Format::yuv444) native = NativeFormat::yuv444;
  if (format == Format::yuv444_16) native = NativeFormat::yuv444_16;
  if (pixels::is_yuv_target(layout, native)) return native;
  throw Error(Status::unsupported, pixels::rgb_bit_depth(layout) == 8
                                       ? "RGB of 8 bits can be converted to NV12 or YUV444 only"
                                       : "RGB of 10 bits can be converted to P010 or YUV444 of 16 "
                                         "bits only");
}

// H.273 codes.
Matrix matrix_of(uint32_t code) {
  switch (code) {
    case 1:
      return Matrix::bt709;
    case 4:
      return Matrix::fcc;
    case 5:
    case 6:
      return Matrix::bt601;
    case 7:
      return Matrix::smpte240m;
    case 9:
      return Matrix::bt2020_ncl;
    default:
      break;
  }
  throw Error(Status::unsupported, "RGB cannot be converted to YUV by matrix coefficients " +
                                       std::to_string(code) +
                                       " of H.273; BT.709 (1), BT.601 (6) and BT.2020 (9) work");
}

}  // namespace

bool is_rgb_input(const Picture& picture) {
  if (picture.frames > 0) return false;
  switch (picture.format) {
    case Format::rgb:
    case Format::rgbp:
    case Format::rgba:
      return picture.dtype == Dtype::uint8;
    case Format::bgra:
    case Format::bgr10:
    case Format::rgb10:
      return true;
    default:
      return false;
  }
}

YuvShape::YuvShape(const Picture& picture, Format format, const Color& color)
    : image_(rgb_image_of(picture)),
      format_(native_format_of(image_.layout, format)),
      result_(with_properties_of(picture)) {
  result_.color = color;
  if (color.matrix == kUnspecified) {
    result_.color.matrix = pixels::default_matrix(image_.height) == Matrix::bt709 ? 1 : 6;
  }
  spec_ = {.matrix = matrix_of(result_.color.matrix), .full_range = color.full_range};
  result_.format = format;
  result_.bit_depth = static_cast<uint32_t>(pixels::rgb_bit_depth(image_.layout));
  result_.dtype = result_.bit_depth > 8 ? Dtype::uint16 : Dtype::uint8;
  result_.plane_count = static_cast<uint32_t>(pixels::native_plane_count(format_));
  const auto shape_of = [&](uint32_t plane) {
    return pixels::native_plane_shape(format_, static_cast<int32_t>(plane), image_.width,
                                      image_.height);
  };
  // An odd width's chroma pairs are longer than its luma.
  const auto longest = static_cast<size_t>(std::max(shape_of(0).row_bytes, shape_of(1).row_bytes));
  const size_t pitch = (longest + kDevicePitch - 1) / kDevicePitch * kDevicePitch;
  for (uint32_t i = 0; i < result_.plane_count; ++i) {
    const pixels::PlaneShape shape = shape_of(i);
    const size_t stride = picture.device ? pitch : static_cast<size_t>(shape.row_bytes);
    result_.planes[i] = {.data = nullptr,
                         .stride = static_cast<ptrdiff_t>(stride),
                         .rows = static_cast<uint32_t>(shape.rows),
                         .row_bytes = static_cast<uint32_t>(shape.row_bytes)};
    offsets_[i] = byte_length_;
    byte_length_ += stride * static_cast<size_t>(shape.rows);
  }
}

Picture YuvShape::picture_at(const uint8_t* data) const {
  Picture result = result_;
  for (uint32_t i = 0; i < result.plane_count; ++i) result.planes[i].data = data + offsets_[i];
  return result;
}

pixels::YuvTarget YuvShape::target(uint8_t* out) const {
  pixels::YuvTarget target{.format = format_, .data = {}, .stride = {}};
  for (uint32_t i = 0; i < result_.plane_count; ++i) {
    target.data[i] = out + offsets_[i];
    target.stride[i] = result_.planes[i].stride;
  }
  return target;
}

Picture to_yuv(const Picture& picture, Format format, const Color& color, Memory& memory) {
  const YuvShape shape(picture, format, color);
  if (picture.converter) return picture.converter->to_yuv(picture, shape);
  Memory::Block block = memory.allocate(shape.byte_length());
  pixels::to_yuv(shape.image(), shape.color(), shape.target(block.data));
  Picture result = shape.picture_at(block.data);
  use_block(result, std::move(block));
  return result;
}

}  // namespace cuf
