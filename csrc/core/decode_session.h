#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/decoding_place.h"
#include "core/demux_session.h"
#include "core/device.h"
#include "core/executor.h"
#include "core/frame.h"
#include "core/picture_convert.h"
#include "core/ports.h"
#include "core/ticket_results.h"

namespace cuf {

struct DecodeStats {
  uint64_t packets_decoded = 0;
  uint64_t frames_decoded = 0;
  uint64_t frames_corrupt = 0;
};

// A decoder as a script holds it. Packets in, pictures out in order; conversion to the asked layout
// happens here, on the library's threads.
class DecodeSession : public Object, public std::enable_shared_from_this<DecodeSession> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::decoder;

  struct Options {
    DecoderOptions decoder = {};
    OutputOptions output = {};
    uint64_t memory_budget = 0;  // 0 = the device's
  };
  // Opens on the pool; the ticket completes with the handle.
  static void open(std::shared_ptr<Device> device, Options options, std::shared_ptr<Ticket> ticket);

  DecodeSession(std::shared_ptr<Device> device, Options options);
  void close() noexcept override;

  // Each completes with the number of pictures ready to be taken.
  void decode(Packet packet, std::shared_ptr<Ticket> ticket);
  void flush(std::shared_ptr<Ticket> ticket);
  void reset(std::shared_ptr<Ticket> ticket);
  // The next packet begins a stream of this size; what is held back comes with the next completion.
  void reconfigure(uint32_t width, uint32_t height, std::shared_ptr<Ticket> ticket);
  // Reads from the demuxer until max_frames or about max_bytes of pictures are there; extra = 1
  // after the last.
  void read(std::shared_ptr<DemuxSession> demuxer, size_t max_frames, size_t max_bytes,
            std::shared_ptr<Ticket> ticket);

  std::vector<std::shared_ptr<const Picture>> take(uint32_t ticket) {
    return results_.take(ticket);
  }

  const std::shared_ptr<Device>& device() const { return device_; }
  const std::string& codec() const { return options_.decoder.codec; }
  DecodingPlace::Description place() const { return place_.get(); }
  DecodeStats stats() const;
  uint64_t memory_bytes() const { return budget_ ? budget_->used() : 0; }
  Latency latency() const { return options_.decoder.latency; }
  Latency effective_latency() const { return effective_latency_; }

 private:
  using Event = std::variant<std::shared_ptr<const Picture>, Error>;

  void post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work);
  void send(const Packet& packet);
  void send_flagged(const Packet& packet);
  void drain_end();
  void receive_all();
  void keep(Picture picture);
  void note(const Error& error);
  void complete_or_fail(Ticket& ticket);
  void make_up();
  void send_or_hold(Packet packet);
  bool advance(DemuxSession& demuxer);
  void read_now(DemuxSession& demuxer, size_t max_frames, size_t max_bytes, Ticket& ticket);
  void deliver(Ticket& ticket, size_t count, bool is_end);

  void read_from(const std::shared_ptr<DemuxSession>& demuxer, size_t max_frames, size_t max_bytes,
                 Ticket& ticket);

  const std::shared_ptr<Device> device_;
  const Options options_;
  const std::shared_ptr<MemoryBudget> budget_;  // of its own
  const std::shared_ptr<Memory> memory_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  std::atomic<bool> is_closed_ = false;
  DecodingPlace place_;

  std::mutex reading_mutex_;
  std::shared_ptr<DemuxSession>
      reading_;  // what a read is waiting for, so that close() can wake it

  // Only the strand touches these.
  std::unique_ptr<Decoder> decoder_;
  std::deque<Event> events_;            // pictures and failures in the order in which they came
  std::optional<Picture> unconverted_;  // there was no memory for it; comes next
  std::optional<Packet> unsent_;        // there was no room for its picture; goes next

  std::atomic<uint64_t> packets_decoded_ = 0;
  std::atomic<uint64_t> frames_decoded_ = 0;
  std::atomic<uint64_t> frames_corrupt_ = 0;
  std::atomic<Latency> effective_latency_;

  TicketResults<std::shared_ptr<const Picture>> results_;
};

}  // namespace cuf
