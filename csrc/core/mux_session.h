#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/device.h"
#include "core/executor.h"
#include "core/ports.h"
#include "core/sink.h"

namespace cuf {

// A muxer as a script holds it. Packets are written in order on the library's threads.
class MuxSession : public Object, public std::enable_shared_from_this<MuxSession> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::muxer;

  struct Options {
    MuxerOptions muxer = {};  // its sink is the one below, if there is one
    std::shared_ptr<Sink> sink = nullptr;
    bool keeps_partial = false;  // close() completes what there is
  };
  struct State {
    std::string container;
    uint32_t tracks = 0;
    bool is_finished = false;
    uint64_t packets = 0;
    uint64_t bytes = 0;
  };

  MuxSession(std::shared_ptr<Device> device, Options options);
  // Makes the file on the pool; the ticket completes with the handle.
  static void open(std::shared_ptr<MuxSession> session, std::shared_ptr<Ticket> ticket);
  // Without finish(), nothing is left of the file, unless options.keeps_partial.
  void close() noexcept override;

  // At once, before the first write().
  uint32_t add_track(const TrackDescription& description);
  // Completes when the packet is taken and there is room for another.
  void write(uint32_t track, Packet packet, std::shared_ptr<Ticket> ticket);
  // Ends it as close() does, and completes when that is done.
  void end(std::shared_ptr<Ticket> ticket);
  // Completes, with the number of bytes written, when the file is complete and has its name.
  void finish(std::shared_ptr<Ticket> ticket);

  const std::shared_ptr<Device>& device() const { return device_; }
  State state() const;

 private:
  void post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work);
  void note_state();
  void finish_now();
  void stop() noexcept;
  void complete_partial() noexcept;

  const std::shared_ptr<Device> device_;
  Options options_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  std::atomic<bool> is_ended_ = false;
  std::atomic<bool> is_aborted_ = false;  // outlives muxer_, which looks at it

  std::mutex calls_mutex_;
  bool has_writes_ = false;
  uint64_t waiting_bytes_ = 0;  // of packets whose turn has not come

  mutable std::mutex state_mutex_;
  State state_;

  // Held by whoever uses muxer_ outside of the strand, and by what ends it there.
  std::mutex muxer_mutex_;
  std::unique_ptr<Muxer> muxer_;  // null when it was closed
};

}  // namespace cuf
