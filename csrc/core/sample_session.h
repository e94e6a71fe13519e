#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/executor.h"
#include "core/frame_stream.h"
#include "core/index_builder.h"
#include "core/picture_convert.h"
#include "core/run_decoder.h"
#include "core/source.h"
#include "core/ticket_results.h"

namespace cuf {

// Random access to the frames of one file, as a script holds it. Reads are done in order; frames of
// a read come from as many decoders at once as its GOPs occupy.
class SampleSession : public Object, public std::enable_shared_from_this<SampleSession> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::sampler;

  struct Options {
    std::string path = {};
    std::shared_ptr<Source> source = nullptr;
    int stream_index = -1;
    OutputOptions output = {};
    OnError on_error = OnError::raise;
    uint32_t engines = 1;
    size_t cache_size = 4;
    uint32_t buffer_frames = 0;  // 0 = by buffer_bytes
    uint64_t buffer_bytes = 320 << 20;
    bool wants_progress = false;
    bool is_index_approximate = false;
    SampledDecoding decoding = {};
    uint32_t warm_decoders = 0;  // made while the file is indexed
    bool waits_for_warm_up = false;
  };
  // Opens and indexes on the pool; the ticket completes with the handle. Of a file that was indexed
  // before and has not changed, nothing is read.
  static void open(std::shared_ptr<Device> device, Options options, std::shared_ptr<Ticket> ticket);
  // Opens and indexes here and now. The ticket is told of progress and may cancel it:
  // Error(aborted).
  static std::shared_ptr<SampledStream> open_stream(const std::shared_ptr<Device>& device,
                                                    const Options& options,
                                                    const std::shared_ptr<Ticket>& ticket);

  SampleSession(std::shared_ptr<SampledStream> stream, Options options);
  void close() noexcept override;

  // Throws Error(invalid_argument) for a frame that does not exist, before anything is decoded.
  void read(std::vector<uint32_t> frames, std::shared_ptr<Ticket> ticket);
  // As read, into one tensor; completes with its handle, or frame. Needs at least one frame.
  void read_tensor(std::vector<uint32_t> frames, TensorOptions options,
                   std::function<uint32_t(Picture)> keep, std::shared_ptr<Ticket> ticket);
  void start(FrameStream::Range range);
  void next(uint32_t max_frames, std::shared_ptr<Ticket> ticket);
  std::vector<PicturePtr> take(uint32_t ticket) { return results_->take(ticket); }

  const SampledStream& stream() const { return *stream_; }
  const std::shared_ptr<Device>& device() const { return stream_->device; }
  uint32_t frames_ahead() const;

  // Completes with the number of frames, and their time in microseconds as its second number, when
  // scanned() is the exact index: at once unless the index is an estimate.
  void scan(std::shared_ptr<Ticket> ticket);
  // Null before an estimate's scan.
  std::shared_ptr<const IndexedVideo> scanned() const;

 private:
  struct Reading;

  void check_frames(const std::vector<uint32_t>& frames) const;
  void post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work);
  void read_now(const std::vector<uint32_t>& frames, Ticket& ticket);
  void decode_now(const std::vector<uint32_t>& frames, Ticket& ticket, Reading& reading);
  void deliver(uint32_t frame, const Picture& picture, bool is_wanted, Reading& reading);
  void fail(const Error& error, Reading& reading);
  SamplePlan plan(const std::vector<uint32_t>& frames);
  void decode(const SamplePlan& plan, Reading& reading);
  void decode_queue(RunDecoder& decoder, const std::vector<PlannedRun>& queue, Reading& reading);
  RunDecoder& decoder(uint32_t number);
  PicturePtr convert(const Picture& picture) const;
  std::shared_ptr<const IndexedVideo> scan_now();
  FrameStream::Room room() const;

  const std::shared_ptr<SampledStream> stream_;
  const Options options_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  const std::shared_ptr<TicketResults<PicturePtr>> results_ =
      std::make_shared<TicketResults<PicturePtr>>();

  // Only the strand touches these, and while it waits, the threads of one read.
  std::vector<std::unique_ptr<RunDecoder>>
      decoders_;                          // the first has frame threads, for a single queue
  std::map<uint32_t, PicturePtr> early_;  // came unasked behind the last frame read
  uint32_t next_in_order_ = 0;            // frame behind the last one read

  std::mutex scan_mutex_;  // held by the one that scans
  mutable std::mutex scanned_mutex_;
  std::shared_ptr<const IndexedVideo> scanned_;

  mutable std::mutex frames_mutex_;
  std::shared_ptr<FrameStream> frames_;
};

}  // namespace cuf
