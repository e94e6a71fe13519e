#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/completion_queue.h"
#include "core/device.h"
#include "core/ports.h"

namespace cuf {

// Whether a reader still wants what it waits for: true ends its wait with Error(aborted). Asked
// with the source's lock held, so it only looks at atomics.
using StopTest = std::function<bool()>;

// Bytes that the script gives. The demuxing thread reads and may block here; the JS thread never
// does.
class Source : public Object, public ByteSource {
 public:
  static constexpr ObjectKind kKind = ObjectKind::source;

  Source(std::shared_ptr<Device> device, uint32_t event_ticket);
  void close() noexcept override;

  // From the JS thread. write returns how many bytes were taken.
  virtual size_t write(const uint8_t* data, size_t length) = 0;
  virtual void finish() = 0;
  void fail(const std::string& message);

  // While interrupted, reads end with Error(aborted) instead of waiting.
  void set_interrupted(bool is_interrupted);
  // Whether the next read would wait for the script, so that what is there can be delivered first.
  virtual bool would_block() = 0;
  // Whether reads ever wait for the script.
  virtual bool may_wait() const { return true; }
  // Nobody waits for what is being read: while suspended, the script is asked for nothing, and what
  // it was asked for is cancelled and asked for again later. A stream goes on into its buffer.
  virtual void set_suspended(bool /*is_suspended*/) {}
  // For one of several readers, each at its own place; not for streams.
  virtual size_t read_at(int64_t position, uint8_t* out, size_t capacity, const StopTest& stop) = 0;
  // Makes readers that wait ask their StopTest.
  void wake();

 protected:
  // Throws when the source failed, was closed or interrupted. Called with mutex_ held.
  void check_readable() const;
  bool must_stop() const { return is_closed_ || is_interrupted_ || has_failed_; }
  void notify(CompletionKind kind, int64_t value, int64_t extra);

  mutable std::mutex mutex_;
  std::condition_variable condition_;

 private:
  std::shared_ptr<Device> device_;
  const uint32_t event_ticket_;
  std::string failure_;
  bool has_failed_ = false;
  bool is_closed_ = false;
  bool is_interrupted_ = false;
};

// One of several readers of a seekable source, each at its own place.
class SourceCursor : public ByteSource {
 public:
  SourceCursor(std::shared_ptr<Source> source, StopTest stop)
      : source_(std::move(source)), stop_(std::move(stop)) {}
  size_t read(uint8_t* out, size_t capacity) override;
  bool is_seekable() const override { return source_->is_seekable(); }
  int64_t size() const override { return source_->size(); }
  void seek(int64_t position) override { position_ = position; }

 private:
  const std::shared_ptr<Source> source_;
  const StopTest stop_;
  int64_t position_ = 0;
};

enum class SourceKind : uint32_t { stream, seekable, memory };

// Throws Error(out_of_memory) when the buffer cannot be had.
std::shared_ptr<Source> make_source(std::shared_ptr<Device> device, SourceKind kind, uint64_t size,
                                    uint32_t event_ticket);

}  // namespace cuf
