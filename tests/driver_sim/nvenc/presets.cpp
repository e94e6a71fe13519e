#include <cstring>

#include "nvenc/parameters.h"

namespace cufsim {

namespace {

/** Where API 12.2 and newer have the bit depths of output and input in a codec's configuration. */
size_t depth_offset(EncodeCodec codec) {
  constexpr size_t kOffsets[] = {212, 200, 112};
  return kOffsets[static_cast<size_t>(codec)];
}

bool has_depth_fields(Api api) {
  return api >= Api::k122;
}

uint32_t depth_field(const EncodeParameters& parameters, bool input) {
  uint32_t depth;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&parameters.config.encodeCodecConfig);
  std::memcpy(&depth, bytes + depth_offset(parameters.codec) + (input ? 4 : 0), sizeof depth);
  return depth;
}

bool is_hq(int tuning) {
  return tuning == NV_ENC_TUNING_INFO_HIGH_QUALITY || tuning == kTuningUltraHighQuality;
}

/** No colours are said. */
void set_vui(NV_ENC_CONFIG_H264_VUI_PARAMETERS& vui) {
  vui.videoFormat = NV_ENC_VUI_VIDEO_FORMAT_UNSPECIFIED;
  vui.colourPrimaries = NV_ENC_VUI_COLOR_PRIMARIES_UNSPECIFIED;
  vui.transferCharacteristics = NV_ENC_VUI_TRANSFER_CHARACTERISTIC_UNSPECIFIED;
  vui.colourMatrix = NV_ENC_VUI_MATRIX_COEFFS_UNSPECIFIED;
}

void set_codec(NV_ENC_CONFIG& config, Api api, EncodeCodec codec, int tuning) {
  const bool lossless = tuning == NV_ENC_TUNING_INFO_LOSSLESS;
  if (codec == EncodeCodec::kH264) {
    NV_ENC_CONFIG_H264& h264 = config.encodeCodecConfig.h264Config;
    h264.idrPeriod = config.gopLength;
    h264.chromaFormatIDC = 1;
    h264.sliceMode = 3;
    h264.sliceModeData = 1;
    set_vui(h264.h264VUIParameters);
    h264.qpPrimeYZeroTransformBypassFlag = lossless ? 1 : 0;
  } else if (codec == EncodeCodec::kHevc) {
    NV_ENC_CONFIG_HEVC& hevc = config.encodeCodecConfig.hevcConfig;
    hevc.idrPeriod = config.gopLength;
    hevc.chromaFormatIDC = 1;
    hevc.sliceMode = 3;
    hevc.sliceModeData = 1;
    set_vui(hevc.hevcVUIParameters);
  } else {
    NV_ENC_CONFIG_AV1& av1 = config.encodeCodecConfig.av1Config;
    av1.idrPeriod = config.gopLength;
    av1.level = NV_ENC_LEVEL_AV1_AUTOSELECT;
    av1.chromaFormatIDC = 1;
    av1.colorPrimaries = NV_ENC_VUI_COLOR_PRIMARIES_UNSPECIFIED;
    av1.transferCharacteristics = NV_ENC_VUI_TRANSFER_CHARACTERISTIC_UNSPECIFIED;
    av1.matrixCoefficients = NV_ENC_VUI_MATRIX_COEFFS_UNSPECIFIED;
  }
  if (!has_depth_fields(api)) return;
  constexpr uint32_t kDepths[] = {8, 8};
  auto* bytes = reinterpret_cast<unsigned char*>(&config.encodeCodecConfig);
  std::memcpy(bytes + depth_offset(codec), kDepths, sizeof kDepths);
}

void set_rate(NV_ENC_CONFIG& config, Api api, EncodeCodec codec, int preset, int tuning) {
  NV_ENC_RC_PARAMS& rate = config.rcParams;
  rate.version = version_word(Struct::kRateControl, api);
  const uint32_t qp = tuning == NV_ENC_TUNING_INFO_LOSSLESS ? 0
                      : codec == EncodeCodec::kAv1          ? 128
                                                            : 28;
  rate.constQP = {qp, qp, qp};
  if (tuning == NV_ENC_TUNING_INFO_LOSSLESS) {
    rate.rateControlMode = NV_ENC_PARAMS_RC_CONSTQP;
    return;
  }
  rate.rateControlMode = is_hq(tuning) ? NV_ENC_PARAMS_RC_VBR : NV_ENC_PARAMS_RC_CBR;
  rate.averageBitRate = 2000000;
  rate.multiPass = preset >= 6 && is_hq(tuning)    ? NV_ENC_TWO_PASS_FULL_RESOLUTION
                   : preset >= 4 && !is_hq(tuning) ? NV_ENC_TWO_PASS_QUARTER_RESOLUTION
                                                   : NV_ENC_MULTI_PASS_DISABLED;
  rate.enableAQ = preset >= 5 ? 1 : 0;
  if (tuning == kTuningUltraHighQuality) {
    rate.enableLookahead = 1;
    rate.lookaheadDepth = 15;
  }
}

}  // namespace

bool is_tuning(Api api, EncodeCodec codec, int tuning) {
  if (tuning == kTuningUltraHighQuality)
    return has_depth_fields(api) && codec == EncodeCodec::kHevc;
  return tuning >= NV_ENC_TUNING_INFO_HIGH_QUALITY && tuning <= NV_ENC_TUNING_INFO_LOSSLESS;
}

NV_ENC_CONFIG preset_config(Api api, EncodeCodec codec, int preset, int tuning) {
  NV_ENC_CONFIG config{};
  config.version = version_word(Struct::kConfig, api);
  config.profileGUID = NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID;
  const bool reorders = preset >= 3 && is_hq(tuning);
  config.gopLength = is_hq(tuning) ? 250 : NVENC_INFINITE_GOPLENGTH;
  config.frameIntervalP = !reorders ? 1 : preset >= 6 ? 4 : 3;
  config.frameFieldMode = NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME;
  config.mvPrecision = NV_ENC_MV_PRECISION_QUARTER_PEL;
  set_rate(config, api, codec, preset, tuning);
  set_codec(config, api, codec, tuning);
  return config;
}

int output_depth(const EncodeParameters& parameters) {
  if (has_depth_fields(parameters.api)) return static_cast<int>(depth_field(parameters, false));
  const NV_ENC_CODEC_CONFIG& codec = parameters.config.encodeCodecConfig;
  if (parameters.codec == EncodeCodec::kHevc) return 8 + codec.hevcConfig.pixelBitDepthMinus8;
  if (parameters.codec == EncodeCodec::kAv1) return 8 + codec.av1Config.pixelBitDepthMinus8;
  return 8;
}

int input_depth(const EncodeParameters& parameters) {
  if (has_depth_fields(parameters.api)) return static_cast<int>(depth_field(parameters, true));
  if (parameters.codec == EncodeCodec::kAv1) {
    return 8 + parameters.config.encodeCodecConfig.av1Config.inputPixelBitDepthMinus8;
  }
  // Older structs do not say it for the others.
  return 0;
}

uint32_t chroma_format(const EncodeParameters& parameters) {
  const NV_ENC_CODEC_CONFIG& codec = parameters.config.encodeCodecConfig;
  if (parameters.codec == EncodeCodec::kH264) return codec.h264Config.chromaFormatIDC;
  if (parameters.codec == EncodeCodec::kHevc) return codec.hevcConfig.chromaFormatIDC;
  return codec.av1Config.chromaFormatIDC;
}

bool is_lossless(const EncodeParameters& parameters) {
  const NV_ENC_RC_PARAMS& rate = parameters.config.rcParams;
  const bool finest = rate.rateControlMode == NV_ENC_PARAMS_RC_CONSTQP &&
                      rate.constQP.qpIntra == 0 && rate.constQP.qpInterP == 0;
  if (!finest) return false;
  if (parameters.codec == EncodeCodec::kH264) {
    return parameters.config.encodeCodecConfig.h264Config.qpPrimeYZeroTransformBypassFlag != 0;
  }
  return parameters.codec == EncodeCodec::kHevc &&
         parameters.initialize.tuningInfo == NV_ENC_TUNING_INFO_LOSSLESS;
}

uint32_t EncodeParameters::delay() const {
  return config.rcParams.enableLookahead != 0 ? config.rcParams.lookaheadDepth : 0;
}

}  // namespace cufsim
