#include "core/transcode_audio.h"

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

// Containers interleave tracks to about a second.
constexpr double kLead = 1;
// Up to here reading on is cheaper than a jump.
constexpr double kNear = 5;

double seconds(int64_t ticks, Rational base) {
  return static_cast<double>(ticks) * base.num / base.den;
}

int64_t time_of(const Packet& packet) {
  return packet.pts != kNoTimestamp ? packet.pts : packet.dts;
}

}  // namespace

int64_t rescaled_time(int64_t ticks, Rational from, Rational to) {
  const __int128 scaled = static_cast<__int128>(ticks) * from.num * to.den;
  const __int128 divisor = static_cast<__int128>(from.den) * to.num;
  const __int128 half = scaled < 0 ? -divisor / 2 : divisor / 2;
  return static_cast<int64_t>(
      std::clamp<__int128>((scaled + half) / divisor, INT64_MIN / 4, INT64_MAX / 4));
}

TranscodeAudio::TranscodeAudio(std::unique_ptr<Demuxer> demuxer, OnError on_error)
    : demuxer_(std::move(demuxer)), on_error_(on_error) {
  for (const StreamDescription& stream : demuxer_->streams()) {
    if (stream.kind == StreamKind::audio && stream.is_read) streams_.push_back(stream.index);
  }
}

bool TranscodeAudio::is_audio(const Packet& packet) const {
  return std::ranges::find(streams_, packet.stream_index) != streams_.end();
}

void TranscodeAudio::begin(const TimeSpan& span, bool takes_first) {
  span_ = span;
  takes_first_ = takes_first;
  if (streams_.empty()) return;
  const Rational base = span.time_base;
  const double wanted = seconds(span.begin, base) - kLead;
  const bool is_near = position_ && *position_ <= span.begin &&
                       seconds(span.begin - *position_, base) < kNear && !is_at_end_;
  if (is_near) return;
  const bool is_at_front = is_fresh_ && takes_first && wanted < kNear;
  if (is_at_front) return;
  pending_.reset();
  is_at_end_ = false;
  demuxer_->seek(wanted);
}

// What is damaged ends the sound, unless that is an error.
bool TranscodeAudio::read_undamaged(Packet& out) {
  try {
    return demuxer_->read(out);
  } catch (const Error& error) {
    if (on_error_ == OnError::raise || error.status != Status::corrupt_data) throw;
    log(LogLevel::warn, "transcoder", "The sound ends early: ", error.what());
    return false;
  }
}

bool TranscodeAudio::read(Packet& out) {
  while (!is_at_end_) {
    if (!read_undamaged(out)) {
      is_at_end_ = true;
      return false;
    }
    is_fresh_ = false;
    const int64_t time = time_of(out);
    if (time == kNoTimestamp) continue;
    position_ = rescaled_time(time, out.time_base, span_.time_base);
    if (is_audio(out)) return true;
  }
  return false;
}

void TranscodeAudio::copy_until(int64_t time, const std::function<void(Packet)>& sink) {
  if (streams_.empty()) return;
  const int64_t limit = std::min(time, span_.end);
  for (;;) {
    if (!pending_) {
      Packet packet;
      if (!read(packet)) return;
      pending_ = std::move(packet);
    }
    const int64_t begin = rescaled_time(time_of(*pending_), pending_->time_base, span_.time_base);
    const int64_t end = rescaled_time(time_of(*pending_) + std::max<int64_t>(pending_->duration, 0),
                                      pending_->time_base, span_.time_base);
    if (begin >= limit) return;
    Packet packet = std::move(*pending_);
    pending_.reset();
    const bool is_in = takes_first_ ? end > span_.begin : begin >= span_.begin;
    if (is_in) sink(std::move(packet));
  }
}

}  // namespace cuf
