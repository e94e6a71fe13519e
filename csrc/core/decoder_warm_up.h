#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "core/device.h"
#include "core/ports.h"

namespace cuf {

// Decoders that are made by the library's threads while a file is indexed, for its first reads.
class DecoderWarmUp : public std::enable_shared_from_this<DecoderWarmUp> {
 public:
  DecoderWarmUp(std::shared_ptr<Device> device, size_t cache_size)
      : device_(std::move(device)), cache_size_(cache_size) {}
  ~DecoderWarmUp() { give_back(); }

  // Begins to make one.
  void begin(const DecoderOptions& options);
  struct Taken {
    std::unique_ptr<Decoder> decoder;
    bool was_kept = false;  // from the pool
  };
  // One of them, for so many threads if there is one, as soon as it is there; null if there are no
  // more. It goes back to the device's pool before this ends.
  Taken take(uint32_t threads);
  // Until all are made, or could not be, or `stop` became true.
  void wait(const std::atomic<bool>& stop);
  // Who waits here leaves.
  void stop() { is_stopped_ = true; }
  // Gives what nobody took to the device's pool.
  void give_back() noexcept;

 private:
  struct Made {
    DecoderOptions options;
    std::unique_ptr<Decoder> decoder;
    bool was_kept = false;
  };
  void make(Made& made);
  void give_back(Made made) noexcept;

  const std::shared_ptr<Device> device_;
  const size_t cache_size_;
  std::atomic<bool> is_stopped_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Made> made_;
  uint32_t pending_ = 0;
};

}  // namespace cuf
