#include "cuda/errors.h"

#include <algorithm>
#include <iterator>

#include "cuda/driver.h"

namespace cuf::cuda {
namespace {

struct Meaning {
  int number;
  const char* name;
  Status status;
};

// ffnvcodec names four of these.
constexpr Meaning kCudaErrors[] = {
    {1, "CUDA_ERROR_INVALID_VALUE", Status::internal},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", Status::out_of_memory},
    {3, "CUDA_ERROR_NOT_INITIALIZED", Status::internal},
    {4, "CUDA_ERROR_DEINITIALIZED", Status::device_lost},
    {34, "CUDA_ERROR_STUB_LIBRARY", Status::unsupported},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", Status::device_lost},
    {100, "CUDA_ERROR_NO_DEVICE", Status::unsupported},
    {101, "CUDA_ERROR_INVALID_DEVICE", Status::unsupported},
    {102, "CUDA_ERROR_DEVICE_NOT_LICENSED", Status::unsupported},
    {200, "CUDA_ERROR_INVALID_IMAGE", Status::internal},
    {201, "CUDA_ERROR_INVALID_CONTEXT", Status::internal},
    {205, "CUDA_ERROR_MAP_FAILED", Status::internal},
    {206, "CUDA_ERROR_UNMAP_FAILED", Status::internal},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", Status::unsupported},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE", Status::device_lost},
    {215, "CUDA_ERROR_UNSUPPORTED_LIMIT", Status::unsupported},
    {216, "CUDA_ERROR_CONTEXT_ALREADY_IN_USE", Status::internal},
    {217, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED", Status::unsupported},
    {218, "CUDA_ERROR_INVALID_PTX", Status::internal},
    {220, "CUDA_ERROR_NVLINK_UNCORRECTABLE", Status::device_lost},
    {221, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND", Status::unsupported},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", Status::unsupported},
    {223, "CUDA_ERROR_JIT_COMPILATION_DISABLED", Status::unsupported},
    {226, "CUDA_ERROR_CONTAINED", Status::device_lost},
    {302, "CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND", Status::unsupported},
    {303, "CUDA_ERROR_SHARED_OBJECT_INIT_FAILED", Status::unsupported},
    {304, "CUDA_ERROR_OPERATING_SYSTEM", Status::internal},
    {400, "CUDA_ERROR_INVALID_HANDLE", Status::internal},
    {401, "CUDA_ERROR_ILLEGAL_STATE", Status::internal},
    {500, "CUDA_ERROR_NOT_FOUND", Status::internal},
    {600, "CUDA_ERROR_NOT_READY", Status::internal},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", Status::device_lost},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", Status::internal},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", Status::device_lost},
    {708, "CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE", Status::internal},
    {709, "CUDA_ERROR_CONTEXT_IS_DESTROYED", Status::device_lost},
    {710, "CUDA_ERROR_ASSERT", Status::device_lost},
    {711, "CUDA_ERROR_TOO_MANY_PEERS", Status::internal},
    {712, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", Status::internal},
    {713, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", Status::internal},
    {714, "CUDA_ERROR_HARDWARE_STACK_ERROR", Status::device_lost},
    {715, "CUDA_ERROR_ILLEGAL_INSTRUCTION", Status::device_lost},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", Status::device_lost},
    {717, "CUDA_ERROR_INVALID_ADDRESS_SPACE", Status::device_lost},
    {718, "CUDA_ERROR_INVALID_PC", Status::device_lost},
    {719, "CUDA_ERROR_LAUNCH_FAILED", Status::device_lost},
    {721, "CUDA_ERROR_TENSOR_MEMORY_LEAK", Status::device_lost},
    {800, "CUDA_ERROR_NOT_PERMITTED", Status::internal},
    {801, "CUDA_ERROR_NOT_SUPPORTED", Status::unsupported},
    {802, "CUDA_ERROR_SYSTEM_NOT_READY", Status::unsupported},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", Status::unsupported},
    {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", Status::unsupported},
    {805, "CUDA_ERROR_MPS_CONNECTION_FAILED", Status::unsupported},
    {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", Status::invalid_argument},
    {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", Status::invalid_argument},
    {908, "CUDA_ERROR_TIMEOUT", Status::internal},
    {910, "CUDA_ERROR_EXTERNAL_DEVICE", Status::device_lost},
    {999, "CUDA_ERROR_UNKNOWN", Status::internal},
};

constexpr Meaning kNvencErrors[] = {
    {NV_ENC_ERR_NO_ENCODE_DEVICE, "NV_ENC_ERR_NO_ENCODE_DEVICE", Status::unsupported},
    {NV_ENC_ERR_UNSUPPORTED_DEVICE, "NV_ENC_ERR_UNSUPPORTED_DEVICE", Status::unsupported},
    {NV_ENC_ERR_INVALID_ENCODERDEVICE, "NV_ENC_ERR_INVALID_ENCODERDEVICE", Status::internal},
    {NV_ENC_ERR_INVALID_DEVICE, "NV_ENC_ERR_INVALID_DEVICE", Status::internal},
    {NV_ENC_ERR_DEVICE_NOT_EXIST, "NV_ENC_ERR_DEVICE_NOT_EXIST", Status::device_lost},
    {NV_ENC_ERR_INVALID_PTR, "NV_ENC_ERR_INVALID_PTR", Status::internal},
    {NV_ENC_ERR_INVALID_EVENT, "NV_ENC_ERR_INVALID_EVENT", Status::internal},
    {NV_ENC_ERR_INVALID_PARAM, "NV_ENC_ERR_INVALID_PARAM", Status::invalid_argument},
    {NV_ENC_ERR_INVALID_CALL, "NV_ENC_ERR_INVALID_CALL", Status::internal},
    {NV_ENC_ERR_OUT_OF_MEMORY, "NV_ENC_ERR_OUT_OF_MEMORY", Status::out_of_memory},
    {NV_ENC_ERR_ENCODER_NOT_INITIALIZED, "NV_ENC_ERR_ENCODER_NOT_INITIALIZED", Status::internal},
    {NV_ENC_ERR_UNSUPPORTED_PARAM, "NV_ENC_ERR_UNSUPPORTED_PARAM", Status::unsupported},
    {NV_ENC_ERR_LOCK_BUSY, "NV_ENC_ERR_LOCK_BUSY", Status::internal},
    {NV_ENC_ERR_NOT_ENOUGH_BUFFER, "NV_ENC_ERR_NOT_ENOUGH_BUFFER", Status::internal},
    {NV_ENC_ERR_INVALID_VERSION, "NV_ENC_ERR_INVALID_VERSION", Status::unsupported},
    {NV_ENC_ERR_MAP_FAILED, "NV_ENC_ERR_MAP_FAILED", Status::internal},
    {NV_ENC_ERR_NEED_MORE_INPUT, "NV_ENC_ERR_NEED_MORE_INPUT", Status::internal},
    {NV_ENC_ERR_ENCODER_BUSY, "NV_ENC_ERR_ENCODER_BUSY", Status::internal},
    {NV_ENC_ERR_EVENT_NOT_REGISTERD, "NV_ENC_ERR_EVENT_NOT_REGISTERD", Status::internal},
    {NV_ENC_ERR_GENERIC, "NV_ENC_ERR_GENERIC", Status::internal},
    {NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY, "NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY", Status::unsupported},
    {NV_ENC_ERR_UNIMPLEMENTED, "NV_ENC_ERR_UNIMPLEMENTED", Status::unsupported},
    {NV_ENC_ERR_RESOURCE_REGISTER_FAILED, "NV_ENC_ERR_RESOURCE_REGISTER_FAILED", Status::internal},
    {NV_ENC_ERR_RESOURCE_NOT_REGISTERED, "NV_ENC_ERR_RESOURCE_NOT_REGISTERED", Status::internal},
    {NV_ENC_ERR_RESOURCE_NOT_MAPPED, "NV_ENC_ERR_RESOURCE_NOT_MAPPED", Status::internal},
};

template <size_t N>
const Meaning* find(const Meaning (&table)[N], int number) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const Meaning& entry) { return entry.number == number; });
  return found == std::end(table) ? nullptr : found;
}

// What would work, where the number alone tells it.
const char* advice(Status status) {
  switch (status) {
    case Status::out_of_memory:
      return "; close frames and decoders that are no longer needed, or use fewer engines";
    case Status::device_lost:
      return "; the GPU's context is dead, so close the device and request another";
    default:
      return "";
  }
}

// Drivers say CUDA_ERROR_UNKNOWN of a GPU that fell off the bus, and of much else; but then they
// have nothing to say of its memory either. Of the current context, if there is one.
bool is_gpu_lost() {
  constexpr auto kInvalidContext = static_cast<CUresult>(201);
  const Driver* driver = installed_driver().driver;
  size_t free = 0;
  size_t total = 0;
  const CUresult result = driver ? driver->cuda.cuMemGetInfo(&free, &total) : CUDA_SUCCESS;
  return result != CUDA_SUCCESS && result != kInvalidContext;
}

Error error_of(Status status, const std::string& name, int number, const std::string& what) {
  return Error(status, what + ": " + name + advice(status), number);
}

}  // namespace

std::string result_name(CUresult result) {
  const Meaning* found = find(kCudaErrors, static_cast<int>(result));
  if (found) return found->name;
  return result == CUDA_SUCCESS ? "CUDA_SUCCESS"
                                : "CUDA error " + std::to_string(static_cast<int>(result));
}

std::string result_name(NVENCSTATUS status) {
  const Meaning* found = find(kNvencErrors, static_cast<int>(status));
  if (found) return found->name;
  return status == NV_ENC_SUCCESS ? "NV_ENC_SUCCESS"
                                  : "NVENC error " + std::to_string(static_cast<int>(status));
}

Status status_of(CUresult result) {
  const Meaning* found = find(kCudaErrors, static_cast<int>(result));
  return found ? found->status : Status::internal;
}

Status status_of(NVENCSTATUS status) {
  const Meaning* found = find(kNvencErrors, static_cast<int>(status));
  return found ? found->status : Status::internal;
}

Error make_error(CUresult result, const std::string& what) {
  Status status = status_of(result);
  if (result == CUDA_ERROR_UNKNOWN && is_gpu_lost()) status = Status::device_lost;
  return error_of(status, result_name(result), static_cast<int>(result), what);
}

Error make_error(NVENCSTATUS status, const std::string& what) {
  return error_of(status_of(status), result_name(status), static_cast<int>(status), what);
}

}  // namespace cuf::cuda
