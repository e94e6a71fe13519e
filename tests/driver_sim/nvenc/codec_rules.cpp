// The rules of rate control and of each codec's own parameters.
#include <algorithm>
#include <iterator>

#include "nvenc/parameters.h"

namespace cufsim {

namespace {

Refusal invalid(const char* text) {
  return {NV_ENC_ERR_INVALID_PARAM, text};
}
Refusal unsupported(const char* text) {
  return {NV_ENC_ERR_UNSUPPORTED_PARAM, text};
}

bool is_within(const NV_ENC_QP& qp, uint32_t most) {
  return qp.qpInterP <= most && qp.qpInterB <= most && qp.qpIntra <= most;
}

/** What the levels of a codec are called in its headers, and how large their pictures are. */
struct Level {
  uint32_t name;
  uint32_t most;  // macroblocks, or luma samples
};

constexpr Level kH264Levels[] = {
    {9, 99},     {10, 99},    {11, 396},   {12, 396},    {13, 396},    {20, 396},   {21, 792},
    {22, 1620},  {30, 1620},  {31, 3600},  {32, 5120},   {40, 8192},   {41, 8192},  {42, 8704},
    {50, 22080}, {51, 36864}, {52, 36864}, {60, 139264}, {61, 139264}, {62, 139264}};
constexpr Level kHevcLevels[] = {{30, 36864},    {60, 122880},   {63, 245760},    {90, 552960},
                                 {93, 983040},   {120, 2228224}, {123, 2228224},  {150, 8912896},
                                 {153, 8912896}, {156, 8912896}, {180, 35651584}, {183, 35651584},
                                 {186, 35651584}};

Refusal check_level(const EncodeParameters& parameters, uint32_t level) {
  const bool h264 = parameters.codec == EncodeCodec::kH264;
  if (level == NV_ENC_LEVEL_AUTOSELECT) return {};
  const Level* begin = h264 ? std::begin(kH264Levels) : std::begin(kHevcLevels);
  const Level* end = h264 ? std::end(kH264Levels) : std::end(kHevcLevels);
  const Level* found =
      std::find_if(begin, end, [&](const Level& line) { return line.name == level; });
  if (found == end) return invalid("level is none of the codec's levels");
  const uint64_t width = parameters.initialize.encodeWidth;
  const uint64_t height = parameters.initialize.encodeHeight;
  const uint64_t size = h264 ? (width + 15) / 16 * ((height + 15) / 16) : width * height;
  return size > found->most ? invalid("level is too low for the size") : Refusal{};
}

Refusal check_signal(const NV_ENC_CONFIG_H264_VUI_PARAMETERS& vui) {
  if (vui.overscanInfoPresentFlag > 1 || vui.overscanInfo > 1 ||
      vui.videoSignalTypePresentFlag > 1 || vui.videoFullRangeFlag > 1 ||
      vui.colourDescriptionPresentFlag > 1 || vui.chromaSampleLocationFlag > 1) {
    return invalid("VUI: a flag that is neither 0 nor 1");
  }
  if (vui.videoFormat > NV_ENC_VUI_VIDEO_FORMAT_UNSPECIFIED || vui.colourPrimaries > 22 ||
      vui.transferCharacteristics > 18 || vui.colourMatrix > 14) {
    return invalid("VUI: no such colours or video format");
  }
  if (vui.chromaSampleLocationTop > 5 || vui.chromaSampleLocationBot > 5) {
    return invalid("VUI: no such place of chroma samples");
  }
  return {};
}

Refusal check_formats(const EncodeParameters& parameters) {
  const uint32_t chroma = chroma_format(parameters);
  if (chroma != 1 && chroma != 3) {
    return chroma == 2 ? unsupported("chromaFormatIDC 2") : invalid("chromaFormatIDC");
  }
  if (chroma == 3 && capability(parameters.codec, NV_ENC_CAPS_SUPPORT_YUV444_ENCODE) == 0) {
    return unsupported("chromaFormatIDC 3");
  }
  const int depth = output_depth(parameters);
  if (depth != 8 && depth != 10) return invalid("a bit depth other than 8 and 10");
  if (depth == 10 && capability(parameters.codec, NV_ENC_CAPS_SUPPORT_10BIT_ENCODE) == 0) {
    return unsupported("10 bits are not encoded");
  }
  const int input = input_depth(parameters);
  if (input != 0 && input != 8 && input != 10) return invalid("the bit depth of the input");
  if (is_lossless(parameters) &&
      capability(parameters.codec, NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE) == 0) {
    return unsupported("lossless encoding");
  }
  return {};
}

Refusal check_references(const EncodeParameters& parameters, uint32_t mode, uint32_t in_dpb,
                         uint32_t forwards, uint32_t backwards) {
  if (mode > NV_ENC_BFRAME_REF_MODE_MIDDLE) return invalid("useBFramesAsRef has no such value");
  const int can = capability(parameters.codec, NV_ENC_CAPS_SUPPORT_BFRAME_REF_MODE);
  if (mode != 0 && (can >> (mode - 1) & 1) == 0) return unsupported("useBFramesAsRef");
  if (in_dpb > 16) return invalid("more than 16 reference frames");
  if (forwards > 7 || backwards > 7) return invalid("numRefL0 and numRefL1 go up to 7");
  const bool several = forwards > 1 || backwards > 1;
  if (several && capability(parameters.codec, NV_ENC_CAPS_SUPPORT_MULTIPLE_REF_FRAMES) == 0) {
    return unsupported("numRefL0 and numRefL1");
  }
  return {};
}

Refusal check_slices(uint32_t mode, uint32_t data) {
  if (mode > 3) return invalid("sliceMode goes from 0 to 3");
  if (mode == 3 && (data == 0 || data > 32)) return invalid("sliceModeData: 1 to 32 slices");
  return {};
}

Refusal check_refresh(const EncodeParameters& parameters, bool enabled, uint32_t period,
                      uint32_t count) {
  if (!enabled) return {};
  if (capability(parameters.codec, NV_ENC_CAPS_SUPPORT_INTRA_REFRESH) == 0) {
    return unsupported("enableIntraRefresh");
  }
  if (period == 0 || count == 0 || count >= period) {
    return invalid("intraRefreshCnt must be below intraRefreshPeriod, and neither 0");
  }
  return {};
}

Refusal first_of(std::initializer_list<Refusal> refusals) {
  for (const Refusal& refusal : refusals) {
    if (refusal.status != NV_ENC_SUCCESS) return refusal;
  }
  return {};
}

Refusal check_h264(const EncodeParameters& parameters) {
  const NV_ENC_CONFIG_H264& h264 = parameters.config.encodeCodecConfig.h264Config;
  if (h264.enableTemporalSVC != 0 || h264.enableStereoMVC != 0 || h264.hierarchicalPFrames != 0 ||
      h264.hierarchicalBFrames != 0 || h264.enableLTR != 0) {
    return unsupported("layers, stereo and long-term references are not simulated");
  }
  if (h264.separateColourPlaneFlag != 0) return unsupported("separateColourPlaneFlag");
  if (h264.disableDeblockingFilterIDC > 2) return invalid("disableDeblockingFilterIDC");
  if (h264.adaptiveTransformMode > 2 || h264.fmoMode > 2 || h264.bdirectMode > 3 ||
      h264.entropyCodingMode > 2) {
    return invalid("a mode of H.264 that does not exist");
  }
  if (h264.fmoMode == NV_ENC_H264_FMO_ENABLE) return unsupported("fmoMode");
  if (h264.stereoMode != NV_ENC_STEREO_PACKING_MODE_NONE) return unsupported("stereoMode");
  const bool baseline = parameters.config.profileGUID == NV_ENC_H264_PROFILE_BASELINE_GUID;
  if (baseline && (parameters.config.frameIntervalP > 1 ||
                   h264.entropyCodingMode == NV_ENC_H264_ENTROPY_CODING_MODE_CABAC)) {
    return invalid("the Baseline profile has neither B-frames nor CABAC");
  }
  if (h264.chromaFormatIDC == 3 &&
      !(parameters.config.profileGUID == NV_ENC_H264_PROFILE_HIGH_444_GUID) &&
      !(parameters.config.profileGUID == NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID)) {
    return invalid("chromaFormatIDC 3 without the High 4:4:4 profile");
  }
  if (h264.idrPeriod == 0) return invalid("idrPeriod is 0");
  if (h264.spsId > 31 || h264.ppsId > 255) return invalid("spsId or ppsId");
  return first_of({check_level(parameters, h264.level), check_signal(h264.h264VUIParameters),
                   check_references(parameters, h264.useBFramesAsRef, h264.maxNumRefFrames,
                                    h264.numRefL0, h264.numRefL1),
                   check_slices(h264.sliceMode, h264.sliceModeData),
                   check_refresh(parameters, h264.enableIntraRefresh != 0, h264.intraRefreshPeriod,
                                 h264.intraRefreshCnt)});
}

Refusal check_hevc(const EncodeParameters& parameters) {
  const NV_ENC_CONFIG_HEVC& hevc = parameters.config.encodeCodecConfig.hevcConfig;
  if (hevc.enableLTR != 0 || hevc.enableAlphaLayerEncoding != 0) {
    return unsupported("layers and long-term references are not simulated");
  }
  if (hevc.tier > NV_ENC_TIER_HEVC_HIGH) return invalid("tier");
  if (hevc.minCUSize > NV_ENC_HEVC_CUSIZE_64x64 || hevc.maxCUSize > NV_ENC_HEVC_CUSIZE_64x64) {
    return invalid("minCUSize or maxCUSize");
  }
  const GUID& profile = parameters.config.profileGUID;
  if (profile == NV_ENC_HEVC_PROFILE_MAIN_GUID && output_depth(parameters) > 8) {
    return invalid("the Main profile has 8 bits");
  }
  if (hevc.chromaFormatIDC == 3 &&
      (profile == NV_ENC_HEVC_PROFILE_MAIN_GUID || profile == NV_ENC_HEVC_PROFILE_MAIN10_GUID)) {
    return invalid("chromaFormatIDC 3 without the range extensions' profile");
  }
  if (hevc.idrPeriod == 0) return invalid("idrPeriod is 0");
  return first_of({check_level(parameters, hevc.level), check_signal(hevc.hevcVUIParameters),
                   check_references(parameters, hevc.useBFramesAsRef, hevc.maxNumRefFramesInDPB,
                                    hevc.numRefL0, hevc.numRefL1),
                   check_slices(hevc.sliceMode, hevc.sliceModeData),
                   check_refresh(parameters, hevc.enableIntraRefresh != 0, hevc.intraRefreshPeriod,
                                 hevc.intraRefreshCnt)});
}

Refusal check_av1(const EncodeParameters& parameters) {
  const NV_ENC_CONFIG_AV1& av1 = parameters.config.encodeCodecConfig.av1Config;
  if (av1.level > NV_ENC_LEVEL_AV1_AUTOSELECT) return invalid("level is none of AV1's levels");
  if (av1.tier > NV_ENC_TIER_AV1_1) return invalid("tier");
  if (av1.minPartSize > NV_ENC_AV1_PART_SIZE_64x64 ||
      av1.maxPartSize > NV_ENC_AV1_PART_SIZE_64x64) {
    return invalid("minPartSize or maxPartSize");
  }
  if (av1.outputAnnexBFormat != 0) return unsupported("outputAnnexBFormat is not simulated");
  if (av1.enableCustomTileConfig != 0) return unsupported("custom tiles are not simulated");
  if (av1.enableFilmGrainParams != 0) return unsupported("film grain is not simulated");
  if (av1.numTileColumns > NV_MAX_TILE_COLS_AV1 || av1.numTileRows > NV_MAX_TILE_ROWS_AV1) {
    return invalid("more tiles than 64 by 64");
  }
  if (av1.colorPrimaries > 22 || av1.transferCharacteristics > 18 || av1.matrixCoefficients > 14 ||
      av1.colorRange > 1 || av1.chromaSamplePosition > 2) {
    return invalid("no such colours");
  }
  if (av1.idrPeriod == 0) return invalid("idrPeriod is 0");
  return first_of({check_references(parameters, av1.useBFramesAsRef, av1.maxNumRefFramesInDPB,
                                    av1.numFwdRefs, av1.numBwdRefs),
                   check_refresh(parameters, av1.enableIntraRefresh != 0, av1.intraRefreshPeriod,
                                 av1.intraRefreshCnt)});
}

Refusal check_bit_rates(const NV_ENC_RC_PARAMS& rate) {
  const bool constant = rate.rateControlMode == NV_ENC_PARAMS_RC_CBR;
  if (constant && rate.averageBitRate == 0) return invalid("CBR with an averageBitRate of 0");
  if (rate.rateControlMode == NV_ENC_PARAMS_RC_CONSTQP) return {};
  if (!constant && rate.maxBitRate != 0 && rate.maxBitRate < rate.averageBitRate) {
    return invalid("maxBitRate is below averageBitRate");
  }
  if (rate.vbvBufferSize != 0 && rate.vbvInitialDelay > rate.vbvBufferSize) {
    return invalid("vbvInitialDelay is above vbvBufferSize");
  }
  return {};
}

}  // namespace

Refusal check_rate(const EncodeParameters& parameters) {
  const NV_ENC_RC_PARAMS& rate = parameters.config.rcParams;
  const EncodeCodec codec = parameters.codec;
  const bool av1 = codec == EncodeCodec::kAv1;
  const uint32_t most = av1 ? 255 : 51;
  if (rate.rateControlMode > NV_ENC_PARAMS_RC_CBR) return invalid("rateControlMode");
  const int modes = capability(codec, NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES);
  if ((modes >> rate.rateControlMode & 1) == 0) return unsupported("rateControlMode");
  if (!is_within(rate.constQP, most)) return invalid("constQP is beyond the codec's range");
  if ((rate.enableMinQP != 0 && !is_within(rate.minQP, most)) ||
      (rate.enableMaxQP != 0 && !is_within(rate.maxQP, most)) ||
      (rate.enableInitialRCQP != 0 && !is_within(rate.initialRCQP, most))) {
    return invalid("minQP, maxQP or initialRCQP is beyond the codec's range");
  }
  if (rate.enableMinQP != 0 && rate.enableMaxQP != 0 &&
      (rate.minQP.qpInterP > rate.maxQP.qpInterP || rate.minQP.qpIntra > rate.maxQP.qpIntra ||
       rate.minQP.qpInterB > rate.maxQP.qpInterB)) {
    return invalid("minQP is above maxQP");
  }
  if (rate.targetQuality > (av1 ? 63 : 51)) return invalid("targetQuality");
  if (rate.multiPass > NV_ENC_TWO_PASS_FULL_RESOLUTION) return invalid("multiPass");
  if (rate.qpMapMode > NV_ENC_QP_MAP) return invalid("qpMapMode");
  if (rate.enableLookahead == 0 && rate.lookaheadDepth != 0) {
    return invalid("lookaheadDepth without enableLookahead");
  }
  if (rate.enableLookahead != 0 && capability(codec, NV_ENC_CAPS_SUPPORT_LOOKAHEAD) == 0) {
    return unsupported("enableLookahead");
  }
  if (rate.lookaheadDepth > 32) return invalid("lookaheadDepth is above 32");
  if (rate.enableTemporalAQ != 0 && capability(codec, NV_ENC_CAPS_SUPPORT_TEMPORAL_AQ) == 0) {
    return unsupported("enableTemporalAQ");
  }
  return check_bit_rates(rate);
}

Refusal check_codec(const EncodeParameters& parameters) {
  const Refusal refusal = check_formats(parameters);
  if (refusal.status != NV_ENC_SUCCESS) return refusal;
  switch (parameters.codec) {
    case EncodeCodec::kH264:
      return check_h264(parameters);
    case EncodeCodec::kHevc:
      return check_hevc(parameters);
    default:
      return check_av1(parameters);
  }
}

}  // namespace cufsim
