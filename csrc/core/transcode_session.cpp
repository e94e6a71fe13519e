#include "core/transcode_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/log.h"
#include "core/registry.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace cuf {
namespace {

using Clock = std::chrono::steady_clock;

// Encoders come and go with the segments. glibc moves pictures of theirs, which it had put into
// mappings of their own, onto the heap after the first were freed, and the heap gets holes: 8
// segments of 1080p took 473 MB, and 365 with a size that stays. It holds for the whole process.
void keep_pictures_off_the_heap() {
#ifdef __GLIBC__
  constexpr int kLeastMapping = 1 << 20;
  static const int is_set = mallopt(M_MMAP_THRESHOLD, kLeastMapping);
  static_cast<void>(is_set);
#endif
}

SampleSession::Options sampling_of(const TranscodeOptions& options) {
  SampleSession::Options sampling;
  sampling.path = options.path;
  sampling.source = options.source;
  sampling.stream_index = options.stream_index;
  sampling.on_error = options.on_error;
  sampling.engines = options.threads;
  sampling.decoding.cuda_stream = options.cuda_stream;
  return sampling;
}

// Made when the library is loaded: who stops a job must not run out of memory.
const Error& stopped = *new Error(Status::aborted, "Transcoding was stopped");

// Whether the video may tell in its SEI messages how its HDR is shown, and what is encoded can.
bool carries_hdr(const VideoDescription& video, const EncoderSettings& settings) {
  constexpr uint32_t kPq = 16;
  constexpr uint32_t kHlg = 18;
  const bool is_hdr = video.color.transfer == kPq || video.color.transfer == kHlg;
  const bool has_sei = video.codec == "hevc" || video.codec == "h264";
  return is_hdr && has_sei && settings.codec() != VideoCodec::av1;
}

std::shared_ptr<TranscodePlan> plan_of(std::shared_ptr<SampledStream> stream,
                                       TranscodeOptions options) {
  auto plan = std::make_shared<TranscodePlan>();
  plan->shape = transcode_shape(options, stream->video);
  plan->settings = transcode_settings(options, stream->video, plan->shape);
  const bool is_size =
      plan->shape.width == stream->video.width && plan->shape.height == stream->video.height;
  if (!is_size && !plan->shape.is_cropped) {
    // NVDEC scales as it decodes.
    stream->output_width = plan->shape.width;
    stream->output_height = plan->shape.height;
  }
  stream->wants_sei = carries_hdr(stream->video, plan->settings);
  plan->options = std::move(options);
  plan->stream = std::move(stream);
  return plan;
}

}  // namespace

TranscodeSession::TranscodeSession(std::shared_ptr<const TranscodePlan> plan)
    : Object(kKind), plan_(std::move(plan)) {
  state_.settings = plan_->settings;
}

void TranscodeSession::open(std::shared_ptr<Device> device, TranscodeOptions options,
                            bool wants_progress, std::shared_ptr<Ticket> ticket) {
  keep_pictures_off_the_heap();
  run_on_pool([device, options = std::move(options), wants_progress, ticket] {
    device->attempt(*ticket, [&] {
      SampleSession::Options sampling = sampling_of(options);
      sampling.wants_progress = wants_progress;
      auto stream = SampleSession::open_stream(device, sampling, ticket);
      auto session = std::make_shared<TranscodeSession>(plan_of(std::move(stream), options));
      ticket->complete(register_counted(session, *device, device->counters.live_transcoders));
    });
  });
}

void TranscodeSession::Stop::stop() noexcept {
  is_stopped_ = true;
  if (sink_) sink_->interrupt();
  {
    std::lock_guard lock(mutex_);
    if (output_) output_->discard();
    // A file that is being made is seen to by note().
    if (phase_ == Phase::making_output || phase_ == Phase::done) return;
  }
  if (const auto ticket = ticket_.lock()) ticket->fail(stopped);
}

void TranscodeSession::Stop::begin() {
  std::lock_guard lock(mutex_);
  if (is_stopped_) throw stopped;
  phase_ = Phase::making_output;
}

void TranscodeSession::Stop::note(std::shared_ptr<TranscodeOutput> output) {
  std::lock_guard lock(mutex_);
  output_ = std::move(output);
  phase_ = Phase::working;
  if (!is_stopped_) return;
  output_->discard();
  throw stopped;
}

void TranscodeSession::Stop::end() {
  std::lock_guard lock(mutex_);
  output_.reset();
  phase_ = Phase::done;
}

void TranscodeSession::close() noexcept {
  is_closed_ = true;
  --device()->counters.live_transcoders;
  results_.close();
  try {
    std::lock_guard lock(lanes_mutex_);
    for (const StopPtr& stop : stops_) stop->stop();
    plan_->stream->wake();
    for (auto& [number, lane] : lanes_) {
      lane.strand->post([self = shared_from_this(), number, &lane] {
        lane.worker.reset();
        if (number == 0) self->complete_appended();
      });
    }
  } catch (...) {
  }
}

void TranscodeSession::complete_appended() noexcept {
  try {
    if (appended_) appended_->finish();
  } catch (...) {
    log(LogLevel::error, "transcoder", "The file could not be completed: ", current_error().what());
  }
  appended_.reset();
}

TranscodeSession::Lane& TranscodeSession::lane(uint32_t number) {
  std::lock_guard lock(lanes_mutex_);
  return lanes_[number];
}

void TranscodeSession::run(Job job, std::shared_ptr<Ticket> ticket) {
  const uint32_t total = plan_->stream->index.frame_count();
  if (job.frames.count == 0 || job.frames.first >= total ||
      job.frames.count > total - job.frames.first) {
    throw Error(Status::invalid_argument,
                "The segment is not within the video's " + std::to_string(total) + " frames");
  }
  if (job.lane >= kMostLanes || (job.is_appended && job.lane != 0)) {
    throw Error(Status::invalid_argument, "Lanes go to 63, and segments are appended in lane 0");
  }
  Lane& where = lane(job.lane);
  auto stop = std::make_shared<Stop>(job.sink, ticket);
  {
    std::lock_guard lock(lanes_mutex_);
    stops_.insert(stop);
  }
  ticket->on_cancel([stop, stream = plan_->stream] {
    stop->stop();
    stream->wake();
  });
  where.strand->post([self = shared_from_this(), job = std::move(job), &where, stop, ticket] {
    self->device()->attempt(*ticket, [&] { self->run_now(job, where, *stop, ticket); });
    ticket->on_cancel(nullptr);
    std::lock_guard lock(self->lanes_mutex_);
    self->stops_.erase(stop);
  });
}

void TranscodeSession::run_now(const Job& job, Lane& lane, Stop& stop,
                               const std::shared_ptr<Ticket>& ticket) {
  if (is_closed_) throw Error(Status::aborted, "The transcoder was closed");
  stop.begin();
  if (!lane.worker) {
    const uint32_t threads = std::max(1u, plan_->options.threads / std::max(1u, job.lanes));
    lane.worker = std::make_unique<TranscodeLane>(plan_, threads);
  }
  TranscodeLane& worker = *lane.worker;
  TranscodeLane::Segment segment{
      .frames = job.frames, .is_whole = job.is_whole, .stop = stop.is_stopped(), .on_progress = {}};
  if (job.wants_progress) segment.on_progress = progress_to(ticket);
  const auto began = Clock::now();
  const TranscodeEncoder::State before = worker.encoder();
  Result result;
  if (job.is_appended) {
    run_appended(job, worker, segment, stop, result);
  } else {
    run_alone(job, worker, segment, stop, result);
  }
  result.frames = job.frames.count - result.lost_frames;
  result.elapsed_us =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();
  result.decoder = plan_->stream->decoding.get();
  result.encoder = worker.encoder();
  note(before, result.encoder, result);
  if (segment.on_progress) segment.on_progress(1);
  const auto frames = static_cast<int64_t>(result.frames);
  results_.keep(ticket->id(), {std::move(result)});
  if (!ticket->complete(frames)) results_.take(ticket->id());
}

void TranscodeSession::describe(const TranscodeOutput& output, Result& result) const {
  const PacketIndex& index = plan_->stream->index;
  result.duration_us = to_microseconds(output.segment_ticks(), index.time_base());
  result.audio_tracks = output.audio_tracks();
  result.dropped_audio = output.dropped_audio();
  result.container = output.container();
}

void TranscodeSession::run_alone(const Job& job, TranscodeLane& worker,
                                 const TranscodeLane::Segment& segment, Stop& stop,
                                 Result& result) {
  const std::shared_ptr<TranscodeOutput> output =
      worker.make_output(job.muxer, job.is_whole, segment.stop);
  try {
    stop.note(output);
    result.lost_frames = worker.transcode(segment, *output);
    output->finish();
    stop.end();
  } catch (...) {
    output->discard();
    stop.end();
    throw;
  }
  describe(*output, result);
  result.bytes = output->bytes_written();
}

void TranscodeSession::run_appended(const Job& job, TranscodeLane& worker,
                                    const TranscodeLane::Segment& segment, Stop& stop,
                                    Result& result) {
  require_appendable();
  try {
    if (!appended_) appended_ = worker.make_output(job.muxer, job.is_whole, segment.stop);
    stop.note(appended_);
    const uint64_t before = appended_->bytes_written();
    result.lost_frames = worker.transcode(segment, *appended_);
    describe(*appended_, result);
    result.bytes = appended_->bytes_written() - before;
    stop.end();
  } catch (...) {
    // What is in the file ends within a segment, or there is no file.
    has_lost_appended_ = appended_ != nullptr;
    if (appended_) appended_->discard();
    appended_.reset();
    stop.end();
    throw;
  }
}

void TranscodeSession::require_appendable() const {
  if (!has_lost_appended_) return;
  throw Error(Status::invalid_argument,
              "The output was given up when a segment of it failed or was stopped; make another "
              "transcoder, or give segments files of their own");
}

void TranscodeSession::finish(std::shared_ptr<Ticket> ticket) {
  lane(0).strand->post([self = shared_from_this(), ticket] {
    self->device()->attempt(*ticket, [&] {
      self->require_appendable();
      uint64_t bytes = 0;
      if (const auto output = std::exchange(self->appended_, nullptr)) {
        output->finish();
        bytes = output->bytes_written();
      }
      ticket->complete(static_cast<int64_t>(bytes));
    });
  });
}

TranscodeSession::State TranscodeSession::state() const {
  std::lock_guard lock(state_mutex_);
  return state_;
}

void TranscodeSession::note(const TranscodeEncoder::State& before,
                            const TranscodeEncoder::State& now, const Result& result) {
  std::lock_guard lock(state_mutex_);
  state_.encoders_created += now.created - before.created;
  state_.host_copies += now.host_copies - before.host_copies;
  ++state_.segments;
  state_.frames += result.frames;
}

}  // namespace cuf
