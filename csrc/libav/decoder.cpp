#include "libav/decoder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <variant>

#include "core/sei_tracker.h"
#include "libav/codec_string.h"
#include "libav/damage_watch.h"
#include "libav/decoder_choice.h"
#include "libav/errors.h"
#include "libav/handles.h"
#include "libav/picture.h"

namespace cuf::libav {
namespace {

void release_owner(void* owner, uint8_t*) {
  delete static_cast<std::shared_ptr<const void>*>(owner);
}

Owned<AVPacket> to_av_packet(const Packet& packet) {
  if (packet.payload.size > INT32_MAX - kPacketPadding) {
    throw Error(Status::invalid_argument, "A packet must be smaller than 2 GiB");
  }
  Owned<AVPacket> out(require(av_packet_alloc(), "a packet"));
  auto owner = std::make_unique<std::shared_ptr<const void>>(packet.payload.owner);
  auto* data = const_cast<uint8_t*>(packet.payload.data);
  out->buf = require(av_buffer_create(data, packet.payload.size + kPacketPadding, release_owner,
                                      owner.get(), AV_BUFFER_FLAG_READONLY),
                     "a packet");
  owner.release();
  out->data = data;
  out->size = static_cast<int>(packet.payload.size);
  out->pts = packet.pts;
  out->dts = packet.dts;
  out->duration = packet.duration;
  out->pos = packet.position;
  if (packet.is_key) out->flags |= AV_PKT_FLAG_KEY;
  if (packet.is_discard) out->flags |= AV_PKT_FLAG_DISCARD;
  if (packet.is_corrupt) out->flags |= AV_PKT_FLAG_CORRUPT;
  return out;
}

void add_side_data(AVPacket& packet, AVPacketSideDataType type, const Bytes& bytes) {
  uint8_t* data = av_packet_new_side_data(&packet, type, bytes.size);
  std::memcpy(require(data, "a packet"), bytes.data, bytes.size);
}

// These read changed headers from the packet's side data; the others are opened again.
bool takes_new_extradata(AVCodecID codec) {
  return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_VVC;
}

// Everything that these need is in their key frames.
bool needs_no_extradata(AVCodecID codec) {
  return codec == AV_CODEC_ID_VP8 || codec == AV_CODEC_ID_VP9;
}

class LibavDecoder : public Decoder {
 public:
  explicit LibavDecoder(const DecoderOptions& options)
      : options_(options), codec_(choose_decoder(options.codec)), name_(codec_.name) {}

  void send(const Packet& packet) override;
  void send_end() override;
  bool receive(Picture& out) override;
  void reset() override;
  bool fits(const DecoderOptions& options) const override;
  void reconfigure(const DecoderOptions& options) override;
  const std::string& implementation() const override { return name_; }

 private:
  void open(const Packet& first);
  void fill_context(AVCodecContext& context, const Packet& first) const;
  void reopen(const Packet& packet);
  void add_new_headers(AVPacket& input, const Packet& packet);
  struct Decoded {
    Owned<AVFrame> frame;
    int coded_width = 0;
    int coded_height = 0;
    std::shared_ptr<const SeiMessages> sei = nullptr;
  };
  std::optional<Decoded> next_frame();
  void keep_ready_frames();
  void show(Decoded decoded, Picture& out);
  void fill_missing_pts(AVFrame& frame);
  void track_sei(std::span<const uint8_t> extradata);
  void note_sent(const Packet& packet);
  void note_shown(const AVFrame& frame);
  void refuse(int code);

  struct Sent {
    int64_t dts;
    int64_t timestamp_us;
  };

  DecoderOptions options_;
  const AVCodec& codec_;
  std::string name_;
  DamageWatch watch_;
  Owned<AVCodecContext> context_;  // opened by the first packet, which knows the stream best
  std::deque<std::variant<Decoded, Error>> ready_;  // received while sending
  std::deque<Sent> in_flight_;                      // packets whose outcome is not known
  std::optional<SeiTracker> sei_;                   // if asked for
  PictureMaker maker_;
  Rational time_base_{1, 1000000};
  int32_t rotation_ = 0;
  int64_t last_pts_ = kNoTimestamp;
  int64_t last_duration_ = 0;
  bool is_ending_ = false;
  bool has_pending_headers_ = false;  // options_.extradata is news to the open decoder
};

void use_hints(AVCodecContext& context, const StreamHints& hints) {
  context.width = static_cast<int>(hints.coded_width & 0xFFFF);
  context.height = static_cast<int>(hints.coded_height & 0xFFFF);
  context.codec_tag = hints.codec_tag;
  context.bits_per_coded_sample = static_cast<int>(hints.bits_per_coded_sample & 0xFF);
  const auto format = static_cast<AVPixelFormat>(static_cast<int>(hints.pixel_format & 0xFFFF) - 1);
  // Other decoders find the format in their headers, and would be misled.
  if (context.codec_id == AV_CODEC_ID_RAWVIDEO && av_pix_fmt_desc_get(format)) {
    context.pix_fmt = format;
  }
}

void LibavDecoder::fill_context(AVCodecContext& context, const Packet& first) const {
  const auto* stream = static_cast<const AVCodecParameters*>(first.backend_stream.get());
  const bool knows_stream = stream && stream->codec_id == codec_.id;
  if (knows_stream && avcodec_parameters_to_context(&context, stream) < 0) {
    throw out_of_memory("a decoder");
  }
  if (!options_.extradata.empty()) {
    const size_t size = options_.extradata.size();
    av_freep(&context.extradata);
    context.extradata = static_cast<uint8_t*>(
        require(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE), "codec headers"));
    std::copy_n(options_.extradata.data(), size, context.extradata);
    context.extradata_size = static_cast<int>(size);
  }
  if (!knows_stream) use_hints(context, first.hints);
  if (context.width <= 0 || context.height <= 0) {
    context.width = static_cast<int>(options_.width);
    context.height = static_cast<int>(options_.height);
  }
  // Without the container's word on reordering, H.264 that does not tell it itself would show its
  // first pictures too early and lose later ones. Strict: it waits for as many as the level allows
  // (h264_ps.c, num_reorder_frames).
  if (!knows_stream && codec_.id == AV_CODEC_ID_H264) {
    context.strict_std_compliance = FF_COMPLIANCE_STRICT;
  }
  if (options_.has_all_references && codec_.id == AV_CODEC_ID_H264) {
    context.flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
  }
  context.pkt_timebase = {first.time_base.num, first.time_base.den};
  set_threads(context, options_.threads);
}

void LibavDecoder::open(const Packet& first) {
  Owned<AVCodecContext> context(require(avcodec_alloc_context3(&codec_), "a decoder"));
  fill_context(*context, first);
  watch_.attach(*context);
  const int result = avcodec_open2(context.get(), &codec_, nullptr);
  if (result < 0) {
    const std::string what = "Could not open the " + name_ + " decoder for " + options_.codec;
    if (first.backend_stream) throw make_error(result, what);
    throw Error(Status::unsupported,
                what + ": " + error_text(result) +
                    "; perhaps it needs what only the container tells, so decode straight from "
                    "the demuxer",
                result);
  }
  context_ = std::move(context);
  track_sei({context_->extradata, static_cast<size_t>(context_->extradata_size)});
}

void LibavDecoder::track_sei(std::span<const uint8_t> extradata) {
  sei_.reset();
  if (options_.wants_sei) sei_.emplace(options_.codec, extradata);
}

void LibavDecoder::reopen(const Packet& packet) {
  if (context_ && !is_ending_) {
    avcodec_send_packet(context_.get(), nullptr);
    keep_ready_frames();
  }
  const uint8_t* data = packet.extradata.data;
  options_.extradata.assign(data, data + packet.extradata.size);
  context_.reset();
  in_flight_.clear();
  is_ending_ = false;
}

void LibavDecoder::note_sent(const Packet& packet) {
  const int64_t time = packet.pts != kNoTimestamp ? packet.pts : packet.dts;
  in_flight_.push_back({packet.dts, to_microseconds(time, packet.time_base)});
  // With N frame threads a packet's outcome comes N - 1 packets later, else at once.
  const bool has_delay = context_->active_thread_type & FF_THREAD_FRAME;
  const size_t delay = has_delay ? static_cast<size_t>(context_->thread_count) : 1;
  while (in_flight_.size() > delay) in_flight_.pop_front();
}

void LibavDecoder::note_shown(const AVFrame& frame) {
  if (!is_ending_ || frame.pkt_dts == AV_NOPTS_VALUE) return;
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [&](const Sent& sent) { return sent.dts == frame.pkt_dts; });
  if (found != in_flight_.end()) in_flight_.erase(in_flight_.begin(), found + 1);
}

// Throws what libav said about the oldest packet, unless the caller wants no word of it.
void LibavDecoder::refuse(int code) {
  if (code == AVERROR(ENOMEM)) throw out_of_memory("decoding " + options_.codec);
  int64_t timestamp_us = kNoTimestamp;
  if (!in_flight_.empty()) {
    timestamp_us = in_flight_.front().timestamp_us;
    // A picture is missing where pictures are counted.
    if (timestamp_us == kNoTimestamp && last_pts_ != kNoTimestamp) last_pts_ += last_duration_;
    if (is_ending_) in_flight_.pop_front();
  }
  if (options_.on_error != OnError::raise) return;
  const Status status = code == AVERROR_PATCHWELCOME ? Status::unsupported : Status::corrupt_data;
  throw Error(status,
              "A packet of " + options_.codec + " could not be decoded: " + error_text(code), code,
              timestamp_us);
}

void LibavDecoder::add_new_headers(AVPacket& input, const Packet& packet) {
  if (!takes_new_extradata(codec_.id)) return;
  if (packet.extradata.size > 0) {
    add_side_data(input, AV_PKT_DATA_NEW_EXTRADATA, packet.extradata);
    if (sei_) sei_->set_headers({packet.extradata.data, packet.extradata.size});
  } else if (has_pending_headers_) {
    const Bytes headers = {
        .owner = {}, .data = options_.extradata.data(), .size = options_.extradata.size()};
    add_side_data(input, AV_PKT_DATA_NEW_EXTRADATA, headers);
  }
  has_pending_headers_ = false;
}

void LibavDecoder::send(const Packet& packet) {
  time_base_ = packet.time_base;
  rotation_ = packet.rotation;
  const bool has_new_headers = packet.extradata.size > 0;
  if (has_new_headers && !takes_new_extradata(codec_.id)) reopen(packet);
  if (!context_) open(packet);
  if (is_ending_) reset();
  Owned<AVPacket> input = to_av_packet(packet);
  // An empty packet would end the stream.
  if (input->size == 0) return;
  add_new_headers(*input, packet);
  if (packet.palette.size > 0) add_side_data(*input, AV_PKT_DATA_PALETTE, packet.palette);
  const int64_t number = watch_.begin_packet(*context_, *input);
  if (sei_) sei_->send(number, {packet.payload.data, packet.payload.size});
  int result = avcodec_send_packet(context_.get(), input.get());
  if (result == AVERROR(EAGAIN)) {
    keep_ready_frames();
    result = avcodec_send_packet(context_.get(), input.get());
  }
  note_sent(packet);
  if (result < 0) refuse(result);
}

void LibavDecoder::send_end() {
  if (!context_ || is_ending_) return;
  is_ending_ = true;
  int result = avcodec_send_packet(context_.get(), nullptr);
  if (result == AVERROR(EAGAIN)) {
    keep_ready_frames();
    result = avcodec_send_packet(context_.get(), nullptr);
  }
  if (result < 0 && result != AVERROR_EOF) refuse(result);
}

// Nothing: no more for now.
std::optional<LibavDecoder::Decoded> LibavDecoder::next_frame() {
  while (context_) {
    Owned<AVFrame> frame(require(av_frame_alloc(), "a picture"));
    const int result = avcodec_receive_frame(context_.get(), frame.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) break;
    if (result < 0) {
      refuse(result);
      continue;
    }
    note_shown(*frame);
    if (watch_.is_damaged(*frame)) frame->decode_error_flags |= FF_DECODE_ERROR_CONCEALMENT_ACTIVE;
    auto sei = sei_ ? sei_->take(packet_number(*frame)) : nullptr;
    return Decoded{std::move(frame), context_->coded_width, context_->coded_height, std::move(sei)};
  }
  return std::nullopt;
}

void LibavDecoder::keep_ready_frames() {
  for (;;) {
    try {
      std::optional<Decoded> decoded = next_frame();
      if (!decoded) return;
      ready_.emplace_back(std::move(*decoded));
    } catch (const Error& error) {
      ready_.emplace_back(error);
    }
  }
}

// The packets of raw elementary streams have no timestamps after the first; the ffmpeg command
// counts on, too.
void LibavDecoder::fill_missing_pts(AVFrame& frame) {
  int64_t& pts = frame.best_effort_timestamp;
  if (pts == AV_NOPTS_VALUE && last_pts_ != kNoTimestamp) pts = last_pts_ + last_duration_;
  last_pts_ = pts;
  if (frame_duration(frame) > 0) last_duration_ = frame_duration(frame);
}

void LibavDecoder::show(Decoded decoded, Picture& out) {
  AVFrame& frame = *decoded.frame;
  fill_missing_pts(frame);
  if (decode_status(frame) != DecodeStatus::ok && options_.on_error == OnError::raise) {
    throw Error(Status::corrupt_data, "A picture of " + options_.codec + " is damaged", 0,
                to_microseconds(frame.best_effort_timestamp, time_base_));
  }
  out = maker_.make(std::move(decoded.frame), decoded.coded_width, decoded.coded_height, time_base_,
                    rotation_);
  out.sei = std::move(decoded.sei);
}

bool LibavDecoder::receive(Picture& out) {
  std::optional<Decoded> decoded;
  if (ready_.empty()) {
    decoded = next_frame();
  } else {
    auto ready = std::move(ready_.front());
    ready_.pop_front();
    if (const auto* error = std::get_if<Error>(&ready)) throw *error;
    decoded = std::move(std::get<Decoded>(ready));
  }
  if (!decoded) return false;
  show(std::move(*decoded), out);
  return true;
}

void LibavDecoder::reset() {
  if (context_) avcodec_flush_buffers(context_.get());
  watch_.clear();
  if (sei_) sei_->reset();
  ready_.clear();
  in_flight_.clear();
  last_pts_ = kNoTimestamp;
  last_duration_ = 0;
  is_ending_ = false;
}

bool LibavDecoder::fits(const DecoderOptions& other) const {
  const DecoderOptions& own = options_;
  if (own.codec != other.codec || own.threads != other.threads || own.on_error != other.on_error ||
      own.has_all_references != other.has_all_references) {
    return false;
  }
  if (!context_) return true;
  // An open H.264 decoder keeps the depth of reordering that its container told it.
  if (own.chroma != other.chroma || own.bit_depth != other.bit_depth ||
      own.reorder_depth != other.reorder_depth) {
    return false;
  }
  if (needs_no_extradata(codec_.id)) return true;
  if (takes_new_extradata(codec_.id))
    return own.extradata == other.extradata || !other.extradata.empty();
  return own.extradata == other.extradata && own.width == other.width && own.height == other.height;
}

void LibavDecoder::reconfigure(const DecoderOptions& options) {
  reset();
  has_pending_headers_ = context_ && options_.extradata != options.extradata;
  options_ = options;
  if (context_) track_sei(options_.extradata);
}

}  // namespace

std::unique_ptr<Decoder> create_decoder(const DecoderOptions& options) {
  return std::make_unique<LibavDecoder>(options);
}

}  // namespace cuf::libav
