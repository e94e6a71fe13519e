// Rows of the table that are the stream's and its pictures'.
#include <algorithm>
#include <array>
#include <string_view>

#include "cuda/nvenc/parameters.h"

namespace cuf::cuda {
namespace {

using enum EncoderParameter;

constexpr int64_t kMostReferences = 7;
constexpr int64_t kMostSlices = 32;

// The name of a choice.
std::string choice_name(const NvencBuild& build, EncoderParameter row) {
  std::string_view names = encoder_parameter(row).choices;
  for (int64_t i = build.number(row); i > 0; --i) names.remove_prefix(names.find('|') + 1);
  return std::string(names.substr(0, names.find('|')));
}

[[noreturn]] void refuse_choice(const NvencBuild& build, EncoderParameter row) {
  build.refuse("has no " + std::string(encoder_parameter(row).name) + " \"" +
               choice_name(build, row) + "\" for " + std::string(codec_name(build.codec())));
}

struct Profile {
  std::string_view name;
  VideoCodec codec;
  const GUID* guid;
  // Of what its streams may have: the chroma format as chromaFormatIDC, and bits of a sample.
  uint32_t most_chroma;
  uint32_t most_depth;
};

constexpr Profile kProfiles[] = {
    {"baseline", VideoCodec::h264, &NV_ENC_H264_PROFILE_BASELINE_GUID, 1, 8},
    {"main", VideoCodec::h264, &NV_ENC_H264_PROFILE_MAIN_GUID, 1, 8},
    {"high", VideoCodec::h264, &NV_ENC_H264_PROFILE_HIGH_GUID, 1, 8},
    {"high444", VideoCodec::h264, &NV_ENC_H264_PROFILE_HIGH_444_GUID, 3, 10},
#if CUF_NVENC_API(13, 0)
    {"high10", VideoCodec::h264, &NV_ENC_H264_PROFILE_HIGH_10_GUID, 1, 10},
    {"high422", VideoCodec::h264, &NV_ENC_H264_PROFILE_HIGH_422_GUID, 2, 10},
    {"main422_10", VideoCodec::hevc, &NV_ENC_HEVC_PROFILE_FREXT_GUID, 2, 10},
#endif
    {"main", VideoCodec::hevc, &NV_ENC_HEVC_PROFILE_MAIN_GUID, 1, 8},
    {"main10", VideoCodec::hevc, &NV_ENC_HEVC_PROFILE_MAIN10_GUID, 1, 10},
    {"main444", VideoCodec::hevc, &NV_ENC_HEVC_PROFILE_FREXT_GUID, 3, 10},
    {"rext", VideoCodec::hevc, &NV_ENC_HEVC_PROFILE_FREXT_GUID, 3, 10},
    {"main", VideoCodec::av1, &NV_ENC_AV1_PROFILE_MAIN_GUID, 1, 10},
};

uint32_t chroma_of(NvencBuild& build) {
  switch (build.codec()) {
    case VideoCodec::h264:
      return build.h264().chromaFormatIDC;
    case VideoCodec::hevc:
      return build.hevc().chromaFormatIDC;
    default:
      return build.av1().chromaFormatIDC;
  }
}

// NVENC's number of "4.1" and its like; 0 or above: it has it.
int level_number(VideoCodec codec, std::string_view name) {
  if (name == "1b") return codec == VideoCodec::h264 ? NV_ENC_LEVEL_H264_1b : -1;
  const int major = name[0] - '0';
  const int minor = name.size() > 2 ? name[2] - '0' : 0;
  // 1.1 to 1.3 and 2.3 to 7.3 are of one codec, or two.
  constexpr std::array<int, 8> kMostOfH264 = {-1, 3, 2, 2, 2, 2, 2, -1};
  constexpr std::array<int, 8> kMostOfHevc = {-1, 0, 1, 1, 1, 2, 2, -1};
  const auto at = static_cast<size_t>(major);
  switch (codec) {
    case VideoCodec::h264:
      return minor <= kMostOfH264[at] ? 10 * major + minor : -1;
    case VideoCodec::hevc:
      return minor <= kMostOfHevc[at] ? 30 * major + 3 * minor : -1;
    default:
      return major >= 2 ? 4 * (major - 2) + minor : -1;
  }
}

template <class Number>
void set_references(NvencBuild& build, EncoderParameter row, int64_t most, Number& field) {
  const int64_t count = build.number(row);
  if (count > most) {
    build.refuse("predicts from " + std::to_string(most) + " pictures at most, not " +
                 std::to_string(count) + " (" + std::string(encoder_parameter(row).name) + ")");
  }
  if (count > 1) {
    build.require(NV_ENC_CAPS_SUPPORT_MULTIPLE_REF_FRAMES,
                  "predicts from one picture in each direction (numRefL0, numRefL1)");
  }
  field = static_cast<Number>(count);
}

void require_maximum(NvencBuild& build, EncoderParameter row, NV_ENC_CAPS cap) {
  if (build.number(row) <= build.caps()[cap]) return;
  build.refuse("has a " + std::string(encoder_parameter(row).name) + " of " +
               std::to_string(build.caps()[cap]) + " at most with this codec, not " +
               std::to_string(build.number(row)));
}

// Both rows: what one counts depends on the other.
void set_slices(NvencBuild& build) {
  const uint32_t data = static_cast<uint32_t>(build.settings().number_or(slice_data, 0));
  // A picture in one slice, whatever would be counted.
  const uint32_t mode = data == 0 ? 0 : build.word(slice_mode);
  if (mode == 3 && data > kMostSlices) {
    build.refuse("cuts a picture into " + std::to_string(kMostSlices) + " slices at most, not " +
                 std::to_string(data) + " (slice.data)");
  }
  if (mode == 1) {
    build.require(NV_ENC_CAPS_SUPPORT_DYNAMIC_SLICE_MODE,
                  "does not cut slices by bytes (slice.mode 1)");
  }
  if (build.codec() == VideoCodec::h264) {
    build.h264().sliceMode = mode;
    build.h264().sliceModeData = data;
  } else {
    build.hevc().sliceMode = mode;
    build.hevc().sliceModeData = data;
  }
}

void set_timing(NvencBuild& build) {
  build.vui().timingInfoPresentFlag = 1;
  build.vui().numUnitInTicks = build.word(num_units_in_tick);
  build.vui().timeScale = build.word(timescale);
}

}  // namespace

void set_nvenc_codec(NvencBuild& build) {
  build.made.init.encodeGUID = nvenc_codec(build.codec());
}

void set_nvenc_preset(NvencBuild& build) {
  build.made.init.presetGUID = nvenc_preset(build.number(preset));
}

void set_nvenc_tuning_info(NvencBuild& build) {
  build.made.init.tuningInfo = nvenc_tuning(static_cast<EncoderTuning>(build.number(tuning_info)));
}

void set_nvenc_fps(NvencBuild& build) {
  const Rational rate = build.settings().frame_rate();
  build.made.init.frameRateNum = static_cast<uint32_t>(rate.num);
  build.made.init.frameRateDen = static_cast<uint32_t>(rate.den);
}

void set_nvenc_idr_period(NvencBuild& build) {
  const uint32_t period = build.word(idr_period);
  if (build.codec() == VideoCodec::h264) build.h264().idrPeriod = period;
  if (build.codec() == VideoCodec::hevc) build.hevc().idrPeriod = period;
  if (build.codec() == VideoCodec::av1) build.av1().idrPeriod = period;
}

void set_nvenc_gop(NvencBuild& build) {
  build.config().gopLength = build.word(gop);
}

void set_nvenc_b_frames(NvencBuild& build) {
  const int64_t count = build.number(b_frames);
  if (count > build.caps()[NV_ENC_CAPS_NUM_MAX_BFRAMES]) {
    build.refuse("has " + std::to_string(build.caps()[NV_ENC_CAPS_NUM_MAX_BFRAMES]) +
                 " B pictures between two others at most with this codec, not " +
                 std::to_string(count) + " (bf)");
  }
  build.config().frameIntervalP = static_cast<int32_t>(count) + 1;
}

void set_nvenc_profile(NvencBuild& build) {
  if (build.number(profile) == 0) return;  // auto: the preset's
  const std::string name = choice_name(build, profile);
  const auto found = std::ranges::find_if(kProfiles, [&](const Profile& one) {
    return one.codec == build.codec() && one.name == name;
  });
  if (found == std::end(kProfiles) || !build.caps().has_profile(*found->guid)) {
    refuse_choice(build, profile);
  }
  if (chroma_of(build) > found->most_chroma || build.format.bit_depth > found->most_depth) {
    throw Error(Status::unsupported, "profile \"" + name + "\" is not that of such " +
                                         std::string(codec_name(build.codec())) +
                                         " streams; leave profile out");
  }
  build.config().profileGUID = *found->guid;
  if (found->guid != &NV_ENC_H264_PROFILE_BASELINE_GUID) return;
  // It has neither.
  if (build.settings().number_or(b_frames, 0) > 0) {
    throw Error(Status::invalid_argument, "Profile \"baseline\" has no B pictures; leave bf out");
  }
  build.config().frameIntervalP = 1;
  build.h264().entropyCodingMode = NV_ENC_H264_ENTROPY_CODING_MODE_CAVLC;
}

void set_nvenc_level(NvencBuild& build) {
  if (build.number(level) == 0) return;  // auto: the preset's
  const int number = level_number(build.codec(), choice_name(build, level));
  if (number < 0) refuse_choice(build, level);
  const int most = build.caps()[NV_ENC_CAPS_LEVEL_MAX];
  if (most > 0 && number > most) refuse_choice(build, level);
  const auto field = static_cast<uint32_t>(number);
  if (build.codec() == VideoCodec::h264) build.h264().level = field;
  if (build.codec() == VideoCodec::hevc) build.hevc().level = field;
  if (build.codec() == VideoCodec::av1) build.av1().level = field;
}

void set_nvenc_tier(NvencBuild& build) {
  if (build.codec() == VideoCodec::hevc) build.hevc().tier = build.word(tier);
  if (build.codec() == VideoCodec::av1) build.av1().tier = build.word(tier);
  if (build.codec() == VideoCodec::h264 && build.number(tier) != 0) refuse_choice(build, tier);
}

void set_nvenc_num_ref_l0(NvencBuild& build) {
  constexpr int64_t kMostOfAv1 = 4;
  if (build.codec() == VideoCodec::av1) {
    set_references(build, num_ref_l0, kMostOfAv1, build.av1().numFwdRefs);
  } else if (build.codec() == VideoCodec::hevc) {
    set_references(build, num_ref_l0, kMostReferences, build.hevc().numRefL0);
  } else {
    set_references(build, num_ref_l0, kMostReferences, build.h264().numRefL0);
  }
}

void set_nvenc_num_ref_l1(NvencBuild& build) {
  constexpr int64_t kMostOfAv1 = 3;
  if (build.codec() == VideoCodec::av1) {
    set_references(build, num_ref_l1, kMostOfAv1, build.av1().numBwdRefs);
  } else if (build.codec() == VideoCodec::hevc) {
    set_references(build, num_ref_l1, kMostReferences, build.hevc().numRefL1);
  } else {
    set_references(build, num_ref_l1, kMostReferences, build.h264().numRefL1);
  }
}

// RGB becomes YUV by what the stream says of itself.
void set_nvenc_color_space(NvencBuild& build) {
  constexpr uint32_t kBt601 = 6;
  constexpr uint32_t kBt709 = 1;
  const uint32_t code = build.number(color_space) == 0 ? kBt601 : kBt709;
  set_nvenc_colors(build, {.primaries = code, .transfer = code, .matrix = code});
}

void set_nvenc_num_units_in_tick(NvencBuild& build) {
  set_timing(build);
}

void set_nvenc_timescale(NvencBuild& build) {
  set_timing(build);
}

void set_nvenc_slice_mode(NvencBuild& build) {
  set_slices(build);
}

void set_nvenc_slice_data(NvencBuild& build) {
  set_slices(build);
}

void set_nvenc_repeat_sps_pps(NvencBuild& build) {
  const uint32_t repeats = build.word(repeat_sps_pps);
  if (build.codec() == VideoCodec::h264) build.h264().repeatSPSPPS = repeats;
  if (build.codec() == VideoCodec::hevc) build.hevc().repeatSPSPPS = repeats;
  if (build.codec() == VideoCodec::av1) build.av1().repeatSeqHdr = repeats;
}

void set_nvenc_max_width(NvencBuild& build) {
  require_maximum(build, max_width, NV_ENC_CAPS_WIDTH_MAX);
  build.made.init.maxEncodeWidth = build.word(max_width);
}

void set_nvenc_max_height(NvencBuild& build) {
  require_maximum(build, max_height, NV_ENC_CAPS_HEIGHT_MAX);
  build.made.init.maxEncodeHeight = build.word(max_height);
}

void set_nvenc_colors(NvencBuild& build, const Color& color) {
  constexpr uint32_t kUnspecified = 2;
  const bool has_codes = color.primaries != kUnspecified || color.transfer != kUnspecified ||
                         color.matrix != kUnspecified;
  if (!has_codes && !color.full_range) return;
  const auto primaries = static_cast<NV_ENC_VUI_COLOR_PRIMARIES>(color.primaries);
  const auto transfer = static_cast<NV_ENC_VUI_TRANSFER_CHARACTERISTIC>(color.transfer);
  const auto matrix = static_cast<NV_ENC_VUI_MATRIX_COEFFS>(color.matrix);
  if (build.codec() == VideoCodec::av1) {
    build.av1().colorPrimaries = primaries;
    build.av1().transferCharacteristics = transfer;
    build.av1().matrixCoefficients = matrix;
    build.av1().colorRange = color.full_range;
    return;
  }
  NV_ENC_CONFIG_H264_VUI_PARAMETERS& vui = build.vui();
  vui.videoSignalTypePresentFlag = 1;
  vui.videoFormat = NV_ENC_VUI_VIDEO_FORMAT_UNSPECIFIED;
  vui.videoFullRangeFlag = color.full_range;
  vui.colourDescriptionPresentFlag = has_codes;
  if (!has_codes) return;
  vui.colourPrimaries = primaries;
  vui.transferCharacteristics = transfer;
  vui.colourMatrix = matrix;
}

}  // namespace cuf::cuda
