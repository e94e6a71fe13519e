#include "core/sink.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace cuf {
namespace {

constexpr size_t kRingBytes = 1 << 20;

class StreamSink final : public Sink {
 public:
  StreamSink(std::shared_ptr<Device> device, uint32_t event_ticket)
      : Sink(std::move(device), event_ticket), ring_(kRingBytes) {}

  void write(const uint8_t* data, size_t length) override {
    while (length > 0) {
      std::unique_lock lock(mutex_);
      condition_.wait(lock, [&] { return used_ < ring_.size() || must_stop(); });
      check_writable();
      const size_t at = (start_ + used_) % ring_.size();
      const size_t part = std::min({length, ring_.size() - used_, ring_.size() - at});
      std::memcpy(ring_.data() + at, data, part);
      used_ += part;
      data += part;
      length -= part;
      if (std::exchange(wants_event_, false)) notify(used_, false);
    }
  }

  size_t take(uint8_t* out, size_t capacity) override {
    std::lock_guard lock(mutex_);
    size_t count = 0;
    while (count < capacity && used_ > 0) {
      const size_t part = std::min({capacity - count, used_, ring_.size() - start_});
      std::memcpy(out + count, ring_.data() + start_, part);
      start_ = (start_ + part) % ring_.size();
      used_ -= part;
      count += part;
    }
    wants_event_ = count == 0;
    condition_.notify_all();
    return count;
  }

 private:
  std::vector<uint8_t> ring_;
  size_t start_ = 0;
  size_t used_ = 0;
  bool wants_event_ = true;
};

class MemorySink final : public Sink {
 public:
  using Sink::Sink;

  void write(const uint8_t* data, size_t length) override {
    std::lock_guard lock(mutex_);
    check_writable();
    if (position_ + length > bytes_.size()) bytes_.resize(position_ + length);
    std::memcpy(bytes_.data() + position_, data, length);
    position_ += length;
  }

  bool is_seekable() const override { return true; }

  void seek(int64_t position) override {
    std::lock_guard lock(mutex_);
    position_ = static_cast<size_t>(std::max<int64_t>(position, 0));
  }

  size_t read_at(int64_t position, uint8_t* out, size_t capacity) override {
    std::lock_guard lock(mutex_);
    return copy_from(static_cast<size_t>(std::max<int64_t>(position, 0)), out, capacity);
  }

  size_t take(uint8_t* out, size_t capacity) override {
    std::lock_guard lock(mutex_);
    const size_t count = copy_from(taken_, out, capacity);
    taken_ += count;
    return count;
  }

 private:
  size_t copy_from(size_t position, uint8_t* out, size_t capacity) const {
    if (position >= bytes_.size()) return 0;
    const size_t count = std::min(capacity, bytes_.size() - position);
    std::memcpy(out, bytes_.data() + position, count);
    return count;
  }

  std::vector<uint8_t> bytes_;
  size_t position_ = 0;
  size_t taken_ = 0;
};

}  // namespace

Sink::Sink(std::shared_ptr<Device> device, uint32_t event_ticket)
    : Object(kKind), device_(std::move(device)), event_ticket_(event_ticket) {
  ++device_->counters.live_sinks;
}

void Sink::close() noexcept {
  {
    std::lock_guard lock(mutex_);
    is_closed_ = true;
    condition_.notify_all();
  }
  --device_->counters.live_sinks;
  notify(0, true);
}

void Sink::fail(const std::string& message) {
  std::lock_guard lock(mutex_);
  has_failed_ = true;
  failure_ = message;
  condition_.notify_all();
}

void Sink::interrupt() {
  std::lock_guard lock(mutex_);
  is_interrupted_ = true;
  condition_.notify_all();
  notify(0, true);
}

void Sink::check_writable() const {
  if (has_failed_) throw Error(Status::io, failure_);
  if (is_closed_) throw Error(Status::aborted, "The sink was closed while it was written to");
  if (is_interrupted_) throw Error(Status::aborted, "Writing to the sink was aborted");
}

void Sink::notify(size_t bytes, bool is_end) {
  device_->queue->push({.ticket = event_ticket_,
                        .kind = CompletionKind::sink_data,
                        .value = static_cast<int64_t>(bytes),
                        .extra = is_end});
}

std::shared_ptr<Sink> make_sink(std::shared_ptr<Device> device, SinkKind kind,
                                uint32_t event_ticket) {
  if (kind == SinkKind::memory) {
    return std::make_shared<MemorySink>(std::move(device), event_ticket);
  }
  return std::make_shared<StreamSink>(std::move(device), event_ticket);
}

}  // namespace cuf
