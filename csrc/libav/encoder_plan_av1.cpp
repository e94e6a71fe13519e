#include <algorithm>

#include "libav/encoder_plans.h"

// What libsvtav1 and libaom-av1 are told.
namespace cuf::libav {
namespace {

using enum EncoderParameter;

// The guide's AV1 quantizers go from 0 to 255, those of both encoders from 0 to 63.
constexpr int64_t kQuantizerStep = 4;
constexpr int64_t kMostQuantizer = 63;
constexpr int64_t kOwnQuantizer = 35 * kQuantizerStep;

int64_t encoder_quantizer(int64_t index) {
  return std::min((index + kQuantizerStep / 2) / kQuantizerStep, kMostQuantizer);
}

std::string_view profile_of(ChromaFormat chroma) {
  return chroma == ChromaFormat::c444   ? "high"
         : chroma == ChromaFormat::c422 ? "professional"
                                        : "main";
}

void require_profile(const PlanRequest& request) {
  const std::string_view name = choice_name(request, profile);
  const std::string_view own = profile_of(request.chroma);
  if (name == "auto" || name == own) return;
  refuse_choice(
      request, profile,
      "is not that of such AV1 streams; leave profile out, or say \"" + std::string(own) + "\"");
}

// "4.1" as 41.
int64_t level_number(const PlanRequest& request) {
  const std::string name(choice_name(request, level));
  if (name == "auto") return 0;
  const int64_t major = name[0] - '0';
  if (name.find('b') != std::string::npos || major < 2) {
    refuse_choice(request, level, "is none of AV1's; leave level out, or give one of 2 to 7.3");
  }
  return major * 10 + (name.size() > 2 ? name[2] - '0' : 0);
}

void refuse_references(const PlanRequest& request, std::string_view encoder) {
  if (request.settings.number_or(num_ref_l0, 0) == 0) return;
  refuse(std::string(encoder) + " chooses its references itself; leave numRefL0 out");
}

int64_t bounded_quantizer(const PlanRequest& request, EncoderParameter bound,
                          std::string_view encoder) {
  return encoder_quantizer(only_quantizer(request, bound, encoder));
}

// SVT-AV1's buffers are told in milliseconds of the bit rate.
constexpr int64_t kLeastBufferMs = 20, kMostBufferMs = 10000;

int64_t milliseconds(int64_t bits, int64_t rate) {
  return bits * 1000 / std::max<int64_t>(rate, 1);
}

// SVT-AV1 itself only says "bad parameter".
void require_svt_rate(int64_t greatest, int64_t buffer) {
  constexpr int64_t kMostRate = 100'000'000;
  if (greatest > kMostRate) {
    refuse("libsvtav1 keeps bit rates up to " + std::to_string(kMostRate) + " bit/s, not " +
           std::to_string(greatest) + "; give a smaller bitrate or maxBitrate");
  }
  const int64_t length = milliseconds(buffer, greatest);
  if (length < kLeastBufferMs || length > kMostBufferMs) {
    refuse("libsvtav1 has a buffer of " + std::to_string(kLeastBufferMs) + " to " +
           std::to_string(kMostBufferMs) + " ms of the greatest bit rate; vbvBufSize is " +
           std::to_string(length) + " ms");
  }
}

void plan_svt_rate(const PlanRequest& request, bool is_low_delay, EncoderPlan& plan) {
  const EncoderSettings& settings = request.settings;
  if (request.mode == RateControl::constqp) {
    const int64_t index =
        settings.has(const_qp) ? only_quantizer(request, const_qp, "libsvtav1") : kOwnQuantizer;
    plan.set("qp", std::max<int64_t>(encoder_quantizer(index), 1));
    plan.settings.set(const_qp, std::array{index});
    return;
  }
  int64_t rate = settings.number(max_bitrate);
  const int64_t average = settings.number(bitrate);
  if (!request.has_target) rate = is_low_delay ? average : std::max(rate, average + 1000);
  require_svt_rate(rate, settings.number(vbv_buffer_size));
  plan.set("bufsize", settings.number(vbv_buffer_size));
  if (request.has_target) {
    plan.set("crf", settings.number(cq));
  } else {
    plan.set("b", average);
    plan.set_parameter("rc", is_low_delay ? 2 : 1);
  }
  // Of a constant bit rate it takes no greatest one.
  if (request.has_target || !is_low_delay) plan.set("maxrate", rate);
  if (settings.has(vbv_initial_delay)) {
    const int64_t delay = milliseconds(settings.number(vbv_initial_delay), rate);
    plan.set_parameter("buf-initial-sz", std::clamp(delay, kLeastBufferMs, kMostBufferMs));
  }
  // It wants room between the two.
  if (settings.has(qmin)) {
    plan.set("qmin", std::min(bounded_quantizer(request, qmin, "libsvtav1"), kMostQuantizer - 1));
  }
  if (settings.has(qmax)) {
    plan.set("qmax", std::max<int64_t>(bounded_quantizer(request, qmax, "libsvtav1"), 1));
  }
}

// Whether pictures are predicted from earlier ones only.
bool plan_svt_structure(const PlanRequest& request, EncoderPlan& plan) {
  const EncoderSettings& settings = request.settings;
  const bool is_cbr = request.mode == RateControl::cbr;
  const bool wants_none = settings.has(b_frames) && settings.number(b_frames) == 0;
  if (is_cbr && settings.number_or(b_frames, 0) > 0) {
    refuse(
        "libsvtav1 keeps a constant bit rate without B pictures only; leave bf out, or use rc "
        "\"vbr\"");
  }
  const bool is_low_delay = is_cbr || wants_none || request.is_low_latency;
  if (is_low_delay) {
    if (request.mode == RateControl::vbr && !request.has_target) {
      refuse(
          "libsvtav1 has rc \"vbr\" with B pictures only; use rc \"cbr\", or give bf and "
          "another tuningInfo");
    }
    if (settings.number_or(b_frames, 0) > 0) {
      refuse("libsvtav1 has no B pictures for low latency; leave bf out");
    }
    plan.settings.set(b_frames, std::array<int64_t, 1>{0});
    plan.set_parameter("pred-struct", 1);
    return true;
  }
  if (!settings.has(b_frames)) return false;
  constexpr std::array<int64_t, 3> kCounts = {3, 7, 15};
  const auto found = std::ranges::find(kCounts, settings.number(b_frames));
  if (found == kCounts.end()) refuse("libsvtav1 has 0, 3, 7 or 15 B pictures between others (bf)");
  plan.set_parameter("hierarchical-levels", found - kCounts.begin() + 2);
  return false;
}

void plan_svt_analysis(const PlanRequest& request, bool is_low_delay, EncoderPlan& plan) {
  const EncoderSettings& settings = request.settings;
  constexpr int64_t kMostLookahead = 120;
  constexpr int kOwnAqMode = 2;
  if (settings.has(lookahead)) {
    if (settings.number(lookahead) > kMostLookahead) {
      refuse("libsvtav1 looks ahead 120 pictures at most (lookahead)");
    }
    plan.set_parameter("lookahead", settings.number(lookahead));
  } else if (request.is_low_latency) {
    plan.set_parameter("lookahead", 0);
    plan.settings.set(lookahead, std::array<int64_t, 1>{0});
  }
  if (settings.has(aq)) plan.set_parameter("aq-mode", settings.number(aq) * kOwnAqMode);
  if (!settings.has(temporal_aq)) return;
  if (is_low_delay && settings.number(temporal_aq) != 0) {
    refuse("libsvtav1 has temporalAq with B pictures only; leave it out, or use rc \"vbr\"");
  }
  if (!is_low_delay) plan.set_parameter("enable-tpl-la", settings.number(temporal_aq));
}

}  // namespace

void plan_svt(const PlanRequest& request, EncoderPlan& plan) {
  constexpr std::array kPresets = {12, 11, 10, 8, 7, 6, 4, 3};
  if (request.is_lossless) {
    refuse("libsvtav1 has no lossless mode; encode H.264 or HEVC");
  }
  require_profile(request);
  refuse_references(request, "libsvtav1");
  const Rational rate = request.settings.frame_rate();
  constexpr int64_t kMostFrameRate = 240;
  if (rate.num > kMostFrameRate * rate.den) {
    refuse("libsvtav1 encodes up to 240 frames/s (fps)");
  }
  plan.set("preset", kPresets[request.speed]);
  const bool is_low_delay = plan_svt_structure(request, plan);
  plan_svt_analysis(request, is_low_delay, plan);
  plan_svt_rate(request, is_low_delay, plan);
  // Every key picture begins anew, whatever is said of IDR pictures.
  if (!plan_gop(request, plan)) plan.set_parameter("keyint", -1);
  plan.forced_idr_period = 0;
  plan.has_closed_gops = true;
  if (std::min(request.settings.number_or(gop, kEndless),
               request.settings.number_or(idr_period, kEndless)) == 1) {
    refuse(
        "libsvtav1 has no streams of key pictures alone; give a gop and an idrPeriod of 2 or "
        "more");
  }
  if (const int64_t number = level_number(request)) plan.set_parameter("level", number);
  if (request.settings.number_or(tier, 0) != 0) {
    refuse_choice(request, tier, "is not written by libsvtav1; leave tier out");
  }
  plan.set_parameter("lp", std::max<uint32_t>(request.options.threads, 1));
  // It makes key pictures elsewhere than where the GOP ends only with B pictures, without a bit
  // rate to keep, and where it was told that it may have to.
  plan.forces_by_new_stream =
      is_low_delay || (request.mode != RateControl::constqp && !request.has_target);
  if (plan.forces_by_new_stream) return;
  plan.set_parameter("enable-force-key-frames", 1);
  plan.optional_parameters.emplace_back("enable-force-key-frames");
}

void plan_aom(const PlanRequest& request, EncoderPlan& plan) {
  constexpr std::array kSpeeds = {8, 8, 7, 6, 5, 4, 3, 2};
  const EncoderSettings& settings = request.settings;
  constexpr std::string_view kName = "libaom-av1";
  require_profile(request);
  refuse_references(request, kName);
  if (level_number(request) != 0) refuse("libaom-av1 chooses the level itself; leave level out");
  if (settings.number_or(tier, 0) != 0)
    refuse("libaom-av1 chooses the tier itself; leave tier out");
  plan.set("cpu-used", kSpeeds[request.speed]);
  plan.set("row-mt", 1);
  plan.settings.set(b_frames, std::array<int64_t, 1>{0});
  if (request.is_low_latency) plan.set("usage", "realtime");
  if (request.is_low_latency || settings.has(lookahead)) {
    plan.set("lag-in-frames", settings.number_or(lookahead, 0));
  }
  if (settings.has(aq)) plan.set("aq-mode", settings.number(aq));
  if (settings.has(temporal_aq))
    plan.set_parameter("enable-tpl-model", settings.number(temporal_aq));
  if (!plan_gop(request, plan)) plan.set("g", INT32_MAX);
  plan.forced_idr_period = 0;
  if (request.is_lossless) {
    plan.set_parameter("lossless", 1);
    return;
  }
  if (request.mode == RateControl::constqp) {
    const int64_t index =
        settings.has(const_qp) ? only_quantizer(request, const_qp, kName) : kOwnQuantizer;
    const int64_t number = encoder_quantizer(index);
    plan.set("crf", number);
    plan.set("qmin", number);
    plan.set("qmax", number);
    plan.settings.set(const_qp, std::array{index});
    return;
  }
  plan_rate(request, plan);
  if (request.mode == RateControl::cbr) plan.set("minrate", settings.number(bitrate));
  for (const EncoderParameter bound : {qmin, qmax}) {
    if (!settings.has(bound)) continue;
    plan.set(std::string(encoder_parameter(bound).name), bounded_quantizer(request, bound, kName));
  }
}

}  // namespace cuf::libav
