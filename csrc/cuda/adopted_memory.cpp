#include "cuda/adopted_memory.h"

#include <algorithm>
#include <utility>

#include "core/executor.h"

namespace cuf::cuda {

AdoptedMemory::AdoptedMemory(std::shared_ptr<const Context> context,
                             std::shared_ptr<const void> owner, CUstream filler)
    : context_(std::move(context)), owner_(std::move(owner)), filler_(filler) {
  if (!filler) return;
  const ContextScope scope(*context_);
  filled_ = std::make_unique<Event>(context_);
  filled_->record(filler);
}

// The picture's last holder may be a thread that must not wait.
AdoptedMemory::~AdoptedMemory() {
  Rest rest{context_, std::move(owner_), std::move(uses_), is_shared_};
  if (rest.is_done()) return;
  std::shared_ptr<Rest> kept;
  try {
    kept = std::make_shared<Rest>();
    *kept = std::move(rest);
    run_on_pool([kept] {
      kept->wait();
      kept->owner.reset();
    });
  } catch (...) {
    (kept ? *kept : rest).wait();
  }
}

bool AdoptedMemory::Rest::is_done() const noexcept {
  if (!owner) return true;
  if (is_shared) return false;
  try {
    return std::ranges::all_of(uses, [](const Use& use) { return use.event->is_done(); });
  } catch (...) {
    return true;  // the context is gone, and what it did with the memory, too
  }
}

void AdoptedMemory::Rest::wait() const noexcept {
  for (const Use& use : uses) {
    try {
      use.event->wait();
    } catch (...) {
      // As is_done() has it.
    }
  }
  if (!is_shared) return;
  const ContextScope scope(*context, std::nothrow);
  if (scope) context->cuda().cuCtxSynchronize();
}

Event* AdoptedMemory::filled() const {
  std::lock_guard lock(mutex_);
  return filled_.get();
}

void AdoptedMemory::order_before(uint64_t stream) const {
  Event* const event = filled();
  if (!event) return;
  const ContextScope scope(*context_);
  event->order_before(reinterpret_cast<CUstream>(stream));
}

void AdoptedMemory::note_use(uint64_t handle) const {
  const auto stream = reinterpret_cast<CUstream>(handle);
  const ContextScope scope(*context_);
  std::lock_guard lock(mutex_);
  for (Use& use : uses_) {
    if (use.stream != stream) continue;
    use.event->record(stream);
    return;
  }
  uses_.push_back({stream, std::make_unique<Event>(context_)});
  uses_.back().event->record(stream);
}

void AdoptedMemory::wait() const {
  if (Event* const event = filled()) event->wait();
}

void AdoptedMemory::note_refill(uint64_t stream) const {
  const CUstream filler = filler_ ? filler_ : reinterpret_cast<CUstream>(stream);
  if (!filler) return;
  const ContextScope scope(*context_);
  std::lock_guard lock(mutex_);
  if (!filled_) filled_ = std::make_unique<Event>(context_);
  filled_->record(filler);
}

void AdoptedMemory::give_back(uint64_t stream) const {
  const CUstream callers = filler_ ? filler_ : reinterpret_cast<CUstream>(stream);
  const ContextScope scope(*context_);
  std::lock_guard lock(mutex_);
  for (const Use& use : uses_) {
    if (callers) {
      use.event->order_before(callers);
    } else {
      use.event->wait();
    }
  }
}

}  // namespace cuf::cuda
