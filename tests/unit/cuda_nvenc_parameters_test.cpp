#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cuda_nvenc.h"

// What NVENC is told of every row of the table: read back from the structs that it was given.
using namespace cuf;
using namespace nvenc;

namespace {

constexpr auto h264 = VideoCodec::h264;
constexpr auto hevc = VideoCodec::hevc;
constexpr auto av1 = VideoCodec::av1;

struct Told {
  NV_ENC_INITIALIZE_PARAMS init;
  NV_ENC_CONFIG config;
  const NV_ENC_RC_PARAMS& rate() const { return config.rcParams; }
  const NV_ENC_CONFIG_H264& h264() const { return config.encodeCodecConfig.h264Config; }
  const NV_ENC_CONFIG_HEVC& hevc() const { return config.encodeCodecConfig.hevcConfig; }
  const NV_ENC_CONFIG_AV1& av1() const { return config.encodeCodecConfig.av1Config; }
};

Told told(const Gpu& gpu, const streams::Made& made) {
  open(gpu, made);
  return {recorded<NV_ENC_INITIALIZE_PARAMS>("initialize"), recorded<NV_ENC_CONFIG>("config")};
}

bool is(const GUID& left, const GUID& right) {
  return std::memcmp(&left, &right, sizeof left) == 0;
}
bool are(const NV_ENC_QP& qp, uint32_t i, uint32_t p, uint32_t b) {
  return qp.qpIntra == i && qp.qpInterP == p && qp.qpInterB == b;
}

struct Row {
  P row;
  VideoCodec codec;
  streams::Settings settings;
  std::function<bool(const Told&)> is_told;
};

const std::vector<Row> kRows = {
    {P::codec,
     hevc,
     {},
     [](const Told& t) { return is(t.init.encodeGUID, NV_ENC_CODEC_HEVC_GUID); }},
    {P::codec, av1, {}, [](const Told& t) { return is(t.init.encodeGUID, NV_ENC_CODEC_AV1_GUID); }},
    {P::preset,
     h264,
     {{P::preset, {5}}},
     [](const Told& t) { return is(t.init.presetGUID, NV_ENC_PRESET_P6_GUID); }},
    {P::tuning_info,
     h264,
     {{P::tuning_info, {2}}},
     [](const Told& t) { return t.init.tuningInfo == NV_ENC_TUNING_INFO_ULTRA_LOW_LATENCY; }},
    {P::tuning_info,
     hevc,
     {{P::tuning_info, {3}}},
     [](const Told& t) {
       return t.init.tuningInfo == NV_ENC_TUNING_INFO_LOSSLESS &&
              t.rate().rateControlMode == NV_ENC_PARAMS_RC_CONSTQP;
     }},
    {P::rc,
     h264,
     {{P::rc, {1}}},
     [](const Told& t) { return t.rate().rateControlMode == NV_ENC_PARAMS_RC_VBR; }},
    {P::rc,
     h264,
     {{P::rc, {0}}},
     [](const Told& t) { return t.rate().rateControlMode == NV_ENC_PARAMS_RC_CBR; }},
    {P::bitrate,
     h264,
     {{P::bitrate, {1234567}}},
     [](const Told& t) {
       return t.rate().averageBitRate == 1234567 && t.rate().maxBitRate == 1234567;
     }},
    {P::max_bitrate,
     h264,
     {{P::rc, {1}}, {P::bitrate, {1000000}}, {P::max_bitrate, {3000000}}},
     [](const Told& t) {
       return t.rate().maxBitRate == 3000000 && t.rate().averageBitRate == 1000000;
     }},
    {P::vbv_buffer_size,
     hevc,
     {{P::vbv_buffer_size, {777000}}},
     [](const Told& t) { return t.rate().vbvBufferSize == 777000; }},
    {P::vbv_initial_delay,
     h264,
     {{P::vbv_buffer_size, {777000}}, {P::vbv_initial_delay, {333000}}},
     [](const Told& t) { return t.rate().vbvInitialDelay == 333000; }},
    {P::fps,
     h264,
     {{P::fps, {24000, 1001}}},
     [](const Told& t) { return t.init.frameRateNum == 24000 && t.init.frameRateDen == 1001; }},
    {P::init_qp,
     h264,
     {{P::init_qp, {20, 22, 24}}},
     [](const Told& t) {
       return t.rate().enableInitialRCQP && are(t.rate().initialRCQP, 20, 22, 24);
     }},
    {P::idr_period,
     hevc,
     {{P::gop, {10}}, {P::idr_period, {20}}},
     [](const Told& t) { return t.hevc().idrPeriod == 20 && t.config.gopLength == 10; }},
    {P::idr_period,
     av1,
     {{P::gop, {10}}, {P::idr_period, {20}}},
     [](const Told& t) { return t.av1().idrPeriod == 20; }},
    {P::const_qp,
     h264,
     {{P::const_qp, {21, 23, 25}}},
     [](const Told& t) {
       return t.rate().rateControlMode == NV_ENC_PARAMS_RC_CONSTQP &&
              are(t.rate().constQP, 21, 23, 25);
     }},
    {P::const_qp,
     av1,
     {{P::const_qp, {200}}},
     [](const Told& t) { return are(t.rate().constQP, 200, 200, 200); }},
    {P::qmin,
     h264,
     {{P::qmin, {11}}},
     [](const Told& t) {
       return t.rate().enableMinQP && are(t.rate().minQP, 11, 11, 11) && !t.rate().enableMaxQP;
     }},
    {P::qmax,
     h264,
     {{P::qmax, {31, 33, 35}}},
     [](const Told& t) {
       return t.rate().enableMaxQP && are(t.rate().maxQP, 31, 33, 35) && !t.rate().enableMinQP;
     }},
    {P::gop,
     h264,
     {{P::gop, {77}}},
     [](const Told& t) { return t.config.gopLength == 77 && t.h264().idrPeriod == 77; }},
    {P::gop,
     h264,
     {{P::gop, {4294967295}}},
     [](const Told& t) { return t.config.gopLength == NVENC_INFINITE_GOPLENGTH; }},
    {P::b_frames,
     h264,
     {{P::b_frames, {3}}},
     [](const Told& t) { return t.config.frameIntervalP == 4; }},
    {P::multipass,
     h264,
     {{P::multipass, {2}}},
     [](const Told& t) { return t.rate().multiPass == NV_ENC_TWO_PASS_FULL_RESOLUTION; }},
    {P::multipass,
     h264,
     {{P::multipass, {1}}},
     [](const Told& t) { return t.rate().multiPass == NV_ENC_TWO_PASS_QUARTER_RESOLUTION; }},
    {P::lookahead,
     h264,
     {{P::lookahead, {9}}},
     [](const Told& t) { return t.rate().enableLookahead && t.rate().lookaheadDepth == 9; }},
    {P::lookahead,
     h264,
     {{P::lookahead, {0}}},
     [](const Told& t) { return !t.rate().enableLookahead && t.rate().lookaheadDepth == 0; }},
    {P::aq, h264, {{P::aq, {1}}}, [](const Told& t) { return t.rate().enableAQ == 1; }},
    {P::temporal_aq,
     h264,
     {{P::temporal_aq, {1}}},
     [](const Told& t) { return t.rate().enableTemporalAQ == 1; }},
    {P::low_delay_key_frame_scale,
     h264,
     {{P::low_delay_key_frame_scale, {2}}},
     [](const Told& t) { return t.rate().lowDelayKeyFrameScale == 2; }},
    {P::cq,
     h264,
     {{P::cq, {27}}},
     [](const Told& t) {
       return t.rate().rateControlMode == NV_ENC_PARAMS_RC_VBR && t.rate().targetQuality == 27 &&
              t.rate().averageBitRate == 0;
     }},
    {P::profile,
     h264,
     {{P::profile, {2}}},
     [](const Told& t) { return is(t.config.profileGUID, NV_ENC_H264_PROFILE_MAIN_GUID); }},
    {P::profile,
     h264,
     {{P::profile, {1}}},
     [](const Told& t) {
       return is(t.config.profileGUID, NV_ENC_H264_PROFILE_BASELINE_GUID) &&
              t.config.frameIntervalP == 1;
     }},
    {P::profile,
     hevc,
     {{P::profile, {7}}},
     [](const Told& t) { return is(t.config.profileGUID, NV_ENC_HEVC_PROFILE_MAIN10_GUID); }},
    {P::level,
     h264,
     {{P::level, {11}}},
     [](const Told& t) { return t.h264().level == NV_ENC_LEVEL_H264_31; }},
    {P::level,
     hevc,
     {{P::level, {11}}},
     [](const Told& t) { return t.hevc().level == NV_ENC_LEVEL_HEVC_31; }},
    {P::level,
     av1,
     {{P::level, {11}}},
     [](const Told& t) { return t.av1().level == NV_ENC_LEVEL_AV1_31; }},
    {P::tier,
     hevc,
     {{P::level, {14}}, {P::tier, {1}}},
     [](const Told& t) { return t.hevc().tier == NV_ENC_TIER_HEVC_HIGH; }},
    {P::num_ref_l0,
     h264,
     {{P::num_ref_l0, {4}}},
     [](const Told& t) { return t.h264().numRefL0 == 4; }},
    {P::num_ref_l0,
     av1,
     {{P::num_ref_l0, {3}}},
     [](const Told& t) { return t.av1().numFwdRefs == 3; }},
    {P::num_ref_l1,
     hevc,
     {{P::num_ref_l1, {2}}},
     [](const Told& t) { return t.hevc().numRefL1 == 2; }},
    {P::color_space,
     h264,
     {{P::color_space, {1}}},
     [](const Told& t) {
       const auto& vui = t.h264().h264VUIParameters;
       return vui.videoSignalTypePresentFlag == 1 && vui.colourDescriptionPresentFlag == 1 &&
              vui.colourMatrix == NV_ENC_VUI_MATRIX_COEFFS_BT709 &&
              vui.colourPrimaries == NV_ENC_VUI_COLOR_PRIMARIES_BT709;
     }},
    {P::color_space,
     av1,
     {{P::color_space, {0}}},
     [](const Told& t) {
       return t.av1().matrixCoefficients == NV_ENC_VUI_MATRIX_COEFFS_SMPTE170M;
     }},
    {P::num_units_in_tick,
     hevc,
     {{P::num_units_in_tick, {3}}, {P::timescale, {90}}},
     [](const Told& t) {
       return t.hevc().hevcVUIParameters.timingInfoPresentFlag == 1 &&
              t.hevc().hevcVUIParameters.numUnitInTicks == 3;
     }},
    {P::timescale,
     h264,
     {{P::num_units_in_tick, {3}}, {P::timescale, {90}}},
     [](const Told& t) { return t.h264().h264VUIParameters.timeScale == 90; }},
    {P::slice_mode,
     h264,
     {{P::slice_mode, {2}}, {P::slice_data, {2}}},
     [](const Told& t) { return t.h264().sliceMode == 2; }},
    {P::slice_data,
     hevc,
     {{P::slice_mode, {3}}, {P::slice_data, {4}}},
     [](const Told& t) { return t.hevc().sliceMode == 3 && t.hevc().sliceModeData == 4; }},
    {P::slice_mode,
     h264,
     {{P::slice_mode, {3}}},
     [](const Told& t) { return t.h264().sliceMode == 0 && t.h264().sliceModeData == 0; }},
    {P::repeat_sps_pps,
     h264,
     {{P::repeat_sps_pps, {1}}},
     [](const Told& t) { return t.h264().repeatSPSPPS == 1; }},
    {P::repeat_sps_pps,
     av1,
     {{P::repeat_sps_pps, {1}}},
     [](const Told& t) { return t.av1().repeatSeqHdr == 1; }},
    {P::max_width,
     h264,
     {{P::max_width, {640}}},
     [](const Told& t) { return t.init.maxEncodeWidth == 640 && t.init.encodeWidth == 192; }},
    {P::max_height,
     h264,
     {{P::max_height, {480}}},
     [](const Told& t) { return t.init.maxEncodeHeight == 480 && t.init.encodeHeight == 128; }},
};

std::string refusal(const Gpu& gpu, const streams::Made& made,
                    Status status = Status::unsupported) {
  EncoderOptions options = streams::options_of(made);
  const EncoderSupport support = gpu.port->encoder_support(options);
  CHECK(!support.is_supported);
  const Error error = streams::error_of_work([&] { gpu.port->create_encoder(options); });
  CHECK(error.status == status);
  CHECK(support.reason == error.what());
  return error.what();
}

}  // namespace

TEST_CASE("Each row of the table reaches its field of NVENC's structs") {
  const Gpu gpu;
  std::set<P> seen;
  for (const Row& row : kRows) {
    INFO(encoder_parameter(row.row).name);
    seen.insert(row.row);
    CHECK(row.is_told(told(gpu, made(row.codec, row.settings))));
  }
  CHECK(seen.size() == kEncoderParameterCount);
}

TEST_CASE("What is not said is as the preset has it, and the settings say so") {
  const Gpu gpu;
  streams::Made wanted = made(h264);
  wanted.is_fast = false;  // P4
  const auto encoder = open(gpu, wanted);
  const auto config = recorded<NV_ENC_CONFIG>("config");
  CHECK(config.frameIntervalP == 3);
  CHECK(encoder->settings().number(P::b_frames) == 2);
  CHECK(encoder->reorder_depth() == 1);
  CHECK(encoder->settings().number(P::lookahead) == 0);
  CHECK(encoder->implementation() == "nvenc");
  CHECK(encoder->backend() == Backend::cuda);
}

TEST_CASE("A preset's B pictures give way to a short GOP; given ones are refused") {
  const Gpu gpu;
  streams::Made wanted = made(h264, {{P::gop, {2}}});
  wanted.is_fast = false;
  CHECK(told(gpu, wanted).config.frameIntervalP == 2);
  CHECK(streams::has(
      refusal(gpu, made(h264, {{P::gop, {2}}, {P::b_frames, {2}}}), Status::invalid_argument),
      "bf is not below gop"));
}

TEST_CASE("Depth and chroma follow the format, colours the options") {
  const Gpu gpu;
  const Told deep = told(gpu, made(hevc, {}, Format::p010));
  CHECK(deep.hevc().pixelBitDepthMinus8 == 2);
  CHECK(deep.hevc().chromaFormatIDC == 1);
  const Told full = told(gpu, made(h264, {}, Format::yuv444));
  CHECK(full.h264().chromaFormatIDC == 3);
  const Told both = told(gpu, made(hevc, {}, Format::yuv444_16));
  CHECK(both.hevc().chromaFormatIDC == 3);
  CHECK(both.hevc().pixelBitDepthMinus8 == 2);
  streams::Made coloured = made(hevc, {}, Format::p010);
  coloured.color = {.primaries = 9, .transfer = 16, .matrix = 9, .full_range = true};
  const Told hdr = told(gpu, coloured);
  const auto& vui = hdr.hevc().hevcVUIParameters;
  CHECK(vui.colourPrimaries == 9);
  CHECK(vui.transferCharacteristics == 16);
  CHECK(vui.colourMatrix == 9);
  CHECK(vui.videoFullRangeFlag == 1);
}

TEST_CASE("What NVENC does not do is refused by name, with the limit") {
  const Gpu gpu;
  using streams::has;
  CHECK(has(refusal(gpu, made(h264, {{P::b_frames, {5}}})), "4 B pictures"));
  CHECK(has(refusal(gpu, made(h264, {{P::lookahead, {40}}})), "31 pictures at most"));
  CHECK(has(refusal(gpu, made(h264, {{P::num_ref_l0, {9}}})), "numRefL0"));
  CHECK(has(refusal(gpu, made(av1, {{P::profile, {3}}})), "no profile \"high\" for av1"));
  CHECK(has(refusal(gpu, made(h264, {{P::level, {9}}})), "no level \"2.3\" for h264"));
  CHECK(has(refusal(gpu, made(h264, {{P::tier, {1}}})), "no tier \"high\" for h264"));
  CHECK(has(refusal(gpu, made(h264, {{P::max_width, {8192}}})), "maxWidth of 4096"));
  CHECK(has(refusal(gpu, made(h264, {{P::slice_mode, {3}}, {P::slice_data, {40}}})), "32 slices"));
  CHECK(has(refusal(gpu, made(h264, {}, Format::p010)),
            "does not encode p010 as h264; it takes nv12, yv12, iyuv, yuv444, argb, abgr, rgb"));
  CHECK(has(refusal(gpu, made(hevc, {}, Format::nv16)), "13.0"));
  CHECK(has(refusal(gpu, made(hevc, {{P::tuning_info, {4}}})), "12.2"));
  streams::Made small = made(h264);
  small.width = 64;
  CHECK(has(refusal(gpu, small), "from 145 x 49 to 4096 x 4096, not 64 x 128"));
  streams::Made own = made(h264);
  own.native = {{"preset", "fast"}};
  CHECK(has(refusal(gpu, own), "native.preset"));
}

TEST_CASE("A profile has to have the chroma and the depth of the pictures") {
  const Gpu gpu;
  const std::string text = "is not that of such";
  for (const int64_t profile : {1, 2, 3}) {  // baseline, main, high
    CHECK(streams::has(refusal(gpu, made(h264, {{P::profile, {profile}}}, Format::yuv444)), text));
  }
  CHECK(streams::has(refusal(gpu, made(hevc, {{P::profile, {2}}}, Format::p010)), text));
  CHECK(streams::has(refusal(gpu, made(hevc, {{P::profile, {7}}}, Format::yuv444_16)), text));
  told(gpu, made(h264, {{P::profile, {6}}}, Format::yuv444));
  told(gpu, made(hevc, {{P::profile, {7}}}, Format::p010));
  told(gpu, made(hevc, {{P::profile, {11}}}, Format::yuv444_16));
}

TEST_CASE("Capabilities of the GPU are asked, not assumed") {
  using streams::has;
  const struct {
    NV_ENC_CAPS cap;
    streams::Settings settings;
    Format format;
    const char* word;
  } kAll[] = {
      {NV_ENC_CAPS_NUM_MAX_BFRAMES, {{P::b_frames, {1}}}, Format::nv12, "0 B pictures"},
      {NV_ENC_CAPS_SUPPORT_LOOKAHEAD, {{P::lookahead, {4}}}, Format::nv12, "lookahead"},
      {NV_ENC_CAPS_SUPPORT_TEMPORAL_AQ, {{P::temporal_aq, {1}}}, Format::nv12, "temporalAq"},
      {NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE, {{P::tuning_info, {3}}}, Format::nv12, "lossless"},
      {NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE,
       {{P::vbv_buffer_size, {5}}},
       Format::nv12,
       "vbvBufSize"},
      {NV_ENC_CAPS_SUPPORT_MULTIPLE_REF_FRAMES, {{P::num_ref_l0, {2}}}, Format::nv12, "numRefL0"},
      {NV_ENC_CAPS_SUPPORT_YUV444_ENCODE, {}, Format::yuv444, "it takes nv12"},
      {NV_ENC_CAPS_SUPPORT_10BIT_ENCODE, {}, Format::p010, "it takes nv12"},
      {NV_ENC_CAPS_SUPPORT_DYNAMIC_SLICE_MODE,
       {{P::slice_mode, {1}}, {P::slice_data, {900}}},
       Format::nv12,
       "slice.mode 1"},
  };
  for (const auto& one : kAll) {
    INFO(one.word);
    const Gpu gpu;
    cufsim_set_encode_cap(one.cap, 0);
    CHECK(has(refusal(gpu, made(hevc, one.settings, one.format)), one.word));
  }
}

TEST_CASE("Support says what would be done and what else there is, without an encoder left") {
  const Gpu gpu;
  const EncoderSupport support = gpu.port->encoder_support(streams::options_of(made(hevc)));
  CHECK(support.is_supported);
  CHECK(support.max_width == 8192);
  CHECK(support.min_height == 33);
  CHECK(support.max_b_frames == 4);
  CHECK(support.settings.has(P::b_frames));
  CHECK(std::ranges::count(support.formats, Format::yuv444_16) == 1);
  CHECK(cufsim_count("encoders") == 0);
  CHECK(cufsim_count("encoders_created") == 2);
  // Asked once.
  gpu.port->encoder_support(streams::options_of(made(hevc)));
  CHECK(cufsim_count("encoders_created") == 2);
}
