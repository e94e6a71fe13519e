// A thread that does one thing after the other.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace cufsim {

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  /** The thread lives as long as there is work, or until stop() where there was any. */
  void post(std::function<void()> work);
  void stop();

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::function<void()>> queue_;
  bool serving_ = false;
  bool stopped_ = false;
};

}  // namespace cufsim
