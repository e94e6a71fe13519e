#include "core/decoder_warm_up.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/executor.h"
#include "core/log.h"

namespace cuf {
namespace {

// Stopping does not notify.
constexpr std::chrono::milliseconds kStopCheck(10);

}  // namespace

void DecoderWarmUp::give_back(Made made) noexcept {
  try {
    device_->decoders->give_back(made.options, std::move(made.decoder), cache_size_);
  } catch (...) {
  }
}

void DecoderWarmUp::give_back() noexcept {
  std::list<Made> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(made_);
  }
  for (Made& made : left) give_back(std::move(made));
}

void DecoderWarmUp::make(Made& made) {
  made.decoder = device_->decoders->take(made.options, is_stopped_);
  made.was_kept = made.decoder != nullptr;
  if (made.was_kept) return;
  made.decoder = device_->create_decoder(made.options);
  device_->decoders->lend(made.decoder.get(), made.options, is_stopped_);
  ++device_->counters.decoders_created;
  made.decoder->prepare();
}

void DecoderWarmUp::begin(const DecoderOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    ++pending_;
  }
  const auto work = [self = shared_from_this(), options] {
    Made made{.options = options, .decoder = nullptr};
    try {
      if (!self->is_stopped_) self->make(made);
    } catch (...) {
      const Error error = current_error();
      self->device_->note_failure(error);
      log(LogLevel::debug, "decoder", "Nothing was prepared: ", error.what());
    }
    {
      const std::lock_guard lock(self->mutex_);
      --self->pending_;
      if (made.decoder) self->made_.push_back(std::move(made));
      self->changed_.notify_all();
    }
    if (self->is_stopped_) self->give_back();
  };
  try {
    run_on_pool(work);
  } catch (...) {  // no thread to be had: the first read makes it
    const std::lock_guard lock(mutex_);
    --pending_;
  }
}

DecoderWarmUp::Taken DecoderWarmUp::take(uint32_t threads) {
  std::unique_lock lock(mutex_);
  while (made_.empty() && pending_ > 0 && !is_stopped_) changed_.wait_for(lock, kStopCheck);
  if (made_.empty() || is_stopped_) return {};
  auto found = std::find_if(made_.begin(), made_.end(),
                            [&](const Made& made) { return made.options.threads == threads; });
  if (found == made_.end()) found = made_.begin();
  Taken taken{.decoder = std::move(found->decoder), .was_kept = found->was_kept};
  made_.erase(found);
  return taken;
}

void DecoderWarmUp::wait(const std::atomic<bool>& stop) {
  std::unique_lock lock(mutex_);
  while (pending_ > 0 && !stop && !is_stopped_) changed_.wait_for(lock, kStopCheck);
}

}  // namespace cuf
