#include <algorithm>
#include <utility>

#include "core/run_decoder.h"

// Frames of an index that is an estimate: its packets are not the file's, so frames are looked for
// by their time, forward from the key packet in front of them.
namespace cuf {
namespace {

// A jump lands on a key packet that may lie far in front; reading on is cheaper for this long.
constexpr int64_t kNearFrames = 8;

int64_t time_between(int64_t from, int64_t to) {
  return wrapping_difference(to, from);
}

}  // namespace

void RunDecoder::decode_by_time(const PlannedRun& run, const Sink& sink) {
  const PacketIndex& index = stream_->index;
  try {
    for (const uint32_t packet : run.wanted_packets) {
      const uint32_t frame = index.frame_of_packet(packet);
      // A picture may stand for several frames: rates of containers are averages.
      hand_out(frame, picture_at(index.pts_of_frame(frame), index.duration_of_frame(frame)), true,
               sink);
    }
  } catch (...) {
    place_ = {};
    throw;
  }
}

// The picture of that time, or else the one that is shown then: the last before it. In front of the
// first picture that is the first.
const Picture& RunDecoder::picture_at(int64_t time, int64_t duration) {
  const int64_t slack = duration / 2;
  const bool has_passed = !place_.shown || time_between(time, place_.shown->pts) > slack;
  const bool is_near = !has_passed && (place_.is_at_end || time_between(place_.shown->pts, time) <=
                                                               kNearFrames * duration);
  if (!is_near) go_to_time(time);
  for (;;) {
    if (place_.shown && time_between(place_.shown->pts, time) <= slack) return *place_.shown;
    if (place_.next && time_between(time, place_.next->pts) > slack) {
      if (!place_.shown) place_.shown = place_.next;
      return *place_.shown;
    }
    if (!place_.next) {
      Picture picture;
      if (!next_picture(picture)) break;
      place_.next = std::move(picture);
      continue;
    }
    place_.shown = std::exchange(place_.next, std::nullopt);
  }
  // Containers may claim the length of a longer audio stream.
  const Rational base = stream_->index.time_base();
  const int64_t second = base.den / base.num;
  const Picture* last = place_.shown ? &*place_.shown : nullptr;
  if (last && time_between(last->pts, time) <= std::max(last->duration, second)) return *last;
  const int64_t time_us = to_microseconds(time, base);
  throw Error(Status::corrupt_data,
              "The video ends more than a second before " + std::to_string(time_us / 1000) +
                  " ms, which its container claims; it was cut off or index: \"exact\" is needed",
              0, time_us);
}

void RunDecoder::go_to_time(int64_t time) {
  const PacketIndex& index = stream_->index;
  const bool is_fresh = !demuxer_;
  if (is_fresh) open_demuxer();
  if (!is_fresh || time > index.pts_of_frame(0)) {
    ++stream_->counters.seeks;
    const Rational base = index.time_base();
    demuxer_->seek((static_cast<double>(time) + 0.25) * base.num / base.den);
  }
  Packet packet;
  bool has_packet = read_next(packet);
  // Still in the GOP that is being decoded: what was sent is read over.
  const bool goes_on = has_packet && place_.shown && !place_.is_at_end &&
                       time > place_.shown->pts && packet.pts != kNoTimestamp &&
                       packet.pts <= place_.shown->pts && packet.dts != kNoTimestamp &&
                       place_.sent_dts != kNoTimestamp;
  if (goes_on) {
    while (has_packet && packet.dts <= place_.sent_dts) has_packet = read_next(packet);
  } else {
    decoder_->reset();
    place_ = {};
    place_.first_pts = packet.pts;
    ++stream_->counters.gops_decoded;
  }
  place_.pending.reset();
  if (has_packet) place_.pending = std::move(packet);
}

bool RunDecoder::next_picture(Picture& out) {
  while (!decoder_->receive(out)) {
    if (place_.is_at_end) return false;
    Packet packet;
    const bool has_packet = place_.pending || read_next(packet);
    if (place_.pending) packet = *std::exchange(place_.pending, std::nullopt);
    if (!has_packet) {
      decoder_->send_end();
      place_.is_at_end = true;
      continue;
    }
    // Leading pictures, whose references are in front of the key picture.
    const bool is_leading = packet.pts != kNoTimestamp && place_.first_pts != kNoTimestamp &&
                            packet.pts < place_.first_pts;
    if (packet.dts != kNoTimestamp) place_.sent_dts = packet.dts;
    if (is_leading || packet.is_discard) continue;
    decoder_->send(packet);
    ++stream_->counters.packets_decoded;
    ++stream_->device->counters.packets_decoded;
  }
  ++stream_->counters.frames_decoded;
  ++stream_->device->counters.frames_decoded;
  return true;
}

}  // namespace cuf
