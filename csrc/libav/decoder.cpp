#include "libav/decoder.h"

#include <algorithm>
#include <span>

#include "core/headroom.h"
#include "core/log.h"
#include "core/picture_limits.h"
#include "libav/av_packet.h"
#include "libav/codec_string.h"
#include "libav/decoder_choice.h"
#include "libav/errors.h"
#include "libav/libav_decoder.h"

namespace cuf::libav {
namespace {

// These read changed headers from the packet's side data; the others are opened again.
bool takes_new_extradata(AVCodecID codec) {
  return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC || codec == AV_CODEC_ID_VVC;
}

// Everything that these need is in their key frames.
bool needs_no_extradata(AVCodecID codec) {
  return codec == AV_CODEC_ID_VP8 || codec == AV_CODEC_ID_VP9;
}

constexpr uint64_t kLargestHint = 1 << 27;  // pixels
constexpr uint32_t kLongestHint = 65535;

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

}  // namespace

LibavDecoder::LibavDecoder(const DecoderOptions& options)
    : options_(options),
      codec_(choose_decoder(options.codec)),
      name_(codec_.name),
      link_(options.budget ? options.budget : MemoryBudget::of_device(INT64_MAX)),
      maker_(options.budget, !(codec_.capabilities & AV_CODEC_CAP_DR1)) {
  if (options.exports_stats) statistics_.emplace(codec_.id);
  gate_.restart(options_);
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
  const bool knows_order = knows_stream && !is_container_outdated_;
  if (!knows_order && codec_.id == AV_CODEC_ID_H264) {
    context.has_b_frames = 0;
    context.strict_std_compliance = FF_COMPLIANCE_STRICT;
  }
  // Damaged headers may claim what libav would not open for.
  const auto& found = gate_.stream();
  const uint64_t area = found ? uint64_t{found->width} * found->height : 0;
  const bool has_sides = area > 0 && std::max(found->width, found->height) <= kLongestHint;
  if (has_sides && area <= kLargestHint) {
    context.width = static_cast<int>(found->width);
    context.height = static_cast<int>(found->height);
  }
  if (options_.has_all_references && codec_.id == AV_CODEC_ID_H264) {
    context.flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
  }
  context.pkt_timebase = {first.time_base.num, first.time_base.den};
  set_threads(context, options_.threads);
  set_latency(context, options_.latency);
}

// What is kept beside the packets.
std::span<const uint8_t> LibavDecoder::headers_of(const Packet& packet) const {
  if (!options_.extradata.empty()) return options_.extradata;
  const auto* stream = static_cast<const AVCodecParameters*>(packet.backend_stream.get());
  if (!stream || stream->codec_id != codec_.id || stream->extradata_size <= 0) return {};
  return {stream->extradata, static_cast<size_t>(stream->extradata_size)};
}

// For a few pictures, and what a decoder has beside them.
size_t LibavDecoder::headroom() const {
  constexpr size_t kLeast = 16 << 20;
  const size_t width = context_ ? static_cast<size_t>(context_->coded_width) : options_.width;
  const size_t height = context_ ? static_cast<size_t>(context_->coded_height) : options_.height;
  return kLeast + std::min<size_t>(width * height, INT32_MAX) * 4;
}

void LibavDecoder::open(const Packet& first) {
  Owned<AVCodecContext> context(require(avcodec_alloc_context3(&codec_), "a decoder"));
  const bool watches = options_.latency != Latency::native && codec_.id == AV_CODEC_ID_H264;
  fill_context(*context, first);
  link_.attach(*context);
  if (statistics_) {
    statistics_->prepare(*context);
    const auto size = static_cast<size_t>(context->extradata_size);
    statistics_->use_headers({context->extradata, size});
  }
  if (watches) {
    const std::span extradata(context->extradata, static_cast<size_t>(context->extradata_size));
    reorder_watch_.emplace(extradata);
    std::ranges::copy(reorder_watch_->silenced_headers(extradata), context->extradata);
    context->has_b_frames = 0;
    context->strict_std_compliance = FF_COMPLIANCE_NORMAL;
  }
  const int result = avcodec_open2(context.get(), &codec_, nullptr);
  if (result < 0) {
    const std::string what = "Could not open the " + name_ + " decoder for " + options_.codec;
    if (const auto refusal = link_.take_refusal()) throw *refusal;
    const bool is_short = result == AVERROR(ENOMEM) || result == AVERROR(EAGAIN);
    if (first.backend_stream || is_short) throw make_error(result, what);
    throw Error(Status::unsupported,
                what + ": " + error_text(result) +
                    "; perhaps it needs what only the container tells, so decode straight from "
                    "the demuxer",
                result);
  }
  context_ = std::move(context);
  const bool has_frame_threads = context_->active_thread_type & FF_THREAD_FRAME;
  log(LogLevel::debug, "decoder", "Opened ", name_, " with ", context_->thread_count,
      has_frame_threads ? " frame" : "", " threads");
  track_sei({context_->extradata, static_cast<size_t>(context_->extradata_size)});
}

void LibavDecoder::track_sei(std::span<const uint8_t> extradata) {
  sei_.reset();
  if (options_.wants_sei) sei_.emplace(options_.codec, extradata);
}

// Gives out what is held back and closes the decoder; the next packet opens it anew.
void LibavDecoder::end_stream() {
  try {
    send_end();
  } catch (const Error& error) {
    ready_.emplace_back(error);
  }
  keep_ready_frames();
  context_.reset();
  reorder_watch_.reset();
  in_flight_.clear();
  is_ending_ = false;
}

void LibavDecoder::begin_stream(uint32_t width, uint32_t height) {
  context_.reset();
  reset();
  reorder_watch_.reset();
  held_headers_.clear();
  container_.reset();
  options_.width = width;
  options_.height = height;
  gate_.restart(options_);
}

// false: the packet belongs to a stream that was refused.
bool LibavDecoder::admit(const Packet& packet) {
  const bool has_other_container = packet.backend_stream && packet.backend_stream != container_;
  if (has_other_container) {
    container_ = packet.backend_stream;
    is_container_outdated_ = false;
    gate_.read_headers(headers_of(packet));
  }
  gate_.read_headers({packet.extradata.data, packet.extradata.size});
  using Verdict = StreamGate::Verdict;
  const Verdict verdict = gate_.judge({packet.payload.data, packet.payload.size});
  if (verdict == Verdict::headers) {
    held_headers_.hold(packet.payload);
    return false;
  }
  // Frames that are held back must keep the times of their own.
  const bool has_other_times =
      packet.is_key && (packet.time_base.num != time_base_.num ||
                        packet.time_base.den != time_base_.den || packet.rotation != rotation_);
  const bool has_new_headers = packet.extradata.size > 0;
  const bool is_other = verdict == Verdict::begins || verdict == Verdict::refuse ||
                        has_other_times || (has_new_headers && !takes_new_extradata(codec_.id));
  if (is_other && context_) {
    end_stream();
    is_container_outdated_ = !has_other_container;
  }
  if (has_new_headers) {
    options_.extradata.assign(packet.extradata.data, packet.extradata.data + packet.extradata.size);
  }
  // Told behind the last picture of the stream before.
  if (verdict == Verdict::refuse) {
    ready_.emplace_back(too_large(options_, gate_.stream()->width, gate_.stream()->height));
  }
  return verdict != Verdict::refuse && verdict != Verdict::skip;
}

// Low latency shows pictures at once until the stream proves that others may belong in front; then
// as many are held back as it announces, or as its level allows.
void LibavDecoder::watch_order(const Packet& packet) {
  if (!reorder_watch_->reorders({packet.payload.data, packet.payload.size})) return;
  if (const auto frames = reorder_watch_->announced()) {
    context_->has_b_frames = std::max(context_->has_b_frames, static_cast<int>(*frames));
  } else {
    context_->strict_std_compliance = FF_COMPLIANCE_STRICT;
  }
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

// Throws if memory ran out. The context, in whatever state that left it, is not used again: libav's
// H.264 aborts when it is flushed then. A new one is opened by the next packet.
void LibavDecoder::check_memory(int code) {
  const std::optional<Error> refusal = link_.take_refusal();
  if (!refusal && code != AVERROR(ENOMEM)) return;
  context_.reset();
  link_.pictures->restart();
  in_flight_.clear();
  is_ending_ = false;
  throw refusal ? *refusal : out_of_memory("decoding " + options_.codec);
}

// Throws what libav said about the oldest packet, unless the caller wants no word of it.
void LibavDecoder::refuse(int code) {
  check_memory(code);
  int64_t timestamp_us = kNoTimestamp;
  if (!in_flight_.empty()) {
    timestamp_us = in_flight_.front().timestamp_us;
    // A picture is missing where pictures are counted.
    if (timestamp_us == kNoTimestamp && last_pts_ != kNoTimestamp) {
      last_pts_ = wrapping_sum(last_pts_, last_duration_);
    }
    if (is_ending_) in_flight_.pop_front();
  }
  if (options_.on_error != OnError::raise) return;
  const Status status = code == AVERROR_PATCHWELCOME ? Status::unsupported : status_of_damage();
  throw Error(status,
              "A packet of " + options_.codec + " could not be decoded: " + error_text(code), code,
              timestamp_us);
}

void LibavDecoder::add_new_headers(AVPacket& input, const Packet& packet) {
  if (!takes_new_extradata(codec_.id)) return;
  if (packet.extradata.size > 0 && sei_) {
    sei_->set_headers({packet.extradata.data, packet.extradata.size});
  }
  Bytes headers = packet.extradata;
  if (headers.size == 0 && has_pending_headers_) {
    headers.data = options_.extradata.data();
    headers.size = options_.extradata.size();
  }
  has_pending_headers_ = false;
  if (headers.size == 0) return;
  add_side_data(input, AV_PKT_DATA_NEW_EXTRADATA, headers);
  if (statistics_) statistics_->use_headers({headers.data, headers.size});
}

void LibavDecoder::send(const Packet& given) {
  // An empty packet would end the stream.
  if (given.payload.size == 0) return;
  const Packet packet = held_headers_.put_before(given);
  if (!admit(packet)) return;
  time_base_ = packet.time_base;
  rotation_ = packet.rotation;
  require_headroom(headroom());
  if (!context_) open(packet);
  link_.pictures->require_room(context_->active_thread_type & FF_THREAD_FRAME
                                   ? static_cast<size_t>(context_->thread_count)
                                   : 1);
  if (is_ending_) reset();
  const Packet changed = reorder_watch_ ? silenced(packet, *reorder_watch_) : packet;
  Owned<AVPacket> input = to_av_packet(changed);
  add_new_headers(*input, changed);
  if (packet.palette.size > 0) add_side_data(*input, AV_PKT_DATA_PALETTE, packet.palette);
  if (reorder_watch_) watch_order(packet);
  if (statistics_) statistics_->note_packet({packet.payload.data, packet.payload.size});
  const int64_t number = link_.watch.begin_packet(*context_, *input);
  if (sei_) sei_->send(number, {packet.payload.data, packet.payload.size});
  const int result = feed(input.get());
  if (context_) note_sent(packet);
  if (result < 0) refuse(result);
}

// Null: the end.
int LibavDecoder::feed(const AVPacket* packet) {
  const int result = avcodec_send_packet(context_.get(), packet);
  if (result != AVERROR(EAGAIN)) return result;
  keep_ready_frames();
  return context_ ? avcodec_send_packet(context_.get(), packet) : AVERROR(ENOMEM);
}

void LibavDecoder::send_end() {
  if (!context_ || is_ending_) return;
  is_ending_ = true;
  const int result = feed(nullptr);
  if (result < 0 && result != AVERROR_EOF) refuse(result);
}

// Nothing: no more for now.
std::optional<LibavDecoder::Decoded> LibavDecoder::next_frame() {
  while (context_) {
    Owned<AVFrame> frame(require(av_frame_alloc(), "a picture"));
    const int result = avcodec_receive_frame(context_.get(), frame.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) {
      // Decoders tend to go on without the picture, or to call it damaged.
      check_memory(0);
      break;
    }
    if (result < 0) {
      refuse(result);
      continue;
    }
    note_shown(*frame);
    if (link_.watch.is_damaged(*frame))
      frame->decode_error_flags |= FF_DECODE_ERROR_CONCEALMENT_ACTIVE;
    auto sei = sei_ ? sei_->take(packet_number(*frame)) : nullptr;
    return Decoded{std::move(frame), context_->coded_width, context_->coded_height, time_base_,
                   rotation_,        std::move(sei)};
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
  if (pts == AV_NOPTS_VALUE && last_pts_ != kNoTimestamp) {
    pts = wrapping_sum(last_pts_, last_duration_);
  }
  last_pts_ = pts;
  if (frame_duration(frame) > 0) last_duration_ = frame_duration(frame);
}

// Throws for the first picture that is larger than allowed.
bool LibavDecoder::is_refused(const AVFrame& frame) {
  const auto width = static_cast<uint32_t>(frame.width);
  const auto height = static_cast<uint32_t>(frame.height);
  if (!is_too_large(options_, width, height)) return false;
  if (width == refused_width_ && height == refused_height_) return true;
  refused_width_ = width;
  refused_height_ = height;
  throw too_large(options_, width, height);
}

void LibavDecoder::show(Decoded& decoded, Picture& out) {
  AVFrame& frame = *decoded.frame;
  fill_missing_pts(frame);
  if (decode_status(frame) != DecodeStatus::ok && options_.on_error == OnError::raise) {
    throw Error(Status::corrupt_data, "A picture of " + options_.codec + " is damaged", 0,
                to_microseconds(frame.best_effort_timestamp, decoded.time_base));
  }
  std::shared_ptr<const DecodeRecord> statistics;
  if (statistics_) statistics = statistics_->take(frame);
  out = maker_.make(decoded.frame, decoded.coded_width, decoded.coded_height, decoded.time_base,
                    decoded.rotation);
  out.decode_stats = std::move(statistics);
  out.sei = decoded.sei;
}

bool LibavDecoder::receive(Picture& out) {
  for (;;) {
    if (ready_.empty()) {
      std::optional<Decoded> decoded = next_frame();
      if (!decoded) return false;
      ready_.emplace_back(std::move(*decoded));
    }
    bool is_shown = false;
    try {
      if (const auto* error = std::get_if<Error>(&ready_.front())) throw *error;
      Decoded& decoded = std::get<Decoded>(ready_.front());
      is_shown = !is_refused(*decoded.frame);
      if (is_shown) show(decoded, out);
    } catch (const Error& error) {
      // What there is no room for now is given later.
      if (error.status != Status::out_of_memory) ready_.pop_front();
      throw;
    }
    ready_.pop_front();
    if (is_shown) return true;
  }
}

void LibavDecoder::reset() {
  if (context_) avcodec_flush_buffers(context_.get());
  link_.watch.clear();
  if (statistics_) statistics_->reset();
  if (reorder_watch_) reorder_watch_->skip();
  if (sei_) sei_->reset();
  link_.pictures->restart();
  ready_.clear();
  in_flight_.clear();
  last_pts_ = kNoTimestamp;
  last_duration_ = 0;
  is_ending_ = false;
}

Latency LibavDecoder::effective_latency() const {
  const bool holds_back = context_ && context_->has_b_frames > 0;
  return options_.latency == Latency::zero && holds_back ? Latency::low : options_.latency;
}

bool LibavDecoder::fits(const DecoderOptions& other) const {
  const DecoderOptions& own = options_;
  if (own.codec != other.codec || own.threads != other.threads || own.on_error != other.on_error ||
      own.has_all_references != other.has_all_references ||
      own.exports_stats != other.exports_stats || own.latency != other.latency) {
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
  held_headers_.clear();
  container_.reset();
  gate_.restart(options_);
  if (context_) track_sei(options_.extradata);
}

std::unique_ptr<Decoder> create_decoder(const DecoderOptions& options) {
  return std::make_unique<LibavDecoder>(options);
}

}  // namespace cuf::libav
