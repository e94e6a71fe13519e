#include <algorithm>

#include "libav/encoder_plans.h"

// What libx265 is told, most of it by its own names.
namespace cuf::libav {
namespace {

using enum EncoderParameter;

constexpr PresetTable kPresets = {{{"ultrafast", 3, 5},
                                   {"superfast", 3, 10},
                                   {"veryfast", 4, 15},
                                   {"fast", 4, 15},
                                   {"medium", 4, 20},
                                   {"slow", 4, 25},
                                   {"slower", 8, 40},
                                   {"veryslow", 8, 40}}};

constexpr int64_t kMostLookahead = 250;
constexpr int64_t kOwnQuantizer = 28;

// x265 writes the profile that chroma and depth have; others would be said in vain.
std::string profile_of(const PlanRequest& request) {
  const std::string depth = request.is_deep ? "10" : "8";
  switch (request.chroma) {
    case ChromaFormat::c422:
      return "main422-10";
    case ChromaFormat::c444:
      return "main444-" + depth;
    default:
      return request.is_deep ? "main10" : "main";
  }
}

void plan_profile(const PlanRequest& request, EncoderPlan& plan) {
  const std::string name(choice_name(request, profile));
  if (name == "auto") return;
  const std::string own = profile_of(request);
  const bool is_extension = own.find('-') != std::string::npos;
  bool fits = name == own || (name == "rext" && is_extension);
  if (name == "main444") fits = request.chroma == ChromaFormat::c444;
  if (name == "main422_10") fits = request.chroma == ChromaFormat::c422;
  if (!fits) {
    refuse_choice(request, profile,
                  "is not that of such HEVC streams; leave profile out, or say " +
                      (is_extension ? "\"rext\"" : "\"" + own + "\""));
  }
  plan.set("profile", own);
}

void plan_level(const PlanRequest& request, EncoderPlan& plan) {
  constexpr std::string_view kLevels[] = {"1", "2",   "2.1", "3", "3.1", "4",  "4.1",
                                          "5", "5.1", "5.2", "6", "6.1", "6.2"};
  const std::string_view name = choice_name(request, level);
  const bool is_high = request.settings.number_or(tier, 0) != 0;
  if (name != "auto" && request.mode == RateControl::constqp) {
    refuse_choice(request, level,
                  "of libx265 goes with a bit rate or cq; leave level out, or give one of these");
  }
  if (name == "auto") {
    if (is_high) refuse_choice(request, tier, "of libx265 goes with a level; give one of 4 to 6.2");
    return;
  }
  if (std::ranges::find(kLevels, name) == std::end(kLevels)) {
    refuse_choice(request, level, "is none of HEVC's; leave level out, or give one of 1 to 6.2");
  }
  if (is_high && name[0] < '4') {
    refuse_choice(request, tier, "begins with level 4; give a higher level, or leave tier out");
  }
  plan.set_parameter("level-idc", std::string(name));
  plan.set_parameter("high-tier", is_high);
}

void plan_slices(const PlanRequest& request, EncoderPlan& plan) {
  const int64_t data = request.settings.number_or(slice_data, 0);
  if (data == 0) return;
  const int64_t mode = request.settings.number_or(slice_mode, 0);
  const int64_t rows = macroblocks(request.options.height);
  if (mode < 2) {
    refuse("libx265 does not cut slices by macroblocks or bytes; use slice.mode 2 or 3");
  }
  plan.set_parameter("slices", mode == 3 ? data : (rows + data - 1) / data);
}

// What looks ahead has to see more pictures than B pictures can follow one another.
void plan_lookahead(const PlanRequest& request, EncoderPlan& plan) {
  EncoderSettings& settings = plan.settings;
  if (!settings.has(lookahead)) return;
  const int64_t depth = settings.number(lookahead);
  if (depth > kMostLookahead) refuse("libx265 looks ahead 250 pictures at most (lookahead)");
  const int64_t most = std::max<int64_t>(depth - 1, 0);
  if (settings.number_or(b_frames, 0) > most) {
    if (request.settings.has(b_frames)) {
      refuse("libx265 needs a lookahead of more pictures than bf; give a greater one");
    }
    settings.set(b_frames, std::array{most});
    plan.set("bf", most);
  }
  plan.set_parameter("rc-lookahead", depth);
}

void plan_analysis(const PlanRequest& request, EncoderPlan& plan) {
  const EncoderSettings& settings = request.settings;
  constexpr int kOwnAqMode = 2;
  if (settings.has(aq)) plan.set_parameter("aq-mode", settings.number(aq) * kOwnAqMode);
  if (settings.has(temporal_aq)) plan.set_parameter("cutree", settings.number(temporal_aq));
  if (const int64_t references = settings.number_or(num_ref_l0, 0); references > 0) {
    // What waits to be shown has its place in the same buffer.
    constexpr int64_t kMostReferences = 8, kMostWaiting = 2;
    const int64_t most =
        kMostReferences - std::min(plan.settings.number_or(b_frames, 0), kMostWaiting);
    if (references > most) {
      refuse("libx265 predicts from " + std::to_string(most) +
             " pictures at most with this bf, not " + std::to_string(references) + " (numRefL0)");
    }
    plan.set_parameter("ref", references);
  }
  plan.set_parameter("scenecut", 0);  // key pictures are where gop says
}

void plan_threads(const PlanRequest& request, EncoderPlan& plan) {
  plan.set_parameter("pools", std::max<uint32_t>(request.options.threads, 1));
  if (request.is_low_latency) plan.set_parameter("frame-threads", 1);
}

}  // namespace

void plan_x265(const PlanRequest& request, EncoderPlan& plan) {
  plan.has_global_headers = true;
  plan_profile(request, plan);
  plan_level(request, plan);
  plan_choices(request, plan, kPresets);
  if (request.is_low_latency) plan.set("tune", "zerolatency");
  plan_lookahead(request, plan);
  plan_analysis(request, plan);
  plan_threads(request, plan);
  if (!plan_gop(request, plan)) plan.set_parameter("keyint", -1);
  // With open GOPs it makes no IDR pictures but the first.
  plan.forces_by_new_stream = !plan.has_closed_gops;
  plan_slices(request, plan);
  plan_rate(request, plan);
  if (request.is_lossless) {
    plan.set_parameter("lossless", 1);
  } else if (request.mode == RateControl::constqp) {
    plan_const_qp(request, plan, kOwnQuantizer, 0);
  } else {
    if (request.settings.has(qmin)) {
      plan.set_parameter("qpmin", only_quantizer(request, qmin, "libx265"));
    }
    if (request.settings.has(qmax)) {
      plan.set_parameter("qpmax", only_quantizer(request, qmax, "libx265"));
    }
  }
}

}  // namespace cuf::libav
