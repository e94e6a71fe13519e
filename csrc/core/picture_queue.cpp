#include "core/picture_queue.h"

#include <utility>

namespace cuf {

bool PictureQueue::push(Picture picture) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_stopped_ || pictures_.size() < capacity_; });
  if (is_stopped_) return false;
  pictures_.push_back(std::move(picture));
  changed_.notify_all();
  return true;
}

void PictureQueue::end(std::optional<Error> failure) {
  std::lock_guard lock(mutex_);
  is_ended_ = true;
  failure_ = std::move(failure);
  changed_.notify_all();
}

std::optional<Picture> PictureQueue::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_ended_ || !pictures_.empty(); });
  if (pictures_.empty()) {
    if (failure_) throw *failure_;
    return std::nullopt;
  }
  Picture picture = std::move(pictures_.front());
  pictures_.pop_front();
  changed_.notify_all();
  return picture;
}

void PictureQueue::stop() {
  std::deque<Picture> dropped;
  std::lock_guard lock(mutex_);
  is_stopped_ = true;
  dropped.swap(pictures_);
  changed_.notify_all();
}

}  // namespace cuf
