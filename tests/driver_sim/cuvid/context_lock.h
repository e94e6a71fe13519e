// CUvideoctxlock: who may use a context.
#pragma once
#include <condition_variable>
#include <memory>
#include <thread>

#include "cuda/driver.h"

namespace cufsim {

struct ContextLock {
  ContextPtr context;
  /** Locks nest in one thread. */
  std::thread::id owner;
  int depth = 0;
};

/** Under the driver's mutex. */
Handles<ContextLock>& context_locks();

}  // namespace cufsim
