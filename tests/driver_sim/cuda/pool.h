// Device memory: who has it, and pools that give it out in the order of streams.
#pragma once
#include <memory>
#include <vector>

#include "cuda/context.h"
#include "cuda/memory.h"

namespace cufsim {

/** A block that was freed in stream order, and the moment after which it is free. */
struct FreeBlock {
  AllocationPtr allocation;
  Moment freed;
};

struct MemoryPool {
  Device* device = nullptr;
  uint64_t handle = 0;
  uint64_t release_threshold = 0;
  uint64_t reserved_bytes = 0;
  uint64_t reserved_high = 0;
  uint64_t used_bytes = 0;
  uint64_t used_high = 0;
  uint64_t max_size = 0;
  bool destroyed = false;
  std::vector<FreeBlock> free_blocks;

  /** Gives memory above `keep` bytes back to the GPU, of blocks whose free has been reached. */
  void trim(uint64_t keep);
};

/** Device memory of the current context; null and `code` if there is none. */
AllocationPtr new_allocation(Context& context, uint64_t size, MemoryKind kind, CUresult& code);
/** Takes an allocation, of whatever kind, off the books. */
void end_allocation(const AllocationPtr& allocation);
/** Gives back what is free by now of pools that were destroyed. */
void trim_retired_pools();
/** What each synchronisation does with memory that pools hold above their thresholds. */
void trim_pools(Device& device);

}  // namespace cufsim
