// What launching kernels needs of the driver. The backend's implementation calls the driver API;
// tests have one that runs the kernels on the host.
#pragma once

#include <cstddef>
#include <cstdint>

// The driver API's handles: CUmodule, CUfunction and CUstream point to these.
struct CUmod_st;
struct CUfunc_st;
struct CUstream_st;

namespace cuf::cuda {

struct Grid {
  unsigned blocks_across;
  unsigned blocks_down;
  unsigned threads_across;
  unsigned threads_down;
};

// Failures are thrown as Error. For every call the context of the modules, functions and streams is
// current on the calling thread; none waits for the GPU.
class KernelDriver {
 public:
  virtual ~KernelDriver() = default;
  // `ptx` is a text that ends with 0; `name` is for error messages.
  virtual CUmod_st* load_module(const char* name, const char* ptx) = 0;
  virtual void unload_module(CUmod_st* module) noexcept = 0;
  virtual CUfunc_st* function_of(CUmod_st* module, const char* name) = 0;
  // Copies what `parameters` point to before it returns, as cuLaunchKernel does.
  virtual void launch(CUfunc_st* function, const Grid& grid, CUstream_st* stream,
                      void** parameters) = 0;
  // Device memory for work that is put on `stream`, aligned to 256 bytes.
  virtual uint64_t allocate(size_t bytes, CUstream_st* stream) = 0;
  // The memory is reused only after what has been put on `stream` so far.
  virtual void free(uint64_t address, CUstream_st* stream) noexcept = 0;
  // In the order of `stream`; the bytes are read before it returns.
  virtual void upload(uint64_t to, const void* from, size_t bytes, CUstream_st* stream) = 0;
};

}  // namespace cuf::cuda
