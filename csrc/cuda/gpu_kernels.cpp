#include "cuda/gpu_kernels.h"

#include <string>
#include <utility>

namespace cuf::cuda {

GpuKernels::GpuKernels(std::shared_ptr<const Context> context, std::shared_ptr<DeviceMemory> memory)
    : context_(std::move(context)), memory_(std::move(memory)) {
  modules_.emplace(*this);
}

GpuKernels::~GpuKernels() {
  const ContextScope scope(*context_, std::nothrow);
  modules_.reset();
}

CUmod_st* GpuKernels::load_module(const char* name, const char* ptx) {
  char log[1024] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
  CUmodule module = nullptr;
  const CUresult result = context_->cuda().cuModuleLoadDataEx(&module, ptx, 2, options, values);
  if (result != CUDA_SUCCESS) {
    std::string what = std::string("The driver could not compile the kernels \"") + name + "\"";
    log[sizeof log - 1] = 0;
    if (log[0] != 0) what += std::string(" (") + log + ")";
    throw make_error(result, what);
  }
  return module;
}

void GpuKernels::unload_module(CUmod_st* module) noexcept {
  context_->cuda().cuModuleUnload(module);
}

CUfunc_st* GpuKernels::function_of(CUmod_st* module, const char* name) {
  CUfunction function = nullptr;
  check(context_->cuda().cuModuleGetFunction(&function, module, name), name);
  return function;
}

void GpuKernels::launch(CUfunc_st* function, const Grid& grid, CUstream_st* stream,
                        void** parameters) {
  check(context_->cuda().cuLaunchKernel(function, grid.blocks_across, grid.blocks_down, 1,
                                        grid.threads_across, grid.threads_down, 1, 0, stream,
                                        parameters, nullptr),
        "Could not start a conversion on the GPU");
}

uint64_t GpuKernels::allocate(size_t bytes, CUstream_st* stream) {
  std::shared_ptr<DeviceBlock> block = memory_->allocate(bytes, stream);
  const uint64_t address = block->address();
  const std::lock_guard lock(mutex_);
  blocks_[address] = std::move(block);
  return address;
}

void GpuKernels::free(uint64_t address, CUstream_st* stream) noexcept {
  std::shared_ptr<DeviceBlock> block;
  {
    const std::lock_guard lock(mutex_);
    block = std::move(blocks_.extract(address).mapped());
  }
  try {
    block->note_use(reinterpret_cast<uint64_t>(stream));
  } catch (...) {
    // Where the order is not noted the work must be done.
    context_->cuda().cuStreamSynchronize(stream);
  }
}

void GpuKernels::upload(uint64_t to, const void* from, size_t bytes, CUstream_st* stream) {
  // From pageable memory: it has been read when the call returns.
  check(context_->cuda().cuMemcpyHtoDAsync(to, from, bytes, stream),
        "Could not copy the weights of a resize to the GPU");
}

}  // namespace cuf::cuda
