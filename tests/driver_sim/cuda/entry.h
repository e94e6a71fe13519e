// What every function of the driver does first: counting, faults, states in which it refuses.
#pragma once
#include <exception>
#include <utility>

#include "cuda/driver.h"

namespace cufsim {

enum Needs : unsigned {
  kNothing = 0,
  /** cuInit must have been called. */
  kInit = 1,
  /** A context must be current, and it must be usable. */
  kContext = 2 | kInit,
  /** Gives something back: does so even if it then fails. */
  kRelease = 4,
  /** Never made to fail: only looks up constants. */
  kPure = 8,
};

/** Whether this thread's calls are out of the reach of faults. */
bool& is_thread_spared();

/** One call of a client. */
class Entry {
 public:
  Entry(const char* function, unsigned needs);

  /** Whether the function must not do anything. */
  bool refused() const { return refused_; }
  /** With what it ends although `outcome` is what it did. */
  CUresult end(CUresult outcome) const;

  Lock lock;
  Driver& sim;
  /** The context that is current; null only where none is needed. */
  ContextPtr context;

 private:
  void count(const char* function, unsigned needs);
  void look_at_context(const char* function, unsigned needs);

  CUresult forced_ = CUDA_SUCCESS;
  bool refused_ = false;
};

template <class Body>
CUresult call(const char* function, unsigned needs, Body&& body) noexcept {
  try {
    Entry entry(function, needs);
    return entry.end(entry.refused() ? CUDA_SUCCESS : std::forward<Body>(body)(entry));
  } catch (const std::exception&) {
    return kOutOfMemory;
  }
}

/** The stream of a handle, NULL and the two special values included; null if it is none. */
StreamPtr stream_of(Entry& entry, CUstream handle);

}  // namespace cufsim
