#include "core/decoder_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

// Of idle decoders. They give their pictures back; what stays is about a byte a pixel and thread.
constexpr uint64_t kMostBytes = 256 << 20;

// Stopping a user does not notify.
constexpr std::chrono::milliseconds kStopCheck(10);

uint64_t bytes_of(const DecoderOptions& options) {
  return static_cast<uint64_t>(options.width) * options.height * options.threads;
}

}  // namespace

bool DecoderPool::may_fit(const DecoderOptions& lent, const DecoderOptions& wanted) const {
  return lent.codec == wanted.codec && (!has_threads_ || lent.threads == wanted.threads) &&
         lent.chroma == wanted.chroma && lent.bit_depth == wanted.bit_depth &&
         lent.exports_stats == wanted.exports_stats;
}

bool DecoderPool::is_coming_back(const DecoderOptions& options) const {
  return std::any_of(lent_.begin(), lent_.end(), [&](const Lent& lent) {
    return *lent.is_user_stopped && may_fit(lent.options, options);
  });
}

std::unique_ptr<Decoder> DecoderPool::take(const DecoderOptions& options,
                                           const std::atomic<bool>& is_user_stopped) {
  std::unique_lock lock(mutex_);
  const auto find = [&] {
    return std::find_if(kept_.begin(), kept_.end(),
                        [&](const Kept& kept) { return kept.decoder->fits(options); });
  };
  auto found = find();
  // Who is stopped does not wait: others may wait for what it holds.
  while (found == kept_.end() && !is_user_stopped && is_coming_back(options)) {
    returned_.wait_for(lock, kStopCheck);
    found = find();
  }
  if (found == kept_.end()) return nullptr;
  std::unique_ptr<Decoder> decoder = std::move(found->decoder);
  kept_.erase(found);
  lock.unlock();
  decoder->reconfigure(options);
  lend(decoder.get(), options, is_user_stopped);
  return decoder;
}

void DecoderPool::lend(const Decoder* decoder, const DecoderOptions& options,
                       const std::atomic<bool>& is_user_stopped) {
  std::lock_guard lock(mutex_);
  lent_.push_back({.decoder = decoder, .options = options, .is_user_stopped = &is_user_stopped});
}

void DecoderPool::give_back(const DecoderOptions& options, std::unique_ptr<Decoder> decoder,
                            size_t capacity) {
  decoder->reset();
  {
    std::lock_guard lock(mutex_);
    const Decoder* address = decoder.get();
    lent_.remove_if([&](const Lent& lent) { return lent.decoder == address; });
    // Waiting users look after this has returned its lock, whatever becomes of the decoder.
    returned_.notify_all();
    if (is_closed_) capacity = 0;
    kept_.push_front({.decoder = std::move(decoder), .bytes = bytes_of(options)});
  }
  trim(capacity);
}

void DecoderPool::close() noexcept {
  {
    std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  trim(0);
}

void DecoderPool::trim(size_t capacity) noexcept {
  std::list<Kept> dropped;  // freed outside the lock: freeing joins libav's threads
  std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const Kept& kept : kept_) bytes += kept.bytes;
  while (kept_.size() > capacity || bytes > kMostBytes) {
    log(LogLevel::debug, "decoder", "Freeing a kept ", kept_.back().decoder->implementation(),
        " decoder");
    bytes -= kept_.back().bytes;
    dropped.splice(dropped.begin(), kept_, std::prev(kept_.end()));
  }
}

}  // namespace cuf
