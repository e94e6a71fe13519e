// From NVENC's parameters to those of the encoder in software.
#include <algorithm>
#include <numeric>

#include "nvenc/parameters.h"

namespace cufsim {

namespace {

/** What rates are when a client leaves it to the driver. */
constexpr uint32_t kUnsaidBitRate = 2000000;

Quantisers quantisers(const NV_ENC_QP& qp) {
  return {static_cast<int>(qp.qpInterP), static_cast<int>(qp.qpInterB),
          static_cast<int>(qp.qpIntra)};
}

void set_rate(StreamSettings& settings, const NV_ENC_RC_PARAMS& rate) {
  settings.constant = quantisers(rate.constQP);
  settings.quality = rate.targetQuality;
  settings.bit_rate = rate.averageBitRate;
  settings.max_bit_rate = rate.maxBitRate;
  settings.buffer_size = rate.vbvBufferSize;
  settings.buffer_start = rate.vbvInitialDelay;
  if (rate.enableMinQP != 0) settings.min_qp = static_cast<int>(rate.minQP.qpInterP);
  if (rate.enableMaxQP != 0) settings.max_qp = static_cast<int>(rate.maxQP.qpInterP);
  settings.adapts_in_space = rate.enableAQ != 0;
  settings.space_strength = static_cast<int>(rate.aqStrength);
  if (rate.rateControlMode == NV_ENC_PARAMS_RC_CONSTQP) {
    settings.rate = RateMode::kConstantQp;
    return;
  }
  if (rate.rateControlMode == NV_ENC_PARAMS_RC_CBR) {
    settings.rate = RateMode::kConstant;
    return;
  }
  settings.rate = rate.targetQuality != 0 ? RateMode::kQuality : RateMode::kVariable;
  if (settings.rate == RateMode::kVariable && settings.bit_rate == 0) {
    settings.bit_rate = rate.maxBitRate != 0 ? rate.maxBitRate : kUnsaidBitRate;
  }
}

void set_signal(StreamSettings& settings, const NV_ENC_CONFIG_H264_VUI_PARAMETERS& vui) {
  StreamSignal& signal = settings.signal;
  if (vui.videoSignalTypePresentFlag != 0) {
    signal.full_range = static_cast<int>(vui.videoFullRangeFlag);
    signal.video_format = static_cast<int>(vui.videoFormat);
    if (vui.colourDescriptionPresentFlag != 0) {
      signal.primaries = static_cast<int>(vui.colourPrimaries);
      signal.transfer = static_cast<int>(vui.transferCharacteristics);
      signal.matrix = static_cast<int>(vui.colourMatrix);
    }
  }
  if (vui.chromaSampleLocationFlag != 0) {
    signal.chroma_location = static_cast<int>(vui.chromaSampleLocationTop);
  }
}

/** The clock of the stream, where the client says another than the frame rate. */
void set_timing(StreamSettings& settings, Api api, const NV_ENC_CONFIG_H264_VUI_PARAMETERS& vui,
                uint32_t ticks_of_frame) {
  if (api < Api::k121 || vui.timingInfoPresentFlag == 0) return;
  if (vui.numUnitInTicks == 0 || vui.timeScale == 0) return;
  settings.rate_num = vui.timeScale;
  settings.rate_den = vui.numUnitInTicks * ticks_of_frame;
}

void set_aspect(StreamSettings& settings, const NV_ENC_INITIALIZE_PARAMS& initialize) {
  if (initialize.darWidth == 0) return;
  const uint64_t across = uint64_t{initialize.darWidth} * initialize.encodeHeight;
  const uint64_t down = uint64_t{initialize.darHeight} * initialize.encodeWidth;
  const uint64_t common = std::gcd(across, down);
  if (common == 0) return;
  settings.signal.aspect_width = static_cast<int>(across / common);
  settings.signal.aspect_height = static_cast<int>(down / common);
}

void set_h264(StreamSettings& settings, Api api, const NV_ENC_CONFIG_H264& h264) {
  settings.level = static_cast<int>(h264.level);
  settings.references = static_cast<int>(h264.numRefL0 != 0 ? static_cast<uint32_t>(h264.numRefL0)
                                                            : h264.maxNumRefFrames);
  settings.slices = static_cast<int>(h264.sliceModeData);
  settings.slice_mode = static_cast<int>(h264.sliceMode);
  settings.b_references = h264.useBFramesAsRef != 0;
  settings.cabac = h264.entropyCodingMode != NV_ENC_H264_ENTROPY_CODING_MODE_CAVLC;
  settings.transform_8x8 = h264.adaptiveTransformMode != NV_ENC_H264_ADAPTIVE_TRANSFORM_DISABLE;
  settings.deblocks = h264.disableDeblockingFilterIDC != 1;
  settings.access_unit_delimiters = h264.outputAUD != 0;
  settings.fills = h264.enableFillerDataInsertion != 0;
  settings.intra_refresh_period =
      h264.enableIntraRefresh != 0 ? static_cast<int>(h264.intraRefreshPeriod) : 0;
  set_signal(settings, h264.h264VUIParameters);
  set_timing(settings, api, h264.h264VUIParameters, 2);
}

void set_hevc(StreamSettings& settings, Api api, const NV_ENC_CONFIG_HEVC& hevc) {
  settings.level = static_cast<int>(hevc.level);
  settings.tier = static_cast<int>(hevc.tier);
  settings.b_references = hevc.useBFramesAsRef != 0;
  settings.references = static_cast<int>(hevc.numRefL0 != 0 ? static_cast<uint32_t>(hevc.numRefL0)
                                                            : hevc.maxNumRefFramesInDPB);
  settings.slices = static_cast<int>(hevc.sliceModeData);
  settings.slice_mode = static_cast<int>(hevc.sliceMode);
  settings.access_unit_delimiters = hevc.outputAUD != 0;
  settings.fills = hevc.enableFillerDataInsertion != 0;
  settings.intra_refresh_period =
      hevc.enableIntraRefresh != 0 ? static_cast<int>(hevc.intraRefreshPeriod) : 0;
  set_signal(settings, hevc.hevcVUIParameters);
  set_timing(settings, api, hevc.hevcVUIParameters, 1);
}

void set_av1(StreamSettings& settings, const NV_ENC_CONFIG_AV1& av1) {
  settings.level = av1.level == NV_ENC_LEVEL_AV1_AUTOSELECT ? -1 : static_cast<int>(av1.level);
  settings.tier = static_cast<int>(av1.tier);
  settings.slices = static_cast<int>(av1.numTileColumns);
  StreamSignal& signal = settings.signal;
  signal.full_range = static_cast<int>(av1.colorRange);
  signal.primaries = static_cast<int>(av1.colorPrimaries);
  signal.transfer = static_cast<int>(av1.transferCharacteristics);
  signal.matrix = static_cast<int>(av1.matrixCoefficients);
  signal.chroma_location = static_cast<int>(av1.chromaSamplePosition);
}

}  // namespace

StreamSettings stream_settings(const EncodeParameters& parameters) {
  const NV_ENC_INITIALIZE_PARAMS& initialize = parameters.initialize;
  const NV_ENC_CODEC_CONFIG& codec = parameters.config.encodeCodecConfig;
  StreamSettings settings;
  settings.codec = parameters.codec;
  settings.width = static_cast<int>(initialize.encodeWidth);
  settings.height = static_cast<int>(initialize.encodeHeight);
  settings.rate_num = initialize.frameRateNum;
  settings.rate_den = initialize.frameRateDen;
  settings.depth = output_depth(parameters);
  settings.full_chroma = chroma_format(parameters) == 3;
  settings.lossless = is_lossless(parameters);
  settings.preset = parameters.preset();
  const auto& profiles = profile_guids(parameters.codec);
  settings.profile =
      static_cast<int>(std::find(profiles.begin(), profiles.end(), parameters.config.profileGUID) -
                       profiles.begin());
  settings.b_frames = std::max(parameters.config.frameIntervalP - 1, 0);
  set_rate(settings, parameters.config.rcParams);
  set_aspect(settings, initialize);
  if (parameters.codec == EncodeCodec::kH264) {
    set_h264(settings, parameters.api, codec.h264Config);
    if (settings.profile == 1) settings.cabac = false;
  } else if (parameters.codec == EncodeCodec::kHevc) {
    set_hevc(settings, parameters.api, codec.hevcConfig);
  } else {
    set_av1(settings, codec.av1Config);
  }
  return settings;
}

}  // namespace cufsim
