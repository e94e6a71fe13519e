#include "cuda/adopted_memory.h"

#include <algorithm>
#include <utility>

#include "core/executor.h"

namespace cuf::cuda {

AdoptedMemory::AdoptedMemory(std::shared_ptr<const Context> context,
                             std::shared_ptr<const void> owner, CUstream filler)
    : context_(std::move(context)), owner_(std::move(owner)), filler_(filler) {
  if (filler) note(fills_, filler);
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
    return std::ranges::all_of(uses, [](const StreamPoint& use) { return use.event->is_done(); });
  } catch (...) {
    return true;  // the context is gone, and what it did with the memory, too
  }
}

void AdoptedMemory::Rest::wait() const noexcept {
  for (const StreamPoint& use : uses) {
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

void AdoptedMemory::note(StreamPoints& points, CUstream stream) const {
  const ContextScope scope(*context_);
  std::lock_guard lock(mutex_);
  note_point(points, stream, [&] { return std::make_unique<Event>(context_); });
}

void AdoptedMemory::order_before(uint64_t handle) const {
  const auto stream = reinterpret_cast<CUstream>(handle);
  const ContextScope scope(*context_);
  for (const Event* fill : events_of(fills_, mutex_)) fill->order_before(stream);
}

void AdoptedMemory::note_use(uint64_t stream) const {
  note(uses_, reinterpret_cast<CUstream>(stream));
}

void AdoptedMemory::wait() const {
  for (const Event* fill : events_of(fills_, mutex_)) fill->wait();
}

void AdoptedMemory::note_refill(uint64_t stream) const {
  for (const CUstream filler : {filler_, reinterpret_cast<CUstream>(stream)}) {
    if (filler) note(fills_, filler);
  }
}

void AdoptedMemory::give_back(uint64_t stream) const {
  const CUstream callers = filler_ ? filler_ : reinterpret_cast<CUstream>(stream);
  const ContextScope scope(*context_);
  for (const Event* use : events_of(uses_, mutex_)) {
    if (callers) {
      use->order_before(callers);
    } else {
      use->wait();
    }
  }
}

}  // namespace cuf::cuda
