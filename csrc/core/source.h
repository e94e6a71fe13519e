#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/completion_queue.h"
#include "core/device.h"
#include "core/ports.h"

namespace cuf {

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

  std::mutex cursor_mutex;  // held by the cursor that reads

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
  explicit SourceCursor(std::shared_ptr<Source> source) : source_(std::move(source)) {}
  size_t read(uint8_t* out, size_t capacity) override;
  bool is_seekable() const override { return source_->is_seekable(); }
  int64_t size() const override { return source_->size(); }
  void seek(int64_t position) override { position_ = position; }

 private:
  const std::shared_ptr<Source> source_;
  int64_t position_ = 0;
};

enum class SourceKind : uint32_t { stream, seekable, memory };

// Throws Error(out_of_memory) when the buffer cannot be had.
std::shared_ptr<Source> make_source(std::shared_ptr<Device> device, SourceKind kind, uint64_t size,
                                    uint32_t event_ticket);

}  // namespace cuf
