#include "core/seekable_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cuf {
namespace {

// Each range asked of the script costs a trip through its event loop, so ask for more than a
// parser's small reads.
constexpr size_t kReadAheadBytes = 256 << 10;
constexpr size_t kMostRanges = 8;

}  // namespace

size_t SeekableSource::write(const uint8_t* data, size_t length) {
  std::lock_guard lock(mutex_);
  if (!request_) return 0;
  std::vector<uint8_t>& bytes = request_->range.bytes;
  const size_t taken = std::min(length, request_->wanted - bytes.size());
  bytes.insert(bytes.end(), data, data + taken);
  if (bytes.size() < request_->wanted) return taken;
  ++answers_;
  ranges_.push_front(std::move(request_->range));
  if (ranges_.size() > kMostRanges) ranges_.pop_back();
  request_.reset();
  condition_.notify_all();
  return taken;
}

void SeekableSource::finish() {
  std::lock_guard lock(mutex_);
  request_.reset();
  condition_.notify_all();
}

void SeekableSource::set_suspended(bool is_suspended) {
  std::lock_guard lock(mutex_);
  if (is_suspended == std::exchange(is_suspended_, is_suspended)) return;
  if (is_suspended_) notify(CompletionKind::source_cancel, 0, 0);
  condition_.notify_all();
}

bool SeekableSource::would_block() {
  std::lock_guard lock(mutex_);
  return position_ < size_ && !find(position_) && !must_stop();
}

size_t SeekableSource::read(uint8_t* out, size_t capacity) {
  int64_t position;
  {
    std::lock_guard lock(mutex_);
    position = position_;
  }
  const size_t count = read_at(position, out, capacity, nullptr);
  std::lock_guard lock(mutex_);
  position_ += static_cast<int64_t>(count);
  return count;
}

size_t SeekableSource::read_at(int64_t position, uint8_t* out, size_t capacity,
                               const StopTest& stop) {
  std::unique_lock lock(mutex_);
  check_readable();
  if (position >= size_ || capacity == 0) return 0;
  const Range* range;
  while (!(range = find(position))) {
    if (!request_ && !is_suspended_) ask(position, capacity);
    wait_for_answer(lock, stop);
  }
  const int64_t count = std::min(static_cast<int64_t>(capacity), range->end() - position);
  std::memcpy(out, range->bytes.data() + (position - range->start), static_cast<size_t>(count));
  return static_cast<size_t>(count);
}

void SeekableSource::seek(int64_t position) {
  std::lock_guard lock(mutex_);
  position_ = std::max<int64_t>(position, 0);
}

const SeekableSource::Range* SeekableSource::find(int64_t position) {
  const auto found = std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return position >= range.start && position < range.end();
  });
  if (found == ranges_.end()) return nullptr;
  ranges_.splice(ranges_.begin(), ranges_, found);
  return &ranges_.front();
}

void SeekableSource::ask(int64_t position, size_t capacity) {
  const auto rest = static_cast<size_t>(size_ - position);
  request_ = {.range = {.start = position},
              .wanted = std::min(std::max(capacity, kReadAheadBytes), rest)};
  request_->range.bytes.reserve(request_->wanted);
  ++requests_;
  notify(CompletionKind::source_read, position, static_cast<int64_t>(request_->wanted));
}

// Until a range came, or one can be asked for. Throws when the reader need not wait.
void SeekableSource::wait_for_answer(std::unique_lock<std::mutex>& lock, const StopTest& stop) {
  const uint64_t asked = requests_;
  const uint64_t answered = answers_;
  condition_.wait(lock, [&] {
    return answers_ != answered || (!request_ && !is_suspended_) || must_stop() || (stop && stop());
  });
  const bool is_stopped = stop && stop();
  // Other readers that waited for it ask anew.
  if ((must_stop() || is_stopped) && request_ && requests_ == asked) {
    notify(CompletionKind::source_cancel, 0, 0);
  }
  check_readable();
  if (is_stopped) throw Error(Status::aborted, "Reading the source was stopped");
}

}  // namespace cuf
