#pragma once

#include <string>

#include "core/encoder_port.h"
#include "cuda/nvenc/facts.h"

namespace cuf::cuda {

// What an encoder is initialized with.
struct NvencParameters {
  NV_ENC_INITIALIZE_PARAMS init{};  // without its pointer to the configuration
  NV_ENC_CONFIG config{};
};

// Of complete settings, beginning with what the preset and tuning mean. Throws Error(unsupported),
// which names the parameter and the limit, for what NVENC of this GPU does not do, and
// Error(invalid_argument) for settings that are wrong.
NvencParameters nvenc_parameters(const EncoderOptions& options, const NvencFacts& facts);

// The settings with what the preset chose.
EncoderSettings chosen_settings(const EncoderSettings& settings, const NvencParameters& made);

uint32_t b_frames_of(const NvencParameters& parameters);
// Pictures that NVENC takes at most before the first comes out.
uint32_t held_back_by(const NvencParameters& parameters);
uint32_t reorder_depth_of(const NvencParameters& parameters);

// Parameters on their way: what the setters of single rows see.
struct NvencBuild {
  const EncoderOptions& options;
  const NvencFacts& facts;
  const NvencFormat& format;
  NvencParameters made;

  const EncoderSettings& settings() const { return options.settings; }
  const NvencCaps& caps() const { return facts.caps; }
  VideoCodec codec() const { return options.settings.codec(); }
  int64_t number(EncoderParameter row) const { return options.settings.number(row); }
  uint32_t word(EncoderParameter row) const { return static_cast<uint32_t>(number(row)); }
  NV_ENC_CONFIG& config() { return made.config; }
  NV_ENC_RC_PARAMS& rate() { return made.config.rcParams; }
  NV_ENC_CONFIG_H264& h264() { return made.config.encodeCodecConfig.h264Config; }
  NV_ENC_CONFIG_HEVC& hevc() { return made.config.encodeCodecConfig.hevcConfig; }
  NV_ENC_CONFIG_AV1& av1() { return made.config.encodeCodecConfig.av1Config; }
  // H.264's and HEVC's are one type.
  NV_ENC_CONFIG_H264_VUI_PARAMETERS& vui() {
    return codec() == VideoCodec::h264 ? h264().h264VUIParameters : hevc().hevcVUIParameters;
  }
  // Error(unsupported): "NVENC of GPU 0 <cannot>; ask for a device with backend "cpu""
  [[noreturn]] void refuse(const std::string& cannot) const {
    throw Error(Status::unsupported, caps().who() + " " + cannot + kUseCpu);
  }
  void require(NV_ENC_CAPS cap, const char* cannot) const {
    if (!caps()[cap]) refuse(cannot);
  }
};

// One for each row of the table, for settings that have it, in the table's order.
#define CUF_ENCODER_PARAMETER(id, ...) void set_nvenc_##id(NvencBuild& build);
#include "core/encoder_parameters.inc"
#undef CUF_ENCODER_PARAMETER

// The stream says that it has these colours.
void set_nvenc_colors(NvencBuild& build, const Color& color);

}  // namespace cuf::cuda
