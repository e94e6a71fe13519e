#include "cuda/pool.h"

#include <sys/mman.h>
#include <algorithm>

#include "cuda/driver.h"

namespace cufsim {

void MemoryPool::trim(uint64_t keep) {
  for (size_t i = free_blocks.size(); i-- > 0 && reserved_bytes > keep;) {
    if (!free_blocks[i].freed.reached()) continue;
    const AllocationPtr allocation = free_blocks[i].allocation;
    free_blocks.erase(free_blocks.begin() + static_cast<ptrdiff_t>(i));
    reserved_bytes -= allocation->size;
    device->give_back(allocation->size);
    driver().memory.release(allocation);
  }
}

AllocationPtr new_allocation(Context& context, uint64_t size, MemoryKind kind, CUresult& code) {
  Driver& sim = driver();
  if (!context.device->reserve(size)) {
    code = kOutOfMemory;
    return nullptr;
  }
  const AllocationPtr allocation = sim.memory.allocate(size, 512, kind);
  if (allocation == nullptr) {
    context.device->give_back(size);
    code = kOutOfMemory;
    return nullptr;
  }
  allocation->device = context.device;
  allocation->context = context.weak_from_this();
  sim.allocations.insert(allocation);
  if (kind != MemoryKind::kSurface) sim.journal.add("allocations");
  return allocation;
}

void end_allocation(const AllocationPtr& allocation) {
  Driver& sim = driver();
  sim.allocations.erase(allocation);
  switch (allocation->kind) {
    case MemoryKind::kPinned:
    case MemoryKind::kManaged:
    case MemoryKind::kRegistered:
      sim.memory.release(allocation);
      if (allocation->kind != MemoryKind::kRegistered) {
        munmap(reinterpret_cast<void*>(allocation->address), (allocation->size + 4095) & ~4095ull);
      }
      sim.journal.add("host_allocations", -1);
      break;
    default:
      allocation->device->give_back(allocation->size);
      sim.memory.release(allocation);
      if (allocation->kind != MemoryKind::kSurface) sim.journal.add("allocations", -1);
  }
}

void trim_retired_pools() {
  std::erase_if(driver().retired_pools, [](const auto& pool) {
    pool->trim(0);
    return pool->free_blocks.empty();
  });
}

void trim_pools(Device& device) {
  trim_retired_pools();
  for (const auto& [handle, pool] : driver().pools.alive()) {
    if (pool->device == &device) pool->trim(pool->release_threshold);
  }
}

}  // namespace cufsim
