#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "cuda/kernels/kernel_modules.h"
#include "cuda/memory.h"

namespace cuf::cuda {

// The kernels of one GPU: what its PictureKernels launch, and the memory that they take.
// Thread-safe. KernelDriver's calls need the context to be current; the others enter it themselves.
class GpuKernels final : public KernelDriver {
 public:
  GpuKernels(std::shared_ptr<const Context> context, std::shared_ptr<DeviceMemory> memory);
  ~GpuKernels() override;

  KernelModules& modules() { return *modules_; }

 private:
  CUmod_st* load_module(const char* name, const char* ptx) override;
  void unload_module(CUmod_st* module) noexcept override;
  CUfunc_st* function_of(CUmod_st* module, const char* name) override;
  void launch(CUfunc_st* function, const Grid& grid, CUstream_st* stream,
              void** parameters) override;
  uint64_t allocate(size_t bytes, CUstream_st* stream) override;
  void free(uint64_t address, CUstream_st* stream) noexcept override;
  void upload(uint64_t to, const void* from, size_t bytes, CUstream_st* stream) override;

  const std::shared_ptr<const Context> context_;
  const std::shared_ptr<DeviceMemory> memory_;
  std::mutex mutex_;
  std::map<uint64_t, std::shared_ptr<DeviceBlock>> blocks_;
  std::optional<KernelModules> modules_;
};

}  // namespace cuf::cuda
