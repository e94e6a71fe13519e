#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "core/completion_queue.h"
#include "core/run_decoder.h"
#include "core/ticket_results.h"

namespace cuf {

using PicturePtr = std::shared_ptr<const Picture>;
using PictureMaker = std::function<PicturePtr(const Picture&)>;

// Frames in display order, decoded ahead by several decoders that take whole GOPs in turn, into a
// bounded buffer. What a batch of the size last asked for takes is converted; what lies behind it
// waits as the decoder's own pictures, which are smaller and are often given up unconverted.
class FrameStream : public std::enable_shared_from_this<FrameStream> {
 public:
  struct Range {
    uint32_t first = 0;
    uint32_t count = 0;
    uint32_t step = 1;
  };
  // How much may be decoded ahead.
  struct Room {
    uint32_t frames = 0;  // 0 = by bytes
    uint64_t bytes = 0;
    uint64_t decoded_bytes = 1;  // of one picture as it comes from the decoder
    uint64_t output_bytes = 1;   // as it is handed out
  };
  FrameStream(std::shared_ptr<SampledStream> stream, Range range, uint32_t engines, Room room,
              PictureMaker convert);

  void start();
  void stop();  // what waits for frames fails as aborted
  // Completes with up to max_frames frames, fewer only at the end; they go to `results`.
  void next(uint32_t max_frames, std::shared_ptr<Ticket> ticket,
            std::shared_ptr<TicketResults<PicturePtr>> results);
  uint32_t most_held() const { return most_held_; }

 private:
  struct Request {
    uint32_t max_frames;
    std::shared_ptr<Ticket> ticket;
    std::shared_ptr<TicketResults<PicturePtr>> results;
  };
  struct Failure {
    Error error;
    uint32_t end;  // position behind the frames that are lost with it
  };

  // A frame that is there; neither is set while it is being converted.
  struct Held {
    PicturePtr output;
    std::optional<Picture> decoded;
  };

  void work(uint32_t decoder, uint32_t threads);
  void give_up(const Error& error) noexcept;
  void decode_run(RunDecoder& decoder, const PlannedRun& run);
  void decode_rest(RunDecoder& decoder, const PlannedRun& run, std::set<uint32_t>& missing);
  void put_in_order(std::map<uint32_t, Picture>& early, std::set<uint32_t>& missing, size_t most);
  void fail_all(const std::set<uint32_t>& missing, const Error& error);
  bool is_wanted(uint32_t position) const;
  void await_memory(uint32_t position, const Error& error);
  void put(uint32_t position, Picture picture);
  uint32_t window() const;
  bool has_room(uint32_t position) const;
  std::map<uint32_t, Held>::iterator first_due();
  void convert_due(std::unique_lock<std::mutex>& lock);
  void convert_on_pool(std::unique_lock<std::mutex>& lock);
  void fail(uint32_t position, uint32_t end, const Error& error);
  void serve();
  bool serve_front();
  uint32_t frame_of(uint32_t position) const { return range_.first + position * range_.step; }
  uint32_t position_of(uint32_t frame) const { return (frame - range_.first) / range_.step; }

  const std::shared_ptr<SampledStream> stream_;
  const Range range_;
  const uint32_t engines_;
  const Room room_;
  const PictureMaker convert_;
  SamplePlan plan_;
  std::atomic<bool> is_stopped_ = false;
  std::atomic<uint32_t> most_held_ = 0;

  std::mutex mutex_;
  std::condition_variable space_;
  std::map<uint32_t, Held> held_;  // by position in the range
  std::map<uint32_t, Failure> failures_;
  std::list<Request> requests_;
  std::optional<Error> given_up_;
  uint32_t head_ = 0;   // position to hand out next
  uint32_t batch_ = 0;  // frames that were asked for last, and are likely to be asked for again
};

}  // namespace cuf
