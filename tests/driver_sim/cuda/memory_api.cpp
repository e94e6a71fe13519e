// cuMemAlloc and its kin, host memory, and what can be asked about pointers.
#include <sys/mman.h>

#include <cstring>

#include "cuda/entry.h"
#include "cuda/pool.h"

using namespace cufsim;

namespace {

constexpr uint64_t kPitchAlignment = 512;

CUresult allocate(Entry& entry, CUdeviceptr* out, uint64_t size) {
  CUresult code = CUDA_SUCCESS;
  const AllocationPtr allocation = new_allocation(*entry.context, size, MemoryKind::kDevice, code);
  if (allocation != nullptr) *out = allocation->address;
  return code;
}

CUresult allocate_host(Entry& entry, void** out, size_t size, unsigned flags, MemoryKind kind) {
  if (out == nullptr || size == 0) return kInvalidValue;
  void* host = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (host == MAP_FAILED) return kOutOfMemory;
  AddressSpace::poison(static_cast<unsigned char*>(host), size);
  const AllocationPtr allocation = entry.sim.memory.adopt(host, size, kind);
  allocation->device = entry.context->device;
  allocation->context = entry.context;
  allocation->flags = flags;
  entry.sim.allocations.insert(allocation);
  entry.sim.journal.add("host_allocations");
  *out = host;
  return CUDA_SUCCESS;
}

/** Frees memory of one of the kinds at exactly that address. */
CUresult free_at(Entry& entry, uint64_t address, bool host) {
  const AllocationPtr allocation = entry.sim.memory.find(address);
  const bool fits =
      allocation != nullptr && allocation->address == address && !allocation->freed &&
      allocation->kind != MemoryKind::kSurface &&
      (host ? allocation->kind == MemoryKind::kPinned
            : allocation->kind == MemoryKind::kDevice || allocation->kind == MemoryKind::kPool ||
                  allocation->kind == MemoryKind::kManaged);
  if (!fits) {
    const bool ours = entry.sim.memory.is_device(address);
    entry.sim.journal.problem(ours ? Problem::kReleasedTwice : Problem::kForeignPointer,
                              host ? "cuMemFreeHost" : "cuMemFree");
    return kInvalidValue;
  }
  // Waits for the GPU, but a client must not take it for a synchronisation.
  for (const auto& [handle, context] : std::map(entry.sim.contexts.alive())) {
    if (context->device == allocation->device) context->synchronize(entry.lock, false);
  }
  if (allocation->kind == MemoryKind::kPool) {
    MemoryPool& pool = *allocation->pool;
    pool.used_bytes -= allocation->size;
    pool.reserved_bytes -= allocation->size;
  }
  end_allocation(allocation);
  return CUDA_SUCCESS;
}

}  // namespace

CUFSIM_EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  return call("cuMemGetInfo", kContext, [&](Entry& entry) -> CUresult {
    if (free == nullptr || total == nullptr) return kInvalidValue;
    *total = entry.context->device->memory_bytes;
    *free = *total - entry.context->device->used_bytes;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t size) {
  return call("cuMemAlloc", kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr || size == 0) return kInvalidValue;
    return allocate(entry, out, size);
  });
}

CUFSIM_EXPORT CUresult cuMemAllocPitch_v2(CUdeviceptr* out, size_t* pitch, size_t width,
                                          size_t height, unsigned element) {
  return call("cuMemAllocPitch", kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr || pitch == nullptr || width == 0 || height == 0) return kInvalidValue;
    if (element != 4 && element != 8 && element != 16) return kInvalidValue;
    // Always more than the width: a client that takes the width for the pitch must not get away.
    *pitch = (width / kPitchAlignment + 1) * kPitchAlignment;
    return allocate(entry, out, *pitch * height);
  });
}

CUFSIM_EXPORT CUresult cuMemFree_v2(CUdeviceptr address) {
  // Without a context too: found out on a real driver.
  return call("cuMemFree", kInit | kRelease, [&](Entry& entry) -> CUresult {
    return address == 0 ? CUDA_SUCCESS : free_at(entry, address, false);
  });
}

CUFSIM_EXPORT CUresult cuMemAllocManaged(CUdeviceptr* out, size_t size, unsigned flags) {
  return call("cuMemAllocManaged", kContext, [&](Entry& entry) -> CUresult {
    if (flags != 1 && flags != 2) return kInvalidValue;
    void* host = nullptr;
    const CUresult code = allocate_host(entry, &host, size, 0, MemoryKind::kManaged);
    if (code == CUDA_SUCCESS) *out = reinterpret_cast<CUdeviceptr>(host);
    return code;
  });
}

CUFSIM_EXPORT CUresult cuMemHostAlloc(void** out, size_t size, unsigned flags) {
  return call("cuMemHostAlloc", kContext, [&](Entry& entry) -> CUresult {
    if (flags > 7) return kInvalidValue;
    return allocate_host(entry, out, size, flags, MemoryKind::kPinned);
  });
}

CUFSIM_EXPORT CUresult cuMemAllocHost_v2(void** out, size_t size) {
  return call("cuMemAllocHost", kContext, [&](Entry& entry) -> CUresult {
    return allocate_host(entry, out, size, 0, MemoryKind::kPinned);
  });
}

CUFSIM_EXPORT CUresult cuMemFreeHost(void* host) {
  return call("cuMemFreeHost", kInit | kRelease, [&](Entry& entry) -> CUresult {
    if (host == nullptr) return CUDA_SUCCESS;
    return free_at(entry, reinterpret_cast<uint64_t>(host), true);
  });
}

CUFSIM_EXPORT CUresult cuMemHostRegister_v2(void* host, size_t size, unsigned flags) {
  return call("cuMemHostRegister", kContext, [&](Entry& entry) -> CUresult {
    if (host == nullptr || size == 0 || flags > 15) return kInvalidValue;
    const uint64_t address = reinterpret_cast<uint64_t>(host);
    if (entry.sim.memory.is_device(address)) return kInvalidValue;
    if (entry.sim.memory.find(address) != nullptr ||
        entry.sim.memory.find(address + size - 1) != nullptr) {
      return kHostMemoryAlreadyRegistered;
    }
    const AllocationPtr allocation = entry.sim.memory.adopt(host, size, MemoryKind::kRegistered);
    allocation->device = entry.context->device;
    allocation->context = entry.context;
    allocation->flags = flags;
    entry.sim.allocations.insert(allocation);
    entry.sim.journal.add("host_allocations");
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemHostUnregister(void* host) {
  return call("cuMemHostUnregister", kInit | kRelease, [&](Entry& entry) -> CUresult {
    const AllocationPtr allocation = entry.sim.memory.find(reinterpret_cast<uint64_t>(host));
    const bool fits = allocation != nullptr && allocation->kind == MemoryKind::kRegistered &&
                      allocation->address == reinterpret_cast<uint64_t>(host);
    if (!fits) return kHostMemoryNotRegistered;
    const ContextPtr context = allocation->context.lock();
    if (context != nullptr) context->synchronize(entry.lock, false);
    end_allocation(allocation);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* host, unsigned flags) {
  return call("cuMemHostGetDevicePointer", kContext, [&](Entry& entry) -> CUresult {
    const AllocationPtr allocation = entry.sim.memory.find(reinterpret_cast<uint64_t>(host));
    if (out == nullptr || flags != 0) return kInvalidValue;
    if (allocation == nullptr || !allocation->is_host()) return kInvalidValue;
    *out = reinterpret_cast<CUdeviceptr>(host);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemHostGetFlags(unsigned* out, void* host) {
  return call("cuMemHostGetFlags", kContext, [&](Entry& entry) -> CUresult {
    const AllocationPtr allocation = entry.sim.memory.find(reinterpret_cast<uint64_t>(host));
    if (out == nullptr || allocation == nullptr || !allocation->is_host()) return kInvalidValue;
    *out = allocation->flags;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* size,
                                               CUdeviceptr address) {
  return call("cuMemGetAddressRange", kContext, [&](Entry& entry) -> CUresult {
    const AllocationPtr allocation = entry.sim.memory.find(address);
    if (allocation == nullptr || allocation->freed) return kNotFound;
    if (base != nullptr) *base = allocation->address;
    if (size != nullptr) *size = allocation->size;
    return CUDA_SUCCESS;
  });
}

namespace {

template <class T>
CUresult answer(void* out, T value) {
  std::memcpy(out, &value, sizeof value);
  return CUDA_SUCCESS;
}

CUresult pointer_attribute(const Allocation& allocation, int attribute, uint64_t address,
                           void* out) {
  const bool host = allocation.is_host();
  switch (attribute) {
    case kPointerContext: {
      // Memory of pools belongs to no context.
      const ContextPtr context = allocation.context.lock();
      const bool known = context != nullptr && allocation.kind != MemoryKind::kPool;
      return answer(out, known ? context->handle : uint64_t{0});
    }
    case kPointerMemoryType:
      return answer<unsigned>(out, host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE);
    case kPointerDevicePointer:
      return answer(out, address);
    case kPointerHostPointer:
      return host ? answer(out, address) : kInvalidValue;
    case kPointerSyncMemops:
    case kPointerIsManaged:
      return answer<unsigned>(
          out, allocation.kind == MemoryKind::kManaged && attribute == kPointerIsManaged);
    case kPointerBufferId:
      return answer(out, allocation.id);
    case kPointerDeviceOrdinal:
      return answer(out, allocation.device->ordinal);
    case kPointerRangeStart:
      return answer(out, allocation.address);
    case kPointerRangeSize:
      return answer(out, allocation.size);
    case kPointerMapped:
      return answer(out, 1);
    case kPointerMempoolHandle:
      return answer(out, allocation.pool == nullptr ? uint64_t{0} : allocation.pool->handle);
    default:
      return kInvalidValue;
  }
}

}  // namespace

CUFSIM_EXPORT CUresult cuPointerGetAttribute(void* out, int attribute, CUdeviceptr address) {
  return call("cuPointerGetAttribute", kInit, [&](Entry& entry) -> CUresult {
    const AllocationPtr allocation = entry.sim.memory.find(address);
    if (out == nullptr || allocation == nullptr || allocation->freed) return kInvalidValue;
    return pointer_attribute(*allocation, attribute, address, out);
  });
}

CUFSIM_EXPORT CUresult cuPointerGetAttributes(unsigned count, int* attributes, void** out,
                                              CUdeviceptr address) {
  return call("cuPointerGetAttributes", kInit, [&](Entry& entry) -> CUresult {
    if (count == 0 || attributes == nullptr || out == nullptr) return kInvalidValue;
    const AllocationPtr allocation = entry.sim.memory.find(address);
    for (unsigned i = 0; i < count; i++) {
      if (allocation != nullptr) {
        pointer_attribute(*allocation, attributes[i], address, out[i]);
      } else if (attributes[i] == kPointerMemoryType) {
        answer(out[i], 0u);
      }
    }
    return CUDA_SUCCESS;
  });
}
