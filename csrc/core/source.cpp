#include "core/source.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "core/seekable_source.h"

namespace cuf {
namespace {

constexpr size_t kRingBytes = 1 << 20;

// Bytes in order through a bounded ring.
class StreamSource final : public Source {
 public:
  StreamSource(std::shared_ptr<Device> device, uint32_t event_ticket)
      : Source(std::move(device), event_ticket), ring_(kRingBytes) {}

  size_t write(const uint8_t* data, size_t length) override {
    std::lock_guard lock(mutex_);
    const size_t taken = std::min(length, ring_.size() - used_);
    for (size_t done = 0; done < taken;) {
      const size_t at = (start_ + used_) % ring_.size();
      const size_t part = std::min(taken - done, ring_.size() - at);
      std::memcpy(ring_.data() + at, data + done, part);
      used_ += part;
      done += part;
    }
    wants_space_event_ = taken < length;
    condition_.notify_all();
    return taken;
  }

  void finish() override {
    std::lock_guard lock(mutex_);
    is_finished_ = true;
    condition_.notify_all();
  }

  size_t read(uint8_t* out, size_t capacity) override {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [&] { return used_ > 0 || is_finished_ || must_stop(); });
    // What arrived before a failure is still good data.
    if (used_ == 0) check_readable();
    const size_t count = std::min({capacity, used_, ring_.size() - start_});
    std::memcpy(out, ring_.data() + start_, count);
    start_ = (start_ + count) % ring_.size();
    used_ -= count;
    const size_t space = ring_.size() - used_;
    if (wants_space_event_ && space >= ring_.size() / 2) {
      wants_space_event_ = false;
      notify(CompletionKind::source_space, static_cast<int64_t>(space), 0);
    }
    return count;
  }

  bool would_block() override {
    std::lock_guard lock(mutex_);
    return used_ == 0 && !is_finished_ && !must_stop();
  }

  bool is_seekable() const override { return false; }
  int64_t size() const override { return -1; }
  void seek(int64_t) override { throw Error(Status::unsupported, "A stream cannot be sought"); }
  size_t read_at(int64_t, uint8_t*, size_t, const StopTest&) override {
    throw Error(Status::unsupported, "A stream can be read in order only");
  }

 private:
  std::vector<uint8_t> ring_;
  size_t start_ = 0;
  size_t used_ = 0;
  bool is_finished_ = false;
  bool wants_space_event_ = false;
};

// All bytes at once.
class MemorySource final : public Source {
 public:
  MemorySource(std::shared_ptr<Device> device, uint64_t size, uint32_t event_ticket)
      : Source(std::move(device), event_ticket) {
    bytes_.reserve(size);
  }

  size_t write(const uint8_t* data, size_t length) override {
    std::lock_guard lock(mutex_);
    bytes_.insert(bytes_.end(), data, data + length);
    return length;
  }

  void finish() override {}

  size_t read(uint8_t* out, size_t capacity) override {
    const size_t count = read_at(position_, out, capacity, nullptr);
    position_ += static_cast<int64_t>(count);
    return count;
  }

  size_t read_at(int64_t position, uint8_t* out, size_t capacity, const StopTest&) override {
    std::lock_guard lock(mutex_);
    check_readable();
    if (position >= static_cast<int64_t>(bytes_.size())) return 0;
    const size_t count = std::min(capacity, bytes_.size() - static_cast<size_t>(position));
    std::memcpy(out, bytes_.data() + position, count);
    return count;
  }

  bool may_wait() const override { return false; }
  bool would_block() override { return false; }
  bool is_seekable() const override { return true; }
  int64_t size() const override {
    std::lock_guard lock(mutex_);  // a script may write more while it is read
    return static_cast<int64_t>(bytes_.size());
  }
  void seek(int64_t position) override { position_ = std::max<int64_t>(position, 0); }

 private:
  std::vector<uint8_t> bytes_;
  std::atomic<int64_t> position_ = 0;
};

}  // namespace

Source::Source(std::shared_ptr<Device> device, uint32_t event_ticket)
    : Object(kKind), device_(std::move(device)), event_ticket_(event_ticket) {
  ++device_->counters.live_sources;
}

void Source::close() noexcept {
  {
    std::lock_guard lock(mutex_);
    is_closed_ = true;
    condition_.notify_all();
  }
  --device_->counters.live_sources;
  notify(CompletionKind::source_closed, 0, 0);
}

void Source::fail(const std::string& message) {
  std::lock_guard lock(mutex_);
  has_failed_ = true;
  failure_ = message;
  condition_.notify_all();
}

void Source::set_interrupted(bool is_interrupted) {
  std::lock_guard lock(mutex_);
  is_interrupted_ = is_interrupted;
  condition_.notify_all();
}

void Source::wake() {
  std::lock_guard lock(mutex_);
  condition_.notify_all();
}

void Source::check_readable() const {
  if (is_closed_) throw Error(Status::aborted, "The source was closed while it was being read");
  if (has_failed_) throw Error(Status::io, failure_);
  if (is_interrupted_) throw Error(Status::aborted, "Reading the source was aborted");
}

void Source::notify(CompletionKind kind, int64_t value, int64_t extra) {
  device_->queue->push({.ticket = event_ticket_, .kind = kind, .value = value, .extra = extra});
}

size_t SourceCursor::read(uint8_t* out, size_t capacity) {
  const size_t count = source_->read_at(position_, out, capacity, stop_);
  position_ += static_cast<int64_t>(count);
  return count;
}

std::shared_ptr<Source> make_source(std::shared_ptr<Device> device, SourceKind kind, uint64_t size,
                                    uint32_t event_ticket) {
  switch (kind) {
    case SourceKind::stream:
      return std::make_shared<StreamSource>(std::move(device), event_ticket);
    case SourceKind::seekable:
      return std::make_shared<SeekableSource>(std::move(device), size, event_ticket);
    case SourceKind::memory:
      return std::make_shared<MemorySource>(std::move(device), size, event_ticket);
  }
  throw Error(Status::invalid_argument,
              "Unknown kind of source; stream, seekable and memory exist");
}

}  // namespace cuf
