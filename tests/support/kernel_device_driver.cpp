// The kernels by the driver API, as the backend launches them but without it: no header of NVIDIA
// and nothing else of cuframe is needed, so that a failure on a GPU is that of the kernels.
#include <dlfcn.h>

#include <stdexcept>

#include "core/error.h"
#include "support/kernel_device.h"

namespace cuf::testing {
namespace {

struct CudaContext;

class DriverDevice final : public KernelDevice {
 public:
  explicit DriverDevice(const std::string& library)
      : library_(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) throw std::runtime_error(dlerror());
    CudaContext* context = nullptr;
    check("cuInit", call<unsigned>("cuInit", 0));
    check("cuDeviceGet", call<int*, int>("cuDeviceGet", &gpu_, 0));
    check("cuDevicePrimaryCtxRetain",
          call<CudaContext**, int>("cuDevicePrimaryCtxRetain", &context, gpu_));
    check("cuCtxPushCurrent", call<CudaContext*>("cuCtxPushCurrent_v2", context));
  }

  ~DriverDevice() override {
    CudaContext* context = nullptr;
    call<CudaContext**>("cuCtxPopCurrent_v2", &context);
    call<int>("cuDevicePrimaryCtxRelease_v2", gpu_);
  }

  CUmod_st* load_module(const char*, const char* ptx) override {
    CUmod_st* module = nullptr;
    check("cuModuleLoadData", call<CUmod_st**, const void*>("cuModuleLoadData", &module, ptx));
    ++modules_;
    return module;
  }

  void unload_module(CUmod_st* module) noexcept override {
    note("cuModuleUnload", call<CUmod_st*>("cuModuleUnload", module));
    --modules_;
  }

  CUfunc_st* function_of(CUmod_st* module, const char* name) override {
    CUfunc_st* function = nullptr;
    check(name, call<CUfunc_st**, CUmod_st*, const char*>("cuModuleGetFunction", &function, module,
                                                          name));
    return function;
  }

  void launch(CUfunc_st* function, const cuda::Grid& grid, CUstream_st* stream,
              void** parameters) override {
    check("cuLaunchKernel",
          call<CUfunc_st*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
               CUstream_st*, void**, void**>("cuLaunchKernel", function, grid.blocks_across,
                                             grid.blocks_down, 1, grid.threads_across,
                                             grid.threads_down, 1, 0, stream, parameters, nullptr));
    ++launches_;
  }

  uint64_t allocate(size_t bytes, CUstream_st*) override {
    uint64_t address = 0;
    check("cuMemAlloc", call<uint64_t*, size_t>("cuMemAlloc_v2", &address, bytes));
    ++allocations_;
    return address;
  }

  void free(uint64_t address, CUstream_st*) noexcept override {
    note("cuMemFree", call<uint64_t>("cuMemFree_v2", address));
    --allocations_;
  }

  void upload(uint64_t to, const void* from, size_t bytes, CUstream_st*) override {
    check("cuMemcpyHtoD", call<uint64_t, const void*, size_t>("cuMemcpyHtoD_v2", to, from, bytes));
    ++uploads_;
  }

  void download(void* to, uint64_t from, size_t bytes) override {
    note("cuMemcpyDtoH", call<void*, uint64_t, size_t>("cuMemcpyDtoH_v2", to, from, bytes));
  }

 private:
  template <class... Arguments>
  int call(const char* name, Arguments... arguments) const noexcept {
    constexpr int kNotFound = 500;
    void* const function = dlsym(library_, name);
    if (function == nullptr) return kNotFound;
    return reinterpret_cast<int (*)(Arguments...)>(function)(arguments...);
  }

  static void check(const char* what, int result) {
    if (result == 0) return;
    throw Error(Status::internal, std::string(what) + " gives " + std::to_string(result), result);
  }

  void note(const char* what, int result) {
    if (result != 0) problems_.push_back(std::string(what) + " gives " + std::to_string(result));
  }

  void* const library_;
  int gpu_ = 0;
};

}  // namespace

std::unique_ptr<KernelDevice> driver_kernel_device(const std::string& library) {
  return std::make_unique<DriverDevice>(library);
}

}  // namespace cuf::testing
