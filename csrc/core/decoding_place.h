#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "core/ports.h"

namespace cuf {

// Which decoder does the work, for those who ask while it works: that can change with a stream.
class DecodingPlace {
 public:
  struct Description {
    Backend backend = Backend::cpu;
    std::string implementation;
    std::string fallback_reason;
  };

  void note(const Decoder& decoder) {
    const Backend backend = decoder.backend();
    if (noted_.load(std::memory_order_relaxed) == backend) return;
    std::lock_guard lock(mutex_);
    noted_ = backend;
    description_ = {.backend = backend,
                    .implementation = decoder.implementation(),
                    .fallback_reason = decoder.fallback_reason()};
  }
  Description get() const {
    std::lock_guard lock(mutex_);
    return description_;
  }

 private:
  std::atomic<Backend> noted_ = Backend::automatic;  // at first
  mutable std::mutex mutex_;
  Description description_;
};

}  // namespace cuf
