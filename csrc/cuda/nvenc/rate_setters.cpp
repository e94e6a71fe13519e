// Rows of the table that are rate control's.
#include "cuda/nvenc/parameters.h"

namespace cuf::cuda {
namespace {

using enum EncoderParameter;

// Less the B pictures: so the headers have it of lookaheadDepth.
constexpr int64_t kMostLookahead = 31;

NV_ENC_QP quantizers(const NvencBuild& build, EncoderParameter row) {
  const auto values = build.settings().quantizers(row);
  return {.qpInterP = static_cast<uint32_t>(values[1]),
          .qpInterB = static_cast<uint32_t>(values[2]),
          .qpIntra = static_cast<uint32_t>(values[0])};
}

}  // namespace

void set_nvenc_rc(NvencBuild& build) {
  constexpr NV_ENC_PARAMS_RC_MODE kModes[] = {NV_ENC_PARAMS_RC_CBR, NV_ENC_PARAMS_RC_VBR,
                                              NV_ENC_PARAMS_RC_CONSTQP};
  const auto mode = kModes[build.number(rc)];
  // The mask is made of the modes' own numbers, and that of CONSTQP is 0.
  if (mode != NV_ENC_PARAMS_RC_CONSTQP &&
      !(build.caps()[NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES] & mode)) {
    build.refuse(mode == NV_ENC_PARAMS_RC_CBR ? "has no rc \"cbr\" for this codec"
                                              : "has no rc \"vbr\" for this codec");
  }
  build.rate().rateControlMode = mode;
}

void set_nvenc_bitrate(NvencBuild& build) {
  build.rate().averageBitRate = build.word(bitrate);
}

void set_nvenc_max_bitrate(NvencBuild& build) {
  build.rate().maxBitRate = build.word(max_bitrate);
}

void set_nvenc_vbv_buffer_size(NvencBuild& build) {
  const uint32_t size = build.word(vbv_buffer_size);
  if (!build.caps()[NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE]) {
    // One second is what holds where nothing was said.
    if (size != build.settings().number_or(max_bitrate, 0)) {
      build.refuse("has no vbvBufSize other than its own for this codec");
    }
    return;
  }
  build.rate().vbvBufferSize = size;
}

void set_nvenc_vbv_initial_delay(NvencBuild& build) {
  build.require(NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE,
                "has no vbvInit other than its own for this codec");
  build.rate().vbvInitialDelay = build.word(vbv_initial_delay);
}

void set_nvenc_init_qp(NvencBuild& build) {
  build.rate().enableInitialRCQP = 1;
  build.rate().initialRCQP = quantizers(build, init_qp);
}

void set_nvenc_const_qp(NvencBuild& build) {
  build.rate().constQP = quantizers(build, const_qp);
}

void set_nvenc_qmin(NvencBuild& build) {
  build.rate().enableMinQP = 1;
  build.rate().minQP = quantizers(build, qmin);
}

void set_nvenc_qmax(NvencBuild& build) {
  build.rate().enableMaxQP = 1;
  build.rate().maxQP = quantizers(build, qmax);
}

void set_nvenc_multipass(NvencBuild& build) {
  constexpr NV_ENC_MULTI_PASS kWays[] = {NV_ENC_MULTI_PASS_DISABLED,
                                         NV_ENC_TWO_PASS_QUARTER_RESOLUTION,
                                         NV_ENC_TWO_PASS_FULL_RESOLUTION};
  build.rate().multiPass = kWays[build.number(multipass)];
}

void set_nvenc_lookahead(NvencBuild& build) {
  const int64_t depth = build.number(lookahead);
  const int64_t most = kMostLookahead - b_frames_of(build.made);
  if (depth > most) {
    build.refuse("looks ahead " + std::to_string(most) +
                 " pictures at most with these B pictures, not " + std::to_string(depth) +
                 " (lookahead)");
  }
  if (depth > 0) {
    build.require(NV_ENC_CAPS_SUPPORT_LOOKAHEAD, "has no lookahead for this codec");
  }
  build.rate().enableLookahead = depth > 0;
  build.rate().lookaheadDepth = static_cast<uint16_t>(depth);
}

void set_nvenc_aq(NvencBuild& build) {
  build.rate().enableAQ = build.number(aq) != 0;
}

void set_nvenc_temporal_aq(NvencBuild& build) {
  const bool is_on = build.number(temporal_aq) != 0;
  if (is_on) build.require(NV_ENC_CAPS_SUPPORT_TEMPORAL_AQ, "has no temporalAq for this codec");
  build.rate().enableTemporalAQ = is_on;
}

void set_nvenc_low_delay_key_frame_scale(NvencBuild& build) {
  build.rate().lowDelayKeyFrameScale =
      static_cast<uint8_t>(build.number(low_delay_key_frame_scale));
}

void set_nvenc_cq(NvencBuild& build) {
  build.rate().targetQuality = static_cast<uint8_t>(build.number(cq));
  build.rate().targetQualityLSB = 0;
  // An average would be kept beside the quality.
  build.rate().averageBitRate = 0;
}

}  // namespace cuf::cuda
