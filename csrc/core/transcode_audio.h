#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/ports.h"

namespace cuf {

// A part of a file's time line, in units of its video.
struct TimeSpan {
  static constexpr int64_t kEndless = INT64_MAX / 8;

  int64_t begin = 0;
  int64_t end = 0;
  Rational time_base;
};

// The packets of a file's audio tracks, cut by time.
class TranscodeAudio {
 public:
  // The demuxer reads audio beside its video.
  TranscodeAudio(std::unique_ptr<Demuxer> demuxer, OnError on_error);

  const std::vector<uint32_t>& streams() const { return streams_; }
  TrackDescription track(uint32_t stream) const { return demuxer_->track(stream); }
  // Of the video, for a track that is made from it.
  TrackDescription video_track() const { return demuxer_->track(demuxer_->video().stream_index); }

  // takes_first: also what is played when the span begins, and began before.
  void begin(const TimeSpan& span, bool takes_first);
  // Gives the packets of the span up to a time, the span's or an earlier one.
  void copy_until(int64_t time, const std::function<void(Packet)>& sink);

 private:
  bool read(Packet& out);
  bool read_undamaged(Packet& out);
  bool is_audio(const Packet& packet) const;

  const std::unique_ptr<Demuxer> demuxer_;
  const OnError on_error_;
  std::vector<uint32_t> streams_;
  TimeSpan span_;
  bool takes_first_ = false;
  bool is_fresh_ = true;  // nothing was read
  bool is_at_end_ = false;
  std::optional<Packet> pending_;    // read, and later than what was asked for
  std::optional<int64_t> position_;  // time of the last packet read, in units of the span
};

// ticks of one unit in another, to the nearest.
int64_t rescaled_time(int64_t ticks, Rational from, Rational to);

}  // namespace cuf
