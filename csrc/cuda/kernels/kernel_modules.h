#pragma once

#include <mutex>

#include "cuda/kernels/kernel_driver.h"

namespace cuf::cuda {

enum class Kernel : uint8_t {
  rgb_narrow,
  rgb_wide,
  rgb_wide_64,
  resize_down_narrow,
  resize_down_wide,
  resize_down_wide_64,
  resize_across,
  yuv_narrow,
  yuv_wide,
  depth_narrow,
  depth_wide,
};
inline constexpr size_t kKernelCount = 11;

// The kernels of one context, loaded when first asked for: the driver compiles a module in some
// tenths of a second, and keeps the result on disk. Thread-safe.
class KernelModules {
 public:
  explicit KernelModules(KernelDriver& driver) : driver_(driver) {}
  // Work that uses the kernels has ended, or the context does.
  ~KernelModules();
  KernelModules(const KernelModules&) = delete;
  KernelModules& operator=(const KernelModules&) = delete;

  KernelDriver& driver() const { return driver_; }
  CUfunc_st* function_of(Kernel kernel);

 private:
  CUmod_st* module_of(Kernel kernel);
  CUmod_st* loaded(CUmod_st*& module, const char* name, const char* ptx);

  KernelDriver& driver_;
  std::mutex mutex_;
  CUmod_st* rgb_ = nullptr;
  CUmod_st* resize_ = nullptr;
  CUmod_st* yuv_ = nullptr;
  CUfunc_st* functions_[kKernelCount] = {};
};

}  // namespace cuf::cuda
