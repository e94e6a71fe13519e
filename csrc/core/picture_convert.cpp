#include "core/picture_convert.h"

#include "pixels/pixels.h"

namespace cuf {
namespace {

using pixels::ChromaLayout;
using pixels::Image;

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
  if (is_rgb_coded(picture)) result.color.matrix = 0;  // identity
  use_block(result, std::move(block));
  return result;
}

Picture convert_on_host(const Picture& picture, ColorType type, const ColorOverride& color,
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

}  // namespace

void write_tensor(const Picture& picture, const TensorShape& shape, pixels::ResizeScratch& scratch,
                  uint8_t* out) {
  const Image image = image_of(picture);
  const pixels::RgbTarget target = shape.target(out, image.bit_depth);
  const pixels::ColorSpec color = color_spec_of(picture, shape.options().color);
  if (shape.resize()) {
    pixels::to_rgb_resized(image, color, *shape.resize(), target, scratch);
  } else {
    pixels::to_rgb(image, color, target);
  }
}

Picture convert_to_tensor(const Picture& picture, const TensorOptions& options, Memory& memory) {
  const TensorShape shape(options, picture.width, picture.height);
  if (picture.converter) return picture.converter->to_tensor(picture, shape);
  pixels::ResizeScratch scratch;
  Memory::Block block = memory.allocate(shape.byte_length());
  write_tensor(picture, shape, scratch, block.data);
  Picture result = shape.tensor_of(picture, block.data);
  use_block(result, std::move(block));
  return result;
}

bool decodes_to_host(const OutputOptions& options) {
  return options.is_on_host &&
         (options.type == ColorType::native || options.type == ColorType::raw);
}

Picture convert_output(const Picture& picture, const OutputOptions& options, Memory& memory) {
  if (!picture.converter) return convert_on_host(picture, options.type, options.color, memory);
  const bool is_converted = options.type == ColorType::rgb || options.type == ColorType::rgbp;
  Picture result =
      is_converted
          ? convert_to_tensor(picture,
                              {.layout = options.type == ColorType::rgb ? Layout::hwc : Layout::chw,
                               .color = options.color},
                              memory)
          : picture;
  return options.is_on_host ? result.converter->to_host(result, memory) : result;
}

void use_block(Picture& picture, Memory::Block block) {
  picture.owner = std::move(block.owner);
  picture.block = block.data;
  picture.block_bytes = block.size;
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
