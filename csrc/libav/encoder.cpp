#include "libav/encoder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <utility>

#include "core/access_unit.h"
#include "core/log.h"
#include "core/sei_writer.h"
#include "libav/encoder_context.h"
#include "libav/encoder_frame.h"
#include "libav/encoder_reconfigure.h"
#include "libav/errors.h"

namespace cuf::libav {
namespace {

using enum EncoderParameter;

PictureType picture_type(const AVPacket& packet, bool is_key) {
  size_t size = 0;
  const uint8_t* stats = av_packet_get_side_data(&packet, AV_PKT_DATA_QUALITY_STATS, &size);
  // The quality, then the type.
  switch (stats && size > 4 ? int{stats[4]} : 0) {
    case AV_PICTURE_TYPE_I:
    case AV_PICTURE_TYPE_SI:
      return PictureType::i;
    case AV_PICTURE_TYPE_P:
    case AV_PICTURE_TYPE_SP:
      return PictureType::p;
    case AV_PICTURE_TYPE_B:
    case AV_PICTURE_TYPE_BI:
      return PictureType::b;
    default:
      return is_key ? PictureType::i : PictureType::unknown;
  }
}

uint32_t depth_of(VideoCodec codec, const AVCodecContext& context,
                  const EncoderSettings& settings) {
  // AV1 puts pictures that are not shown yet beside those that are.
  if (codec == VideoCodec::av1) return 0;
  if (codec == VideoCodec::h264) return static_cast<uint32_t>(std::max(context.has_b_frames, 0));
  // libav does not say it of libx265, whose pyramid of B pictures has one step.
  constexpr uint32_t kPyramid = 2;
  return settings.has(b_frames) && settings.number(b_frames) == 0 ? 0 : kPyramid;
}

class LibavEncoder : public Encoder {
 public:
  explicit LibavEncoder(const EncoderOptions& options)
      : options_(options),
        plan_(plan_encoder(options)),
        implementation_(plan_.codec->name),
        packet_(require(av_packet_alloc(), "a packet")) {
    open();
  }

  void send(const EncoderInput& input) override;
  void send_end() override;
  bool receive(EncodedPicture& out) override;
  bool can_restart() const override { return true; }
  uint32_t reorder_depth() const override { return reorder_depth_; }
  std::vector<uint8_t> sequence_params() override { return sequence_params_; }
  bool reconfigure(const EncoderSettings& settings, uint32_t width, uint32_t height) override;
  const EncoderSettings& settings() const override { return plan_.settings; }
  const std::string& implementation() const override { return implementation_; }

 private:
  struct Pending {
    bool wants_headers = false;
    std::vector<SideMessage> messages;
  };

  VideoCodec codec() const { return options_.settings.codec(); }
  void open();
  void require_messages(const EncoderInput& input) const;
  bool is_idr_due(const EncoderInput& input) const;
  void begin_stream(const EncoderInput& input, bool is_idr);
  void choose_type(const EncoderInput& input, bool is_idr, AVFrame& frame);
  void push(const AVFrame* frame);
  bool collect();
  EncodedPicture finished(const AVPacket& packet);
  std::vector<uint8_t> headers_for(std::vector<uint8_t>& data, const Pending& pending, bool is_key);
  [[noreturn]] void fail(int code, const char* what) const;

  EncoderOptions options_;
  EncoderPlan plan_;
  const std::string implementation_;
  OpenEncoder context_;
  Owned<AVPacket> packet_;
  std::vector<uint8_t> first_headers_;  // of the first picture: may have messages, too
  std::vector<uint8_t> sequence_params_;
  uint32_t reorder_depth_ = 0;
  int64_t last_idr_ = -1;   // number of the picture; -1: none was sent
  bool has_begun_ = false;  // a picture came out
  bool is_ended_ = false;
  std::map<int64_t, Pending> pending_;
  std::deque<EncodedPicture> ready_;
};

void LibavEncoder::fail(int code, const char* what) const {
  const Status status = code == AVERROR(ENOMEM) ? Status::out_of_memory : Status::internal;
  throw Error(status, implementation_ + " failed to " + what + ": " + error_text(code), code);
}

void LibavEncoder::open() {
  context_ = open_encoder_context(options_, plan_);
  first_headers_ = global_headers(*context_, options_.settings);
  if (plan_.has_global_headers) {
    sequence_params_ = sequence_headers_of(codec(), first_headers_);
  }
  reorder_depth_ = depth_of(codec(), *context_, plan_.settings);
  last_idr_ = -1;
  has_begun_ = false;
  is_ended_ = false;
  pending_.clear();
}

void LibavEncoder::require_messages(const EncoderInput& input) const {
  for (const SideMessage& message : input.messages) {
    if (codec() == VideoCodec::av1) continue;
    if (message.type > kMostSeiType) {
      throw Error(Status::invalid_argument, "An SEI message's type goes up to " +
                                                std::to_string(kMostSeiType) + ", not " +
                                                std::to_string(message.type));
    }
    if (plan_.writes_timing_messages && message.type <= 1) {
      throw Error(Status::unsupported, "The encoder's native options have it write SEI of type " +
                                           std::to_string(message.type) +
                                           " itself; leave the message or them out");
    }
  }
}

bool LibavEncoder::is_idr_due(const EncoderInput& input) const {
  const bool is_first = last_idr_ < 0 || is_ended_;
  const auto number = static_cast<int64_t>(input.number);
  return is_first || input.forces_idr ||
         (plan_.forced_idr_period > 0 && number - last_idr_ >= plan_.forced_idr_period);
}

// Where the next picture has to begin a stream, one is begun.
void LibavEncoder::begin_stream(const EncoderInput& input, bool is_idr) {
  const bool is_forced = is_idr || (input.forces_intra && codec() == VideoCodec::av1);
  if (is_forced && plan_.forces_by_new_stream && last_idr_ >= 0 && !is_ended_) {
    send_end();
    while (collect()) {
    }
  }
  // libav's encoders do not begin anew.
  if (is_ended_) open();
}

void LibavEncoder::choose_type(const EncoderInput& input, bool is_idr, AVFrame& frame) {
  const bool is_first = last_idr_ < 0;
  if (is_idr) last_idr_ = static_cast<int64_t>(input.number);
  if (is_first || (!is_idr && !input.forces_intra)) return;
  frame.pict_type = AV_PICTURE_TYPE_I;
  // Looked at with each picture; encoders without it have one kind of key pictures.
  av_opt_set_int(context_->priv_data, "forced-idr", is_idr ? 1 : 0, 0);
}

void LibavEncoder::send(const EncoderInput& input) {
  require_messages(input);
  const Picture& picture = input.picture;
  if (picture.format != options_.format || picture.width != options_.width ||
      picture.height != options_.height) {
    throw Error(Status::invalid_argument,
                "The picture is not of the format and size that the encoder was made for");
  }
  const bool is_idr = is_idr_due(input);
  begin_stream(input, is_idr);
  const Owned<AVFrame> frame = make_encoder_frame(picture, plan_.pixel_format);
  frame->pts = static_cast<int64_t>(input.number);
  choose_type(input, is_idr, *frame);
  pending_[frame->pts] = {.wants_headers = input.wants_headers, .messages = input.messages};
  try {
    push(frame.get());
  } catch (...) {
    pending_.erase(frame->pts);
    throw;
  }
}

void LibavEncoder::push(const AVFrame* frame) {
  for (;;) {
    const int result = avcodec_send_frame(context_.get(), frame);
    if (result >= 0) {
      context_.get_deleter().has_pictures |= frame != nullptr;
      return;
    }
    // It takes no more before what it has is taken from it.
    if (result != AVERROR(EAGAIN) || !collect()) fail(result, "encode a picture");
  }
}

void LibavEncoder::send_end() {
  if (is_ended_) return;
  is_ended_ = true;
  push(nullptr);
}

bool LibavEncoder::collect() {
  const int result = avcodec_receive_packet(context_.get(), packet_.get());
  if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return false;
  if (result < 0) fail(result, "encode");
  ready_.push_back(finished(*packet_));
  av_packet_unref(packet_.get());
  return true;
}

bool LibavEncoder::receive(EncodedPicture& out) {
  if (ready_.empty() && !collect()) return false;
  out = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

// What comes with the picture; of encoders whose packets have headers, these are taken out first.
std::vector<uint8_t> LibavEncoder::headers_for(std::vector<uint8_t>& data, const Pending& pending,
                                               bool is_key) {
  if (!plan_.has_global_headers && is_key) {
    std::vector<uint8_t> found = sequence_headers_of(codec(), data);
    if (!found.empty()) {
      sequence_params_ = std::move(found);
      data = without_sequence_headers(codec(), data);
    }
  }
  const bool is_first = !std::exchange(has_begun_, true);
  if (is_first && plan_.has_global_headers) return first_headers_;
  const bool repeats = is_key && options_.settings.number_or(repeat_sps_pps, 0) != 0;
  if (is_first || repeats || pending.wants_headers) return sequence_params_;
  return {};
}

EncodedPicture LibavEncoder::finished(const AVPacket& packet) {
  Pending pending;
  if (auto node = pending_.extract(packet.pts)) pending = std::move(node.mapped());
  EncodedPicture out;
  out.number = static_cast<uint64_t>(packet.pts);
  out.is_key = (packet.flags & AV_PKT_FLAG_KEY) != 0;
  out.type = picture_type(packet, out.is_key);
  out.data.assign(packet.data, packet.data + packet.size);
  const std::vector<uint8_t> headers = headers_for(out.data, pending, out.is_key);
  if (!headers.empty() || !pending.messages.empty() || codec() == VideoCodec::av1) {
    out.data =
        assemble_access_unit(codec(), out.data, {.headers = headers, .messages = pending.messages});
  }
  return out;
}

bool LibavEncoder::reconfigure(const EncoderSettings& settings, uint32_t width, uint32_t height) {
  if (settings.codec() != codec()) {
    throw Error(Status::unsupported, "An encoder does not change its codec; make another");
  }
  const bool is_same_size = width == options_.width && height == options_.height;
  if (!is_same_size || !plan_.reconfigures || is_ended_) return false;
  EncoderOptions changed = options_;
  changed.settings = settings;
  EncoderPlan plan = plan_encoder(changed);
  if (!apply_in_place(options_.settings, settings, plan, *context_)) return false;
  options_ = std::move(changed);
  plan_ = std::move(plan);
  return true;
}

}  // namespace

std::unique_ptr<Encoder> create_encoder(const EncoderOptions& options) {
  return std::make_unique<LibavEncoder>(options);
}

EncoderSupport encoder_support(const EncoderOptions& options) {
  EncoderSupport out;
  try {
    out = encoder_limits(options.settings.codec());
    const EncoderPlan plan = plan_encoder(options);
    // As large a one as is made quickly; what is left depends on the size no more.
    const uint32_t most = plan.codec->id == AV_CODEC_ID_AV1 ? 256 : 1920;
    EncoderOptions probe = options;
    probe.threads = 1;
    for (uint32_t* side : {&probe.width, &probe.height}) {
      if (*side > most) *side = most + *side % 2;
    }
    const OpenEncoder context = open_encoder_context(probe, plan);
    global_headers(*context, options.settings);
    out.settings = plan.settings;
    out.is_supported = true;
  } catch (const Error& error) {
    out.reason = error.what();
  }
  return out;
}

}  // namespace cuf::libav
