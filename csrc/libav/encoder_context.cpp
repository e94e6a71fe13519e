#include "libav/encoder_context.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>

#include "core/log.h"
#include "core/nal_units.h"
#include "libav/context_link.h"
#include "libav/encoder_plans.h"
#include "libav/errors.h"
#include "libav/log_handler.h"
#include "libav/ordinary_threads.h"

namespace cuf::libav {
namespace {

using enum EncoderParameter;

// Numbers that x265 and SVT-AV1 give the levels of what they print to stderr themselves, past
// libav's log: so they print only what our log is asked for.
int encoder_log_level(int quiet, int error) {
  int level = quiet;
  for (const LogLevel candidate : {LogLevel::error, LogLevel::warn, LogLevel::info}) {
    if (!Log::instance().is_logged(candidate)) break;
    level = error + static_cast<int>(candidate) - static_cast<int>(LogLevel::error);
  }
  return level;
}

// SVT-AV1 reads its level from the environment when an encoder is made, and has no other way. What
// the environment says already stays.
void quiet_svt() {
  static std::once_flag once;
  std::call_once(once,
                 [] { ::setenv("SVT_LOG", std::to_string(encoder_log_level(-1, 1)).c_str(), 0); });
}

bool is_svt(const AVCodec* codec) {
  return codec && std::string_view(codec->name) == "libsvtav1";
}

// SVT-AV1 has tables of the machine's processors for the whole process, which an encoder fills when
// it is made and frees when it is freed: at the same time that crashes.
std::unique_lock<std::mutex> svt_turn(const AVCodec* codec) {
  static constinit std::mutex mutex;
  return is_svt(codec) ? std::unique_lock(mutex) : std::unique_lock<std::mutex>();
}

void set_option(AVCodecContext& context, const std::string& name, const std::string& value) {
  // The encoder's own options first: some have names of the context's, with other values.
  int result = av_opt_set(context.priv_data, name.c_str(), value.c_str(), 0);
  if (result == AVERROR_OPTION_NOT_FOUND) {
    result = av_opt_set(&context, name.c_str(), value.c_str(), 0);
  }
  if (result >= 0) return;
  if (result == AVERROR(ENOMEM)) throw out_of_memory("an encoder");
  throw Error(Status::invalid_argument, std::string(context.codec->name) + " does not take \"" +
                                            value + "\" for its option " + name);
}

void set_parameters(AVCodecContext& context, const EncoderPlan& plan) {
  AVDictionary* dictionary = nullptr;
  for (const auto& [name, value] : plan.parameters) {
    av_dict_set(&dictionary, name.c_str(), value.c_str(), 0);
  }
  const int result = av_opt_set_dict_val(
      context.priv_data, std::string(plan.parameters_option).c_str(), dictionary, 0);
  av_dict_free(&dictionary);
  if (result < 0) {
    throw Error(Status::unsupported, std::string(context.codec->name) +
                                         " is too old here: it has no option " +
                                         std::string(plan.parameters_option));
  }
}

// libav warns of what an encoder's own parser refuses, and goes on.
std::string refused_parameter(const EncoderPlan& plan, const std::string& said) {
  for (const auto& [name, value] : plan.parameters) {
    bool is_optional = false;
    for (const std::string& optional : plan.optional_parameters) is_optional |= name == optional;
    if (is_optional) continue;
    for (const std::string& line :
         {"Error parsing option '" + name + " =", "Error parsing option " + name + ":",
          "Unknown option: " + name + ".", "Invalid value for " + name + ":"}) {
      if (said.find(line) != std::string::npos) return name + " = " + value;
    }
  }
  return {};
}

// As a part of one sentence.
std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == '.' || line.back() == ' ')) line.pop_back();
  return line;
}

void set_fields(AVCodecContext& context, const EncoderOptions& options, const EncoderPlan& plan) {
  const Rational rate = plan.settings.frame_rate();
  context.width = static_cast<int>(options.width);
  context.height = static_cast<int>(options.height);
  context.pix_fmt = plan.pixel_format;
  // Pictures are numbered: a tick is a picture.
  context.framerate = {rate.num, rate.den};
  context.time_base = av_inv_q(context.framerate);
  context.flags &= ~AV_CODEC_FLAG_CLOSED_GOP;
  if (plan.has_closed_gops) context.flags |= AV_CODEC_FLAG_CLOSED_GOP;
}

void open(AVCodecContext& context, const EncoderPlan& plan) {
  const Overheard overheard;
  std::optional<OrdinaryThreads> ordinary;
  if (is_svt(plan.codec)) ordinary.emplace();
  auto turn = svt_turn(plan.codec);
  const int result = avcodec_open2(&context, plan.codec, nullptr);
  if (turn) turn.unlock();
  ordinary.reset();
  if (result == AVERROR(ENOMEM)) throw out_of_memory("an encoder");
  const std::string refused = refused_parameter(plan, overheard.text());
  if (!refused.empty()) {
    throw Error(
        Status::invalid_argument,
        std::string(plan.codec->name) + " has no option, or no such value of it, as " + refused);
  }
  if (result >= 0) return;
  const std::string said = first_line(overheard.text());
  throw Error(Status::unsupported,
              std::string(plan.codec->name) + " cannot encode with these settings: " +
                  (said.empty() ? error_text(result) : said),
              result);
}

// The encoders' own clock is that of the pictures, on which their rate control relies.
std::vector<uint8_t> with_timing(const AVCodecContext& context, const EncoderSettings& settings) {
  const bool is_h264 = context.codec_id == AV_CODEC_ID_H264;
  const AVBitStreamFilter* filter = av_bsf_get_by_name(is_h264 ? "h264_metadata" : "hevc_metadata");
  if (!filter) refuse("libav is built without the filters that write timingInfo; leave it out");
  if (settings.number(timescale) > INT32_MAX || settings.number(num_units_in_tick) > INT32_MAX) {
    refuse("timingInfo goes up to 2147483647 on the CPU");
  }
  AVBSFContext* raw = nullptr;
  if (av_bsf_alloc(filter, &raw) < 0) throw out_of_memory("a filter");
  const Owned<AVBSFContext> bsf(raw);
  const AVRational rate = {static_cast<int>(settings.number(timescale)),
                           static_cast<int>(settings.number(num_units_in_tick))};
  int result = avcodec_parameters_from_context(bsf->par_in, &context);
  if (result >= 0) result = av_opt_set_q(bsf->priv_data, "tick_rate", rate, 0);
  if (result >= 0) result = av_bsf_init(bsf.get());
  if (result < 0) throw make_error(result, "Could not write timingInfo");
  const uint8_t* data = bsf->par_out->extradata;
  return {data, data + bsf->par_out->extradata_size};
}

void send_any_picture(AVCodecContext& context) {
  const Owned<AVFrame> frame(av_frame_alloc());
  if (!frame) return;
  frame->format = context.pix_fmt;
  frame->width = context.width;
  frame->height = context.height;
  frame->pts = 0;
  if (av_frame_get_buffer(frame.get(), 0) < 0) return;
  for (const AVBufferRef* memory : frame->buf) {
    if (memory) std::memset(memory->data, 0, memory->size);
  }
  avcodec_send_frame(&context, frame.get());
}

// libx265 writes the main tier wherever that is enough. The bit stands in front of all that may
// have to be escaped.
void set_high_tier(std::vector<uint8_t>& headers) {
  constexpr int kVps = 32, kSps = 33;
  constexpr size_t kVpsTierByte = 6, kSpsTierByte = 3;
  constexpr uint8_t kTierBit = 0x20;
  StartCodeUnits units(headers);
  while (const auto unit = units.next()) {
    const int type = unit->front() >> 1 & 63;
    const size_t byte = type == kVps ? kVpsTierByte : kSpsTierByte;
    if ((type != kVps && type != kSps) || unit->size() <= byte) continue;
    headers[static_cast<size_t>(unit->data() - headers.data()) + byte] |= kTierBit;
  }
}

}  // namespace

OpenEncoder open_encoder_context(const EncoderOptions& options, const EncoderPlan& plan) {
  const std::string_view encoder = plan.codec->name;
  if (is_svt(plan.codec)) quiet_svt();
  OpenEncoder context(require(avcodec_alloc_context3(plan.codec), "an encoder"));
  ContextLink::mark(*context);
  set_fields(*context, options, plan);
  EncoderPlan set = plan;
  if (encoder == "libx265") {
    set.parameters.insert(set.parameters.begin(),
                          {"log-level", std::to_string(encoder_log_level(-1, 0))});
  }
  for (const auto& [name, value] : set.options) set_option(*context, name, value);
  set_parameters(*context, set);
  constexpr int kPasses = AV_CODEC_FLAG_PASS1 | AV_CODEC_FLAG_PASS2;
  context->flags &= ~(kPasses | AV_CODEC_FLAG_GLOBAL_HEADER);
  if (plan.has_global_headers) context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  open(*context, set);
  return context;
}

// SVT-AV1 never comes back from being freed before it was told the end and gave all that it has,
// and never gives anything where it was sent nothing.
void CloseEncoder::operator()(AVCodecContext* context) const {
  const bool is_open = avcodec_is_open(context) != 0;
  if (is_open && is_svt(context->codec)) {
    if (!has_pictures) send_any_picture(*context);
    avcodec_send_frame(context, nullptr);
    const Owned<AVPacket> packet(av_packet_alloc());
    while (packet && avcodec_receive_packet(context, packet.get()) >= 0) {
      av_packet_unref(packet.get());
    }
  }
  const auto turn = svt_turn(context->codec);
  avcodec_free_context(&context);
}

std::vector<uint8_t> global_headers(const AVCodecContext& context,
                                    const EncoderSettings& settings) {
  std::vector<uint8_t> headers;
  if (context.extradata) {
    headers.assign(context.extradata, context.extradata + context.extradata_size);
  }
  if (headers.empty()) return headers;
  if (settings.has(timescale)) headers = with_timing(context, settings);
  const bool is_hevc = context.codec_id == AV_CODEC_ID_HEVC;
  if (is_hevc && settings.number_or(tier, 0) != 0) set_high_tier(headers);
  return headers;
}

}  // namespace cuf::libav
