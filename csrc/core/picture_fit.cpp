#include "core/picture_fit.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/encoder_input.h"
#include "core/picture_convert.h"
#include "core/picture_to_yuv.h"
#include "core/tensor_shape.h"
#include "pixels/plane_fit.h"

namespace cuf {
namespace {

using pixels::ChromaLayout;
using pixels::Image;
using pixels::PlaneLayout;

// Where the target's components stand.
struct TargetLayout {
  int32_t columns = 1;  // of luma for one sample of chroma
  int32_t rows = 1;
  bool is_semi_planar = false;
  uint8_t bit_depth = 8;
  uint8_t shift = 0;
};

TargetLayout layout_of(Format format, uint32_t bits) {
  TargetLayout layout;
  layout.bit_depth = static_cast<uint8_t>(bits);
  layout.shift = bits > 8 ? static_cast<uint8_t>(16 - bits) : 0;
  layout.is_semi_planar = format != Format::i420 && format != Format::yuv444 &&
                          format != Format::yuv444_16 && format != Format::i444;
  const bool is_444 = format == Format::yuv444 || format == Format::yuv444_16;
  const bool is_422 = format == Format::nv16 || format == Format::p210;
  layout.columns = is_444 ? 1 : 2;
  layout.rows = is_444 || is_422 ? 1 : 2;
  return layout;
}

int32_t divided(int32_t size, int32_t by) {
  return (size + by - 1) / by;
}

// Chroma of pictures that have none.
void fill_grey(const Plane& plane, const TargetLayout& layout) {
  auto* out = const_cast<uint8_t*>(plane.data);
  const size_t bytes = static_cast<size_t>(plane.stride) * plane.rows;
  if (layout.bit_depth == 8) {
    std::memset(out, 128, bytes);
  } else {
    const auto middle = static_cast<uint16_t>((1 << (layout.bit_depth - 1)) << layout.shift);
    std::fill_n(reinterpret_cast<uint16_t*>(out), bytes / 2, middle);
  }
}

// Planes of a result one behind the other.
void lay_out(Picture& result, const PlaneSizes& sizes, uint8_t* at) {
  result.plane_count = sizes.count;
  for (uint32_t i = 0; i < sizes.count; ++i) {
    const PlaneSize& size = sizes.planes[i];
    result.planes[i] = {.data = at,
                        .stride = static_cast<ptrdiff_t>(size.row_bytes),
                        .rows = size.rows,
                        .row_bytes = size.row_bytes};
    at += size_t{size.row_bytes} * size.rows;
  }
}

size_t byte_length(const PlaneSizes& sizes) {
  size_t total = 0;
  for (uint32_t i = 0; i < sizes.count; ++i) {
    total += size_t{sizes.planes[i].row_bytes} * sizes.planes[i].rows;
  }
  return total;
}

// Its upper left part.
Picture cropped(const Picture& picture, uint32_t width, uint32_t height) {
  const Image image = image_of(picture);
  const uint32_t sample = image.bit_depth > 8 ? 2 : 1;
  Picture result = picture;
  result.width = width;
  result.height = height;
  for (uint32_t i = 0; i < result.plane_count; ++i) {
    const int across = i == 0 ? 0 : image.log2_chroma_width;
    const int down = i == 0 ? 0 : image.log2_chroma_height;
    const bool is_joined = i > 0 && image.chroma == ChromaLayout::semi_planar;
    const int32_t columns = divided(static_cast<int32_t>(width), 1 << across);
    result.planes[i].row_bytes = static_cast<uint32_t>(columns) * sample * (is_joined ? 2 : 1);
    result.planes[i].rows = static_cast<uint32_t>(divided(static_cast<int32_t>(height), 1 << down));
  }
  return result;
}

Format planar_420(EncoderFormat format, bool is_planar) {
  const Format own = arrangement_of(format);
  return own == Format::nv12 && is_planar ? Format::i420 : own;
}

}  // namespace

// For one kind of picture.
struct PictureFitter::Tables {
  uint32_t width = 0;
  uint32_t height = 0;
  Format format = Format::unknown;
  bool full_range = false;
  std::optional<pixels::PlaneFit> luma;
  std::optional<pixels::PlaneFit> chroma;
  pixels::ResizeScratch scratch;
};

PictureFitter::PictureFitter(TranscodeShape shape, bool is_planar)
    : shape_(shape), arrangement_(planar_420(shape.format, is_planar)) {}

PictureFitter::~PictureFitter() = default;

bool PictureFitter::fits(const Picture& picture) const {
  return picture.width == shape_.width && picture.height == shape_.height &&
         family_of(picture) == family_of(shape_.format) && !is_rgb_coded(picture);
}

PictureFitter::Fitted PictureFitter::fitted(const Picture& decoded, Memory& memory) {
  const bool is_larger = decoded.width > shape_.width || decoded.height > shape_.height;
  const bool is_crop = shape_.is_cropped && is_larger && decoded.width <= shape_.width + 1 &&
                       decoded.height <= shape_.height + 1;
  const Picture picture = is_crop ? cropped(decoded, shape_.width, shape_.height) : decoded;
  if (fits(picture)) return {.picture = picture};
  if (picture.device) {
    if (std::optional<Picture> there = on_gpu(picture, memory)) {
      return {.picture = *std::move(there)};
    }
    return {.picture = on_host(picture.converter->to_host(picture, memory), memory),
            .is_copied = true};
  }
  const Picture yuv = is_rgb_coded(picture) ? through_rgb(picture, memory) : picture;
  return {.picture = fits(yuv) ? yuv : on_host(yuv, memory)};
}

// Nothing: what is there does not make it.
std::optional<Picture> PictureFitter::on_gpu(const Picture& picture, Memory& memory) const {
  const uint32_t bits = significant_bits(shape_.format);
  const bool is_size = picture.width == shape_.width && picture.height == shape_.height;
  const bool is_other_depth = (picture.bit_depth > 8) != (bits > 8);
  if (is_size && is_other_depth) {
    Picture result = picture.converter->to_depth(picture, bits);
    if (fits(result)) return result;
  }
  if (bits > 8) return std::nullopt;
  return through_rgb(picture, memory);
}

// Of 8 bits, in the size of the target.
Picture PictureFitter::through_rgb(const Picture& picture, Memory& memory) const {
  const bool is_444 = shape_.format == EncoderFormat::yuv444;
  TensorOptions options;
  options.width = shape_.width;
  options.height = shape_.height;
  const Picture rgb = convert_to_tensor(picture, options, memory);
  return to_yuv(rgb, is_444 ? Format::yuv444 : Format::nv12, shape_.color, memory);
}

void PictureFitter::make_tables(const Picture& picture) {
  const bool is_known = tables_ && tables_->width == picture.width &&
                        tables_->height == picture.height && tables_->format == picture.format &&
                        tables_->full_range == picture.color.full_range;
  if (is_known) return;
  const Image image = image_of(picture);
  const TargetLayout target = layout_of(arrangement_, significant_bits(shape_.format));
  auto tables = std::make_unique<Tables>();
  tables->width = picture.width;
  tables->height = picture.height;
  tables->format = picture.format;
  tables->full_range = picture.color.full_range;
  PlaneLayout from{.width = image.width,
                   .height = image.height,
                   .step = 1,
                   .bit_depth = image.bit_depth,
                   .shift = image.shift};
  PlaneLayout to{.width = static_cast<int32_t>(shape_.width),
                 .height = static_cast<int32_t>(shape_.height),
                 .step = 1,
                 .bit_depth = target.bit_depth,
                 .shift = target.shift};
  tables->luma.emplace(from, to, tables->full_range);
  from.width = divided(image.width, 1 << image.log2_chroma_width);
  from.height = divided(image.height, 1 << image.log2_chroma_height);
  from.step = image.chroma == ChromaLayout::semi_planar ? 2 : 1;
  to.width = divided(to.width, target.columns);
  to.height = divided(to.height, target.rows);
  to.step = target.is_semi_planar ? 2 : 1;
  if (image.chroma != ChromaLayout::none) {
    tables->chroma.emplace(from, to, tables->full_range);
  }
  tables_ = std::move(tables);
}

Picture PictureFitter::on_host(const Picture& picture, Memory& memory) {
  make_tables(picture);
  const Image image = image_of(picture);
  const TargetLayout target = layout_of(arrangement_, significant_bits(shape_.format));
  const PlaneSizes sizes = plane_sizes(arrangement_, shape_.width, shape_.height);
  Memory::Block block = memory.allocate(byte_length(sizes));
  Picture result = with_properties_of(picture);
  result.width = shape_.width;
  result.height = shape_.height;
  result.bit_depth = target.bit_depth;
  result.dtype = target.bit_depth > 8 ? Dtype::uint16 : Dtype::uint8;
  result.format = arrangement_;
  lay_out(result, sizes, block.data);
  const size_t sample = target.bit_depth > 8 ? 2 : 1;
  const size_t source_sample = image.bit_depth > 8 ? 2 : 1;
  const bool is_joined = image.chroma == ChromaLayout::semi_planar;
  for (uint32_t component = 0; component < 3; ++component) {
    const bool is_second = target.is_semi_planar && component == 2;
    const Plane& plane = result.planes[is_second ? 1 : component];
    auto* out = const_cast<uint8_t*>(plane.data) + (is_second ? sample : 0);
    const auto& fit = component == 0 ? tables_->luma : tables_->chroma;
    if (!fit) {
      if (!is_second) fill_grey(plane, target);
      continue;
    }
    const bool is_beside = is_joined && component > 0;
    const uint8_t* in =
        is_beside ? image.data[1] + (component - 1) * source_sample : image.data[component];
    fit->apply(in, image.stride[is_beside ? 1 : component], out, plane.stride, tables_->scratch);
  }
  use_block(result, std::move(block));
  return result;
}

}  // namespace cuf
