// cuGetProcAddress, and that what is exported has the types of ffnvcodec's headers.
#include <dlfcn.h>

#include <string>
#include <type_traits>

#include "cuda/entry.h"

using namespace cufsim;

namespace {

/** This library: it was opened without global scope, so only its own handle knows its symbols. */
void* own_handle() {
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(&own_handle), &self) == 0) return nullptr;
  return dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

CUresult find(const char* symbol, void** out, int version, int* status) {
  if (symbol == nullptr || out == nullptr) return kInvalidValue;
  return call("cuGetProcAddress", kPure, [&](Entry& entry) -> CUresult {
    *out = nullptr;
    void* library = own_handle();
    for (const char* suffix : {"_v2", ""}) {
      if (*out == nullptr) *out = dlsym(library, (std::string(symbol) + suffix).c_str());
    }
    if (library != nullptr) dlclose(library);
    const bool newer = version > entry.sim.settings.number("driver_version", 13000);
    if (newer) *out = nullptr;
    if (status != nullptr) *status = *out != nullptr ? 0 : newer ? 2 : 1;
    return *out == nullptr ? kNotFound : CUDA_SUCCESS;
  });
}

}  // namespace

CUFSIM_EXPORT CUresult cuGetProcAddress(const char* symbol, void** out, int version, uint64_t) {
  return find(symbol, out, version, nullptr);
}

CUFSIM_EXPORT CUresult cuGetProcAddress_v2(const char* symbol, void** out, int version, uint64_t,
                                           int* status) {
  return find(symbol, out, version, status);
}

#define SAME_TYPE(function, type) \
  extern "C" type function;       \
  static_assert(std::is_same_v<decltype(function), type>)

SAME_TYPE(cuInit, tcuInit);
SAME_TYPE(cuDriverGetVersion, tcuDriverGetVersion);
SAME_TYPE(cuDeviceGetCount, tcuDeviceGetCount);
SAME_TYPE(cuDeviceGet, tcuDeviceGet);
SAME_TYPE(cuDeviceGetAttribute, tcuDeviceGetAttribute);
SAME_TYPE(cuDeviceGetName, tcuDeviceGetName);
SAME_TYPE(cuDeviceGetUuid, tcuDeviceGetUuid);
SAME_TYPE(cuDeviceGetUuid_v2, tcuDeviceGetUuid_v2);
SAME_TYPE(cuDeviceGetLuid, tcuDeviceGetLuid);
SAME_TYPE(cuDeviceGetByPCIBusId, tcuDeviceGetByPCIBusId);
SAME_TYPE(cuDeviceGetPCIBusId, tcuDeviceGetPCIBusId);
SAME_TYPE(cuDeviceComputeCapability, tcuDeviceComputeCapability);
SAME_TYPE(cuCtxCreate_v2, tcuCtxCreate_v2);
SAME_TYPE(cuCtxGetCurrent, tcuCtxGetCurrent);
SAME_TYPE(cuCtxSetLimit, tcuCtxSetLimit);
SAME_TYPE(cuCtxPushCurrent_v2, tcuCtxPushCurrent_v2);
SAME_TYPE(cuCtxPopCurrent_v2, tcuCtxPopCurrent_v2);
SAME_TYPE(cuCtxDestroy_v2, tcuCtxDestroy_v2);
SAME_TYPE(cuCtxGetDevice, tcuCtxGetDevice);
SAME_TYPE(cuDevicePrimaryCtxRetain, tcuDevicePrimaryCtxRetain);
SAME_TYPE(cuDevicePrimaryCtxRelease, tcuDevicePrimaryCtxRelease);
SAME_TYPE(cuDevicePrimaryCtxSetFlags, tcuDevicePrimaryCtxSetFlags);
SAME_TYPE(cuDevicePrimaryCtxGetState, tcuDevicePrimaryCtxGetState);
SAME_TYPE(cuDevicePrimaryCtxReset, tcuDevicePrimaryCtxReset);
SAME_TYPE(cuMemAlloc_v2, tcuMemAlloc_v2);
SAME_TYPE(cuMemAllocPitch_v2, tcuMemAllocPitch_v2);
SAME_TYPE(cuMemAllocManaged, tcuMemAllocManaged);
SAME_TYPE(cuMemFree_v2, tcuMemFree_v2);
SAME_TYPE(cuMemsetD8Async, tcuMemsetD8Async);
SAME_TYPE(cuMemcpy, tcuMemcpy);
SAME_TYPE(cuMemcpyAsync, tcuMemcpyAsync);
SAME_TYPE(cuMemcpy2D_v2, tcuMemcpy2D_v2);
SAME_TYPE(cuMemcpy2DAsync_v2, tcuMemcpy2DAsync_v2);
SAME_TYPE(cuMemcpyHtoD_v2, tcuMemcpyHtoD_v2);
SAME_TYPE(cuMemcpyHtoDAsync_v2, tcuMemcpyHtoDAsync_v2);
SAME_TYPE(cuMemcpyDtoH_v2, tcuMemcpyDtoH_v2);
SAME_TYPE(cuMemcpyDtoHAsync_v2, tcuMemcpyDtoHAsync_v2);
SAME_TYPE(cuMemcpyDtoD_v2, tcuMemcpyDtoD_v2);
SAME_TYPE(cuMemcpyDtoDAsync_v2, tcuMemcpyDtoDAsync_v2);
SAME_TYPE(cuGetErrorName, tcuGetErrorName);
SAME_TYPE(cuGetErrorString, tcuGetErrorString);
SAME_TYPE(cuStreamCreate, tcuStreamCreate);
SAME_TYPE(cuStreamQuery, tcuStreamQuery);
SAME_TYPE(cuStreamSynchronize, tcuStreamSynchronize);
SAME_TYPE(cuStreamDestroy_v2, tcuStreamDestroy_v2);
SAME_TYPE(cuStreamAddCallback, tcuStreamAddCallback);
SAME_TYPE(cuStreamWaitEvent, tcuStreamWaitEvent);
SAME_TYPE(cuEventCreate, tcuEventCreate);
SAME_TYPE(cuEventDestroy_v2, tcuEventDestroy_v2);
SAME_TYPE(cuEventSynchronize, tcuEventSynchronize);
SAME_TYPE(cuEventQuery, tcuEventQuery);
SAME_TYPE(cuEventRecord, tcuEventRecord);
SAME_TYPE(cuLaunchKernel, tcuLaunchKernel);
SAME_TYPE(cuModuleLoadData, tcuModuleLoadData);
SAME_TYPE(cuModuleUnload, tcuModuleUnload);
SAME_TYPE(cuModuleGetFunction, tcuModuleGetFunction);
SAME_TYPE(cuModuleGetGlobal, tcuModuleGetGlobal);
