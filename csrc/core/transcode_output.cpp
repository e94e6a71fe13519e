#include "core/transcode_output.h"

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

Bytes padded(std::vector<uint8_t> data) {
  const size_t size = data.size();
  data.resize(size + kPacketPadding);
  const auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(data));
  return {.owner = owner, .data = owner->data(), .size = size};
}

}  // namespace

TranscodeOutput::TranscodeOutput(const Device& device, const MuxerOptions& muxer,
                                 const TrackDescription& video, const TranscodeAudio& audio,
                                 AudioMode mode)
    : muxer_(device.backend.open_muxer(muxer)) {
  video_track_ = muxer_->add_track(video);
  if (mode == AudioMode::drop) return;
  for (const uint32_t stream : audio.streams()) add_audio(audio, stream, mode);
}

void TranscodeOutput::add_audio(const TranscodeAudio& audio, uint32_t stream, AudioMode mode) {
  const TrackDescription track = audio.track(stream);
  try {
    audio_[stream] = {.track = muxer_->add_track(track), .last = {}};
  } catch (const Error& error) {
    if (error.status != Status::unsupported || mode == AudioMode::require) throw;
    log(LogLevel::warn, "transcoder", "Audio of stream ", stream, " is left out: ", error.what());
    audio_.erase(stream);
    if (!dropped_.empty()) dropped_ += ", ";
    dropped_ += std::to_string(stream) + " (" + track.codec + ")";
  }
}

bool TranscodeOutput::trims_audio() const {
  return is_empty() && (container() == "mp4" || container() == "mov");
}

void TranscodeOutput::begin(const TimeSpan& span) {
  span_ = span;
}

int64_t TranscodeOutput::expect_video(int64_t pts) {
  int64_t shown = shifted(pts);
  if (last_shown_) shown = std::max(shown, wrapping_sum(*last_shown_, 1));
  last_shown_ = shown;
  decode_times_.add(shown);
  return shown - offset_ + span_.begin;
}

void TranscodeOutput::write_video(EncodedPicture picture, const PictureTime& time,
                                  uint32_t reorder_depth, int64_t step) {
  Packet packet;
  packet.pts = shifted(time.pts);
  packet.dts = decode_times_.next(packet.pts, reorder_depth, step);
  packet.duration = time.duration;
  packet.time_base = time.time_base;
  packet.is_key = picture.is_key;
  packet.payload = padded(std::move(picture.data));
  muxer_->write(video_track_, packet);
}

void TranscodeOutput::write_audio(Packet packet) {
  const auto found = audio_.find(packet.stream_index);
  if (found == audio_.end()) return;
  const int64_t shift = rescaled_time(offset_ - span_.begin, span_.time_base, packet.time_base);
  if (packet.pts != kNoTimestamp) packet.pts += shift;
  if (packet.dts != kNoTimestamp) packet.dts += shift;
  const int64_t time = packet.dts != kNoTimestamp ? packet.dts : packet.pts;
  // Sources whose times stand still or fall, and the seam of two segments.
  if (found->second.last && time <= *found->second.last) return;
  found->second.last = time;
  muxer_->write(found->second.track, packet);
}

}  // namespace cuf
