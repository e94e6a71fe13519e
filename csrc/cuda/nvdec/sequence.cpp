#include "cuda/nvdec/sequence.h"

#include <algorithm>
#include <string>

#include "cuda/nvdec/codecs.h"
#include "cuda/nvdec/picture_facts.h"

namespace cuf::cuda {
namespace {

constexpr uint32_t kMostSurfaces = 32;
constexpr uint32_t kNativeDelay = 2;

int32_t floor_even(int32_t value) {
  return value & ~1;
}

int32_t ceil_even(int32_t value) {
  return (value + 1) & ~1;
}

// AV1 says the largest size of the whole sequence, and frames of others may come at any time.
void set_largest_size(const CUVIDEOFORMAT& format, const DecoderOptions& options,
                      const DecoderCaps& caps, VideoDecoderConfig& config) {
  config.max_width = std::max(config.coded_width, std::min(options.max_width, caps.max_width));
  config.max_height = std::max(config.coded_height, std::min(options.max_height, caps.max_height));
  if (format.codec != cudaVideoCodec_AV1 || format.seqhdr_data_length == 0) return;
  const auto& av1 = reinterpret_cast<const CUVIDEOFORMATEX&>(format).av1;
  config.max_width = std::max(config.max_width, std::min(av1.max_width, caps.max_width));
  config.max_height = std::max(config.max_height, std::min(av1.max_height, caps.max_height));
}

void set_area(const CUVIDEOFORMAT& format, const DecoderOptions& options, Sequence& sequence) {
  VideoDecoderConfig& config = sequence.config;
  auto area = format.display_area;
  const auto width = static_cast<int32_t>(config.coded_width);
  const auto height = static_cast<int32_t>(config.coded_height);
  const bool is_sane = area.left >= 0 && area.top >= 0 && area.right > area.left &&
                       area.bottom > area.top && area.right <= width && area.bottom <= height;
  if (!is_sane) area = {0, 0, width, height};
  // NVDEC takes even numbers, and gives what lies between them unscaled.
  config.left = floor_even(area.left);
  config.top = floor_even(area.top);
  config.right = ceil_even(area.right);
  config.bottom = ceil_even(area.bottom);
  config.target_width = static_cast<uint32_t>(config.right - config.left);
  config.target_height = static_cast<uint32_t>(config.bottom - config.top);
  sequence.part = {.x = static_cast<uint32_t>(area.left - config.left),
                   .y = static_cast<uint32_t>(area.top - config.top),
                   .width = static_cast<uint32_t>(area.right - area.left),
                   .height = static_cast<uint32_t>(area.bottom - area.top)};
  if (options.output_width == 0 || options.output_height == 0) return;
  config.target_width = options.output_width;
  config.target_height = options.output_height;
  sequence.part = {.x = 0, .y = 0, .width = options.output_width, .height = options.output_height};
}

}  // namespace

uint32_t display_delay(Latency latency) {
  return latency == Latency::native ? kNativeDelay : 0;
}

// The others have no pictures out of order, or some that are not shown.
bool gives_in_decode_order(Latency latency, cudaVideoCodec codec) {
  return latency == Latency::zero &&
         (codec == cudaVideoCodec_H264 || codec == cudaVideoCodec_HEVC ||
          codec == cudaVideoCodec_MPEG2 || codec == cudaVideoCodec_MPEG1);
}

Latency given_latency(Latency latency, cudaVideoCodec codec) {
  const bool reorders = codec == cudaVideoCodec_MPEG4 || codec == cudaVideoCodec_VC1;
  return reorders ? std::min(latency, Latency::low) : latency;
}

// What the stream needs, one for each picture that is held back, and one to decode into while
// another is read.
uint32_t surfaces_for(const CUVIDEOFORMAT& format, Latency latency) {
  const uint32_t needed = std::max<uint32_t>(2, format.min_num_decode_surfaces);
  return std::min(kMostSurfaces, needed + display_delay(latency) + 1);
}

Sequence read_sequence(const Context& context, const CUVIDEOFORMAT& format,
                       const DecoderOptions& options) {
  Sequence sequence;
  VideoDecoderConfig& config = sequence.config;
  config.kind = {
      .codec = format.codec,
      .chroma = format.chroma_format,
      .bit_depth = 8u + std::max(format.bit_depth_luma_minus8, format.bit_depth_chroma_minus8)};
  // nvcuvid gives MPEG-2's width as it is displayed (seen on an H100); pictures are whole
  // macroblocks.
  const uint32_t whole = (format.coded_width + kMacroblock - 1) / kMacroblock * kMacroblock;
  const bool is_coded = !is_mpeg2(format.codec) && format.coded_width % 2 == 0;
  config.coded_width = is_coded ? format.coded_width : whole;
  config.coded_height = format.coded_height + format.coded_height % 2;
  const DecoderCaps caps = require_caps(context, config.kind);
  require_coded_size(caps, config.kind, config.coded_width, config.coded_height);
  set_largest_size(format, options, caps, config);
  set_area(format, options, sequence);
  config.has_statistics = options.exports_stats && caps.has_statistics;
  config.surfaces = surfaces_for(format, options.latency);
  sequence.color = color_of(format);
  sequence.may_be_interlaced = !format.progressive_sequence;
  return sequence;
}

}  // namespace cuf::cuda
