#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/decode_times.h"
#include "core/device.h"
#include "core/input_times.h"
#include "core/transcode_audio.h"
#include "core/transcode_options.h"

namespace cuf {

// A file that segments are written into, one behind the other. Times begin at zero.
class TranscodeOutput {
 public:
  // Makes the file under its temporary name. Throws Error(unsupported) for audio that the container
  // does not take, if that is required.
  TranscodeOutput(const Device& device, const MuxerOptions& muxer, const TrackDescription& video,
                  const TranscodeAudio& audio, AudioMode mode);

  // The next segment shows this part of the source.
  void begin(const TimeSpan& span);
  // Of the segment; times are the source's.
  void write_video(EncodedPicture picture, const PictureTime& time, uint32_t reorder_depth,
                   int64_t step);
  void write_audio(Packet packet);
  // Of a picture that is sent to the encoder and will be written. Returns the time that it is
  // written with: its own, but behind the one before it, where a source has the same time twice.
  int64_t expect_video(int64_t pts);
  int64_t segment_ticks() const { return span_.end - span_.begin; }
  void end_segment() { offset_ += segment_ticks(); }
  // Completes the file.
  void finish() { muxer_->finish(); }
  // From any thread, and at once: nothing will be left of it, if it is not finished.
  void discard() noexcept { muxer_->discard(); }

  bool is_empty() const { return offset_ == 0; }  // no segment is complete
  // Whether what begins before a segment is cut off it by the container.
  bool trims_audio() const;
  uint32_t audio_tracks() const { return static_cast<uint32_t>(audio_.size()); }
  const std::string& dropped_audio() const { return dropped_; }
  uint64_t bytes_written() const { return muxer_->bytes_written(); }
  const std::string& container() const { return muxer_->container(); }

 private:
  struct AudioTrack {
    uint32_t track = 0;
    std::optional<int64_t> last;
  };

  int64_t shifted(int64_t pts) const { return pts - span_.begin + offset_; }
  void add_audio(const TranscodeAudio& audio, uint32_t stream, AudioMode mode);

  std::unique_ptr<Muxer> muxer_;
  uint32_t video_track_ = 0;
  std::map<uint32_t, AudioTrack> audio_;  // by the source's stream
  std::string dropped_;
  TimeSpan span_;
  std::optional<int64_t> last_shown_;  // time of the last picture that is expected
  int64_t offset_ = 0;                 // in units of the span, which all have one
  DecodeTimes decode_times_;
};

}  // namespace cuf
