#include "core/encoder_format.h"

#include <utility>

#include "core/error.h"

namespace cuf {
namespace {

constexpr uint32_t kLargestSide = 65536;

struct Row {
  std::string_view name;
  Format arrangement;
  SampleFamily family;
  uint32_t bits;
};

constexpr std::array<Row, static_cast<size_t>(EncoderFormat::count)> kRows = {{
    {"NV12", Format::nv12, SampleFamily::c420_8, 8},
    {"YV12", Format::i420, SampleFamily::c420_8, 8},
    {"IYUV", Format::i420, SampleFamily::c420_8, 8},
    {"YUV444", Format::yuv444, SampleFamily::c444_8, 8},
    {"P010", Format::p010, SampleFamily::c420_16, 10},
    {"YUV444_10BIT", Format::yuv444_16, SampleFamily::c444_16, 10},
    {"YUV444_16BIT", Format::yuv444_16, SampleFamily::c444_16, 16},
    {"ARGB", Format::bgra, SampleFamily::rgb_8, 8},
    {"ARGB10", Format::bgr10, SampleFamily::rgb_10, 10},
    {"ABGR", Format::rgba, SampleFamily::rgb_8, 8},
    {"ABGR10", Format::rgb10, SampleFamily::rgb_10, 10},
    {"NV16", Format::nv16, SampleFamily::c422_8, 8},
    {"P210", Format::p210, SampleFamily::c422_16, 10},
    {"RGB", Format::rgb, SampleFamily::rgb_8, 8},
    {"RGBP", Format::rgbp, SampleFamily::rgb_8, 8},
}};

const Row& row_of(EncoderFormat format) {
  return kRows[static_cast<size_t>(format)];
}

uint32_t half(uint32_t length) {
  return length / 2 + length % 2;
}

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(Status::invalid_argument, sentence);
}

std::string size_text(uint32_t width, uint32_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

std::string list(std::initializer_list<uint32_t> lengths) {
  std::string text = "[";
  for (const uint32_t length : lengths) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(length);
  }
  return text + "]";
}

size_t bytes_of(const PlaneSizes& sizes) {
  size_t total = 0;
  for (uint32_t i = 0; i < sizes.count; ++i) {
    total += size_t{sizes.planes[i].row_bytes} * sizes.planes[i].rows;
  }
  return total;
}

Picture without_planes(EncoderFormat format, uint32_t width, uint32_t height) {
  Picture picture;
  picture.format = arrangement_of(format);
  picture.bit_depth = significant_bits(format);
  picture.dtype = picture.bit_depth > 8 && family_of(format) != SampleFamily::rgb_10 ? Dtype::uint16
                                                                                     : Dtype::uint8;
  picture.width = picture.coded_width = width;
  picture.height = picture.coded_height = height;
  return picture;
}

}  // namespace

std::string_view encoder_format_name(EncoderFormat format) {
  return row_of(format).name;
}

Format arrangement_of(EncoderFormat format) {
  return row_of(format).arrangement;
}

SampleFamily family_of(EncoderFormat format) {
  return row_of(format).family;
}

uint32_t significant_bits(EncoderFormat format) {
  return row_of(format).bits;
}

bool is_rgb(SampleFamily family) {
  return family == SampleFamily::rgb_8 || family == SampleFamily::rgb_10;
}

SampleFamily family_of(const Picture& picture) {
  if (picture.frames > 0) return SampleFamily::none;
  switch (picture.format) {
    case Format::nv12:
    case Format::i420:
    case Format::gray8:
      return SampleFamily::c420_8;
    case Format::p010:
    case Format::p016:
    case Format::i420p16:
    case Format::gray16:
      return SampleFamily::c420_16;
    case Format::nv16:
    case Format::i422:
      return SampleFamily::c422_8;
    case Format::p210:
    case Format::p216:
    case Format::i422p16:
      return SampleFamily::c422_16;
    case Format::yuv444:
    case Format::i444:
      return SampleFamily::c444_8;
    case Format::yuv444_16:
    case Format::i444p16:
      return SampleFamily::c444_16;
    case Format::rgb:
    case Format::rgbp:
    case Format::rgba:
      return picture.dtype == Dtype::uint8 ? SampleFamily::rgb_8 : SampleFamily::none;
    case Format::bgra:
      return SampleFamily::rgb_8;
    case Format::bgr10:
    case Format::rgb10:
      return SampleFamily::rgb_10;
    case Format::unknown:
    case Format::gbrp:
    case Format::gbrp16:
      break;
  }
  return SampleFamily::none;
}

PlaneSizes plane_sizes(Format format, uint32_t width, uint32_t height) {
  const uint32_t pairs = half(width) * 2;
  switch (format) {
    case Format::nv12:
      return {2, {{{width, height}, {pairs, half(height)}}}};
    case Format::p010:
      return {2, {{{2 * width, height}, {2 * pairs, half(height)}}}};
    case Format::nv16:
      return {2, {{{width, height}, {pairs, height}}}};
    case Format::p210:
      return {2, {{{2 * width, height}, {2 * pairs, height}}}};
    case Format::i420:
      return {3, {{{width, height}, {pairs / 2, half(height)}, {pairs / 2, half(height)}}}};
    case Format::yuv444:
    case Format::rgbp:
      return {3, {{{width, height}, {width, height}, {width, height}}}};
    case Format::yuv444_16:
      return {3, {{{2 * width, height}, {2 * width, height}, {2 * width, height}}}};
    case Format::rgb:
      return {1, {{{3 * width, height}}}};
    case Format::rgba:
    case Format::bgra:
    case Format::bgr10:
    case Format::rgb10:
      return {1, {{{4 * width, height}}}};
    default:
      break;
  }
  throw Error(Status::internal, "A layout that no encoder takes");
}

std::string expected_array(EncoderFormat format, uint32_t width, uint32_t height) {
  const uint32_t rows = height + half(height);
  switch (arrangement_of(format)) {
    case Format::nv12:
    case Format::i420:
      return "uint8 " + list({rows, width});
    case Format::p010:
      return "uint16 " + list({rows, width});
    case Format::nv16:
      return "uint8 " + list({2 * height, width});
    case Format::p210:
      return "uint16 " + list({2 * height, width});
    case Format::yuv444:
    case Format::rgbp:
      return "uint8 " + list({3, height, width});
    case Format::yuv444_16:
      return "uint16 " + list({3, height, width});
    case Format::rgb:
      return "uint8 " + list({height, width, 3});
    case Format::rgba:
    case Format::bgra:
      return "uint8 " + list({height, width, 4});
    default:
      return "uint32 " + list({height, width});
  }
}

void require_encoder_size(EncoderFormat format, uint32_t width, uint32_t height) {
  if (width == 0 || height == 0 || width > kLargestSide || height > kLargestSide) {
    refuse("An encoder's width and height go from 1 to 65536, not " + size_text(width, height));
  }
  const SampleFamily family = family_of(format);
  const bool is_420 = family == SampleFamily::c420_8 || family == SampleFamily::c420_16;
  const bool is_422 = family == SampleFamily::c422_8 || family == SampleFamily::c422_16;
  if ((is_420 && (width % 2 != 0 || height % 2 != 0)) || (is_422 && width % 2 != 0)) {
    refuse("Pictures of " + std::string(encoder_format_name(format)) + " have an even width" +
           (is_420 ? " and height" : "") + ", not " + size_text(width, height));
  }
}

Picture picture_in(EncoderFormat format, uint32_t width, uint32_t height, const uint8_t* data,
                   size_t length, uint32_t stride) {
  const PlaneSizes sizes = plane_sizes(arrangement_of(format), width, height);
  const uint32_t row = sizes.planes[0].row_bytes;
  const std::string what = std::string(encoder_format_name(format)) + " of " +
                           size_text(width, height) + " is " +
                           expected_array(format, width, height);
  if (stride != 0 && stride < row) {
    refuse(what + ", with rows of at least " + std::to_string(row) + " bytes, not " +
           std::to_string(stride));
  }
  Plane planes[3];
  size_t offset = 0;
  size_t least = 0;
  for (uint32_t i = 0; i < sizes.count; ++i) {
    const PlaneSize& size = sizes.planes[i];
    const size_t pitch = stride == 0                     ? size.row_bytes
                         : size.row_bytes * 2 <= row + 1 ? half(stride)
                                                         : stride;
    planes[i] = {.data = data + offset,
                 .stride = static_cast<ptrdiff_t>(pitch),
                 .rows = size.rows,
                 .row_bytes = size.row_bytes};
    least = offset + pitch * (size.rows - 1) + size.row_bytes;
    offset += pitch * size.rows;
  }
  if (length < least || length > offset) {
    refuse(what + ", " + std::to_string(stride == 0 ? bytes_of(sizes) : offset) + " bytes" +
           (stride == 0 ? " without padding" : " with rows of " + std::to_string(stride)) + "; " +
           std::to_string(length) + " were given");
  }
  return picture_of_planes(format, width, height, planes);
}

Picture picture_of_planes(EncoderFormat format, uint32_t width, uint32_t height,
                          const Plane* planes) {
  Picture picture = without_planes(format, width, height);
  picture.plane_count = plane_sizes(picture.format, width, height).count;
  for (uint32_t i = 0; i < picture.plane_count; ++i) picture.planes[i] = planes[i];
  if (format == EncoderFormat::yv12) std::swap(picture.planes[1], picture.planes[2]);
  return picture;
}

}  // namespace cuf
