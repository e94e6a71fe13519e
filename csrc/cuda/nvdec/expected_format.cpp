#include "cuda/nvdec/expected_format.h"

#include <algorithm>

#include "core/h264_sps.h"
#include "core/nal_units.h"
#include "cuda/nvdec/codecs.h"

namespace cuf::cuda {
namespace {

constexpr uint32_t kMostSide = 32767;  // of CUVIDEOFORMAT's shorts

uint32_t aligned(uint32_t size) {
  return (size + 15) / 16 * 16;
}

// The references that the stream's headers allow; as many as any has if they are not known.
uint32_t h264_references(const DecoderOptions& options) {
  constexpr int kSequenceParameters = 7;
  constexpr uint32_t kMost = 16;
  for (const auto unit : read_avcc(options.extradata).units) {
    if ((unit[0] & 31) != kSequenceParameters) continue;
    if (const auto sps = read_h264_sps(unit)) return std::min(sps->references, kMost);
  }
  return kMost;
}

// As NVIDIA's parser was seen to ask for, or more.
uint32_t surfaces_of(cudaVideoCodec codec, const DecoderOptions& options) {
  switch (codec) {
    case cudaVideoCodec_H264:
      return std::max({h264_references(options), options.reorder_depth, 1u}) + 1;
    case cudaVideoCodec_HEVC:
      return std::max(options.reorder_depth + 6, 8u);
    case cudaVideoCodec_VP9:
      return 9;
    case cudaVideoCodec_AV1:
      return 10;
    case cudaVideoCodec_JPEG:
      return 1;
    default:
      return 8;
  }
}

}  // namespace

std::optional<CUVIDEOFORMAT> expected_format(cudaVideoCodec codec, const DecoderOptions& options) {
  const auto chroma = chroma_of(options.chroma);
  const bool is_told = options.chroma != ChromaFormat::unknown && chroma && options.width > 0 &&
                       options.height > 0 && options.bit_depth >= 8;
  if (!is_told || options.width > kMostSide || options.height > kMostSide) return std::nullopt;
  CUVIDEOFORMAT format{};
  format.codec = codec;
  format.chroma_format = *chroma;
  format.bit_depth_luma_minus8 = static_cast<unsigned char>(options.bit_depth - 8);
  format.bit_depth_chroma_minus8 = format.bit_depth_luma_minus8;
  format.coded_width = aligned(options.width);
  format.coded_height = aligned(options.height);
  format.display_area.right = static_cast<int>(options.width);
  format.display_area.bottom = static_cast<int>(options.height);
  format.min_num_decode_surfaces = static_cast<unsigned char>(surfaces_of(codec, options));
  return format;
}

}  // namespace cuf::cuda
