// Copies and fills as operations of streams, with the rules about where memory may lie.
#pragma once
#include <vector>

#include "cuda/entry.h"

namespace cufsim {

/** What a client says that a pointer is. */
enum class Claim { kHost, kDevice, kEither };

/** One side of a copy. */
struct Side {
  uint64_t address = 0;
  uint64_t pitch = 0;
  Claim claim = Claim::kEither;
};

/** Found out about a side. */
struct Place {
  AllocationPtr allocation;  // null: pageable host memory
  unsigned char* bytes = nullptr;
  uint64_t pitch = 0;
  Span span;

  bool pageable() const { return allocation == nullptr; }
  bool on_host() const { return pageable() || allocation->is_host(); }
};

struct Copy {
  Side to;
  Side from;
  uint64_t width = 0;
  uint64_t rows = 1;
};

/** Checks and enqueues; a synchronous copy waits as far as drivers do. */
CUresult enqueue_copy(Entry& entry, const Copy& copy, const StreamPtr& stream, bool synchronous);

/** Sets `rows` times `width` units of `unit` bytes. */
CUresult enqueue_fill(Entry& entry, const Side& to, uint32_t value, unsigned unit, uint64_t width,
                      uint64_t rows, const StreamPtr& stream);

}  // namespace cufsim
