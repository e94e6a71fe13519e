#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>

#include "core/memory_budget.h"
#include "core/ports.h"

namespace cuf {

// Decoders that were used and are kept for the next stream of the same kind. Creating one takes 45
// ms on NVDEC, so the pool is shared by all of a device; the least recently used goes first.
class DecoderPool : public Reclaimable {
 public:
  // `has_threads`: one fits only what is decoded by as many threads; a GPU's have none.
  explicit DecoderPool(bool has_threads) : has_threads_(has_threads) {}

  void reclaim() noexcept override { trim(0); }
  // A kept decoder, reconfigured for these options; null: none fits, so make one and tell lend().
  // Waits for a fitting one that a stopped user is about to give back.
  std::unique_ptr<Decoder> take(const DecoderOptions& options,
                                const std::atomic<bool>& is_user_stopped);
  // Notes a decoder that was made for a user. The flag must live until give_back().
  void lend(const Decoder* decoder, const DecoderOptions& options,
            const std::atomic<bool>& is_user_stopped);
  // Keeps the decoder, reset, unless more than `capacity` would be kept then.
  void give_back(const DecoderOptions& options, std::unique_ptr<Decoder> decoder, size_t capacity);
  void trim(size_t capacity) noexcept;
  // Keeps none any more.
  void close() noexcept;

 private:
  struct Kept {
    std::unique_ptr<Decoder> decoder;
    uint64_t bytes;
  };
  struct Lent {
    const Decoder* decoder;  // only its address: its user is at work with it
    DecoderOptions options;
    const std::atomic<bool>* is_user_stopped;
  };
  bool may_fit(const DecoderOptions& lent, const DecoderOptions& wanted) const;
  bool is_coming_back(const DecoderOptions& options) const;

  const bool has_threads_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::list<Kept> kept_;  // most recently used first
  std::list<Lent> lent_;
  bool is_closed_ = false;
};

}  // namespace cuf
