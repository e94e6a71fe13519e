#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/completion_queue.h"
#include "core/device.h"
#include "core/muxer_port.h"

namespace cuf {

// Bytes for the script. The muxing thread writes and may block here; the JS thread never does.
class Sink : public Object, public ByteSink {
 public:
  static constexpr ObjectKind kKind = ObjectKind::sink;

  Sink(std::shared_ptr<Device> device, uint32_t event_ticket);
  void close() noexcept override;

  // From the JS thread: the next bytes, 0 if none are there now. After that, sink_data tells that
  // there are some.
  virtual size_t take(uint8_t* out, size_t capacity) = 0;
  // Whoever takes the bytes failed: writing ends with Error(io) and this text.
  void fail(const std::string& message);
  // Writing ends with Error(aborted).
  void interrupt();

 protected:
  // Throws when the sink failed, was closed or interrupted. Called with mutex_ held.
  void check_writable() const;
  bool must_stop() const { return is_closed_ || is_interrupted_ || has_failed_; }
  // is_end: nothing more will be written.
  void notify(size_t bytes, bool is_end);

  mutable std::mutex mutex_;
  std::condition_variable condition_;

 private:
  const std::shared_ptr<Device> device_;
  const uint32_t event_ticket_;
  std::string failure_;
  bool has_failed_ = false;
  bool is_closed_ = false;
  bool is_interrupted_ = false;
};

// stream: in order, through a bounded ring. memory: all of them, to be taken at the end.
enum class SinkKind : uint32_t { stream, memory };

std::shared_ptr<Sink> make_sink(std::shared_ptr<Device> device, SinkKind kind,
                                uint32_t event_ticket);

}  // namespace cuf
