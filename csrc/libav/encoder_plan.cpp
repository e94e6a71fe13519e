#include "libav/encoder_plan.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdio>

#include "core/encoder_choice.h"
#include "libav/encoder_plans.h"

namespace cuf::libav {
namespace {

using enum EncoderParameter;

struct CodecEncoder {
  VideoCodec codec;
  const char* name;
  void (*plan)(const PlanRequest&, EncoderPlan&);
  const char* parameters_option;
  uint32_t least_width;
  uint32_t least_height;
  uint32_t most_width;
  uint32_t most_height;
  uint32_t most_b_frames;
  bool has_odd_chroma;  // rounded up where 4:2:0 and 4:2:2 are of odd sizes
};

// The first that libav has is taken.
constexpr CodecEncoder kEncoders[] = {
    {VideoCodec::h264, "libx264", plan_x264, "x264-params", 2, 2, 16384, 16384, 16, false},
    {VideoCodec::hevc, "libx265", plan_x265, "x265-params", 16, 16, 8192, 8192, 16, false},
    {VideoCodec::av1, "libsvtav1", plan_svt, "svtav1-params", 64, 64, 16384, 8704, 15, false},
    {VideoCodec::av1, "libaom-av1", plan_aom, "aom-params", 2, 2, 16384, 16384, 0, true},
};

struct InputFormat {
  Format format;
  ChromaFormat chroma;
  bool is_deep;
  // What it can be given as, without a copy first.
  AVPixelFormat choices[2];
};

constexpr InputFormat kFormats[] = {
    {Format::nv12, ChromaFormat::c420, false, {AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P}},
    {Format::i420, ChromaFormat::c420, false, {AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12}},
    {Format::nv16, ChromaFormat::c422, false, {AV_PIX_FMT_NV16, AV_PIX_FMT_YUV422P}},
    {Format::p010, ChromaFormat::c420, true, {AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_NONE}},
    {Format::p210, ChromaFormat::c422, true, {AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_NONE}},
    {Format::yuv444, ChromaFormat::c444, false, {AV_PIX_FMT_YUV444P, AV_PIX_FMT_NONE}},
    {Format::yuv444_16, ChromaFormat::c444, true, {AV_PIX_FMT_YUV444P10LE, AV_PIX_FMT_NONE}},
};

const CodecEncoder* known_encoder(VideoCodec codec) {
  for (const CodecEncoder& encoder : kEncoders) {
    if (encoder.codec == codec && avcodec_find_encoder_by_name(encoder.name)) return &encoder;
  }
  return nullptr;
}

const CodecEncoder& require_encoder(VideoCodec codec) {
  if (const CodecEncoder* found = known_encoder(codec)) return *found;
  std::string names;
  for (const CodecEncoder& encoder : kEncoders) {
    if (encoder.codec != codec) continue;
    names += (names.empty() ? "" : " or ") + std::string(encoder.name);
  }
  refuse("libav is built without " + names + ", which encodes " + std::string(codec_name(codec)) +
         "; install a libavcodec that has it");
}

const InputFormat* input_format(Format format) {
  const auto found = std::ranges::find(kFormats, format, &InputFormat::format);
  return found == std::end(kFormats) ? nullptr : found;
}

AVPixelFormat taken_as(const AVCodec& codec, const InputFormat& format) {
  for (const AVPixelFormat choice : format.choices) {
    if (choice != AV_PIX_FMT_NONE && encoder_takes(codec, choice)) return choice;
  }
  return AV_PIX_FMT_NONE;
}

std::vector<Format> taken_layouts(const AVCodec& codec) {
  std::vector<Format> layouts;
  for (const InputFormat& format : kFormats) {
    if (taken_as(codec, format) != AV_PIX_FMT_NONE) layouts.push_back(format.format);
  }
  return layouts;
}

std::string size_text(uint32_t width, uint32_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

void require_size(const CodecEncoder& encoder, const EncoderOptions& options) {
  const bool fits = options.width >= encoder.least_width &&
                    options.height >= encoder.least_height && options.width <= encoder.most_width &&
                    options.height <= encoder.most_height;
  if (fits) return;
  refuse(std::string(encoder.name) + " encodes pictures of " +
         size_text(encoder.least_width, encoder.least_height) + " to " +
         size_text(encoder.most_width, encoder.most_height) + ", not of " +
         size_text(options.width, options.height));
}

// RGB comes here as it is encoded.
void require_whole_chroma(const CodecEncoder& encoder, ChromaFormat chroma,
                          const EncoderOptions& options) {
  const bool is_wide = chroma != ChromaFormat::c444 && options.width % 2 != 0;
  const bool is_high = chroma == ChromaFormat::c420 && options.height % 2 != 0;
  if (encoder.has_odd_chroma || (!is_wide && !is_high)) return;
  std::string_view remedy;
  if (encoder.codec == VideoCodec::h264) {
    remedy = "; RGB may have others with profile \"high444\"";
  } else if (encoder.codec == VideoCodec::hevc) {
    remedy = "; RGB may have others with profile \"main444\"";
  }
  refuse(std::string(encoder.name) + " encodes pictures of an even width and height, not " +
         size_text(options.width, options.height) + std::string(remedy));
}

void refuse_what_only_nvenc_has(const EncoderSettings& settings) {
  for (const EncoderParameter parameter : {init_qp, low_delay_key_frame_scale, num_ref_l1}) {
    if (!settings.has(parameter)) continue;
    // 0 is what holds without it, but of a quantizer.
    if (parameter != init_qp && settings.number(parameter) == 0) continue;
    refuse("Only NVENC has " + std::string(encoder_parameter(parameter).name) +
           "; leave it out, or ask for a device with backend \"cuda\"");
  }
}

void plan_color(const Color& color, EncoderPlan& plan) {
  constexpr uint32_t kUnspecified = 2;
  const bool is_said = color.primaries != kUnspecified || color.transfer != kUnspecified ||
                       color.matrix != kUnspecified || color.full_range;
  if (!is_said) return;
  plan.set("color_primaries", color.primaries);
  plan.set("color_trc", color.transfer);
  plan.set("colorspace", color.matrix);
  plan.set("color_range", color.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG);
}

// As the context has it: an int.
int64_t within_int(int64_t number) {
  return std::min<int64_t>(number, INT_MAX);
}

}  // namespace

PlanRequest::PlanRequest(const EncoderOptions& given)
    : options(given),
      settings(given.settings),
      tuning(settings.choice_or(tuning_info, EncoderTuning::high_quality)),
      mode(settings.choice_or(rc, RateControl::cbr)),
      has_target(mode == RateControl::vbr && settings.has(cq)),
      is_low_latency(tuning == EncoderTuning::low_latency ||
                     tuning == EncoderTuning::ultra_low_latency),
      is_lossless(tuning == EncoderTuning::lossless) {
  speed = static_cast<size_t>(settings.number_or(preset, 3)) +
          (tuning == EncoderTuning::ultra_high_quality ? 1 : 0);
  constexpr std::string_view kChoosing[] = {"preset",       "tune",        "bf",
                                            "bframes",      "x264-params", "x264opts",
                                            "rc-lookahead", "x265-params", "rc_lookahead"};
  for (const auto& [name, value] : given.native_options) {
    if (std::ranges::find(kChoosing, name) != std::end(kChoosing)) keeps_own_choices = false;
  }
}

void refuse(const std::string& sentence) {
  throw Error(Status::unsupported, sentence);
}

std::string number_text(double number) {
  // Written by hand, since printf() writes the locale's comma.
  const auto millionths = static_cast<int64_t>(std::llround(number * 1e6));
  char text[48];
  std::snprintf(text, sizeof(text), "%lld.%06lld", static_cast<long long>(millionths / 1'000'000),
                static_cast<long long>(millionths % 1'000'000));
  return text;
}

std::string_view choice_name(const PlanRequest& request, EncoderParameter parameter) {
  std::string_view names = encoder_parameter(parameter).choices;
  for (int64_t skip = request.settings.number_or(parameter, 0); skip > 0; --skip) {
    names.remove_prefix(names.find('|') + 1);
  }
  return names.substr(0, names.find('|'));
}

void refuse_choice(const PlanRequest& request, EncoderParameter parameter,
                   const std::string& reason) {
  refuse(std::string(encoder_parameter(parameter).name) + " \"" +
         std::string(choice_name(request, parameter)) + "\" " + reason);
}

int64_t macroblocks(uint32_t samples) {
  constexpr int64_t kMacroblock = 16;
  return (samples + kMacroblock - 1) / kMacroblock;
}

int64_t only_quantizer(const PlanRequest& request, EncoderParameter parameter,
                       std::string_view encoder) {
  const auto [i, p, b] = request.settings.quantizers(parameter);
  if (i == p && p == b) return p;
  refuse(std::string(encoder) + " has one " + std::string(encoder_parameter(parameter).name) +
         " for all pictures; give one number");
}

void plan_rate(const PlanRequest& request, EncoderPlan& plan) {
  const EncoderSettings& settings = request.settings;
  if (request.mode == RateControl::constqp) return;
  if (request.has_target) {
    plan.set("crf", settings.number(cq));
  } else {
    plan.set("b", settings.number(bitrate));
  }
  plan.set("maxrate", settings.number(max_bitrate));
  plan.set("bufsize", within_int(settings.number(vbv_buffer_size)));
  if (settings.has(vbv_initial_delay)) {
    plan.set("rc_init_occupancy", within_int(settings.number(vbv_initial_delay)));
  }
}

bool plan_gop(const PlanRequest& request, EncoderPlan& plan) {
  const int64_t length = request.settings.number_or(gop, kEndless);
  const int64_t idr = request.settings.number_or(idr_period, length);
  if (length < idr) {
    plan.forced_idr_period = idr == kEndless ? INT64_MAX : idr;
  } else {
    plan.has_closed_gops = true;
  }
  const int64_t shorter = std::min(length, idr);
  if (shorter >= INT_MAX) return false;
  plan.set("g", shorter);
  return true;
}

void plan_const_qp(const PlanRequest& request, EncoderPlan& plan, int64_t otherwise,
                   int64_t offset) {
  std::array<int64_t, 3> numbers = {otherwise, otherwise, otherwise};
  if (request.settings.has(const_qp)) numbers = request.settings.quantizers(const_qp);
  const auto [i, p, b] = numbers;
  plan.set("qp", p + offset);
  const auto factor = [](int64_t difference) {
    return number_text(std::exp2(static_cast<double>(difference) / 6));
  };
  plan.set_parameter("ipratio", factor(p - i));
  plan.set_parameter("pbratio", factor(b - p));
  plan.settings.set(const_qp, numbers);
}

void plan_choices(const PlanRequest& request, EncoderPlan& plan, const PresetTable& presets) {
  const PresetChoices& chosen = presets[request.speed];
  plan.set("preset", std::string(chosen.name));
  EncoderSettings& settings = plan.settings;
  if (!request.keeps_own_choices) {
    if (settings.has(b_frames)) plan.set("bf", settings.number(b_frames));
    return;
  }
  if (!settings.has(lookahead)) {
    const bool looks_far = request.tuning == EncoderTuning::ultra_high_quality;
    const int64_t depth = looks_far ? std::max<int64_t>(chosen.lookahead, 60) : chosen.lookahead;
    settings.set(lookahead, std::array{request.is_low_latency ? 0 : depth});
  }
  if (!settings.has(b_frames)) settings.set(b_frames, std::array{chosen.b_frames});
  plan.set("bf", settings.number(b_frames));
}

const AVCodec* encoder_for(VideoCodec codec) {
  const CodecEncoder* found = known_encoder(codec);
  return found ? avcodec_find_encoder_by_name(found->name) : nullptr;
}

EncoderSupport encoder_limits(VideoCodec codec) {
  EncoderSupport out;
  const CodecEncoder* encoder = known_encoder(codec);
  if (!encoder) return out;
  const AVCodec* found = avcodec_find_encoder_by_name(encoder->name);
  out.implementation = encoder->name;
  out.min_width = encoder->least_width;
  out.min_height = encoder->least_height;
  out.max_width = encoder->most_width;
  out.max_height = encoder->most_height;
  out.max_b_frames = encoder->most_b_frames;
  out.formats = taken_layouts(*found);
  return out;
}

EncoderPlan plan_encoder(const EncoderOptions& options) {
  const CodecEncoder& encoder = require_encoder(options.settings.codec());
  EncoderPlan plan;
  plan.codec = avcodec_find_encoder_by_name(encoder.name);
  plan.parameters_option = encoder.parameters_option;
  plan.settings = options.settings;
  const InputFormat* format = input_format(options.format);
  if (format) plan.pixel_format = taken_as(*plan.codec, *format);
  if (plan.pixel_format == AV_PIX_FMT_NONE) {
    refuse(std::string(encoder.name) + " does not take " + formats_arranged_as(options.format) +
           "; it takes " + taken_formats(taken_layouts(*plan.codec)));
  }
  require_size(encoder, options);
  require_whole_chroma(encoder, format->chroma, options);
  refuse_what_only_nvenc_has(options.settings);
  PlanRequest request(options);
  request.is_deep = format->is_deep;
  request.chroma = format->chroma;
  if (options.settings.number_or(b_frames, 0) > encoder.most_b_frames) {
    refuse(std::string(encoder.name) + " has no more than " +
           std::to_string(encoder.most_b_frames) + " B pictures between two others (bf)");
  }
  plan_color(options.color, plan);
  plan.set("threads", std::max<uint32_t>(options.threads, 1));
  encoder.plan(request, plan);
  plan_native(request, plan);
  return plan;
}

}  // namespace cuf::libav
