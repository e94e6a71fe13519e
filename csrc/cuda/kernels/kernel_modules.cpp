#include "cuda/kernels/kernel_modules.h"

#include "cuda/kernels/ptx.h"

namespace cuf::cuda {
namespace {

constexpr const char* kNames[kKernelCount] = {
    "cuf_rgb_narrow",         "cuf_rgb_wide",         "cuf_rgb_wide_64",
    "cuf_resize_down_narrow", "cuf_resize_down_wide", "cuf_resize_down_wide_64",
    "cuf_resize_across",      "cuf_yuv_narrow",       "cuf_yuv_wide",
    "cuf_depth_narrow",       "cuf_depth_wide"};

}  // namespace

KernelModules::~KernelModules() {
  if (rgb_ != nullptr) driver_.unload_module(rgb_);
  if (resize_ != nullptr) driver_.unload_module(resize_);
  if (yuv_ != nullptr) driver_.unload_module(yuv_);
}

CUmod_st* KernelModules::loaded(CUmod_st*& module, const char* name, const char* ptx) {
  if (module == nullptr) module = driver_.load_module(name, ptx);
  return module;
}

CUmod_st* KernelModules::module_of(Kernel kernel) {
  if (kernel >= Kernel::yuv_narrow) return loaded(yuv_, "yuv", kYuvPtx);
  if (kernel >= Kernel::resize_down_narrow) return loaded(resize_, "resize", kResizePtx);
  return loaded(rgb_, "rgb", kRgbPtx);
}

CUfunc_st* KernelModules::function_of(Kernel kernel) {
  const auto i = static_cast<size_t>(kernel);
  const std::lock_guard lock(mutex_);
  if (functions_[i] == nullptr) {
    functions_[i] = driver_.function_of(module_of(kernel), kNames[i]);
  }
  return functions_[i];
}

}  // namespace cuf::cuda
