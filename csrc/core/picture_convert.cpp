#include "core/picture_convert.h"

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
      break;
  }
  throw Error(
      Status::unsupported,
      "A frame that is RGB or a tensor already cannot be converted; convert the native one");
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

bool is_rgb_coded(const Picture& picture) {
  return picture.format == Format::gbrp || picture.format == Format::gbrp16 ||
         picture.color.matrix == kMatrixIdentity;
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

pixels::ColorSpec color_spec_of(const Picture& picture, const ColorOverride& override) {
  uint32_t code = override.matrix != 0 ? override.matrix : picture.color.matrix;
  if (is_rgb_coded(picture)) code = kMatrixIdentity;
  const bool full_range = override.range != 0 ? override.range == 2 : picture.color.full_range;
  return {.matrix = matrix_of(picture, code), .full_range = full_range};
}

// Everything but the pixels.
Picture with_properties_of(const Picture& picture) {
  Picture result = picture;
  result.owner = nullptr;
  result.is_read_only = false;
  result.plane_count = 0;
  for (Plane& plane : result.planes) plane = {};
  return result;
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

Format format_of(pixels::NativeFormat format) {
  switch (format) {
    case pixels::NativeFormat::nv12:
      return Format::nv12;
    case pixels::NativeFormat::p010:
      return Format::p010;
    case pixels::NativeFormat::p016:
      return Format::p016;
    case pixels::NativeFormat::nv16:
      return Format::nv16;
    case pixels::NativeFormat::p210:
      return Format::p210;
    case pixels::NativeFormat::p216:
      return Format::p216;
    case pixels::NativeFormat::yuv444:
      return Format::yuv444;
    case pixels::NativeFormat::yuv444_16:
      return Format::yuv444_16;
  }
  return Format::unknown;
}

void use_block(Picture& picture, Memory::Block block) {
  picture.owner = std::move(block.owner);
  picture.block = block.data;
  picture.block_bytes = block.size;
}

Picture convert_to_native(const Picture& picture, Memory& memory) {
  const Image image = image_of(picture);
  const pixels::NativeFormat format = pixels::native_format_of(image);
  const auto count = static_cast<uint32_t>(pixels::native_plane_count(format));
  pixels::PlaneShape shapes[3];
  size_t offsets[3];
  size_t total = 0;
  for (uint32_t i = 0; i < count; ++i) {
    shapes[i] =
        pixels::native_plane_shape(format, static_cast<int32_t>(i), image.width, image.height);
    offsets[i] = total;
    total += static_cast<size_t>(shapes[i].row_bytes) * static_cast<size_t>(shapes[i].rows);
  }
  Memory::Block block = memory.allocate(total);
  Picture result = with_properties_of(picture);
  pixels::NativeView view{};
  for (uint32_t i = 0; i < count; ++i) {
    view.data[i] = block.data + offsets[i];
    view.stride[i] = shapes[i].row_bytes;
    result.planes[i] = {.data = view.data[i],
                        .stride = view.stride[i],
                        .rows = static_cast<uint32_t>(shapes[i].rows),
                        .row_bytes = static_cast<uint32_t>(shapes[i].row_bytes)};
  }
  pixels::to_native(image, format, view);
  result.plane_count = count;
  result.format = format_of(format);
  result.dtype = picture.bit_depth > 8 ? Dtype::uint16 : Dtype::uint8;
  if (is_rgb_coded(picture)) result.color.matrix = kMatrixIdentity;
  use_block(result, std::move(block));
  return result;
}

}  // namespace

TensorWriter::TensorWriter(const TensorOptions& options, uint32_t picture_width,
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

bool TensorWriter::is_for(const Picture& picture) const {
  return picture.width == picture_width_ && picture.height == picture_height_;
}

void TensorWriter::describe(Picture& tensor) const {
  tensor.width = width_;
  tensor.height = height_;
  tensor.format = options_.layout == Layout::chw ? Format::rgbp
                  : options_.channels == 4       ? Format::rgba
                                                 : Format::rgb;
  tensor.dtype = options_.dtype;
}

void TensorWriter::write(const Picture& picture, pixels::ResizeScratch& scratch,
                         uint8_t* out) const {
  const Image image = image_of(picture);
  const bool is_float = options_.dtype == Dtype::float16 || options_.dtype == Dtype::float32;
  pixels::RgbTarget target{};
  target.order = options_.layout == Layout::chw ? pixels::Order::chw : pixels::Order::hwc;
  target.channels = static_cast<uint8_t>(options_.channels);
  target.dtype = static_cast<pixels::DType>(options_.dtype);
  target.data = out;
  target.row_stride = row_bytes_;
  target.plane_stride = static_cast<ptrdiff_t>(plane_bytes());
  if (is_float) {
    float mean[3], deviation[3];
    for (int i = 0; i < 3; ++i) {
      mean[i] = static_cast<float>(options_.mean[i]);
      deviation[i] = static_cast<float>(options_.deviation[i]);
    }
    pixels::normalization(image.bit_depth, mean, deviation, target.scale, target.bias);
  }
  const pixels::ColorSpec color = color_spec_of(picture, options_.color);
  if (resize_) {
    pixels::to_rgb_resized(image, color, *resize_, target, scratch);
  } else {
    pixels::to_rgb(image, color, target);
  }
}

Picture convert_to_tensor(const Picture& picture, const TensorOptions& options, Memory& memory) {
  const TensorWriter writer(options, picture.width, picture.height);
  pixels::ResizeScratch scratch;
  Memory::Block block = memory.allocate(writer.byte_length());
  writer.write(picture, scratch, block.data);

  Picture result = with_properties_of(picture);
  writer.describe(result);
  result.plane_count = writer.plane_count();
  for (uint32_t i = 0; i < result.plane_count; ++i) {
    result.planes[i] = {.data = block.data + writer.plane_bytes() * i,
                        .stride = static_cast<ptrdiff_t>(writer.row_bytes()),
                        .rows = writer.height(),
                        .row_bytes = writer.row_bytes()};
  }
  if (options.dtype == Dtype::uint8) result.bit_depth = 8;
  result.color.matrix = kMatrixIdentity;
  result.color.full_range = true;
  use_block(result, std::move(block));
  return result;
}

Picture convert_output(const Picture& picture, ColorType type, const ColorOverride& color,
                       Memory& memory) {
  switch (type) {
    case ColorType::raw:
      return picture;
    case ColorType::native:
      return convert_to_native(picture, memory);
    case ColorType::rgb:
      return convert_to_tensor(picture, {.layout = Layout::hwc, .color = color}, memory);
    case ColorType::rgbp:
      return convert_to_tensor(picture, {.layout = Layout::chw, .color = color}, memory);
  }
  throw Error(Status::invalid_argument, "Unknown output colour type");
}

Format native_format_of(ChromaFormat chroma, uint32_t bit_depth) {
  Image image{};
  image.width = image.height = 2;
  image.bit_depth = static_cast<uint8_t>(bit_depth);
  image.log2_chroma_width = chroma == ChromaFormat::c444 || chroma == ChromaFormat::other ? 0 : 1;
  image.log2_chroma_height = chroma == ChromaFormat::c420 || chroma == ChromaFormat::c400 ? 1 : 0;
  image.chroma = chroma == ChromaFormat::c400 ? ChromaLayout::none : ChromaLayout::planar;
  return format_of(pixels::native_format_of(image));
}

const char* conversion_target() {
  return pixels::vector_target();
}

}  // namespace cuf
