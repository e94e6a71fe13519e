#include "core/tensor_shape.h"

#include <string>

#include "pixels/pixels.h"

namespace cuf {
namespace {

using pixels::ChromaLayout;
using pixels::Image;

constexpr uint32_t kMatrixIdentity = 0;
constexpr uint32_t kMatrixUnspecified = 2;

struct SourceLayout {
  ChromaLayout chroma;
  uint8_t log2_chroma_width;
  uint8_t log2_chroma_height;
  bool is_msb_aligned;
};

SourceLayout layout_of(Format format) {
  switch (format) {
    case Format::i420:
    case Format::i420p16:
      return {ChromaLayout::planar, 1, 1, false};
    case Format::i422:
    case Format::i422p16:
      return {ChromaLayout::planar, 1, 0, false};
    case Format::i444:
    case Format::i444p16:
    case Format::gbrp:
    case Format::gbrp16:
      return {ChromaLayout::planar, 0, 0, false};
    case Format::gray8:
    case Format::gray16:
      return {ChromaLayout::none, 1, 1, false};
    case Format::nv12:
    case Format::p010:
    case Format::p016:
      return {ChromaLayout::semi_planar, 1, 1, true};
    case Format::nv16:
    case Format::p210:
    case Format::p216:
      return {ChromaLayout::semi_planar, 1, 0, true};
    case Format::yuv444:
    case Format::yuv444_16:
      return {ChromaLayout::planar, 0, 0, true};
    case Format::unknown:
    case Format::rgb:
    case Format::rgbp:
    case Format::rgba:
    case Format::bgra:
    case Format::bgr10:
    case Format::rgb10:
      break;
  }
  throw Error(
      Status::unsupported,
      "A frame that is RGB or a tensor already cannot be converted; convert the native one");
}

pixels::Matrix matrix_of(const Picture& picture, uint32_t code) {
  switch (code) {
    case 0:
      return pixels::Matrix::identity;
    case 1:
      return pixels::Matrix::bt709;
    case 4:
      return pixels::Matrix::fcc;
    case 5:
    case 6:
      return pixels::Matrix::bt601;
    case 7:
      return pixels::Matrix::smpte240m;
    // Constant luminance (10) needs linear light; its non-constant twin is the nearest matrix.
    case 9:
    case 10:
      return pixels::Matrix::bt2020_ncl;
    case kMatrixUnspecified:
      return pixels::default_matrix(static_cast<int32_t>(picture.height));
    default:
      throw Error(
          Status::unsupported,
          "RGB from matrix coefficients " + std::to_string(code) +
              " of H.273 is not supported; override colorSpace.matrix, or take native frames");
  }
}

uint32_t element_bytes(Dtype dtype) {
  switch (dtype) {
    case Dtype::uint8:
      return 1;
    case Dtype::uint16:
    case Dtype::float16:
      return 2;
    case Dtype::float32:
      return 4;
  }
  return 1;
}

}  // namespace

bool is_rgb_coded(const Picture& picture) {
  return picture.format == Format::gbrp || picture.format == Format::gbrp16 ||
         picture.color.matrix == kMatrixIdentity;
}

Image image_of(const Picture& picture) {
  const SourceLayout layout = layout_of(picture.format);
  const bool is_wide = picture.bit_depth > 8;
  Image image{};
  image.width = static_cast<int32_t>(picture.width);
  image.height = static_cast<int32_t>(picture.height);
  image.log2_chroma_width = layout.log2_chroma_width;
  image.log2_chroma_height = layout.log2_chroma_height;
  image.bit_depth = static_cast<uint8_t>(picture.bit_depth);
  image.shift = layout.is_msb_aligned && is_wide ? static_cast<uint8_t>(16 - picture.bit_depth) : 0;
  image.chroma = layout.chroma;
  for (uint32_t i = 0; i < picture.plane_count && i < 3; ++i) {
    image.data[i] = picture.planes[i].data;
    image.stride[i] = picture.planes[i].stride;
  }
  return image;
}

pixels::ColorSpec color_spec_of(const Picture& picture, const ColorOverride& override) {
  uint32_t code = override.matrix != 0 ? override.matrix : picture.color.matrix;
  if (is_rgb_coded(picture)) code = kMatrixIdentity;
  const bool full_range = override.range != 0 ? override.range == 2 : picture.color.full_range;
  return {.matrix = matrix_of(picture, code), .full_range = full_range};
}

Picture with_properties_of(const Picture& picture) {
  Picture result = picture;
  result.owner = nullptr;
  result.device = nullptr;
  result.converter = nullptr;
  result.block = nullptr;
  result.block_bytes = 0;
  result.is_read_only = false;
  result.plane_count = 0;
  for (Plane& plane : result.planes) plane = {};
  return result;
}

TensorShape::TensorShape(const TensorOptions& options, uint32_t picture_width,
                         uint32_t picture_height)
    : options_(options), picture_width_(picture_width), picture_height_(picture_height) {
  const auto full_width = static_cast<int32_t>(picture_width);
  const auto full_height = static_cast<int32_t>(picture_height);
  pixels::Crop crop = options.crop;
  if (crop.width == 0) crop = {0, 0, full_width, full_height};
  const bool is_inside = crop.x >= 0 && crop.y >= 0 && crop.width > 0 && crop.height > 0 &&
                         crop.x <= full_width - crop.width && crop.y <= full_height - crop.height;
  if (!is_inside) {
    throw Error(Status::invalid_argument,
                "The crop of " + std::to_string(crop.width) + " x " + std::to_string(crop.height) +
                    " at " + std::to_string(crop.x) + ", " + std::to_string(crop.y) +
                    " is not inside the picture of " + std::to_string(picture_width) + " x " +
                    std::to_string(picture_height));
  }
  width_ = options.width != 0 ? options.width : static_cast<uint32_t>(crop.width);
  height_ = options.height != 0 ? options.height : static_cast<uint32_t>(crop.height);
  row_bytes_ = width_ * element_bytes(options.dtype) *
               (options.layout == Layout::chw ? 1 : options.channels);
  if (width_ != picture_width || height_ != picture_height || crop.width != full_width ||
      crop.height != full_height) {
    resize_.emplace(crop, static_cast<int32_t>(width_), static_cast<int32_t>(height_));
  }
}

bool TensorShape::is_for(const Picture& picture) const {
  return picture.width == picture_width_ && picture.height == picture_height_;
}

void TensorShape::describe(Picture& tensor) const {
  tensor.width = width_;
  tensor.height = height_;
  tensor.format = options_.layout == Layout::chw ? Format::rgbp
                  : options_.channels == 4       ? Format::rgba
                                                 : Format::rgb;
  tensor.dtype = options_.dtype;
}

Picture TensorShape::tensor_of(const Picture& picture, const uint8_t* data) const {
  Picture result = with_properties_of(picture);
  describe(result);
  result.plane_count = plane_count();
  for (uint32_t i = 0; i < result.plane_count; ++i) {
    result.planes[i] = {.data = data + plane_bytes() * i,
                        .stride = static_cast<ptrdiff_t>(row_bytes_),
                        .rows = height_,
                        .row_bytes = row_bytes_};
  }
  if (options_.dtype == Dtype::uint8) result.bit_depth = 8;
  result.color.matrix = kMatrixIdentity;
  result.color.full_range = true;
  return result;
}

pixels::RgbTarget TensorShape::target(uint8_t* out, uint32_t bit_depth) const {
  pixels::RgbTarget target{};
  target.order = options_.layout == Layout::chw ? pixels::Order::chw : pixels::Order::hwc;
  target.channels = static_cast<uint8_t>(options_.channels);
  target.dtype = static_cast<pixels::DType>(options_.dtype);
  target.data = out;
  target.row_stride = row_bytes_;
  target.plane_stride = static_cast<ptrdiff_t>(plane_bytes());
  if (options_.dtype == Dtype::float16 || options_.dtype == Dtype::float32) {
    float mean[3], deviation[3];
    for (int i = 0; i < 3; ++i) {
      mean[i] = static_cast<float>(options_.mean[i]);
      deviation[i] = static_cast<float>(options_.deviation[i]);
    }
    pixels::normalization(static_cast<int32_t>(bit_depth), mean, deviation, target.scale,
                          target.bias);
  }
  return target;
}

}  // namespace cuf
