// cuCtx* and cuDevicePrimaryCtx*.
#include <algorithm>

#include "cuda/entry.h"
#include "cuda/pool.h"

using namespace cufsim;

namespace {

constexpr unsigned kContextFlags = 0xff;

/** The context of a handle; a dead one is reported. */
ContextPtr context_of(Entry& entry, CUcontext handle) {
  ContextPtr context = entry.sim.contexts.find(handle);
  if (context == nullptr && entry.sim.contexts.was(handle)) {
    entry.sim.journal.problem(Problem::kUseAfterDestroy, "a destroyed context");
  }
  return context;
}

CUcontext handle_of(const ContextPtr& context) {
  return reinterpret_cast<CUcontext>(context == nullptr ? 0 : context->handle);
}

}  // namespace

CUFSIM_EXPORT CUresult cuCtxCreate_v2(CUcontext* out, unsigned flags, CUdevice device) {
  return call("cuCtxCreate", kInit, [&](Entry& entry) -> CUresult {
    Device* gpu = entry.sim.device(device);
    if (gpu == nullptr) return kInvalidDevice;
    if (out == nullptr || (flags & ~kContextFlags) != 0) return kInvalidValue;
    if (gpu->lost != CUDA_SUCCESS) return gpu->lost;
    const ContextPtr context = create_context(*gpu, flags, false);
    context_stack().push(context, Pushed::kByCreate);
    *out = handle_of(context);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxDestroy_v2(CUcontext handle) {
  return call("cuCtxDestroy", kInit | kRelease, [&](Entry& entry) -> CUresult {
    if (handle == nullptr) return kInvalidValue;
    const ContextPtr context = context_of(entry, handle);
    // A primary context is released, not destroyed.
    if (context == nullptr || context->primary) return kInvalidContext;
    destroy_context(context, entry.lock);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext handle) {
  return call("cuCtxPushCurrent", kInit, [&](Entry& entry) -> CUresult {
    if (handle == nullptr) return kInvalidValue;
    const ContextPtr context = context_of(entry, handle);
    if (context == nullptr) return kInvalidContext;
    context_stack().push(context, Pushed::kByPush);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* out) {
  return call("cuCtxPopCurrent", kInit | kRelease, [&](Entry&) -> CUresult {
    const ContextPtr context = context_stack().pop();
    if (context == nullptr) return kInvalidContext;
    if (out != nullptr) *out = handle_of(context);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxSetCurrent(CUcontext handle) {
  return call("cuCtxSetCurrent", kInit, [&](Entry& entry) -> CUresult {
    const ContextPtr context = handle == nullptr ? nullptr : context_of(entry, handle);
    if (handle != nullptr && context == nullptr) return kInvalidContext;
    context_stack().set(context);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxGetCurrent(CUcontext* out) {
  return call("cuCtxGetCurrent", kInit, [&](Entry& entry) -> CUresult {
    if (out == nullptr) return kInvalidValue;
    *out = handle_of(entry.context);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxGetDevice(CUdevice* out) {
  return call("cuCtxGetDevice", kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr) return kInvalidValue;
    *out = entry.context->device->ordinal;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxGetFlags(unsigned* out) {
  return call("cuCtxGetFlags", kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr) return kInvalidValue;
    *out = entry.context->flags;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxGetApiVersion(CUcontext handle, unsigned* version) {
  return call("cuCtxGetApiVersion", kInit, [&](Entry& entry) -> CUresult {
    const ContextPtr context = handle == nullptr ? entry.context : context_of(entry, handle);
    if (context == nullptr) return kInvalidContext;
    if (version == nullptr) return kInvalidValue;
    *version = 3020;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxGetId(CUcontext handle, unsigned long long* id) {
  return call("cuCtxGetId", kInit, [&](Entry& entry) -> CUresult {
    const ContextPtr context = handle == nullptr ? entry.context : context_of(entry, handle);
    if (context == nullptr) return kContextIsDestroyed;
    if (id == nullptr) return kInvalidValue;
    *id = context->handle;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxSynchronize() {
  return call("cuCtxSynchronize", kContext, [&](Entry& entry) -> CUresult {
    entry.context->synchronize(entry.lock, true);
    trim_pools(*entry.context->device);
    return entry.context->broken();
  });
}

CUFSIM_EXPORT CUresult cuCtxSetLimit(CUlimit limit, size_t value) {
  return call("cuCtxSetLimit", kContext, [&](Entry& entry) -> CUresult {
    const auto found = entry.context->limits.find(limit);
    if (found == entry.context->limits.end()) return kUnsupportedLimit;
    found->second = value;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxGetLimit(size_t* value, CUlimit limit) {
  return call("cuCtxGetLimit", kContext, [&](Entry& entry) -> CUresult {
    const auto found = entry.context->limits.find(limit);
    if (found == entry.context->limits.end()) return kUnsupportedLimit;
    if (value == nullptr) return kInvalidValue;
    *value = found->second;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return call("cuCtxGetStreamPriorityRange", kContext, [&](Entry&) -> CUresult {
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = -5;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags) {
  return call("cuCtxEnablePeerAccess", kContext, [&](Entry& entry) -> CUresult {
    if (flags != 0) return kInvalidValue;
    const ContextPtr other = context_of(entry, peer);
    if (other == nullptr || other->device == entry.context->device) return kInvalidContext;
    std::vector<const Device*>& peers = entry.context->peers;
    const bool enabled = std::count(peers.begin(), peers.end(), other->device) > 0;
    if (enabled) return kPeerAccessAlreadyEnabled;
    peers.push_back(other->device);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuCtxDisablePeerAccess(CUcontext peer) {
  return call("cuCtxDisablePeerAccess", kContext, [&](Entry& entry) -> CUresult {
    const ContextPtr other = context_of(entry, peer);
    if (other == nullptr) return kInvalidContext;
    std::vector<const Device*>& peers = entry.context->peers;
    const auto found = std::find(peers.begin(), peers.end(), other->device);
    if (found == peers.end()) return kPeerAccessNotEnabled;
    peers.erase(found);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice device) {
  return call("cuDevicePrimaryCtxRetain", kInit, [&](Entry& entry) -> CUresult {
    Device* gpu = entry.sim.device(device);
    if (gpu == nullptr) return kInvalidDevice;
    if (out == nullptr) return kInvalidValue;
    if (gpu->lost != CUDA_SUCCESS) return gpu->lost;
    if (gpu->primary_references++ == 0) {
      gpu->primary = create_context(*gpu, gpu->primary_flags, true);
    }
    *out = handle_of(gpu->primary);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return call("cuDevicePrimaryCtxRelease", kInit | kRelease, [&](Entry& entry) -> CUresult {
    Device* gpu = entry.sim.device(device);
    if (gpu == nullptr) return kInvalidDevice;
    if (gpu->primary_references == 0) return kInvalidContext;
    if (--gpu->primary_references > 0) return CUDA_SUCCESS;
    const ContextPtr context = std::move(gpu->primary);
    gpu->primary = nullptr;
    destroy_context(context, entry.lock);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxRelease(CUdevice device) {
  return cuDevicePrimaryCtxRelease_v2(device);
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  return call("cuDevicePrimaryCtxSetFlags", kInit, [&](Entry& entry) -> CUresult {
    Device* gpu = entry.sim.device(device);
    if (gpu == nullptr) return kInvalidDevice;
    if ((flags & ~kContextFlags) != 0) return kInvalidValue;
    // A driver takes it; the other users of the context do not expect it.
    if (gpu->primary != nullptr && flags != gpu->primary->flags) {
      entry.sim.journal.problem(Problem::kOrder, "flags of a primary context in use were changed");
      gpu->primary->flags = flags;
    }
    gpu->primary_flags = flags;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned flags) {
  return cuDevicePrimaryCtxSetFlags_v2(device, flags);
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  return call("cuDevicePrimaryCtxGetState", kInit, [&](Entry& entry) -> CUresult {
    Device* gpu = entry.sim.device(device);
    if (gpu == nullptr) return kInvalidDevice;
    if (flags == nullptr || active == nullptr) return kInvalidValue;
    *flags = gpu->primary_flags;
    *active = gpu->primary != nullptr ? 1 : 0;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return call("cuDevicePrimaryCtxReset", kInit | kRelease, [&](Entry& entry) -> CUresult {
    Device* gpu = entry.sim.device(device);
    if (gpu == nullptr) return kInvalidDevice;
    if (gpu->primary == nullptr) return CUDA_SUCCESS;
    entry.sim.journal.problem(Problem::kOrder, "the primary context was reset under its users");
    const ContextPtr context = std::move(gpu->primary);
    gpu->primary = nullptr;
    gpu->primary_references = 0;
    destroy_context(context, entry.lock);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDevicePrimaryCtxReset(CUdevice device) {
  return cuDevicePrimaryCtxReset_v2(device);
}
