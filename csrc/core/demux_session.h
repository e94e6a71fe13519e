#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
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
    bool reads_audio = false;
    bool reads_subtitles = false;
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

  // For a decoder that reads from here on its own thread. false at the end. A caller that waits for
  // the script's source leaves with Error(aborted) when `is_given_up` is true and wake() was
  // called; the packet that was being read is the next one then.
  bool next(Packet& out, const std::atomic<bool>& is_given_up);
  void wake();
  // Who gave up calls it: unless another waits, the source is asked for nothing until the next
  // call.
  void rest();
  // Whether next() would wait for the script's source.
  bool would_block();

  const VideoDescription& video() const { return demuxer_->video(); }
  const std::vector<StreamDescription>& streams() const { return demuxer_->streams(); }
  // Throws Error(invalid_argument) for a stream that is not read.
  const TrackDescription& track(uint32_t stream_index) const;
  const std::shared_ptr<Device>& device() const { return device_; }

 private:
  void open_now(const OpenOptions& options);
  void read_now(size_t max_packets, size_t max_bytes, Ticket& ticket,
                const std::atomic<bool>& is_given_up);
  void note_bytes_read();
  // Ends blocking I/O with Error(aborted). libav loses what it was reading, so this is for opening,
  // seeking and closing only.
  void interrupt(bool is_interrupted);
  // Whether a packet may be long in coming, so that callers must be able to leave: then another
  // thread reads ahead.
  bool may_wait() const;
  bool take(Packet& out);
  void put_back(std::vector<Packet> packets);
  void start_reading();
  void read_ahead();
  void stop_reading();

  const std::shared_ptr<Device> device_;
  const std::shared_ptr<Source> source_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  std::atomic<bool> is_aborted_ = false;  // outlives demuxer_, which polls it
  std::atomic<bool> is_closed_ = false;
  std::mutex interrupt_mutex_;

  std::mutex demuxer_mutex_;  // held while it works
  std::unique_ptr<Demuxer> demuxer_;
  std::map<uint32_t, TrackDescription> tracks_;  // by stream, as they were when it was opened
  uint64_t noted_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<Packet> unread_;  // read ahead, or for a ticket that was cancelled
  size_t unread_bytes_ = 0;
  std::optional<Error> pending_error_;  // behind unread_
  bool is_at_end_ = false;              // behind unread_
  uint32_t waiting_ = 0;                // callers of next()
  bool is_reading_ = false;             // read_ahead() is at work
  bool is_seeking_ = false;             // it must not be

  TicketResults<Packet> results_;
};

}  // namespace cuf
