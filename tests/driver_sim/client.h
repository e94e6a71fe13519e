// What the tests of the simulated driver use: the driver's functions as a client declares them, and
// a context to work in.
#pragma once
#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_nvcuvid.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cuda/driver_api.h"
#include "cufsim.h"

#define DRIVER_FUNCTION(name, type) extern "C" type name
DRIVER_FUNCTION(cuInit, tcuInit);
DRIVER_FUNCTION(cuDeviceGetName, tcuDeviceGetName);
DRIVER_FUNCTION(cuDeviceGetAttribute, tcuDeviceGetAttribute);
DRIVER_FUNCTION(cuDeviceGetCount, tcuDeviceGetCount);
DRIVER_FUNCTION(cuDeviceGet, tcuDeviceGet);
DRIVER_FUNCTION(cuCtxCreate_v2, tcuCtxCreate_v2);
DRIVER_FUNCTION(cuCtxDestroy_v2, tcuCtxDestroy_v2);
DRIVER_FUNCTION(cuCtxPushCurrent_v2, tcuCtxPushCurrent_v2);
DRIVER_FUNCTION(cuCtxPopCurrent_v2, tcuCtxPopCurrent_v2);
DRIVER_FUNCTION(cuCtxGetCurrent, tcuCtxGetCurrent);
DRIVER_FUNCTION(cuCtxGetDevice, tcuCtxGetDevice);
DRIVER_FUNCTION(cuDevicePrimaryCtxRetain, tcuDevicePrimaryCtxRetain);
DRIVER_FUNCTION(cuDevicePrimaryCtxRelease, tcuDevicePrimaryCtxRelease);
DRIVER_FUNCTION(cuDevicePrimaryCtxGetState, tcuDevicePrimaryCtxGetState);
DRIVER_FUNCTION(cuMemAlloc_v2, tcuMemAlloc_v2);
DRIVER_FUNCTION(cuMemAllocPitch_v2, tcuMemAllocPitch_v2);
DRIVER_FUNCTION(cuMemFree_v2, tcuMemFree_v2);
DRIVER_FUNCTION(cuMemsetD8Async, tcuMemsetD8Async);
DRIVER_FUNCTION(cuMemcpy, tcuMemcpy);
DRIVER_FUNCTION(cuMemcpyHtoD_v2, tcuMemcpyHtoD_v2);
DRIVER_FUNCTION(cuMemcpyHtoDAsync_v2, tcuMemcpyHtoDAsync_v2);
DRIVER_FUNCTION(cuMemcpyDtoH_v2, tcuMemcpyDtoH_v2);
DRIVER_FUNCTION(cuMemcpyDtoHAsync_v2, tcuMemcpyDtoHAsync_v2);
DRIVER_FUNCTION(cuMemcpyDtoD_v2, tcuMemcpyDtoD_v2);
DRIVER_FUNCTION(cuMemcpyDtoDAsync_v2, tcuMemcpyDtoDAsync_v2);
DRIVER_FUNCTION(cuMemcpy2D_v2, tcuMemcpy2D_v2);
DRIVER_FUNCTION(cuMemcpy2DAsync_v2, tcuMemcpy2DAsync_v2);
DRIVER_FUNCTION(cuStreamCreate, tcuStreamCreate);
DRIVER_FUNCTION(cuStreamDestroy_v2, tcuStreamDestroy_v2);
DRIVER_FUNCTION(cuStreamQuery, tcuStreamQuery);
DRIVER_FUNCTION(cuStreamSynchronize, tcuStreamSynchronize);
DRIVER_FUNCTION(cuStreamWaitEvent, tcuStreamWaitEvent);
DRIVER_FUNCTION(cuStreamAddCallback, tcuStreamAddCallback);
DRIVER_FUNCTION(cuEventCreate, tcuEventCreate);
DRIVER_FUNCTION(cuEventDestroy_v2, tcuEventDestroy_v2);
DRIVER_FUNCTION(cuEventRecord, tcuEventRecord);
DRIVER_FUNCTION(cuEventQuery, tcuEventQuery);
DRIVER_FUNCTION(cuEventSynchronize, tcuEventSynchronize);
DRIVER_FUNCTION(cuModuleLoadData, tcuModuleLoadData);
DRIVER_FUNCTION(cuModuleUnload, tcuModuleUnload);
DRIVER_FUNCTION(cuModuleGetFunction, tcuModuleGetFunction);
DRIVER_FUNCTION(cuLaunchKernel, tcuLaunchKernel);
DRIVER_FUNCTION(cuGetErrorName, tcuGetErrorName);
#undef DRIVER_FUNCTION

extern "C" {
CUresult cuCtxSynchronize();
CUresult cuMemGetInfo_v2(size_t* free, size_t* total);
CUresult cuMemHostAlloc(void** out, size_t size, unsigned flags);
CUresult cuMemFreeHost(void* host);
CUresult cuMemAllocAsync(CUdeviceptr* out, size_t size, CUstream stream);
CUresult cuMemAllocFromPoolAsync(CUdeviceptr* out, size_t size, cufsim::CUmemoryPool pool,
                                 CUstream stream);
CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream);
CUresult cuMemPoolCreate(cufsim::CUmemoryPool* out, const cufsim::MemoryPoolProperties* properties);
CUresult cuMemPoolDestroy(cufsim::CUmemoryPool pool);
CUresult cuMemPoolSetAttribute(cufsim::CUmemoryPool pool, int attribute, void* value);
CUresult cuMemPoolGetAttribute(cufsim::CUmemoryPool pool, int attribute, void* value);
CUresult cuLaunchHostFunc(CUstream stream, void (*function)(void*), void* data);
CUresult cuPointerGetAttribute(void* out, int attribute, CUdeviceptr address);
CUresult cuGetProcAddress_v2(const char* symbol, void** out, int version, uint64_t flags,
                             int* status);
}

namespace cufsim_test {

using Bytes = std::vector<unsigned char>;

/** A simulated driver in its first state, and a context that is current. */
class Gpu {
 public:
  explicit Gpu(const char* model = "h100");
  ~Gpu();
  Gpu(const Gpu&) = delete;

  CUcontext context = nullptr;

  /** Device memory that holds `bytes`. */
  CUdeviceptr upload(const Bytes& bytes);
  Bytes download(CUdeviceptr address, size_t size);
  CUstream stream(unsigned flags = CU_STREAM_NON_BLOCKING);

 private:
  std::vector<CUdeviceptr> memory_;
  std::vector<CUstream> streams_;
};

/** Problems of that kind that were reported. */
uint64_t problems(const char* kind);
/** All texts of problems, for messages. */
std::string problem_texts();

/** Runs the skipped test case of that name in a process of its own; the status as from waitpid. */
int run_alone(const char* test_case, const std::vector<std::string>& environment = {});

/** 0, 1, 2, ... */
Bytes ramp(size_t size);

}  // namespace cufsim_test
