#include <algorithm>

#include "libav/encoder_plans.h"

// What libx264 is told. Options that libav itself names are set by these names, so that the
// caller's own, under either name, come later.
namespace cuf::libav {
namespace {

using enum EncoderParameter;

constexpr PresetTable kPresets = {{{"ultrafast", 0, 0},
                                   {"superfast", 3, 0},
                                   {"veryfast", 3, 10},
                                   {"fast", 3, 30},
                                   {"medium", 3, 40},
                                   {"slow", 3, 50},
                                   {"slower", 3, 60},
                                   {"veryslow", 8, 60}}};

constexpr int64_t kMostLookahead = 250;
constexpr int64_t kOwnQuantizer = 23;
// Quantizers of 10 bits begin at -12, which x264 counts as 0.
constexpr int64_t kDeepOffset = 12;

// x264 writes the least profile that the stream fits, so what a profile is for has to be used.
void plan_profile(const PlanRequest& request, EncoderPlan& plan) {
  const std::string name(choice_name(request, profile));
  if (name == "auto") return;
  const bool is_444 = request.chroma == ChromaFormat::c444 || request.is_lossless;
  const std::string least = is_444                                 ? "high444"
                            : request.chroma == ChromaFormat::c422 ? "high422"
                            : request.is_deep                      ? "high10"
                                                                   : "";
  const bool is_plain = name == "baseline" || name == "main" || name == "high";
  if (least.empty() ? !is_plain : name != least) {
    refuse_choice(request, profile,
                  "is not that of such H.264 streams; leave profile out, or say " +
                      (least.empty() ? "baseline, main or high" : "\"" + least + "\""));
  }
  plan.set("profile", name);
  if (name == "main") plan.set("coder", "cabac");
  if (name == "high") plan.set("8x8dct", 1);
  if (name != "baseline") return;
  if (request.settings.number_or(b_frames, 0) > 0) {
    refuse_choice(request, profile, "has no B pictures; leave bf out, or ask for main or high");
  }
  plan.settings.set(b_frames, std::array<int64_t, 1>{0});
}

void plan_level(const PlanRequest& request, EncoderPlan& plan) {
  constexpr std::string_view kLevels[] = {"1",   "1b",  "1.1", "1.2", "1.3", "2",   "2.1",
                                          "2.2", "3",   "3.1", "3.2", "4",   "4.1", "4.2",
                                          "5",   "5.1", "5.2", "6",   "6.1", "6.2"};
  if (request.settings.number_or(tier, 0) != 0) {
    refuse("H.264 has no tiers; leave tier out");
  }
  const std::string_view name = choice_name(request, level);
  if (name == "auto") return;
  if (std::ranges::find(kLevels, name) == std::end(kLevels)) {
    refuse_choice(request, level, "is none of H.264's; leave level out, or give one of 1 to 6.2");
  }
  plan.set("level", std::string(name));
}

void plan_slices(const PlanRequest& request, EncoderPlan& plan) {
  const int64_t data = request.settings.number_or(slice_data, 0);
  const int64_t rows = macroblocks(request.options.height);
  const int64_t columns = macroblocks(request.options.width);
  // Without frame threads, threads take slices each.
  int64_t threads = std::max<uint32_t>(request.options.threads, 1);
  if (data > 0) {
    const int64_t mode = request.settings.number_or(slice_mode, 0);
    if (mode == 0) plan.set_parameter("slice-max-mbs", std::min(data, rows * columns));
    if (mode == 1) plan.set("slice-max-size", std::min<int64_t>(data, INT32_MAX));
    if (mode == 2) plan.set_parameter("slice-max-mbs", std::min(data, rows) * columns);
    if (mode == 3) {
      if (data > rows) {
        refuse("slice.data is more than the picture's " + std::to_string(rows) +
               " rows of macroblocks; libx264 cuts between rows");
      }
      plan.set("slices", data);
    }
    threads = mode == 3 && data <= threads ? data : 1;
  }
  if (!request.is_low_latency) return;
  plan.set("threads", std::min(threads, rows));
  plan.set("thread_type", "slice");
}

void plan_analysis(EncoderPlan& plan) {
  const EncoderSettings& settings = plan.settings;
  if (settings.number_or(lookahead, 0) > kMostLookahead) {
    refuse("libx264 looks ahead 250 pictures at most (lookahead)");
  }
  if (settings.has(lookahead)) plan.set("rc-lookahead", settings.number(lookahead));
  if (settings.has(aq)) plan.set("aq-mode", settings.number(aq));
  if (settings.has(temporal_aq)) plan.set("mbtree", settings.number(temporal_aq));
  if (settings.number_or(num_ref_l0, 0) > 0) plan.set("refs", settings.number(num_ref_l0));
  // Key pictures are where gop says.
  plan.set("sc_threshold", 0);
}

}  // namespace

void plan_x264(const PlanRequest& request, EncoderPlan& plan) {
  plan.has_global_headers = true;
  plan.reconfigures = true;
  plan_profile(request, plan);
  plan_level(request, plan);
  plan_choices(request, plan, kPresets);
  if (request.is_low_latency) plan.set("tune", "zerolatency");
  plan_analysis(plan);
  if (!plan_gop(request, plan)) plan.set_parameter("keyint", "infinite");
  plan_slices(request, plan);
  plan_rate(request, plan);
  const int64_t offset = request.is_deep ? kDeepOffset : 0;
  if (request.is_lossless) {
    plan.set("qp", 0);
  } else if (request.mode == RateControl::constqp) {
    plan_const_qp(request, plan, kOwnQuantizer, offset);
  } else {
    for (const EncoderParameter bound : {qmin, qmax}) {
      if (!request.settings.has(bound)) continue;
      plan.set(std::string(encoder_parameter(bound).name),
               only_quantizer(request, bound, "libx264") + offset);
    }
  }
}

}  // namespace cuf::libav
