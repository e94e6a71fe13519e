#include "cuda/kernels/kernel_modules.h"

#include "cuda/kernels/ptx.h"

namespace cuf::cuda {
namespace {

constexpr const char* kNames[kKernelCount] = {"cuf_rgb_narrow",       "cuf_rgb_wide",
                                              "cuf_rgb_wide_64",      "cuf_resize_down_narrow",
                                              "cuf_resize_down_wide", "cuf_resize_down_wide_64",
                                              "cuf_resize_across"};

}  // namespace

KernelModules::~KernelModules() {
  if (rgb_ != nullptr) driver_.unload_module(rgb_);
  if (resize_ != nullptr) driver_.unload_module(resize_);
}

CUmod_st* KernelModules::module_of(Kernel kernel) {
  const bool is_resize = kernel >= Kernel::resize_down_narrow;
  CUmod_st*& module = is_resize ? resize_ : rgb_;
  if (module == nullptr) {
    module =
        is_resize ? driver_.load_module("resize", kResizePtx) : driver_.load_module("rgb", kRgbPtx);
  }
  return module;
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
