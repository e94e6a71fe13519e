#include "cuvid/engine.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "cuda/driver.h"

namespace cufsim {

namespace {

class Engine {
 public:
  void add(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    if (!serving_) {
      serving_ = true;
      // Engines are never destroyed: clients exit while pictures are being decoded.
      std::thread([this] { serve(); }).detach();
    }
    added_.notify_one();
  }

 private:
  void serve() {
    for (;;) {
      std::unique_lock lock(mutex_);
      added_.wait(lock, [&] { return !queue_.empty(); });
      const std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      const auto start = std::chrono::steady_clock::now();
      int64_t least_us = 0;
      {
        Lock driver_lock(driver().mutex);
        driver().journal.add("engines_busy");
        driver().changed.wait(driver_lock, [] { return !driver().paused; });
        least_us = driver().settings.number("picture_us", 0);
      }
      std::this_thread::sleep_until(start + std::chrono::microseconds(least_us));
      work();
      const Lock driver_lock(driver().mutex);
      driver().journal.add("engines_busy", -1);
    }
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::function<void()>> queue_;
  bool serving_ = false;
};

Engine& engine_at(int gpu, int index) {
  static std::mutex* const mutex = new std::mutex;
  static auto* const engines = new std::map<std::pair<int, int>, Engine>;
  const std::lock_guard lock(*mutex);
  return (*engines)[{gpu, index}];
}

}  // namespace

int take_engine(Device& device) {
  const auto least = std::min_element(device.engine_sessions.begin(), device.engine_sessions.end());
  ++*least;
  return static_cast<int>(least - device.engine_sessions.begin());
}

void leave_engine(Device& device, int engine) {
  --device.engine_sessions[static_cast<size_t>(engine)];
}

void run_on_engine(int gpu, int engine, std::function<void()> work) {
  engine_at(gpu, engine).add(std::move(work));
}

int64_t thread_time_ns() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
}

}  // namespace cufsim
