#include "cuda/context.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>

namespace cuf::cuda {
namespace {

// A GPU of which the driver has nothing to say is none that can be used.
Error cannot_be_used(CUresult result, const std::string& what) {
  const Error error = make_error(result, what);
  if (result != CUDA_ERROR_UNKNOWN) return error;
  return Error(Status::device_lost, error.what(), error.native_code);
}

}  // namespace

std::shared_ptr<const Context> Context::primary(const Driver& driver, int gpu) {
  if (gpu < 0 || gpu >= driver.gpu_count) {
    throw Error(Status::unsupported, "There is no GPU " + std::to_string(gpu) +
                                         "; the driver has " + std::to_string(driver.gpu_count) +
                                         ", counted from 0");
  }
  DriverUse::end_with_process();
  const std::string what = "Could not make a context of GPU " + std::to_string(gpu);
  CUdevice device = 0;
  CUcontext handle = nullptr;
  CUresult result = driver.cuda.cuDeviceGet(&device, gpu);
  if (result == CUDA_SUCCESS) result = driver.cuda.cuDevicePrimaryCtxRetain(&handle, device);
  if (result != CUDA_SUCCESS) throw cannot_be_used(result, what);
  auto* context = new (std::nothrow) Context(driver, handle, device, true);
  if (!context) {
    driver.cuda.cuDevicePrimaryCtxRelease(device);
    throw Error(Status::out_of_memory, what);
  }
  return std::shared_ptr<const Context>(context);
}

std::shared_ptr<const Context> Context::borrowed(const Driver& driver, CUcontext handle) {
  DriverUse::end_with_process();
  CUdevice device = 0;
  CUcontext popped = nullptr;
  CUresult result = driver.cuda.cuCtxPushCurrent(handle);
  if (result == CUDA_SUCCESS) {
    result = driver.cuda.cuCtxGetDevice(&device);
    driver.cuda.cuCtxPopCurrent(&popped);
  }
  if (result != CUDA_SUCCESS) {
    const Error error = cannot_be_used(result, "cudaContext cannot be entered");
    if (error.status == Status::device_lost) throw error;
    throw Error(Status::invalid_argument, error.what(), error.native_code);
  }
  return std::shared_ptr<const Context>(new Context(driver, handle, device, false));
}

Context::~Context() {
  if (is_primary_) driver_.cuda.cuDevicePrimaryCtxRelease(gpu_);
}

CUresult Context::decoder_caps(CUVIDDECODECAPS& caps) const {
  const std::lock_guard lock(caps_mutex_);
  for (const CUVIDDECODECAPS& known : known_caps_) {
    if (known.eCodecType != caps.eCodecType || known.eChromaFormat != caps.eChromaFormat ||
        known.nBitDepthMinus8 != caps.nBitDepthMinus8) {
      continue;
    }
    caps = known;
    return CUDA_SUCCESS;
  }
  const CUresult result = cuvid().cuvidGetDecoderCaps(&caps);
  if (result == CUDA_SUCCESS) known_caps_.push_back(caps);
  return result;
}

std::mutex& SessionLock::mutex() {
  static std::mutex& instance = *new std::mutex;
  return instance;
}

Error ContextScope::cannot_enter(CUresult result) {
  const Error error = make_error(result, "The GPU's context cannot be entered any more");
  return Error(Status::device_lost, error.what(), error.native_code);
}

namespace {

constexpr auto kMostEnd = std::chrono::seconds(5);
constexpr auto kPoll = std::chrono::milliseconds(1);

std::atomic<bool> is_ending = false;
std::atomic<int> users = 0;
thread_local bool tl_ends_process = false;
thread_local int tl_depth = 0;  // of stays within a stay

}  // namespace

DriverUse::DriverUse(bool throws) {
  ++users;
  if (!is_ending || tl_depth > 0) {
    ++tl_depth;
    is_allowed_ = true;
    return;
  }
  --users;
  while (!tl_ends_process) std::this_thread::sleep_for(kMostEnd);
  if (throws) throw Error(Status::aborted, "The process is ending");
}

DriverUse::~DriverUse() {
  if (!is_allowed_) return;
  --tl_depth;
  --users;
}

void DriverUse::end_with_process() {
  static const int is_registered = std::atexit([] {
    tl_ends_process = true;
    is_ending = true;
    const auto end = std::chrono::steady_clock::now() + kMostEnd;
    while (users > 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(kPoll);
  });
  static_cast<void>(is_registered);
}

}  // namespace cuf::cuda
