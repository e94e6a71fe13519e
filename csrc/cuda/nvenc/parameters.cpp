#include "cuda/nvenc/parameters.h"

#include <algorithm>
#include <array>
#include <bit>

#include "core/encoder_choice.h"

namespace cuf::cuda {
namespace {

using enum EncoderParameter;

constexpr int64_t kHigh444 = 6;  // numbers of profiles
constexpr int64_t kMain444 = 9;

using Setter = void (*)(NvencBuild&);
constexpr Setter kSetters[] = {
#define CUF_ENCODER_PARAMETER(id, ...) &set_nvenc_##id,
#include "core/encoder_parameters.inc"
#undef CUF_ENCODER_PARAMETER
};
static_assert(std::size(kSetters) == kEncoderParameterCount);

std::string size_text(int64_t width, int64_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

const NvencFormat& taken_format(const EncoderOptions& options, const NvencCaps& caps) {
  const NvencFormat* format = nvenc_format(options.format);
  if (format && std::ranges::find(caps.formats, options.format) != caps.formats.end()) {
    return *format;
  }
  std::string list = taken_formats(caps.formats);
#if !CUF_NVENC_API(13, 0)
  if (options.format == Format::nv16 || options.format == Format::p210) {
    list += " (nv16 and p210 need NVENC's interface 13.0, and this library is built for older)";
  }
#endif
  throw Error(Status::unsupported,
              caps.who() + " does not encode " + formats_arranged_as(options.format) + " as " +
                  std::string(codec_name(caps.codec)) + "; it takes " + list + kUseCpu);
}

void require_size(const NvencBuild& build) {
  const NvencCaps& caps = build.caps();
  const int64_t width = build.options.width;
  const int64_t height = build.options.height;
  if (width < caps[NV_ENC_CAPS_WIDTH_MIN] || height < caps[NV_ENC_CAPS_HEIGHT_MIN] ||
      width > caps[NV_ENC_CAPS_WIDTH_MAX] || height > caps[NV_ENC_CAPS_HEIGHT_MAX]) {
    build.refuse("encodes " + std::string(codec_name(caps.codec)) + " from " +
                 size_text(caps[NV_ENC_CAPS_WIDTH_MIN], caps[NV_ENC_CAPS_HEIGHT_MIN]) + " to " +
                 size_text(caps[NV_ENC_CAPS_WIDTH_MAX], caps[NV_ENC_CAPS_HEIGHT_MAX]) + ", not " +
                 size_text(width, height));
  }
  const int64_t blocks = (width + 15) / 16 * ((height + 15) / 16);
  if (caps[NV_ENC_CAPS_MB_NUM_MAX] > 0 && blocks > caps[NV_ENC_CAPS_MB_NUM_MAX]) {
    build.refuse("encodes " + std::to_string(caps[NV_ENC_CAPS_MB_NUM_MAX]) +
                 " macroblocks of a picture at most, not " + std::to_string(blocks));
  }
  if (width % 2 != 0 || height % 2 != 0) {
    build.refuse("encodes pictures of an even width and height, not " + size_text(width, height));
  }
}

bool is_lossless(const EncoderSettings& settings) {
  return settings.choice_or(tuning_info, EncoderTuning::high_quality) == EncoderTuning::lossless;
}

// Whether the stream has all of the chroma.
bool is_full_chroma(const NvencBuild& build) {
  if (!build.format.is_rgb) return build.format.chroma == ChromaFormat::c444;
  const int64_t wanted = build.settings().number_or(profile, 0);
  return wanted == kHigh444 || wanted == kMain444 || is_lossless(build.settings());
}

uint32_t chroma_code(const NvencBuild& build) {
  if (is_full_chroma(build)) {
    build.require(NV_ENC_CAPS_SUPPORT_YUV444_ENCODE, "does not encode 4:4:4 with this codec");
    return 3;
  }
  return build.format.chroma == ChromaFormat::c422 ? 2 : 1;
}

// 16-bit input becomes 10 bits.
void set_chroma_and_depth(NvencBuild& build) {
  const uint32_t chroma = chroma_code(build);
  const uint32_t depth = build.format.bit_depth;
  if (build.codec() == VideoCodec::h264) build.h264().chromaFormatIDC = chroma;
  if (build.codec() == VideoCodec::hevc) build.hevc().chromaFormatIDC = chroma;
  if (build.codec() == VideoCodec::av1) build.av1().chromaFormatIDC = chroma;
#if CUF_NVENC_API(12, 2)
  const auto said = depth > 8 ? NV_ENC_BIT_DEPTH_10 : NV_ENC_BIT_DEPTH_8;
  if (build.codec() == VideoCodec::h264) {
    build.h264().inputBitDepth = build.h264().outputBitDepth = said;
  }
  if (build.codec() == VideoCodec::hevc) {
    build.hevc().inputBitDepth = build.hevc().outputBitDepth = said;
  }
  if (build.codec() == VideoCodec::av1) {
    build.av1().inputBitDepth = build.av1().outputBitDepth = said;
  }
#else
  if (build.codec() == VideoCodec::hevc) build.hevc().pixelBitDepthMinus8 = depth - 8;
  if (build.codec() == VideoCodec::av1) {
    build.av1().inputPixelBitDepthMinus8 = build.av1().pixelBitDepthMinus8 = depth - 8;
  }
#endif
#if !CUF_NVENC_API(13, 0)
  if (build.codec() == VideoCodec::h264 && depth > 8) {
    build.refuse(
        "encodes H.264 of 10 bits by its interface 13.0, and this library is built for "
        "older; use hevc or av1");
  }
#endif
}

void begin(NvencBuild& build) {
  NV_ENC_INITIALIZE_PARAMS& init = build.made.init;
  init.version = NV_ENC_INITIALIZE_PARAMS_VER;
  init.encodeWidth = init.darWidth = build.options.width;
  init.encodeHeight = init.darHeight = build.options.height;
  init.enablePTD = 1;
  build.made.config = build.facts.preset;
  build.made.config.version = NV_ENC_CONFIG_VER;
  set_chroma_and_depth(build);
}

void require_lossless(const NvencBuild& build) {
  if (!is_lossless(build.settings())) return;
  build.require(NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE, "does not encode losslessly with this codec");
}

// A preset's B pictures need a GOP that holds them, as given ones do.
void fit_b_frames(NvencBuild& build) {
  NV_ENC_CONFIG& config = build.config();
  if (config.frameIntervalP <= 1 ||
      config.gopLength >= static_cast<uint32_t>(config.frameIntervalP)) {
    return;
  }
  if (build.settings().has(b_frames)) {
    throw Error(Status::invalid_argument,
                "bf is not below gop, so no group of pictures holds them");
  }
  config.frameIntervalP = static_cast<int32_t>(std::max<uint32_t>(config.gopLength, 1));
}

// Of H.264 and HEVC.
NV_ENC_BFRAME_REF_MODE reference_mode(const NvencParameters& parameters) {
  const NV_ENC_CODEC_CONFIG& codec = parameters.config.encodeCodecConfig;
  if (parameters.init.encodeGUID == NV_ENC_CODEC_H264_GUID) return codec.h264Config.useBFramesAsRef;
  return codec.hevcConfig.useBFramesAsRef;
}

void set_if_absent(EncoderSettings& settings, EncoderParameter row, int64_t number) {
  if (!settings.has(row)) settings.set(row, std::array{number});
}

}  // namespace

NvencParameters nvenc_parameters(const EncoderOptions& options, const NvencFacts& facts) {
  if (!options.native_options.empty()) {
    throw Error(Status::unsupported, "NVENC has no options of its own by name, such as native." +
                                         options.native_options.front().first + kUseCpu);
  }
  NvencBuild build{
      .options = options, .facts = facts, .format = taken_format(options, facts.caps), .made = {}};
  require_size(build);
  begin(build);
  for (size_t row = 0; row < kEncoderParameterCount; ++row) {
    if (options.settings.has(static_cast<EncoderParameter>(row))) kSetters[row](build);
  }
  fit_b_frames(build);
  set_nvenc_colors(build, options.color);
  require_lossless(build);
  return build.made;
}

EncoderSettings chosen_settings(const EncoderSettings& settings, const NvencParameters& made) {
  const NV_ENC_RC_PARAMS& rate = made.config.rcParams;
  EncoderSettings chosen = settings;
  set_if_absent(chosen, b_frames, b_frames_of(made));
  set_if_absent(chosen, multipass, rate.multiPass);
  set_if_absent(chosen, lookahead, rate.enableLookahead ? rate.lookaheadDepth : 0);
  set_if_absent(chosen, aq, rate.enableAQ);
  set_if_absent(chosen, temporal_aq, rate.enableTemporalAQ);
  set_if_absent(chosen, low_delay_key_frame_scale, rate.lowDelayKeyFrameScale);
  return chosen;
}

uint32_t b_frames_of(const NvencParameters& parameters) {
  return static_cast<uint32_t>(std::max(parameters.config.frameIntervalP - 1, 0));
}

uint32_t held_back_by(const NvencParameters& parameters) {
  const NV_ENC_RC_PARAMS& rate = parameters.config.rcParams;
  return b_frames_of(parameters) + (rate.enableLookahead ? rate.lookaheadDepth : 0);
}

// Where B pictures are references they are decoded from the middle outwards. AV1 puts pictures that
// are not shown yet beside those that are.
uint32_t reorder_depth_of(const NvencParameters& parameters) {
  const uint32_t between = b_frames_of(parameters);
  if (between == 0 || parameters.init.encodeGUID == NV_ENC_CODEC_AV1_GUID) return 0;
  switch (reference_mode(parameters)) {
    case NV_ENC_BFRAME_REF_MODE_DISABLED:
      return 1;
    case NV_ENC_BFRAME_REF_MODE_MIDDLE:
      return between > 1 ? 2 : 1;
    default:
      return static_cast<uint32_t>(std::bit_width(between));
  }
}

}  // namespace cuf::cuda
