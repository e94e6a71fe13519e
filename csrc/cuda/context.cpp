#include "cuda/context.h"

#include <new>
#include <string>

namespace cuf::cuda {

std::shared_ptr<const Context> Context::primary(const Driver& driver, int gpu) {
  if (gpu < 0 || gpu >= driver.gpu_count) {
    throw Error(Status::unsupported, "There is no GPU " + std::to_string(gpu) +
                                         "; the driver has " + std::to_string(driver.gpu_count) +
                                         ", counted from 0");
  }
  const std::string what = "Could not make a context of GPU " + std::to_string(gpu);
  CUdevice device = 0;
  CUcontext handle = nullptr;
  CUresult result = driver.cuda.cuDeviceGet(&device, gpu);
  if (result == CUDA_SUCCESS) result = driver.cuda.cuDevicePrimaryCtxRetain(&handle, device);
  if (result != CUDA_SUCCESS) throw make_error(result, what);
  auto* context = new (std::nothrow) Context(driver, handle, device, true);
  if (!context) {
    driver.cuda.cuDevicePrimaryCtxRelease(device);
    throw Error(Status::out_of_memory, what);
  }
  return std::shared_ptr<const Context>(context);
}

std::shared_ptr<const Context> Context::borrowed(const Driver& driver, CUcontext handle) {
  CUdevice device = 0;
  CUcontext popped = nullptr;
  CUresult result = driver.cuda.cuCtxPushCurrent(handle);
  if (result == CUDA_SUCCESS) {
    result = driver.cuda.cuCtxGetDevice(&device);
    driver.cuda.cuCtxPopCurrent(&popped);
  }
  if (result != CUDA_SUCCESS) {
    const Error error = make_error(result, "cudaContext cannot be entered");
    const bool is_ours = error.status == Status::device_lost || result == CUDA_ERROR_UNKNOWN;
    throw Error(is_ours ? Status::device_lost : Status::invalid_argument, error.what(),
                error.native_code);
  }
  return std::shared_ptr<const Context>(new Context(driver, handle, device, false));
}

Context::~Context() {
  if (is_primary_) driver_.cuda.cuDevicePrimaryCtxRelease(gpu_);
}

Error ContextScope::cannot_enter(CUresult result) {
  const Error error = make_error(result, "The GPU's context cannot be entered any more");
  return Error(Status::device_lost, error.what(), error.native_code);
}

}  // namespace cuf::cuda
