// Memory in the order of streams: cuMemAllocAsync, cuMemFreeAsync and pools.
#include <algorithm>

#include "cuda/entry.h"
#include "cuda/pool.h"

using namespace cufsim;

namespace {

std::shared_ptr<MemoryPool> new_pool(Entry& entry, Device& device) {
  auto pool = std::make_shared<MemoryPool>();
  pool->device = &device;
  pool->handle = entry.sim.pools.add(pool);
  return pool;
}

bool has_pools(const Device& device) {
  int value = 0;
  return device.attribute(115, value) && value != 0;
}

/** Both made when first asked for: a client without pools should not count one. */
std::shared_ptr<MemoryPool> current_pool(Entry& entry, Device& device) {
  if (device.default_pool == nullptr) device.default_pool = new_pool(entry, device);
  if (device.current_pool == nullptr) device.current_pool = device.default_pool;
  return device.current_pool;
}

/** Whether what comes next on `stream` comes after the block's free without any waiting. */
bool free_for(const FreeBlock& block, const Stream& stream, const Clock& host) {
  const Moment now = stream.now();
  const uint32_t timeline = block.freed.stream->timeline;
  return timeline == stream.timeline || now.clock->at(timeline) >= block.freed.number ||
         host.at(timeline) >= block.freed.number;
}

AllocationPtr reuse(Entry& entry, MemoryPool& pool, const Stream& stream, uint64_t size) {
  auto& blocks = pool.free_blocks;
  const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const FreeBlock& block) {
    return block.allocation->size == size && free_for(block, stream, entry.sim.order.host());
  });
  if (found == blocks.end()) return nullptr;
  AllocationPtr allocation = found->allocation;
  blocks.erase(found);
  allocation->freed = false;
  entry.sim.allocations.insert(allocation);
  entry.sim.journal.add("allocations");
  return allocation;
}

AllocationPtr grow(Entry& entry, const std::shared_ptr<MemoryPool>& pool, uint64_t size,
                   CUresult& code) {
  if (pool->max_size > 0 && pool->reserved_bytes + size > pool->max_size) {
    code = kOutOfMemory;
    return nullptr;
  }
  AllocationPtr allocation = new_allocation(*entry.context, size, MemoryKind::kPool, code);
  if (allocation == nullptr) {
    // What other sizes have left is given up before there is no memory.
    pool->trim(0);
    code = CUDA_SUCCESS;
    allocation = new_allocation(*entry.context, size, MemoryKind::kPool, code);
    if (allocation == nullptr) return nullptr;
  }
  allocation->pool = pool;
  pool->reserved_bytes += size;
  pool->reserved_high = std::max(pool->reserved_high, pool->reserved_bytes);
  return allocation;
}

Work poisoning(const AllocationPtr& allocation, const char* what) {
  Work work{.what = what, .accesses = {{allocation, {0, allocation->size, 0, 1}, true}}};
  unsigned char* bytes = driver().memory.bytes(allocation->address);
  work.run = [bytes, size = allocation->size]() -> CUresult {
    AddressSpace::poison(bytes, size);
    return CUDA_SUCCESS;
  };
  return work;
}

CUresult allocate(Entry& entry, CUdeviceptr* out, size_t size, CUstream handle,
                  const std::shared_ptr<MemoryPool>& pool) {
  if (out == nullptr || size == 0) return kInvalidValue;
  const StreamPtr stream = stream_of(entry, handle);
  if (stream == nullptr) return kInvalidHandle;
  if (!has_pools(*pool->device)) return kNotSupported;
  size = (size + 511) / 512 * 512;
  CUresult code = CUDA_SUCCESS;
  AllocationPtr allocation = reuse(entry, *pool, *stream, size);
  if (allocation == nullptr) allocation = grow(entry, pool, size, code);
  if (allocation == nullptr) return code;
  pool->used_bytes += size;
  pool->used_high = std::max(pool->used_high, pool->used_bytes);
  stream->enqueue(poisoning(allocation, "allocation"));
  *out = allocation->address;
  return CUDA_SUCCESS;
}

}  // namespace

CUFSIM_EXPORT CUresult cuMemAllocAsync(CUdeviceptr* out, size_t size, CUstream stream) {
  return call("cuMemAllocAsync", kContext, [&](Entry& entry) -> CUresult {
    return allocate(entry, out, size, stream, current_pool(entry, *entry.context->device));
  });
}

CUFSIM_EXPORT CUresult cuMemAllocFromPoolAsync(CUdeviceptr* out, size_t size, CUmemoryPool handle,
                                               CUstream stream) {
  return call("cuMemAllocFromPoolAsync", kContext, [&](Entry& entry) -> CUresult {
    const auto pool = entry.sim.pools.find(handle);
    if (pool == nullptr || pool->destroyed) return kInvalidValue;
    return allocate(entry, out, size, stream, pool);
  });
}

CUFSIM_EXPORT CUresult cuMemFreeAsync(CUdeviceptr address, CUstream handle) {
  return call("cuMemFreeAsync", kContext | kRelease, [&](Entry& entry) -> CUresult {
    const AllocationPtr allocation = entry.sim.memory.find(address);
    const bool fits =
        allocation != nullptr && allocation->address == address && !allocation->freed &&
        (allocation->kind == MemoryKind::kPool || allocation->kind == MemoryKind::kDevice);
    if (!fits) {
      entry.sim.journal.problem(Problem::kReleasedTwice, "cuMemFreeAsync");
      return kInvalidValue;
    }
    StreamPtr stream = stream_of(entry, handle);
    if (stream == nullptr) return kInvalidHandle;
    const Moment freed = stream->enqueue(poisoning(allocation, "free"));
    allocation->freed = true;
    entry.sim.allocations.erase(allocation);
    entry.sim.journal.add("allocations", -1);
    if (allocation->kind == MemoryKind::kPool) {
      allocation->pool->used_bytes -= allocation->size;
      allocation->pool->free_blocks.push_back({allocation, freed});
      if (allocation->pool->destroyed) {
        entry.sim.retired_pools.push_back(allocation->pool);
        trim_retired_pools();
      }
    } else {
      // Not a pool's: its addresses are not used again, so nothing has to wait.
      allocation->device->give_back(allocation->size);
    }
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemPoolCreate(CUmemoryPool* out, const MemoryPoolProperties* properties) {
  return call("cuMemPoolCreate", kInit, [&](Entry& entry) -> CUresult {
    if (out == nullptr || properties == nullptr) return kInvalidValue;
    const bool known = properties->allocation_type == 1 && properties->location_type == 1 &&
                       properties->handle_types == 0 && properties->security_attributes == nullptr;
    for (const unsigned char byte : properties->reserved) {
      if (byte != 0) return kInvalidValue;
    }
    if (!known || properties->usage != 0) return kInvalidValue;
    Device* device = entry.sim.device(properties->location_id);
    if (device == nullptr) return kInvalidDevice;
    if (!has_pools(*device)) return kNotSupported;
    const auto pool = new_pool(entry, *device);
    pool->max_size = properties->max_size;
    entry.sim.journal.add("pools");
    *out = reinterpret_cast<CUmemoryPool>(pool->handle);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemPoolDestroy(CUmemoryPool handle) {
  return call("cuMemPoolDestroy", kInit | kRelease, [&](Entry& entry) -> CUresult {
    const auto pool = entry.sim.pools.find(handle);
    if (pool == nullptr || pool == pool->device->default_pool) return kInvalidValue;
    if (pool->device->current_pool == pool) pool->device->current_pool = nullptr;
    // Blocks in use stay valid; the memory goes back when the last of them was freed.
    pool->destroyed = true;
    pool->release_threshold = 0;
    entry.sim.retired_pools.push_back(pool);
    trim_retired_pools();
    entry.sim.pools.remove(pool->handle);
    entry.sim.journal.add("pools", -1);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemPoolTrimTo(CUmemoryPool handle, size_t keep) {
  return call("cuMemPoolTrimTo", kInit, [&](Entry& entry) -> CUresult {
    const auto pool = entry.sim.pools.find(handle);
    if (pool == nullptr) return kInvalidValue;
    pool->trim(keep);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemPoolSetAttribute(CUmemoryPool handle, int attribute, void* value) {
  return call("cuMemPoolSetAttribute", kInit, [&](Entry& entry) -> CUresult {
    const auto pool = entry.sim.pools.find(handle);
    if (pool == nullptr || value == nullptr) return kInvalidValue;
    switch (attribute) {
      case kPoolReuseFollowEventDependencies:
      case kPoolReuseAllowOpportunistic:
      case kPoolReuseAllowInternalDependencies:
        return CUDA_SUCCESS;
      case kPoolReleaseThreshold:
        pool->release_threshold = *static_cast<uint64_t*>(value);
        return CUDA_SUCCESS;
      case kPoolReservedHigh:
        if (*static_cast<uint64_t*>(value) != 0) return kInvalidValue;
        pool->reserved_high = pool->reserved_bytes;
        return CUDA_SUCCESS;
      case kPoolUsedHigh:
        if (*static_cast<uint64_t*>(value) != 0) return kInvalidValue;
        pool->used_high = pool->used_bytes;
        return CUDA_SUCCESS;
      default:
        return kInvalidValue;
    }
  });
}

CUFSIM_EXPORT CUresult cuMemPoolGetAttribute(CUmemoryPool handle, int attribute, void* value) {
  return call("cuMemPoolGetAttribute", kInit, [&](Entry& entry) -> CUresult {
    const auto pool = entry.sim.pools.find(handle);
    if (pool == nullptr || value == nullptr) return kInvalidValue;
    switch (attribute) {
      case kPoolReuseFollowEventDependencies:
      case kPoolReuseAllowOpportunistic:
      case kPoolReuseAllowInternalDependencies:
        *static_cast<int*>(value) = 1;
        return CUDA_SUCCESS;
      case kPoolReleaseThreshold:
        *static_cast<uint64_t*>(value) = pool->release_threshold;
        return CUDA_SUCCESS;
      case kPoolReservedCurrent:
        *static_cast<uint64_t*>(value) = pool->reserved_bytes;
        return CUDA_SUCCESS;
      case kPoolReservedHigh:
        *static_cast<uint64_t*>(value) = pool->reserved_high;
        return CUDA_SUCCESS;
      case kPoolUsedCurrent:
        *static_cast<uint64_t*>(value) = pool->used_bytes;
        return CUDA_SUCCESS;
      case kPoolUsedHigh:
        *static_cast<uint64_t*>(value) = pool->used_high;
        return CUDA_SUCCESS;
      default:
        return kInvalidValue;
    }
  });
}

CUFSIM_EXPORT CUresult cuMemPoolSetAccess(CUmemoryPool handle, const MemoryAccess* access,
                                          size_t count) {
  return call("cuMemPoolSetAccess", kInit, [&](Entry& entry) -> CUresult {
    const auto pool = entry.sim.pools.find(handle);
    if (pool == nullptr || access == nullptr || count == 0) return kInvalidValue;
    for (size_t i = 0; i < count; i++) {
      const bool known =
          access[i].location_type == 1 && entry.sim.device(access[i].location_id) != nullptr;
      if (!known) return kInvalidValue;
      // The pool's own GPU always has access.
      if (access[i].location_id == pool->device->ordinal && access[i].flags != 3) {
        return kInvalidValue;
      }
    }
    return CUDA_SUCCESS;
  });
}

namespace {

CUresult get_pool(const char* function, CUmemoryPool* out, CUdevice ordinal, bool by_default) {
  return call(function, kInit, [&](Entry& entry) -> CUresult {
    Device* device = entry.sim.device(ordinal);
    if (device == nullptr) return kInvalidDevice;
    if (out == nullptr) return kInvalidValue;
    if (!has_pools(*device)) return kNotSupported;
    const auto current = current_pool(entry, *device);
    *out = reinterpret_cast<CUmemoryPool>((by_default ? device->default_pool : current)->handle);
    return CUDA_SUCCESS;
  });
}

}  // namespace

CUFSIM_EXPORT CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* out, CUdevice device) {
  return get_pool("cuDeviceGetDefaultMemPool", out, device, true);
}

CUFSIM_EXPORT CUresult cuDeviceGetMemPool(CUmemoryPool* out, CUdevice device) {
  return get_pool("cuDeviceGetMemPool", out, device, false);
}

CUFSIM_EXPORT CUresult cuDeviceSetMemPool(CUdevice ordinal, CUmemoryPool handle) {
  return call("cuDeviceSetMemPool", kInit, [&](Entry& entry) -> CUresult {
    Device* device = entry.sim.device(ordinal);
    const auto pool = entry.sim.pools.find(handle);
    if (device == nullptr) return kInvalidDevice;
    if (pool == nullptr || pool->device != device) return kInvalidValue;
    device->current_pool = pool;
    return CUDA_SUCCESS;
  });
}
