#include "core/run_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

bool contains(const std::vector<uint32_t>& sorted, uint32_t value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

}  // namespace

DecoderOptions SampledDecoding::options_for(const VideoDescription& video, const Device& device,
                                            uint32_t threads) const {
  // Damage is judged here, where it is known which pictures are wanted: a leading picture behind a
  // seek is always damaged and nobody's.
  return {.codec = video.codec,
          .extradata = video.extradata,
          .threads = threads,
          .on_error = OnError::conceal,
          .width = video.width,
          .height = video.height,
          .chroma = video.chroma,
          .bit_depth = video.bit_depth,
          .reorder_depth = video.reorder_depth,
          .budget = device.budget,
          .has_all_references = true,
          .exports_stats = exports_stats,
          .max_width = max_width,
          .max_height = max_height,
          .wants_sei = wants_sei,
          .cuda_stream = cuda_stream,
          .output_width = output_width,
          .output_height = output_height};
}

RunDecoder::RunDecoder(std::shared_ptr<SampledStream> stream, uint32_t threads)
    : stream_(std::move(stream)),
      options_(stream_->options_for(stream_->video, *stream_->device, threads)),
      headers_(make_picture_header_reader(stream_->video.codec, stream_->video.extradata)) {}

RunDecoder::~RunDecoder() {
  if (!decoder_) return;
  try {
    stream_->device->decoders->give_back(options_, std::move(decoder_), stream_->cache_size);
  } catch (...) {
  }
}

// Whether it is one that was kept.
bool RunDecoder::take_decoder() {
  if (stream_->warm_up) {
    DecoderWarmUp::Taken warm = stream_->warm_up->take(options_.threads);
    decoder_ = std::move(warm.decoder);
    if (decoder_) return warm.was_kept;
  }
  Device& device = *stream_->device;
  decoder_ = device.decoders->take(options_, stream_->is_stopped);
  if (decoder_) return true;
  if (stream_->is_stopped) throw Error(Status::aborted, "Decoding was stopped");
  decoder_ = device.create_decoder(options_);
  device.decoders->lend(decoder_.get(), options_, stream_->is_stopped);
  ++device.counters.decoders_created;
  return false;
}

void RunDecoder::acquire_decoder() {
  if (decoder_) return;
  if (take_decoder()) {
    ++stream_->counters.decoders_reused;
    ++stream_->device->counters.decoders_reused;
    log(LogLevel::debug, "decoder", "Reusing a ", decoder_->implementation(), " decoder for ",
        options_.width, " x ", options_.height, " ", options_.codec);
    return;
  }
  ++stream_->counters.decoders_created;
  log(LogLevel::debug, "decoder", "Made a ", decoder_->implementation(), " decoder for ",
      options_.width, " x ", options_.height, " ", options_.codec, ", at most ", options_.threads,
      " threads");
}

void RunDecoder::open_demuxer() {
  demuxer_ = stream_->open_demuxer([this] { return stream_->is_stopped || *stop_; });
  noted_bytes_ = 0;
}

double RunDecoder::seconds_of_packet(uint32_t packet) const {
  const auto packets = stream_->index.packets();
  const Rational base = stream_->index.time_base();
  int64_t ticks = packets[packet].pts;
  if (ticks == kNoTimestamp) {
    // Raw elementary streams: the demuxer finds its place by counting durations.
    ticks = 0;
    for (uint32_t i = 0; i < packet; ++i) ticks = wrapping_sum(ticks, packets[i].duration);
  }
  return (static_cast<double>(ticks) + 0.25) * base.num / base.den;
}

// The packet's place in the index, tried first where it is expected; kNowhere if it cannot be told.
uint32_t RunDecoder::ordinal_of(const Packet& packet, uint32_t expected) const {
  const auto packets = stream_->index.packets();
  const auto is_same = [&](uint32_t ordinal) {
    const IndexedPacket& entry = packets[ordinal];
    if (entry.dts != kNoTimestamp && packet.dts != kNoTimestamp) return entry.dts == packet.dts;
    if (entry.pts != kNoTimestamp && packet.pts != kNoTimestamp) return entry.pts == packet.pts;
    return ordinal == expected;
  };
  if (is_same(expected)) return expected;
  for (const uint32_t key : stream_->index.keys()) {
    if (key != expected && is_same(key)) return key;
  }
  return kNowhere;
}

bool RunDecoder::read_next(Packet& out) {
  if (stream_->is_stopped || *stop_) throw Error(Status::aborted, "Decoding was stopped");
  const auto note_bytes = [&] {
    stream_->note_bytes_read(demuxer_->bytes_read() - noted_bytes_);
    noted_bytes_ = demuxer_->bytes_read();
  };
  bool has_packet = false;
  try {
    has_packet = demuxer_->read(out);
  } catch (...) {
    note_bytes();
    // A part of a packet may be lost: what would come next is not what is expected.
    demuxer_.reset();
    demuxer_next_ = kNowhere;
    throw;
  }
  note_bytes();
  if (has_packet && demuxer_next_ != kNowhere) ++demuxer_next_;
  return has_packet;
}

// Reads over packets up to the wanted one. false: the demuxer ended before.
bool RunDecoder::skip_to(uint32_t packet) {
  Packet skipped;
  while (demuxer_next_ < packet) {
    if (!read_next(skipped)) return false;
  }
  return demuxer_next_ == packet;
}

void RunDecoder::go_to(uint32_t packet) {
  // Reading on is cheaper than a seek that lands on a key packet in front of here.
  const PacketIndex& index = stream_->index;
  if (demuxer_ && demuxer_next_ <= packet && index.gop_of_packet(packet) != PacketIndex::kNoGop) {
    const uint32_t key = index.keys()[index.gop_of_packet(packet)];
    if (demuxer_next_ >= key && skip_to(packet)) return;
  }
  if (!demuxer_) {
    open_demuxer();
    demuxer_next_ = 0;
    if (packet == 0) return;
  }
  ++stream_->counters.seeks;
  log(LogLevel::debug, "sampler", "Seeking to packet ", packet);
  demuxer_next_ = kNowhere;  // also when that fails
  demuxer_->seek(seconds_of_packet(packet));
}

Packet RunDecoder::read(uint32_t packet) {
  Packet data;
  if (demuxer_next_ != packet) go_to(packet);
  const bool is_sure = demuxer_next_ == packet;
  bool has_packet = read_next(data);
  if (is_sure && has_packet) return data;
  // Behind a seek: where did it land?
  const uint32_t found = has_packet ? ordinal_of(data, packet) : kNowhere;
  if (found == packet) {
    demuxer_next_ = packet + 1;
    return data;
  }
  if (found < packet) {
    demuxer_next_ = found + 1;
  } else {
    log(LogLevel::info, "sampler", "The container's seek missed packet ", packet,
        ": reading from the start");
    open_demuxer();
    demuxer_next_ = 0;
  }
  has_packet = skip_to(packet) && read_next(data);
  if (has_packet) return data;
  throw Error(status_of_damage(),
              "The file ends before its packet " + std::to_string(packet) +
                  ", which its index names; it was cut off or changed since it was opened");
}

bool RunDecoder::holds(uint32_t frame) const {
  return standing_ && held_.contains(frame);
}

std::vector<PlannedRun> RunDecoder::runs_on(std::span<const uint32_t> frames) const {
  if (!standing_) return {};
  const uint32_t next = standing_->next_packet;
  std::vector<uint32_t> held;   // packets
  std::vector<uint32_t> later;  // frames
  for (const uint32_t frame : frames) {
    const uint32_t packet = stream_->index.packet_of_frame(frame);
    if (held_.contains(frame)) {
      held.push_back(packet);
    } else if (packet >= next) {
      later.push_back(frame);
    } else {
      return {};
    }
  }
  std::vector<PlannedRun> runs = {{.first_packet = next,
                                   .last_packet = next - 1,
                                   .continues = true,
                                   .wanted_packets = {},
                                   .dropped_packets = {}}};
  if (!later.empty()) {
    const std::optional<StandingDecoder> standing[] = {standing_};
    runs = std::move(plan_samples(stream_->index, later, 1, standing).queues[0]);
    if (!runs.front().continues) return {};
  }
  std::sort(held.begin(), held.end());
  std::vector<uint32_t>& wanted = runs.front().wanted_packets;
  wanted.insert(wanted.begin(), held.begin(), held.end());
  return runs;
}

// Behind a seek to its key picture a leading picture has no references.
bool RunDecoder::is_orphan(uint32_t packet) const {
  const PacketIndex& index = stream_->index;
  return index.is_leading(packet) &&
         index.keys()[index.gop_of_packet(packet)] == standing_->start_packet;
}

// Of two fields in two packets the second shows nothing of its own, but its frame needs it.
bool RunDecoder::is_second_field(uint32_t packet) const {
  const PacketIndex& index = stream_->index;
  return stream_->video.codec == "h264" && packet > 0 && packet < index.packets().size() &&
         index.frame_of_packet(packet) == PacketIndex::kNoFrame;
}

bool RunDecoder::completes_wanted(uint32_t packet) const {
  return is_second_field(packet) && contains(run_->wanted_packets, packet - 1);
}

bool RunDecoder::may_drop(const PlannedRun& run, uint32_t packet, const Packet& data) {
  // Sample tables do not tell which pictures are references, the payload does. Wanted ones are read
  // too: headers in the stream change how later packets are read.
  PictureFacts facts;
  if (headers_) facts = headers_->read({data.payload.data, data.payload.size});
  if (contains(run.wanted_packets, packet) || completes_wanted(packet)) return false;
  return is_orphan(packet) || contains(run.dropped_packets, packet) ||
         stream_->index.is_droppable(packet) || (facts.is_known && facts.is_droppable);
}

void RunDecoder::send(uint32_t packet, Packet data) {
  // The decoder is told the frame's number instead of its time: numbers are always there, unique
  // and in order, so every picture says which frame it is (pts may be absent, repeated or wrong).
  const uint32_t frame = stream_->index.frame_of_packet(packet);
  data.pts = frame == PacketIndex::kNoFrame ? kNoTimestamp : static_cast<int64_t>(frame);
  data.dts = packet;
  data.duration = 1;
  if (frame != PacketIndex::kNoFrame) held_.insert(frame);
  decoder_->send(data);
  ++stream_->counters.packets_decoded;
  ++stream_->device->counters.packets_decoded;
}

void RunDecoder::show(Picture picture, const Sink& sink) {
  ++stream_->counters.frames_decoded;
  ++stream_->device->counters.frames_decoded;
  const PacketIndex& index = stream_->index;
  if (picture.pts < 0 || picture.pts >= static_cast<int64_t>(index.frame_count())) return;
  const auto frame = static_cast<uint32_t>(picture.pts);
  // Damaged streams show a picture again in the place of another, which does not make up for it.
  if (held_.erase(frame) == 0) return;
  const bool is_wanted = contains(run_->wanted_packets, index.packet_of_frame(frame));
  const bool is_good = picture.decode_status == DecodeStatus::ok;
  if (!is_wanted && !is_good) return;
  picture.pts = index.pts_of_frame(frame);
  picture.duration = index.duration_of_frame(frame);
  hand_out(frame, std::move(picture), is_wanted, sink);
}

void RunDecoder::hand_out(uint32_t frame, Picture picture, bool is_wanted, const Sink& sink) {
  picture.index = frame;
  picture.time_base = stream_->index.time_base();
  if (is_wanted) --missing_;
  if (picture.decode_status != DecodeStatus::ok) {
    log(LogLevel::warn, "sampler", "Frame ", frame, " is damaged",
        stream_->on_error == OnError::conceal ? " and given concealed" : "");
  }
  if (picture.decode_status == DecodeStatus::ok || stream_->on_error == OnError::conceal) {
    sink.on_picture(frame, std::move(picture), is_wanted);
    return;
  }
  sink.on_damage(frame,
                 Error(Status::corrupt_data, "Frame " + std::to_string(frame) + " is damaged", 0,
                       to_microseconds(picture.pts, picture.time_base)));
}

void RunDecoder::receive_all(const Sink& sink) {
  for (Picture picture; decoder_->receive(picture); picture = {}) show(std::move(picture), sink);
  stream_->decoding.note(*decoder_);
}

void RunDecoder::check_delivered(const PlannedRun& run) const {
  if (missing_ == 0) return;
  const uint32_t frame = stream_->index.frame_of_packet(run.wanted_packets.back());
  throw Error(status_of_damage(),
              "The decoder gave no picture for " + std::to_string(missing_) +
                  " of the wanted frames up to frame " + std::to_string(frame) +
                  "; their data is damaged",
              0, to_microseconds(stream_->index.pts_of_frame(frame), stream_->index.time_base()));
}

// Sends the packet that follows. What is wrong with that is no matter of the frames in front of it.
std::optional<Error> RunDecoder::push_next() {
  const uint32_t packet = standing_->next_packet++;
  stream_->counters.gops_decoded += stream_->index.packets()[packet].is_key;
  try {
    Packet data = read(packet);
    if (!is_orphan(packet)) send(packet, std::move(data));
  } catch (const Error& error) {
    if (error.status == Status::aborted) throw;
    log(LogLevel::debug, "sampler", "Packet ", packet, " pushes nothing out: ", error.what());
    return error;
  }
  return std::nullopt;
}

std::optional<Error> RunDecoder::push_out(const Sink& sink) {
  const auto count = static_cast<uint32_t>(stream_->index.packets().size());
  // By then a picture comes, or is lost: decoders hold back one for each frame thread, too, and a
  // picture may be two packets.
  const uint32_t most = 2 * (kMostHeldBack + options_.threads);
  for (uint32_t i = 0; missing_ > 0 && i < most && standing_->next_packet < count; ++i) {
    std::optional<Error> failure = push_next();
    if (!failure && is_second_field(standing_->next_packet)) failure = push_next();
    if (failure) return failure;
    receive_all(sink);
  }
  return std::nullopt;
}

void RunDecoder::finish(const PlannedRun& run, bool stays, const Sink& sink) {
  std::optional<Error> failure;
  if (stays || !decoder_->drains_with_stats()) failure = push_out(sink);
  if (stays && missing_ == 0 && !failure) return;
  standing_.reset();
  decoder_->send_end();
  receive_all(sink);
  decoder_->reset();
  if (failure && missing_ > 0) throw *failure;
  check_delivered(run);
}

void RunDecoder::decode(const PlannedRun& run, bool stays, const std::atomic<bool>& stop,
                        const Sink& sink) {
  acquire_decoder();
  run_ = &run;
  stop_ = &stop;
  missing_ = run.wanted_packets.size();
  if (stream_->indexed->is_estimate) return decode_by_time(run, sink);
  try {
    const bool continues = run.continues && standing_;
    if (!continues) {
      decoder_->reset();
      held_.clear();
      standing_ = {.start_packet = run.first_packet, .next_packet = run.first_packet};
      ++stream_->counters.gops_decoded;
    }
    for (uint32_t packet = run.first_packet; packet <= run.last_packet; ++packet) {
      Packet data = read(packet);
      standing_->next_packet = packet + 1;
      const bool is_counted = packet == run.first_packet && !continues;
      const bool begins_gop = stream_->index.packets()[packet].is_key && !is_counted;
      stream_->counters.gops_decoded += begins_gop;
      if (may_drop(run, packet, data)) {
        ++stream_->counters.packets_dropped;
        continue;
      }
      send(packet, std::move(data));
      receive_all(sink);
    }
    if (completes_wanted(standing_->next_packet)) {
      const uint32_t packet = standing_->next_packet++;
      send(packet, read(packet));
      receive_all(sink);
    }
    finish(run, stays, sink);
  } catch (...) {
    standing_.reset();
    throw;
  }
}

}  // namespace cuf
