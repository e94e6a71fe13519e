#include "nvenc/worker.h"

#include <thread>

namespace cufsim {

void Worker::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  if (!serving_) {
    serving_ = true;
    // Detached, and holding itself: a client may exit while pictures are being encoded.
    std::thread([self = shared_from_this()] { self->serve(); }).detach();
  }
  added_.notify_one();
}

void Worker::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  added_.notify_one();
}

void Worker::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    added_.wait(lock, [&] { return !queue_.empty() || stopped_; });
    if (queue_.empty()) break;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    // Before the lock: what the closure holds may be this worker's last owner but for the thread.
    work = nullptr;
    lock.lock();
  }
  serving_ = false;
}

}  // namespace cufsim
