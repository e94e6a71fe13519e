#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/executor.h"
#include "core/ports.h"
#include "core/source.h"
#include "core/ticket_results.h"

namespace cuf {

// A demuxer as a script holds it: work runs in order on the library's threads, results wait for
// their ticket's owner.
class DemuxSession : public Object, public std::enable_shared_from_this<DemuxSession> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::demuxer;

  struct OpenOptions {
    std::string path = {};
    std::shared_ptr<Source> source = nullptr;
    bool keeps_container_bitstream = false;
    int stream_index = -1;
  };
  // Opens on the pool; the ticket completes with the handle.
  static void open(std::shared_ptr<Device> device, OpenOptions options,
                   std::shared_ptr<Ticket> ticket);

  DemuxSession(std::shared_ptr<Device> device, std::shared_ptr<Source> source);
  void close() noexcept override;

  void read(size_t max_packets, size_t max_bytes, std::shared_ptr<Ticket> ticket);
  void seek(double seconds, std::shared_ptr<Ticket> ticket);
  // Packets of a completed read; empty for an unknown ticket.
  std::vector<Packet> take(uint32_t ticket) { return results_.take(ticket); }

  // For a decoder that reads from here on its own thread. false at the end.
  bool next(Packet& out);
  // Whether next() would wait for the script's source.
  bool would_block();
  // Wakes a read that waits for its source; it ends with Error(aborted).
  void interrupt(bool is_interrupted);

  const VideoDescription& video() const { return demuxer_->video(); }
  const std::vector<StreamDescription>& streams() const { return demuxer_->streams(); }
  const std::shared_ptr<Device>& device() const { return device_; }

 private:
  void open_now(const OpenOptions& options);
  void read_now(size_t max_packets, size_t max_bytes, Ticket& ticket);
  void note_bytes_read();

  const std::shared_ptr<Device> device_;
  const std::shared_ptr<Source> source_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  std::atomic<bool> is_aborted_ = false;  // outlives demuxer_, which polls it
  std::atomic<bool> is_closed_ = false;
  std::mutex interrupt_mutex_;

  std::mutex demuxer_mutex_;  // held during blocking reads
  std::unique_ptr<Demuxer> demuxer_;
  std::deque<Packet> unread_;  // read for a ticket that was cancelled
  std::optional<Error> pending_error_;
  uint64_t noted_bytes_ = 0;

  TicketResults<Packet> results_;
};

}  // namespace cuf
