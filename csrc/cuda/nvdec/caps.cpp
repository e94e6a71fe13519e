#include "cuda/nvdec/caps.h"

#include <cstring>

#include "cuda/nvdec/codecs.h"

namespace cuf::cuda {
namespace {

// bIsDecodeStatsSupported of API 13.1, reserved and zero before.
constexpr size_t kHasStatisticsOffset = 48;
static_assert(sizeof(CUVIDDECODECAPS) == 88);

constexpr cudaVideoChromaFormat kChromas[] = {cudaVideoChromaFormat_420, cudaVideoChromaFormat_422,
                                              cudaVideoChromaFormat_444,
                                              cudaVideoChromaFormat_Monochrome};

std::string size_text(uint32_t width, uint32_t height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

void join(std::string& list, const std::string& item) {
  list += list.empty() ? item : ", " + item;
}

bool can_decode(const Context& context, const CodedKind& stream) {
  const DecoderCaps caps = decoder_caps(context, stream);
  return caps.is_supported && caps.has_surface(surface_format_of(stream.chroma, stream.bit_depth));
}

// "h264 4:2:0 8 bit, h264 4:2:0 10 bit", or nothing
std::string kinds_of_codec(const Context& context, cudaVideoCodec codec) {
  std::string list;
  for (const cudaVideoChromaFormat chroma : kChromas) {
    for (const uint32_t depth : {8u, 10u, 12u}) {
      if (can_decode(context, {codec, chroma, depth}))
        join(list, stream_text(codec, chroma, depth));
    }
  }
  return list;
}

std::string codecs_of_gpu(const Context& context) {
  std::string list;
  for (const cudaVideoCodec codec : all_codecs()) {
    if (can_decode(context, {codec, cudaVideoChromaFormat_420, 8})) join(list, name_of(codec));
  }
  return list;
}

Error not_supported(const Context& context, const CodedKind& stream) {
  std::string list = kinds_of_codec(context, stream.codec);
  if (list.empty()) list = codecs_of_gpu(context);
  return Error(Status::unsupported,
               "NVDEC of GPU " + std::to_string(context.gpu()) + " does not decode " +
                   stream_text(stream.codec, stream.chroma, stream.bit_depth) +
                   (list.empty() ? "; this GPU has no NVDEC" : "; it decodes " + list) +
                   "; backend \"cpu\" or \"auto\" decodes the rest");
}

}  // namespace

DecoderCaps decoder_caps(const Context& context, const CodedKind& stream) {
  if (stream.bit_depth < 8 || stream.bit_depth > 16) return {};
  CUVIDDECODECAPS caps{};
  caps.eCodecType = stream.codec;
  caps.eChromaFormat = stream.chroma;
  caps.nBitDepthMinus8 = stream.bit_depth - 8;
  const CUresult result = context.decoder_caps(caps);
  // Drivers answer so for numbers that they do not know.
  if (status_of(result) == Status::unsupported || result == static_cast<CUresult>(1)) return {};
  check(result, "Could not ask what NVDEC supports");
  if (!caps.bIsSupported) return {};
  uint8_t has_statistics = 0;
  std::memcpy(&has_statistics, reinterpret_cast<const uint8_t*>(&caps) + kHasStatisticsOffset, 1);
  return {.is_supported = true,
          .has_statistics = has_statistics != 0,
          .engines = caps.nNumNVDECs,
          .surface_formats = caps.nOutputFormatMask,
          .min_width = caps.nMinWidth,
          .min_height = caps.nMinHeight,
          .max_width = caps.nMaxWidth,
          .max_height = caps.nMaxHeight,
          .max_macroblocks = caps.nMaxMBCount};
}

DecoderCaps require_caps(const Context& context, const CodedKind& stream) {
  const DecoderCaps caps = decoder_caps(context, stream);
  if (!caps.is_supported || !caps.has_surface(surface_format_of(stream.chroma, stream.bit_depth))) {
    throw not_supported(context, stream);
  }
  return caps;
}

void require_coded_size(const DecoderCaps& caps, const CodedKind& stream, uint32_t width,
                        uint32_t height) {
  const std::string what = "Pictures of " + size_text(width, height) + " are ";
  const std::string kind = stream_text(stream.codec, stream.chroma, stream.bit_depth);
  if (width < caps.min_width || height < caps.min_height) {
    throw Error(Status::unsupported, what + "smaller than " +
                                         size_text(caps.min_width, caps.min_height) +
                                         ", the least that NVDEC takes for " + kind);
  }
  if (width > caps.max_width || height > caps.max_height) {
    throw Error(Status::unsupported, what + "larger than " +
                                         size_text(caps.max_width, caps.max_height) +
                                         ", the most that NVDEC takes for " + kind);
  }
  const uint64_t macroblocks = uint64_t{width} * height / 256;
  if (macroblocks > caps.max_macroblocks) {
    throw Error(Status::unsupported, what + "of " + std::to_string(macroblocks) +
                                         " macroblocks, and NVDEC takes at most " +
                                         std::to_string(caps.max_macroblocks) + " for " + kind);
  }
}

DecoderLimits decoder_limits(const Context& context, const std::string& codec, ChromaFormat chroma,
                             uint32_t bit_depth) {
  const ContextScope scope(context);
  DecoderLimits limits;
  limits.implementation = "nvdec";
  const auto kind = codec_of(codec);
  const auto format = chroma_of(chroma);
  try {
    if (!kind || !format) {
      throw Error(Status::unsupported, "NVDEC does not decode " + codec +
                                           (kind ? " of this chroma format" : "") +
                                           "; this GPU decodes " + codecs_of_gpu(context));
    }
    const DecoderCaps caps =
        require_caps(context, {*kind, *format, bit_depth == 0 ? 8 : bit_depth});
    limits.is_supported = true;
    limits.min_width = caps.min_width;
    limits.min_height = caps.min_height;
    limits.max_width = caps.max_width;
    limits.max_height = caps.max_height;
    limits.max_macroblocks = caps.max_macroblocks;
    limits.engines = caps.engines;
  } catch (const Error& error) {
    if (error.status != Status::unsupported) throw;
    limits.reason = error.what();
  }
  return limits;
}

std::vector<std::string> codecs_with_statistics(const Context& context) {
  const ContextScope scope(context);
  std::vector<std::string> names;
  for (const cudaVideoCodec codec : all_codecs()) {
    if (decoder_caps(context, {codec, cudaVideoChromaFormat_420, 8}).has_statistics) {
      names.emplace_back(name_of(codec));
    }
  }
  return names;
}

}  // namespace cuf::cuda
