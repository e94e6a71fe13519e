#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/executor.h"
#include "core/sink.h"
#include "core/ticket_results.h"
#include "core/transcode_lane.h"

namespace cuf {

// Transcodes parts of one file, as a script holds it. A lane does its segments in order; lanes work
// beside each other.
class TranscodeSession : public Object, public std::enable_shared_from_this<TranscodeSession> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::transcoder;
  static constexpr uint32_t kMostLanes = 64;

  struct Job {
    FrameSpan frames;
    MuxerOptions muxer = {};               // the file that is written
    std::shared_ptr<Sink> sink = nullptr;  // of muxer, if it has one
    // Behind the segments before it, in one file: that of the first one's `muxer`, until finish().
    bool is_appended = false;
    bool is_whole = false;  // sound that goes on behind the last frame belongs to it
    uint32_t lane = 0;      // 0 if it is appended
    uint32_t lanes = 1;     // that work beside each other
    bool wants_progress = false;
  };
  struct Result {
    uint64_t frames = 0;
    uint64_t lost_frames = 0;
    uint64_t bytes = 0;
    int64_t duration_us = 0;  // of the video
    int64_t elapsed_us = 0;
    uint32_t audio_tracks = 0;
    std::string dropped_audio;
    std::string container;
    DecodingPlace::Description decoder;
    TranscodeEncoder::State encoder;
  };
  struct State {
    uint64_t encoders_created = 0;
    uint64_t host_copies = 0;
    uint64_t segments = 0;
    uint64_t frames = 0;
    EncoderSettings settings;
  };

  explicit TranscodeSession(std::shared_ptr<const TranscodePlan> plan);
  // Opens and indexes on the pool; the ticket completes with the handle.
  static void open(std::shared_ptr<Device> device, TranscodeOptions options, bool wants_progress,
                   std::shared_ptr<Ticket> ticket);
  // What is at work is given up. A file that segments were appended to, and nothing else is at work
  // on, is completed.
  void close() noexcept override;

  // Completes when the segment is written; take() has the result.
  void run(Job job, std::shared_ptr<Ticket> ticket);
  // Completes the file that segments were appended to, if there is one, with its bytes.
  void finish(std::shared_ptr<Ticket> ticket);
  std::vector<Result> take(uint32_t ticket) { return results_.take(ticket); }

  const TranscodePlan& plan() const { return *plan_; }
  const std::shared_ptr<Device>& device() const { return plan_->stream->device; }
  State state() const;

 private:
  struct Lane {
    std::shared_ptr<Strand> strand = std::make_shared<Strand>();
    std::unique_ptr<TranscodeLane> worker;  // of the strand
  };
  // By which a job is stopped from other threads. Its ticket fails as soon as nothing is left of
  // its file; the encoder's end, which may take long, is not waited for.
  class Stop {
   public:
    Stop(std::shared_ptr<Sink> sink, const std::shared_ptr<Ticket>& ticket)
        : sink_(std::move(sink)), ticket_(ticket) {}

    std::atomic<bool>& is_stopped() { return is_stopped_; }
    void stop() noexcept;
    // The job's own calls, in this order; those before end() throw Error(aborted) when stopped.
    void begin();
    void note(std::shared_ptr<TranscodeOutput> output);
    // Whoever stops it now comes too late. Its file is closed before the ticket completes, since
    // what it lies on may be unmounted then.
    void end();

   private:
    enum class Phase { waiting, making_output, working, done };

    std::atomic<bool> is_stopped_ = false;
    const std::shared_ptr<Sink> sink_;
    const std::weak_ptr<Ticket> ticket_;
    std::mutex mutex_;
    Phase phase_ = Phase::waiting;
    std::shared_ptr<TranscodeOutput> output_;
  };
  using StopPtr = std::shared_ptr<Stop>;

  Lane& lane(uint32_t number);
  void run_now(const Job& job, Lane& lane, Stop& stop, const std::shared_ptr<Ticket>& ticket);
  void run_appended(const Job& job, TranscodeLane& worker, const TranscodeLane::Segment& segment,
                    Stop& stop, Result& result);
  void run_alone(const Job& job, TranscodeLane& worker, const TranscodeLane::Segment& segment,
                 Stop& stop, Result& result);
  void describe(const TranscodeOutput& output, Result& result) const;
  void require_appendable() const;
  void complete_appended() noexcept;
  void note(const TranscodeEncoder::State& before, const TranscodeEncoder::State& now,
            const Result& result);

  const std::shared_ptr<const TranscodePlan> plan_;
  std::atomic<bool> is_closed_ = false;

  std::mutex lanes_mutex_;
  std::map<uint32_t, Lane> lanes_;
  std::set<StopPtr> stops_;  // of jobs that are not done

  // Only the strand of lane 0 touches these.
  std::shared_ptr<TranscodeOutput> appended_;
  bool has_lost_appended_ = false;  // a segment failed, and the file with it

  mutable std::mutex state_mutex_;
  State state_;

  TicketResults<Result> results_;
};

}  // namespace cuf
