#include <algorithm>
#include <array>
#include <cstdio>

#include "libav/encoder_plans.h"
#include "libav/handles.h"

// Options of the encoder's own that the caller gives by name.
namespace cuf::libav {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Written with - or _ alike.
std::string plain_name(std::string name) {
  std::ranges::replace(name, '_', '-');
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

// A script that may encode may not thereby read and write files.
bool names_a_file(const std::string& name) {
  constexpr std::string_view kNames[] = {"stats",
                                         "pass",
                                         "csv",
                                         "recon",
                                         "input",
                                         "output",
                                         "analysis-save",
                                         "analysis-load",
                                         "dump-yuv",
                                         "scaling-list",
                                         "dhdr10-info",
                                         "lambda-list",
                                         "fgs-table",
                                         "film-grain-table",
                                         "config",
                                         "errlog",
                                         "stat-report",
                                         "bitstream",
                                         "use-q-file",
                                         "opencl-clbin",
                                         "two-pass-input",
                                         "two-pass-output",
                                         "partition-info-path",
                                         "vmaf-model-path",
                                         "cqm",
                                         "rate-distribution-info",
                                         "dolby-vision-rpu",
                                         "nalu-file"};
  if (std::ranges::find(kNames, name) != std::end(kNames)) return true;
  return (contains(name, "file") && name != "profile") || contains(name, "path");
}

// SVT-AV1 never comes back from reading another text.
bool is_mastering_display(const std::string& value) {
  std::array<double, 10> n{};
  int length = 0;
  std::sscanf(value.c_str(), "G(%lf,%lf)B(%lf,%lf)R(%lf,%lf)WP(%lf,%lf)L(%lf,%lf)%n", &n[0], &n[1],
              &n[2], &n[3], &n[4], &n[5], &n[6], &n[7], &n[8], &n[9], &length);
  return length > 0 && static_cast<size_t>(length) == value.size();
}

// What the pictures and the way they come settle; libx265 waits for ctu-info by a call of its own.
bool is_settled(const std::string& name) {
  constexpr std::string_view kNames[] = {
      "annexb",       "repeat-headers", "input-res", "input-csp", "input-depth",
      "output-depth", "width",          "height",    "w",         "h",
      "frames",       "pixel-format",   "time-base", "timebase",  "total-frames",
      "ctu-info"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

bool asks_for_timing_messages(const std::string& name) {
  return name == "hrd" || name == "nal-hrd" || name == "pic-struct";
}

void require_allowed(const std::string& name, const std::string& value, EncoderPlan& plan) {
  const std::string plain = plain_name(name);
  if (asks_for_timing_messages(plain)) plan.writes_timing_messages = true;
  const bool writes_passes = plain == "flags" && contains(value, "pass");
  if (names_a_file(plain) || writes_passes) {
    refuse("The native option " + name + " is about files, which an encoder here does not touch");
  }
  if (is_settled(plain)) {
    refuse("The native option " + name + " is settled by how pictures come and go here");
  }
  if (plain == "mastering-display" && !is_mastering_display(value)) {
    throw Error(
        Status::invalid_argument,
        "The native option " + name + " is G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min), not " + value);
  }
}

void drop(NamedValues& values, std::string_view name) {
  std::erase_if(values, [&](const auto& pair) { return pair.first == name; });
}

// Where the caller says the same under another name, ours, which would win, goes.
void give_way(EncoderPlan& plan, const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kParameters = {
      {{"g", "keyint"}, {"refs", "ref"}, {"qmin", "qpmin"}, {"qmax", "qpmax"}}};
  for (const auto& [theirs, ours] : kParameters) {
    if (name == theirs) drop(plan.parameters, ours);
  }
  if (name == "crf" || name == "qp") {
    drop(plan.options, "b");
    drop(plan.options, "crf");
    drop(plan.options, "qp");
    drop(plan.parameters, "rc");
  }
}

void add_parameters(EncoderPlan& plan, const std::string& name, const std::string& value) {
  AVDictionary* parsed = nullptr;
  const int result = av_dict_parse_string(&parsed, value.c_str(), "=", ":", 0);
  const std::unique_ptr<AVDictionary, void (*)(AVDictionary*)> owner(
      parsed, [](AVDictionary* dictionary) { av_dict_free(&dictionary); });
  if (result < 0) {
    throw Error(Status::invalid_argument,
                "The native option " + name +
                    " is a list of name=value, separated by colons, not " + value);
  }
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(parsed, "", entry, AV_DICT_IGNORE_SUFFIX))) {
    require_allowed(entry->key, entry->value, plan);
    plan.set_parameter(entry->key, entry->value);
  }
}

bool has_option(AVCodecContext& context, const std::string& name) {
  if (av_opt_find(context.priv_data, name.c_str(), nullptr, 0, 0)) return true;
  constexpr int kForVideo = AV_OPT_FLAG_ENCODING_PARAM | AV_OPT_FLAG_VIDEO_PARAM;
  const AVOption* found = av_opt_find(&context, name.c_str(), nullptr, 0, 0);
  return found && (found->flags & kForVideo) == kForVideo;
}

}  // namespace

void plan_native(const PlanRequest& request, EncoderPlan& plan) {
  if (request.options.native_options.empty()) return;
  const Owned<AVCodecContext> context(avcodec_alloc_context3(plan.codec));
  if (!context) throw Error(Status::out_of_memory, "No memory for an encoder");
  for (const auto& [name, value] : request.options.native_options) {
    if (name == plan.parameters_option || name == "x264opts") {
      add_parameters(plan, name, value);
      continue;
    }
    require_allowed(name, value, plan);
    give_way(plan, name);
    if (has_option(*context, name)) {
      plan.set(name, value);
    } else {
      plan.set_parameter(name, value);
    }
  }
}

}  // namespace cuf::libav
