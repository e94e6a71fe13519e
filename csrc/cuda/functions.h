#pragma once

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_nvcuvid.h>
#include <ffnvcodec/nvEncodeAPI.h>

#include <cstddef>
#include <cstdint>

// The functions of the driver's libraries that cuframe calls: ffnvcodec's types, and below what its
// headers lack. Numbers and layouts are those of NVIDIA's public documentation.
namespace cuf::cuda {

using MemoryPool = struct CUmemPoolHandle_st*;

// CUmemPoolProps
struct MemoryPoolProperties {
  int allocation_type;  // 1: device memory
  int handle_types;     // 0: not to be shared with other processes
  int location_type;    // 1: a GPU
  int location_id;
  void* security_attributes;
  size_t max_size;
  unsigned short usage;
  unsigned char reserved[54];
};
static_assert(sizeof(MemoryPoolProperties) == 88);

inline constexpr int kPoolReleaseThreshold = 4;

inline constexpr auto kAttributeMemoryPoolsSupported = static_cast<CUdevice_attribute>(115);

inline constexpr unsigned kHostAllocPortable = 1;

// Streams that are no object.
inline const CUstream kLegacyStream = reinterpret_cast<CUstream>(1);
inline const CUstream kPerThreadStream = reinterpret_cast<CUstream>(2);

using HostFunction = void(void*);
using tcuDeviceTotalMem = CUresult(size_t* bytes, CUdevice device);
using tcuMemGetInfo = CUresult(size_t* free, size_t* total);
using tcuMemHostAlloc = CUresult(void** data, size_t size, unsigned flags);
using tcuMemFreeHost = CUresult(void* data);
using tcuCtxSynchronize = CUresult();
using tcuLaunchHostFunc = CUresult(CUstream stream, HostFunction* function, void* argument);
using tcuMemPoolCreate = CUresult(MemoryPool* pool, const MemoryPoolProperties* properties);
using tcuMemPoolDestroy = CUresult(MemoryPool pool);
using tcuMemPoolSetAttribute = CUresult(MemoryPool pool, int attribute, void* value);
using tcuMemPoolTrimTo = CUresult(MemoryPool pool, size_t bytes_kept);
using tcuMemAllocFromPoolAsync = CUresult(CUdeviceptr* address, size_t size, MemoryPool pool,
                                          CUstream stream);
using tcuMemFreeAsync = CUresult(CUdeviceptr address, CUstream stream);
using tcuModuleLoadDataEx = CUresult(CUmodule* module, const void* image, unsigned option_count,
                                     CUjit_option* options, void** values);
using tcuMemsetD2D8Async = CUresult(CUdeviceptr address, size_t pitch, unsigned char value,
                                    size_t width, size_t height, CUstream stream);

// X(member, type, exported name)
#define CUF_CUDA_FUNCTIONS(X)                                                              \
  X(cuInit, tcuInit, "cuInit")                                                             \
  X(cuDriverGetVersion, tcuDriverGetVersion, "cuDriverGetVersion")                         \
  X(cuDeviceGetCount, tcuDeviceGetCount, "cuDeviceGetCount")                               \
  X(cuDeviceGet, tcuDeviceGet, "cuDeviceGet")                                              \
  X(cuDeviceGetName, tcuDeviceGetName, "cuDeviceGetName")                                  \
  X(cuDeviceGetAttribute, tcuDeviceGetAttribute, "cuDeviceGetAttribute")                   \
  X(cuDeviceTotalMem, tcuDeviceTotalMem, "cuDeviceTotalMem_v2")                            \
  X(cuDevicePrimaryCtxRetain, tcuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain")       \
  X(cuDevicePrimaryCtxRelease, tcuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2") \
  X(cuCtxPushCurrent, tcuCtxPushCurrent_v2, "cuCtxPushCurrent_v2")                         \
  X(cuCtxPopCurrent, tcuCtxPopCurrent_v2, "cuCtxPopCurrent_v2")                            \
  X(cuCtxGetDevice, tcuCtxGetDevice, "cuCtxGetDevice")                                     \
  X(cuCtxSynchronize, tcuCtxSynchronize, "cuCtxSynchronize")                               \
  X(cuStreamCreate, tcuStreamCreate, "cuStreamCreate")                                     \
  X(cuStreamDestroy, tcuStreamDestroy_v2, "cuStreamDestroy_v2")                            \
  X(cuStreamSynchronize, tcuStreamSynchronize, "cuStreamSynchronize")                      \
  X(cuStreamWaitEvent, tcuStreamWaitEvent, "cuStreamWaitEvent")                            \
  X(cuEventCreate, tcuEventCreate, "cuEventCreate")                                        \
  X(cuEventDestroy, tcuEventDestroy_v2, "cuEventDestroy_v2")                               \
  X(cuEventRecord, tcuEventRecord, "cuEventRecord")                                        \
  X(cuEventQuery, tcuEventQuery, "cuEventQuery")                                           \
  X(cuEventSynchronize, tcuEventSynchronize, "cuEventSynchronize")                         \
  X(cuLaunchHostFunc, tcuLaunchHostFunc, "cuLaunchHostFunc")                               \
  X(cuMemGetInfo, tcuMemGetInfo, "cuMemGetInfo_v2")                                        \
  X(cuMemAlloc, tcuMemAlloc_v2, "cuMemAlloc_v2")                                           \
  X(cuMemAllocPitch, tcuMemAllocPitch_v2, "cuMemAllocPitch_v2")                            \
  X(cuMemFree, tcuMemFree_v2, "cuMemFree_v2")                                              \
  X(cuMemHostAlloc, tcuMemHostAlloc, "cuMemHostAlloc")                                     \
  X(cuMemFreeHost, tcuMemFreeHost, "cuMemFreeHost")                                        \
  X(cuMemcpy2DAsync, tcuMemcpy2DAsync_v2, "cuMemcpy2DAsync_v2")                            \
  X(cuMemcpyDtoHAsync, tcuMemcpyDtoHAsync_v2, "cuMemcpyDtoHAsync_v2")                      \
  X(cuMemcpyHtoDAsync, tcuMemcpyHtoDAsync_v2, "cuMemcpyHtoDAsync_v2")                      \
  X(cuMemcpyDtoDAsync, tcuMemcpyDtoDAsync_v2, "cuMemcpyDtoDAsync_v2")                      \
  X(cuMemsetD8Async, tcuMemsetD8Async, "cuMemsetD8Async")                                  \
  X(cuMemsetD2D8Async, tcuMemsetD2D8Async, "cuMemsetD2D8Async")                            \
  X(cuModuleLoadDataEx, tcuModuleLoadDataEx, "cuModuleLoadDataEx")                         \
  X(cuModuleUnload, tcuModuleUnload, "cuModuleUnload")                                     \
  X(cuModuleGetFunction, tcuModuleGetFunction, "cuModuleGetFunction")                      \
  X(cuLaunchKernel, tcuLaunchKernel, "cuLaunchKernel")

// Null where the driver has no stream-ordered memory.
#define CUF_CUDA_POOL_FUNCTIONS(X)                                                \
  X(cuMemPoolCreate, tcuMemPoolCreate, "cuMemPoolCreate")                         \
  X(cuMemPoolDestroy, tcuMemPoolDestroy, "cuMemPoolDestroy")                      \
  X(cuMemPoolSetAttribute, tcuMemPoolSetAttribute, "cuMemPoolSetAttribute")       \
  X(cuMemPoolTrimTo, tcuMemPoolTrimTo, "cuMemPoolTrimTo")                         \
  X(cuMemAllocFromPoolAsync, tcuMemAllocFromPoolAsync, "cuMemAllocFromPoolAsync") \
  X(cuMemFreeAsync, tcuMemFreeAsync, "cuMemFreeAsync")

#define CUF_CUVID_FUNCTIONS(X)                                                    \
  X(cuvidGetDecoderCaps, tcuvidGetDecoderCaps, "cuvidGetDecoderCaps")             \
  X(cuvidCreateDecoder, tcuvidCreateDecoder, "cuvidCreateDecoder")                \
  X(cuvidDestroyDecoder, tcuvidDestroyDecoder, "cuvidDestroyDecoder")             \
  X(cuvidReconfigureDecoder, tcuvidReconfigureDecoder, "cuvidReconfigureDecoder") \
  X(cuvidDecodePicture, tcuvidDecodePicture, "cuvidDecodePicture")                \
  X(cuvidGetDecodeStatus, tcuvidGetDecodeStatus, "cuvidGetDecodeStatus")          \
  X(cuvidMapVideoFrame, tcuvidMapVideoFrame64, "cuvidMapVideoFrame64")            \
  X(cuvidUnmapVideoFrame, tcuvidUnmapVideoFrame64, "cuvidUnmapVideoFrame64")      \
  X(cuvidCreateVideoParser, tcuvidCreateVideoParser, "cuvidCreateVideoParser")    \
  X(cuvidParseVideoData, tcuvidParseVideoData, "cuvidParseVideoData")             \
  X(cuvidDestroyVideoParser, tcuvidDestroyVideoParser, "cuvidDestroyVideoParser")

using tNvEncodeAPICreateInstance = NVENCSTATUS NVENCAPI(NV_ENCODE_API_FUNCTION_LIST*);
using tNvEncodeAPIGetMaxSupportedVersion = NVENCSTATUS NVENCAPI(uint32_t*);

#define CUF_NVENC_FUNCTIONS(X)                                                          \
  X(NvEncodeAPICreateInstance, tNvEncodeAPICreateInstance, "NvEncodeAPICreateInstance") \
  X(NvEncodeAPIGetMaxSupportedVersion, tNvEncodeAPIGetMaxSupportedVersion,              \
    "NvEncodeAPIGetMaxSupportedVersion")

#define CUF_DECLARE_FUNCTION(member, type, name) type* member = nullptr;

struct CudaFunctions {
  CUF_CUDA_FUNCTIONS(CUF_DECLARE_FUNCTION)
  CUF_CUDA_POOL_FUNCTIONS(CUF_DECLARE_FUNCTION)
};

struct CuvidFunctions {
  CUF_CUVID_FUNCTIONS(CUF_DECLARE_FUNCTION)
};

struct NvencFunctions {
  CUF_NVENC_FUNCTIONS(CUF_DECLARE_FUNCTION)
};

#undef CUF_DECLARE_FUNCTION

}  // namespace cuf::cuda
