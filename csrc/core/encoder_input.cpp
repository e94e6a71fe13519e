#include "core/encoder_input.h"

#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/picture_convert.h"
#include "core/picture_to_yuv.h"

namespace cuf {
namespace {

constexpr uint32_t kIdentity = 0;
constexpr uint32_t kBt709 = 1;
constexpr uint32_t kUnspecified = 2;
constexpr uint32_t kBt601 = 6;
constexpr uint32_t kHighDefinition = 720;

bool has_full_chroma(EncoderFormat format) {
  const SampleFamily family = family_of(format);
  return family == SampleFamily::c444_8 || family == SampleFamily::c444_16;
}

// Without a word of the caller's.
Color usual_color(EncoderFormat format, const EncoderSettings& settings, uint32_t height) {
  const bool is_chosen = settings.has(EncoderParameter::color_space);
  if (!is_chosen && !is_rgb(family_of(format))) return {};
  const bool is_709 =
      is_chosen ? settings.number(EncoderParameter::color_space) == 1 : height >= kHighDefinition;
  const uint32_t code = is_709 ? kBt709 : kBt601;
  return {.primaries = code, .transfer = code, .matrix = code, .full_range = false};
}

// Interleaved chroma taken apart.
Picture to_i420(const Picture& picture, Memory& memory) {
  const PlaneSizes sizes = plane_sizes(Format::i420, picture.width, picture.height);
  size_t total = 0;
  for (const PlaneSize& size : sizes.planes) total += size_t{size.row_bytes} * size.rows;
  Memory::Block block = memory.allocate(total);
  Picture result = with_properties_of(picture);
  uint8_t* at = block.data;
  for (uint32_t i = 0; i < sizes.count; ++i) {
    const PlaneSize& size = sizes.planes[i];
    const Plane& from = picture.planes[i == 0 ? 0 : 1];
    result.planes[i] = {.data = at,
                        .stride = static_cast<ptrdiff_t>(size.row_bytes),
                        .rows = size.rows,
                        .row_bytes = size.row_bytes};
    for (uint32_t row = 0; row < size.rows; ++row, at += size.row_bytes) {
      const uint8_t* samples = from.data + from.stride * static_cast<ptrdiff_t>(row);
      if (i == 0) {
        std::memcpy(at, samples, size.row_bytes);
      } else {
        for (uint32_t x = 0; x < size.row_bytes; ++x) at[x] = samples[2 * x + i - 1];
      }
    }
  }
  result.plane_count = sizes.count;
  result.format = Format::i420;
  use_block(result, std::move(block));
  return result;
}

}  // namespace

Color encoder_color(EncoderFormat format, const EncoderSettings& settings, uint32_t height,
                    const std::optional<Color>& given) {
  const Color usual = usual_color(format, settings, height);
  if (!given) return usual;
  Color color = *given;
  if (is_rgb(family_of(format)) && color.matrix == kIdentity) {
    throw Error(Status::invalid_argument,
                "RGB is encoded as YUV; give a colour matrix other than 0, or none");
  }
  if (color.matrix == kIdentity && !has_full_chroma(format)) {
    throw Error(
        Status::invalid_argument,
        "A colour matrix of 0 is for planes of one size, as yuv444 has; give another, or none");
  }
  if (color.matrix == kUnspecified) color.matrix = usual.matrix;
  return color;
}

void require_input(const Picture& picture, EncoderFormat format, uint32_t width, uint32_t height) {
  const bool is_size = picture.width == width && picture.height == height;
  if (is_size && family_of(picture) == family_of(format)) return;
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  const std::string given = std::to_string(picture.width) + " x " + std::to_string(picture.height);
  throw Error(Status::invalid_argument,
              "The encoder takes " + std::string(encoder_format_name(format)) + " of " + size +
                  ", as " + expected_array(format, width, height) +
                  (is_size ? ", not a frame of another chroma format, depth or type"
                           : ", not a frame of " + given));
}

bool is_arranged_as(const Picture& picture, Format arrangement) {
  if (picture.format == arrangement) return true;
  switch (arrangement) {
    case Format::p010:
      return picture.format == Format::p016;
    case Format::p210:
      return picture.format == Format::p216;
    case Format::yuv444:
      return picture.format == Format::i444;
    default:
      return false;
  }
}

Picture arranged_as(const Picture& picture, Format arrangement, const Color& color,
                    Memory& memory) {
  Picture result = picture;
  if (!is_arranged_as(result, arrangement)) {
    const bool is_i420 = arrangement == Format::i420;
    // In NVDEC's layout, whatever the decoder's was.
    result = is_rgb_input(picture)
                 ? to_yuv(picture, is_i420 ? Format::nv12 : arrangement, color, memory)
                 : convert_output(picture, {.type = ColorType::native}, memory);
    if (is_i420) result = to_i420(result, memory);
  }
  if (!is_arranged_as(result, arrangement)) {
    throw Error(Status::unsupported, "A frame of this layout cannot be encoded here");
  }
  result.format = arrangement;
  return result;
}

PlacedInput placed_for(const Encoder& encoder, const Picture& picture, Format arrangement,
                       const Color& color, const Device& device) {
  const bool is_on_gpu = encoder.backend() == Backend::cuda;
  if (is_on_gpu && picture.device && picture.device->context() != device.gpu.port->context()) {
    throw Error(Status::invalid_argument,
                "The frame is in the memory of another GPU or CUDA context than the encoder's");
  }
  PlacedInput result{.picture = picture};
  if (is_on_gpu && picture.device && is_arranged_as(picture, arrangement)) {
    result.picture.format = arrangement;
    return result;
  }
  if (is_on_gpu && picture.device && is_rgb_input(picture)) {
    result.picture = to_yuv(picture, arrangement, color, *device.memory);
    return result;
  }
  result.is_copied = is_on_gpu || picture.device;
  if (picture.device) result.picture = picture.converter->to_host(picture, *device.memory);
  result.picture = arranged_as(result.picture, arrangement, color, *device.memory);
  return result;
}

}  // namespace cuf
