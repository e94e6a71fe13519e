// cuvidCtxLock*.
#include "cuda/entry.h"
#include "cuvid/context_lock.h"

#include <ffnvcodec/dynlink_nvcuvid.h>

using namespace cufsim;

namespace cufsim {

Handles<ContextLock>& context_locks() {
  static auto* const table = new Handles<ContextLock>(driver().memory);
  return *table;
}

}  // namespace cufsim

CUFSIM_EXPORT CUresult cuvidCtxLockCreate(CUvideoctxlock* out, CUcontext handle) {
  return call("cuvidCtxLockCreate", kInit, [&](Entry& entry) -> CUresult {
    const ContextPtr context = entry.sim.contexts.find(handle);
    if (out == nullptr) return kInvalidValue;
    if (context == nullptr) return kInvalidContext;
    auto lock = std::make_shared<ContextLock>();
    lock->context = context;
    *out = reinterpret_cast<CUvideoctxlock>(context_locks().add(lock));
    entry.sim.journal.add("locks");
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuvidCtxLockDestroy(CUvideoctxlock handle) {
  return call("cuvidCtxLockDestroy", kInit | kRelease, [&](Entry& entry) -> CUresult {
    const auto lock = context_locks().find(handle);
    if (lock == nullptr) return kInvalidHandle;
    if (lock->depth > 0) {
      entry.sim.journal.problem(Problem::kOrder, "a context lock is destroyed while it is held");
    }
    context_locks().remove(reinterpret_cast<uint64_t>(handle));
    entry.sim.journal.add("locks", -1);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuvidCtxLock(CUvideoctxlock handle, unsigned flags) {
  return call("cuvidCtxLock", kInit, [&](Entry& entry) -> CUresult {
    const auto lock = context_locks().find(handle);
    if (lock == nullptr) return kInvalidHandle;
    if (flags != 0) return kInvalidValue;
    const auto self = std::this_thread::get_id();
    entry.sim.changed.wait(entry.lock, [&] { return lock->depth == 0 || lock->owner == self; });
    lock->owner = self;
    lock->depth++;
    context_stack().push(lock->context, Pushed::kByPush);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuvidCtxUnlock(CUvideoctxlock handle, unsigned) {
  return call("cuvidCtxUnlock", kInit | kRelease, [&](Entry& entry) -> CUresult {
    const auto lock = context_locks().find(handle);
    if (lock == nullptr) return kInvalidHandle;
    if (lock->depth == 0 || lock->owner != std::this_thread::get_id()) return kIllegalState;
    if (context_stack().current() != lock->context) {
      entry.sim.journal.problem(Problem::kWrongContext, "unlocked with another context current");
    }
    context_stack().pop();
    lock->depth--;
    entry.sim.changed.notify_all();
    return CUDA_SUCCESS;
  });
}
