// What NVENC refuses, and with which status.
#include <algorithm>
#include <cstring>

#include "nvenc/parameters.h"

namespace cufsim {

namespace {

Refusal invalid(const char* text) {
  return {NV_ENC_ERR_INVALID_PARAM, text};
}
Refusal unsupported(const char* text) {
  return {NV_ENC_ERR_UNSUPPORTED_PARAM, text};
}

Struct config_struct(EncodeCodec codec) {
  return codec == EncodeCodec::kH264   ? Struct::kConfigH264
         : codec == EncodeCodec::kHevc ? Struct::kConfigHevc
                                       : Struct::kConfigAv1;
}

/** The reserved bytes of the parts of a configuration. */
bool parts_are_clean(const EncodeParameters& parameters) {
  const auto* codec = reinterpret_cast<const unsigned char*>(&parameters.config.encodeCodecConfig);
  if (!reserved_are_zero(&parameters.config.rcParams, Struct::kRateControl, parameters.api)) {
    return false;
  }
  if (!reserved_are_zero(codec, config_struct(parameters.codec), parameters.api)) return false;
  if (parameters.codec == EncodeCodec::kAv1) return true;
  const size_t vui = parameters.codec == EncodeCodec::kH264
                         ? offsetof(NV_ENC_CONFIG_H264, h264VUIParameters)
                         : offsetof(NV_ENC_CONFIG_HEVC, hevcVUIParameters);
  return reserved_are_zero(codec + vui, Struct::kVui, parameters.api);
}

Refusal read_config(const void* config, EncodeParameters& parameters) {
  const NVENCSTATUS status = check_struct(config, Struct::kConfig, parameters.api);
  if (status != NV_ENC_SUCCESS) return {status, "encodeConfig: version or reserved fields"};
  std::memcpy(&parameters.config, config, sizeof parameters.config);
  // Presets set it: whoever fills in a configuration by hand forgets more than this.
  if (parameters.config.rcParams.version != version_word(Struct::kRateControl, parameters.api)) {
    return invalid("encodeConfig was not taken from a preset: rcParams has no version");
  }
  if (!parts_are_clean(parameters)) return invalid("encodeConfig: reserved fields are not zero");
  return {};
}

Refusal check_size(const EncodeParameters& parameters) {
  const NV_ENC_INITIALIZE_PARAMS& initialize = parameters.initialize;
  const auto cap = [&](int which) {
    return static_cast<uint32_t>(capability(parameters.codec, which));
  };
  const uint32_t width = initialize.encodeWidth;
  const uint32_t height = initialize.encodeHeight;
  if (width < cap(NV_ENC_CAPS_WIDTH_MIN) || height < cap(NV_ENC_CAPS_HEIGHT_MIN) ||
      width > cap(NV_ENC_CAPS_WIDTH_MAX) || height > cap(NV_ENC_CAPS_HEIGHT_MAX)) {
    return invalid("encodeWidth and encodeHeight: beyond the capabilities");
  }
  if (width % 2 != 0 || height % 2 != 0) return invalid("encodeWidth or encodeHeight is odd");
  const bool has_max = initialize.maxEncodeWidth != 0 || initialize.maxEncodeHeight != 0;
  if (!has_max) return {};
  if (initialize.maxEncodeWidth < width || initialize.maxEncodeHeight < height ||
      initialize.maxEncodeWidth > cap(NV_ENC_CAPS_WIDTH_MAX) ||
      initialize.maxEncodeHeight > cap(NV_ENC_CAPS_HEIGHT_MAX)) {
    return invalid("maxEncodeWidth and maxEncodeHeight: below the size or beyond capabilities");
  }
  return {};
}

Refusal check_switches(const EncodeParameters& parameters) {
  const NV_ENC_INITIALIZE_PARAMS& initialize = parameters.initialize;
  if (initialize.frameRateNum == 0 || initialize.frameRateDen == 0) {
    return invalid("frameRateNum or frameRateDen is 0");
  }
  if ((initialize.darWidth == 0) != (initialize.darHeight == 0)) {
    return invalid("only one of darWidth and darHeight is 0");
  }
  if (initialize.enableEncodeAsync != 0) return unsupported("enableEncodeAsync: Windows only");
  if (initialize.enablePTD > 1) return invalid("enablePTD is a flag");
  if (initialize.enablePTD == 0) return unsupported("enablePTD 0 is not simulated");
  if (initialize.privDataSize != 0 || initialize.privData != nullptr) {
    return invalid("privData must not be set");
  }
  if (initialize.enableMEOnlyMode != 0) return unsupported("enableMEOnlyMode");
  if (initialize.enableExternalMEHints != 0) return unsupported("enableExternalMEHints");
  if (initialize.enableSubFrameWrite != 0) return unsupported("enableSubFrameWrite");
  if (parameters.api >= Api::k121 &&
      (initialize.enableOutputInVidmem != 0 || initialize.enableReconFrameOutput != 0 ||
       initialize.enableOutputStats != 0)) {
    return unsupported("outputs in video memory, reconstructions and statistics of blocks");
  }
  if (initialize.enableWeightedPrediction != 0) {
    const bool can = capability(parameters.codec, NV_ENC_CAPS_SUPPORT_WEIGHTED_PREDICTION) != 0;
    if (!can) return unsupported("enableWeightedPrediction");
    if (parameters.config.frameIntervalP > 1) {
      return invalid("enableWeightedPrediction with B-frames");
    }
  }
  return {};
}

Refusal check_structure(const EncodeParameters& parameters) {
  const NV_ENC_CONFIG& config = parameters.config;
  const auto& profiles = profile_guids(parameters.codec);
  if (std::find(profiles.begin(), profiles.end(), config.profileGUID) == profiles.end()) {
    return invalid("profileGUID is none of the codec's profiles");
  }
  if (config.gopLength == 0) return invalid("gopLength is 0");
  if (config.frameIntervalP < 0) return invalid("frameIntervalP is negative");
  if (config.frameIntervalP - 1 > capability(parameters.codec, NV_ENC_CAPS_NUM_MAX_BFRAMES)) {
    return unsupported("frameIntervalP: more B-frames than the capabilities allow");
  }
  if (config.gopLength != NVENC_INFINITE_GOPLENGTH &&
      config.gopLength < static_cast<uint32_t>(config.frameIntervalP)) {
    return invalid("gopLength is below frameIntervalP");
  }
  if (config.monoChromeEncoding != 0) return unsupported("monoChromeEncoding");
  if (config.frameFieldMode != NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME) {
    return config.frameFieldMode < NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME ||
                   config.frameFieldMode > NV_ENC_PARAMS_FRAME_FIELD_MODE_MBAFF
               ? invalid("frameFieldMode has no such value")
               : unsupported("frameFieldMode: fields are not encoded");
  }
  if (config.mvPrecision < 0 || config.mvPrecision > NV_ENC_MV_PRECISION_QUARTER_PEL) {
    return invalid("mvPrecision has no such value");
  }
  return {};
}

bool is_same_structure(const EncodeParameters& before, const EncodeParameters& after) {
  const NV_ENC_CONFIG& old_config = before.config;
  const NV_ENC_CONFIG& new_config = after.config;
  return old_config.gopLength == new_config.gopLength &&
         old_config.frameIntervalP == new_config.frameIntervalP &&
         old_config.frameFieldMode == new_config.frameFieldMode && before.delay() == after.delay();
}

}  // namespace

Refusal read_parameters(const void* initialize, Api api, EncodeParameters& parameters) {
  const NVENCSTATUS status = check_struct(initialize, Struct::kInitialize, api);
  if (status != NV_ENC_SUCCESS) return {status, "initialize: version or reserved fields"};
  parameters.api = api;
  parameters.initialize =
      copy_struct<NV_ENC_INITIALIZE_PARAMS>(initialize, size_of(Struct::kInitialize, api));
  NV_ENC_INITIALIZE_PARAMS& own = parameters.initialize;
  if (!find_codec(own.encodeGUID, parameters.codec)) return unsupported("encodeGUID");
  if (parameters.preset() == 0) return unsupported("presetGUID is none of P1 to P7");
  if (!is_tuning(api, parameters.codec, static_cast<int>(own.tuningInfo))) {
    return invalid("tuningInfo: undefined, or not for this codec and API");
  }
  if (own.encodeConfig != nullptr) {
    const Refusal refusal = read_config(own.encodeConfig, parameters);
    if (refusal.status != NV_ENC_SUCCESS) return refusal;
  } else {
    parameters.config =
        preset_config(api, parameters.codec, parameters.preset(), static_cast<int>(own.tuningInfo));
  }
  own.encodeConfig = nullptr;
  return {};
}

Refusal check_parameters(const EncodeParameters& parameters) {
  for (Refusal (*check)(const EncodeParameters&) :
       {&check_size, &check_switches, &check_structure, &check_rate, &check_codec}) {
    Refusal refusal = check(parameters);
    if (refusal.status != NV_ENC_SUCCESS) return refusal;
  }
  return {};
}

Refusal check_change(const EncodeParameters& before, const EncodeParameters& after, bool resets,
                     bool forces_idr) {
  const NV_ENC_INITIALIZE_PARAMS& from = before.initialize;
  const NV_ENC_INITIALIZE_PARAMS& to = after.initialize;
  if (before.codec != after.codec) return invalid("encodeGUID cannot be changed");
  if (from.enableEncodeAsync != to.enableEncodeAsync || from.enablePTD != to.enablePTD) {
    return invalid("enableEncodeAsync and enablePTD cannot be changed");
  }
  if (from.maxEncodeWidth != to.maxEncodeWidth || from.maxEncodeHeight != to.maxEncodeHeight) {
    return invalid("maxEncodeWidth and maxEncodeHeight cannot be changed");
  }
  const bool resizes = from.encodeWidth != to.encodeWidth || from.encodeHeight != to.encodeHeight;
  if (resizes && (to.encodeWidth > from.maxEncodeWidth || to.encodeHeight > from.maxEncodeHeight)) {
    return invalid("the size is above maxEncodeWidth and maxEncodeHeight");
  }
  if (!is_same_structure(before, after)) {
    return invalid("the structure of the GOP and the depth of lookahead cannot be changed");
  }
  if (chroma_format(before) != chroma_format(after) ||
      output_depth(before) != output_depth(after)) {
    return invalid("chroma format and bit depth cannot be changed");
  }
  if (!(before.config.profileGUID == after.config.profileGUID)) {
    return invalid("profileGUID cannot be changed");
  }
  if (resets && !forces_idr) return invalid("resetEncoder without forceIDR");
  return {};
}

}  // namespace cufsim
