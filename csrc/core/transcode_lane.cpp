#include "core/transcode_lane.h"

#include <latch>
#include <utility>

#include "core/executor.h"
#include "core/picture_queue.h"

namespace cuf {
namespace {

// Between the threads that decode and encode: enough that neither waits for the other's rhythm.
constexpr size_t kQueuedPictures = 8;

}  // namespace

// What the two threads of a segment share.
struct TranscodeLane::Flow {
  PictureQueue pictures{kQueuedPictures};
  std::latch decoded{1};
  uint32_t lost = 0;
};

TranscodeLane::TranscodeLane(std::shared_ptr<const TranscodePlan> plan, uint32_t threads)
    : plan_(std::move(plan)),
      device_(plan_->stream->device),
      decoder_(plan_->stream, threads),
      fitter_(plan_->shape, !device_->gpu.port),
      encoder_(device_, plan_->options, plan_->settings, plan_->shape, threads) {}

void TranscodeLane::open_audio() {
  if (audio_) return;
  const TranscodeOptions& options = plan_->options;
  std::shared_ptr<ByteSource> source;
  if (options.source) {
    source = std::make_shared<SourceCursor>(
        options.source, [this] { return plan_->stream->is_stopped || *stop_.load(); });
  }
  auto demuxer = device_->backend.open_demuxer({.path = options.path,
                                                .source = source,
                                                .keeps_container_bitstream = true,
                                                .stream_index = options.stream_index,
                                                .reads_audio = options.audio != AudioMode::drop,
                                                .is_aborted = &plan_->stream->is_stopped,
                                                .most_pixels = device_->most_pixels()});
  audio_ = std::make_unique<TranscodeAudio>(std::move(demuxer), options.on_error);
}

std::unique_ptr<TranscodeOutput> TranscodeLane::make_output(MuxerOptions muxer, bool is_whole,
                                                            const std::atomic<bool>& stop) {
  stop_ = &stop;
  open_audio();
  const VideoDescription& video = plan_->stream->video;
  const TranscodeShape& shape = plan_->shape;
  const PacketIndex& index = plan_->stream->index;
  TrackDescription track;
  track.codec = codec_name(plan_->settings.codec());
  track.width = shape.width;
  track.height = shape.height;
  track.time_base = index.time_base();
  track.frame_rate = video.frame_rate;
  track.sample_aspect_ratio = shape.sample_aspect_ratio;
  track.color = shape.color;
  track.made_from = audio_->video_track().copied;
  muxer.chapters_from_us.reset();
  if (is_whole) {
    muxer.chapters_from_us = to_microseconds(index.pts_of_frame(0), index.time_base());
  }
  return std::make_unique<TranscodeOutput>(*device_, muxer, track, *audio_, plan_->options.audio);
}

TimeSpan TranscodeLane::time_of(const FrameSpan& frames) const {
  const PacketIndex& index = plan_->stream->index;
  const uint32_t last = frames.end() - 1;
  return {.begin = index.pts_of_frame(frames.first),
          .end = wrapping_sum(index.pts_of_frame(last), index.duration_of_frame(last)),
          .time_base = index.time_base()};
}

TranscodeEncoder::State TranscodeLane::encoder() const {
  TranscodeEncoder::State state = encoder_.state();
  state.host_copies += fitter_copies_;
  return state;
}

void TranscodeLane::decode(const Segment& segment, Flow& flow) {
  std::optional<Error> failure;
  try {
    flow.lost = decoder_.decode(segment.frames, segment.stop, [&](const Picture& picture) {
      PictureFitter::Fitted fitted = fitter_.fitted(picture, *device_->memory);
      fitter_copies_ += fitted.is_copied;
      return flow.pictures.push(std::move(fitted.picture));
    });
  } catch (...) {
    failure = current_error();
  }
  flow.pictures.end(std::move(failure));
  flow.decoded.count_down();
}

void TranscodeLane::encode(const Segment& segment, Flow& flow, TranscodeOutput& output) {
  const TimeSpan span = time_of(segment.frames);
  const int64_t step = InputTimes::ticks(1, plan_->settings.frame_rate(), span.time_base);
  const auto write_audio = [&](Packet packet) {
    if (segment.stop) throw Error(Status::aborted, "Transcoding was stopped");
    output.write_audio(std::move(packet));
  };
  const TranscodeEncoder::Sink write = [&](EncodedPicture picture, const PictureTime& time,
                                           uint32_t depth) {
    audio_->copy_until(time.pts, write_audio);
    output.write_video(std::move(picture), time, depth, step);
  };
  output.begin(span);
  TimeSpan heard = span;
  if (segment.is_whole) heard.end = TimeSpan::kEndless;
  const bool is_at_front = segment.frames.first == 0;
  audio_->begin(heard, output.trims_audio() || (output.is_empty() && is_at_front));
  encoder_.prepare();
  uint32_t done = 0;
  while (std::optional<Picture> picture = flow.pictures.pop()) {
    if (segment.stop) throw Error(Status::aborted, "Transcoding was stopped");
    const int64_t pts = output.expect_video(picture->pts);
    encoder_.send(*picture,
                  {.pts = pts, .duration = picture->duration, .time_base = picture->time_base},
                  write);
    if (segment.on_progress) {
      segment.on_progress(static_cast<double>(++done) / (segment.frames.count + 1));
    }
  }
  encoder_.end(write);
  audio_->copy_until(heard.end, write_audio);
  output.end_segment();
}

uint32_t TranscodeLane::transcode(const Segment& segment, TranscodeOutput& output) {
  auto flow = std::make_shared<Flow>();
  stop_ = &segment.stop;
  open_audio();
  run_on_pool([this, &segment, flow] { decode(segment, *flow); });
  try {
    encode(segment, *flow, output);
  } catch (...) {
    segment.stop = true;
    flow->pictures.stop();
    plan_->stream->wake();
    flow->decoded.wait();
    encoder_.drop();
    audio_.reset();
    throw;
  }
  flow->decoded.wait();
  return flow->lost;
}

}  // namespace cuf
