#include "nvenc/capabilities.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "cuda/driver.h"

bool operator==(const GUID& left, const GUID& right) {
  return std::memcmp(&left, &right, sizeof left) == 0;
}

namespace cufsim {

namespace {

// Of the other presets, only clients of API 10 and older know.
const std::vector<GUID> kPresets = {
    NV_ENC_PRESET_P1_GUID, NV_ENC_PRESET_P2_GUID, NV_ENC_PRESET_P3_GUID, NV_ENC_PRESET_P4_GUID,
    NV_ENC_PRESET_P5_GUID, NV_ENC_PRESET_P6_GUID, NV_ENC_PRESET_P7_GUID};

const std::vector<GUID> kH264Profiles = {
    NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID,
    NV_ENC_H264_PROFILE_BASELINE_GUID,
    NV_ENC_H264_PROFILE_MAIN_GUID,
    NV_ENC_H264_PROFILE_HIGH_GUID,
    NV_ENC_H264_PROFILE_HIGH_444_GUID,
    NV_ENC_H264_PROFILE_PROGRESSIVE_HIGH_GUID,
    NV_ENC_H264_PROFILE_CONSTRAINED_HIGH_GUID,
};
const std::vector<GUID> kHevcProfiles = {
    NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID, NV_ENC_HEVC_PROFILE_MAIN_GUID,
    NV_ENC_HEVC_PROFILE_MAIN10_GUID, NV_ENC_HEVC_PROFILE_FREXT_GUID};
const std::vector<GUID> kAv1Profiles = {NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID,
                                        NV_ENC_AV1_PROFILE_MAIN_GUID};

const std::vector<NV_ENC_BUFFER_FORMAT> kFormats8 = {
    NV_ENC_BUFFER_FORMAT_NV12,   NV_ENC_BUFFER_FORMAT_YV12, NV_ENC_BUFFER_FORMAT_IYUV,
    NV_ENC_BUFFER_FORMAT_YUV444, NV_ENC_BUFFER_FORMAT_ARGB, NV_ENC_BUFFER_FORMAT_ABGR,
    NV_ENC_BUFFER_FORMAT_AYUV};
const std::vector<NV_ENC_BUFFER_FORMAT> kFormats8And10 = {
    NV_ENC_BUFFER_FORMAT_NV12,         NV_ENC_BUFFER_FORMAT_YV12,
    NV_ENC_BUFFER_FORMAT_IYUV,         NV_ENC_BUFFER_FORMAT_YUV444,
    NV_ENC_BUFFER_FORMAT_YUV420_10BIT, NV_ENC_BUFFER_FORMAT_YUV444_10BIT,
    NV_ENC_BUFFER_FORMAT_ARGB,         NV_ENC_BUFFER_FORMAT_ARGB10,
    NV_ENC_BUFFER_FORMAT_AYUV,         NV_ENC_BUFFER_FORMAT_ABGR,
    NV_ENC_BUFFER_FORMAT_ABGR10};
const std::vector<NV_ENC_BUFFER_FORMAT> kFormats420 = {
    NV_ENC_BUFFER_FORMAT_NV12,         NV_ENC_BUFFER_FORMAT_YV12,   NV_ENC_BUFFER_FORMAT_IYUV,
    NV_ENC_BUFFER_FORMAT_YUV420_10BIT, NV_ENC_BUFFER_FORMAT_ARGB,   NV_ENC_BUFFER_FORMAT_ARGB10,
    NV_ENC_BUFFER_FORMAT_ABGR,         NV_ENC_BUFFER_FORMAT_ABGR10, NV_ENC_BUFFER_FORMAT_AYUV};

using Capabilities = std::map<int, int>;

/** By the documentation of NVIDIA's SDK for Ada, not asked of the hardware. */
const Capabilities kEveryCodec = {
    {NV_ENC_CAPS_NUM_MAX_BFRAMES, 4},
    {NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES, 7},
    {NV_ENC_CAPS_SUPPORT_QPELMV, 1},
    {NV_ENC_CAPS_SUPPORT_DYN_RES_CHANGE, 1},
    {NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE, 1},
    {NV_ENC_CAPS_SUPPORT_DYN_FORCE_CONSTQP, 1},
    {NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE, 1},
    {NV_ENC_CAPS_SUPPORT_REF_PIC_INVALIDATION, 1},
    {NV_ENC_CAPS_MB_PER_SEC_MAX, 983040},
    {NV_ENC_CAPS_SUPPORT_LOOKAHEAD, 1},
    {NV_ENC_CAPS_SUPPORT_TEMPORAL_AQ, 1},
    {NV_ENC_CAPS_SUPPORT_BFRAME_REF_MODE, 3},
    {NV_ENC_CAPS_SUPPORT_MULTIPLE_REF_FRAMES, 1},
    {NV_ENC_CAPS_NUM_ENCODER_ENGINES, 2},
    {NV_ENC_CAPS_DYNAMIC_QUERY_ENCODER_CAPACITY, 100},
};
const Capabilities kH264 = {
    {NV_ENC_CAPS_SUPPORT_BDIRECT_MODE, 1},
    {NV_ENC_CAPS_SUPPORT_CABAC, 1},
    {NV_ENC_CAPS_SUPPORT_ADAPTIVE_TRANSFORM, 1},
    {NV_ENC_CAPS_LEVEL_MAX, NV_ENC_LEVEL_H264_62},
    {NV_ENC_CAPS_LEVEL_MIN, NV_ENC_LEVEL_H264_1},
    {NV_ENC_CAPS_WIDTH_MAX, 4096},
    {NV_ENC_CAPS_HEIGHT_MAX, 4096},
    {NV_ENC_CAPS_WIDTH_MIN, 145},
    {NV_ENC_CAPS_HEIGHT_MIN, 49},
    {NV_ENC_CAPS_MB_NUM_MAX, 65536},
    {NV_ENC_CAPS_SUPPORT_INTRA_REFRESH, 1},
    {NV_ENC_CAPS_SUPPORT_DYNAMIC_SLICE_MODE, 1},
    {NV_ENC_CAPS_SUPPORT_CONSTRAINED_ENCODING, 1},
    {NV_ENC_CAPS_SUPPORT_YUV444_ENCODE, 1},
    {NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE, 1},
    {NV_ENC_CAPS_SUPPORT_WEIGHTED_PREDICTION, 1},
};
const Capabilities kHevc = {
    {NV_ENC_CAPS_SUPPORT_BDIRECT_MODE, 1},
    {NV_ENC_CAPS_LEVEL_MAX, NV_ENC_LEVEL_HEVC_62},
    {NV_ENC_CAPS_LEVEL_MIN, NV_ENC_LEVEL_HEVC_1},
    {NV_ENC_CAPS_WIDTH_MAX, 8192},
    {NV_ENC_CAPS_HEIGHT_MAX, 8192},
    {NV_ENC_CAPS_WIDTH_MIN, 129},
    {NV_ENC_CAPS_HEIGHT_MIN, 33},
    {NV_ENC_CAPS_MB_NUM_MAX, 262144},
    {NV_ENC_CAPS_SUPPORT_INTRA_REFRESH, 1},
    {NV_ENC_CAPS_SUPPORT_DYNAMIC_SLICE_MODE, 1},
    {NV_ENC_CAPS_SUPPORT_YUV444_ENCODE, 1},
    {NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE, 1},
    {NV_ENC_CAPS_SUPPORT_SAO, 1},
    {NV_ENC_CAPS_SUPPORT_10BIT_ENCODE, 1},
    {NV_ENC_CAPS_SUPPORT_WEIGHTED_PREDICTION, 1},
};
const Capabilities kAv1 = {
    {NV_ENC_CAPS_LEVEL_MAX, NV_ENC_LEVEL_AV1_63},
    {NV_ENC_CAPS_LEVEL_MIN, NV_ENC_LEVEL_AV1_2},
    {NV_ENC_CAPS_WIDTH_MAX, 8192},
    {NV_ENC_CAPS_HEIGHT_MAX, 8192},
    {NV_ENC_CAPS_WIDTH_MIN, 192},
    {NV_ENC_CAPS_HEIGHT_MIN, 128},
    {NV_ENC_CAPS_MB_NUM_MAX, 262144},
    {NV_ENC_CAPS_SUPPORT_10BIT_ENCODE, 1},
};

const Capabilities& own_capabilities(EncodeCodec codec) {
  switch (codec) {
    case EncodeCodec::kH264:
      return kH264;
    case EncodeCodec::kHevc:
      return kHevc;
    default:
      return kAv1;
  }
}

bool is_built(EncodeCodec codec) {
  switch (codec) {
    case EncodeCodec::kH264:
      return CUFSIM_HAS_X264 != 0;
    case EncodeCodec::kHevc:
      return CUFSIM_HAS_X265 != 0;
    default:
      return CUFSIM_HAS_AOM != 0;
  }
}

constexpr EncodeCodec kCodecs[] = {EncodeCodec::kH264, EncodeCodec::kHevc, EncodeCodec::kAv1};

}  // namespace

int64_t session_limit(const Device& device) {
  return driver().settings.number("encode_sessions", device.model.encode_sessions);
}

std::vector<EncodeCodec> offered_codecs() {
  const int64_t wanted = driver().settings.number("encode_codecs", 7);
  std::vector<EncodeCodec> offered;
  for (const EncodeCodec codec : kCodecs) {
    const bool taken_away = (wanted >> static_cast<int>(codec) & 1) == 0;
    if (is_built(codec) && !taken_away) offered.push_back(codec);
  }
  return offered;
}

const GUID& guid_of(EncodeCodec codec) {
  switch (codec) {
    case EncodeCodec::kH264:
      return NV_ENC_CODEC_H264_GUID;
    case EncodeCodec::kHevc:
      return NV_ENC_CODEC_HEVC_GUID;
    default:
      return NV_ENC_CODEC_AV1_GUID;
  }
}

bool find_codec(const GUID& guid, EncodeCodec& codec) {
  for (const EncodeCodec offered : offered_codecs()) {
    if (guid_of(offered) == guid) {
      codec = offered;
      return true;
    }
  }
  return false;
}

const std::vector<GUID>& preset_guids() {
  return kPresets;
}

int preset_number(const GUID& guid) {
  const auto found = std::find(kPresets.begin(), kPresets.end(), guid);
  return found == kPresets.end() ? 0 : static_cast<int>(found - kPresets.begin()) + 1;
}

const std::vector<GUID>& profile_guids(EncodeCodec codec) {
  switch (codec) {
    case EncodeCodec::kH264:
      return kH264Profiles;
    case EncodeCodec::kHevc:
      return kHevcProfiles;
    default:
      return kAv1Profiles;
  }
}

const std::vector<NV_ENC_BUFFER_FORMAT>& input_formats(EncodeCodec codec) {
  switch (codec) {
    case EncodeCodec::kH264:
      return kFormats8;
    case EncodeCodec::kHevc:
      return kFormats8And10;
    default:
      return kFormats420;
  }
}

int capability(EncodeCodec codec, int cap) {
  const auto forced = driver().settings.encode_caps.find(cap);
  if (forced != driver().settings.encode_caps.end()) return forced->second;
  const Capabilities& own = own_capabilities(codec);
  const auto found = own.find(cap);
  if (found != own.end()) return found->second;
  const auto common = kEveryCodec.find(cap);
  return common == kEveryCodec.end() ? 0 : common->second;
}

}  // namespace cufsim
