#include "libav/decoder_choice.h"

#include <algorithm>

#include "libav/decoder.h"
#include "libav/errors.h"

namespace cuf::libav {
namespace {

constexpr uint32_t kMostThreads = 16;
// Handing pictures of this size to threads costs more than decoding them.
constexpr int64_t kSmallPicture = 320 * 240;

const AVCodec* find_decoder(AVCodecID id) {
  if (id == AV_CODEC_ID_AV1) {
    // libavcodec's own "av1" needs a GPU.
    for (const char* name : {"libdav1d", "libaom-av1", "libgav1"}) {
      if (const AVCodec* codec = avcodec_find_decoder_by_name(name)) return codec;
    }
    return nullptr;
  }
  const AVCodec* codec = avcodec_find_decoder(id);
  return codec && !(codec->capabilities & AV_CODEC_CAP_HARDWARE) ? codec : nullptr;
}

const AVCodecDescriptor* find_descriptor(const std::string& codec) {
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get_by_name(codec.c_str());
  return descriptor && descriptor->type == AVMEDIA_TYPE_VIDEO ? descriptor : nullptr;
}

// What libav's decoders take, where that is less than everything.
struct Ability {
  AVCodecID codec;
  uint32_t chromas;  // bits by ChromaFormat
  uint32_t depths;   // bits by depth
};

constexpr uint32_t bit(ChromaFormat chroma) {
  return 1u << static_cast<uint32_t>(chroma);
}
constexpr uint32_t k420 = bit(ChromaFormat::c420);
constexpr uint32_t k422 = bit(ChromaFormat::c422);
constexpr uint32_t k444 = bit(ChromaFormat::c444);
constexpr uint32_t k400 = bit(ChromaFormat::c400);
constexpr uint32_t k8 = 1u << 8;

constexpr Ability kAbilities[] = {
    {AV_CODEC_ID_H264, k400 | k420 | k422 | k444, k8 | 1u << 9 | 1u << 10 | 1u << 12 | 1u << 14},
    {AV_CODEC_ID_HEVC, k400 | k420 | k422 | k444, k8 | 1u << 9 | 1u << 10 | 1u << 12},
    {AV_CODEC_ID_AV1, k400 | k420 | k422 | k444, k8 | 1u << 10 | 1u << 12},
    {AV_CODEC_ID_VP9, k420 | k422 | k444 | bit(ChromaFormat::other), k8 | 1u << 10 | 1u << 12},
    {AV_CODEC_ID_VP8, k420, k8},
    {AV_CODEC_ID_MPEG1VIDEO, k420, k8},
    {AV_CODEC_ID_MPEG2VIDEO, k420 | k422 | k444, k8},
    {AV_CODEC_ID_MPEG4, k420 | k422 | k444, k8 | 1u << 10},
    {AV_CODEC_ID_VC1, k420, k8},
    {AV_CODEC_ID_WMV3, k420, k8},
};

}  // namespace

const AVCodec& choose_decoder(const std::string& codec) {
  const AVCodecDescriptor* descriptor = find_descriptor(codec);
  if (!descriptor) {
    throw Error(Status::unsupported,
                "\"" + codec +
                    "\" is not a video codec that libavcodec knows; names are those of "
                    "ffmpeg -codecs, such as h264, hevc, av1, vp9");
  }
  const AVCodec* found = find_decoder(descriptor->id);
  if (!found) {
    throw Error(Status::unsupported, "This build of libavcodec has no software decoder for " +
                                         codec + " (" + descriptor->long_name + ")");
  }
  return *found;
}

void set_threads(AVCodecContext& context, uint32_t allowed) {
  uint32_t threads = std::clamp(allowed, 1u, kMostThreads);
  const int64_t area = static_cast<int64_t>(context.width) * context.height;
  if (area > 0 && area <= kSmallPicture) threads = 1;
  context.thread_count = static_cast<int>(threads);
  context.thread_type = FF_THREAD_FRAME | FF_THREAD_SLICE;
}

void set_latency(AVCodecContext& context, Latency latency) {
  if (latency == Latency::native) return;
  // N frame threads hold N - 1 frames back.
  context.thread_type = FF_THREAD_SLICE;
  const AVCodecID codec = context.codec_id;
  // dav1d works on one frame at a time then; AV1's packets are in display order anyway.
  if (codec == AV_CODEC_ID_AV1) context.flags |= AV_CODEC_FLAG_LOW_DELAY;
  // Decoders of the MPEG-2 family give pictures in decode order then. Those of H.264 and HEVC
  // cannot: they put pictures in order as the headers tell.
  const bool follows_headers =
      codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_VVC;
  if (latency == Latency::zero && !follows_headers) context.flags |= AV_CODEC_FLAG_LOW_DELAY;
}

DecoderLimits decoder_support(const std::string& codec, ChromaFormat chroma, uint32_t bit_depth) {
  DecoderLimits limits;
  try {
    limits.implementation = choose_decoder(codec).name;
  } catch (const Error& error) {
    limits.reason = error.what();
    return limits;
  }
  const AVCodecID id = find_descriptor(codec)->id;
  const auto ability = std::find_if(std::begin(kAbilities), std::end(kAbilities),
                                    [&](const Ability& entry) { return entry.codec == id; });
  const bool is_limited = ability != std::end(kAbilities);
  if (is_limited && chroma != ChromaFormat::unknown && !(ability->chromas & bit(chroma))) {
    limits.reason = limits.implementation + " decodes no " + codec + " with this chroma format";
  } else if (bit_depth > 16 ||
             (is_limited && bit_depth != 0 && !(ability->depths >> bit_depth & 1))) {
    limits.reason = limits.implementation + " decodes no " + codec + " with " +
                    std::to_string(bit_depth) + " bits per sample";
  } else {
    limits.is_supported = true;
  }
  return limits;
}

}  // namespace cuf::libav
