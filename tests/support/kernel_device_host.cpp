#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>

#include "core/error.h"
#include "kernels/host_kernel.h"
#include "support/kernel_device.h"

namespace {

struct HostKernel {
  void (*run)(void* const* parameters);
  std::vector<size_t> sizes;
};

// Filled before main by the kernels' registrations.
std::map<std::string, HostKernel>& host_kernels() {
  static std::map<std::string, HostKernel> kernels;
  return kernels;
}

struct Range {
  uint64_t begin;
  uint64_t end;
};

// Of the device in use; kernels run on the thread that launches them.
thread_local std::vector<Range> ranges;

struct KernelFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool is_allocated(uint64_t address, size_t size) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return address >= range.begin && address + size <= range.end;
  });
}

}  // namespace

// What the host form of the kernels asks for; the simulated driver has its own in its libcuda.
extern "C" void cufsim_register_kernel(const char* name, void (*run)(void* const*),
                                       const size_t* sizes, uint32_t count) {
  host_kernels()[name] = {run, {sizes, sizes + count}};
}

namespace cufsim {

constinit thread_local KernelThread kernel_thread;

void* access_device(uint64_t address, size_t size, size_t alignment, bool) {
  if (address % alignment != 0) throw KernelFault("an address is not aligned");
  if (!is_allocated(address, size)) throw KernelFault("an access outside of every allocation");
  return reinterpret_cast<void*>(address);
}

}  // namespace cufsim

namespace cuf::testing {
namespace {

constexpr size_t kAlignment = 256;

class HostDevice final : public KernelDevice {
 public:
  HostDevice() { ranges.clear(); }
  ~HostDevice() override { ranges.clear(); }

  CUmod_st* load_module(const char*, const char* ptx) override {
    ++modules_;
    return reinterpret_cast<CUmod_st*>(new std::string(ptx));
  }

  void unload_module(CUmod_st* module) noexcept override {
    --modules_;
    delete reinterpret_cast<std::string*>(module);
  }

  // The PTX must have the entry, with one parameter of the size that the host form takes.
  CUfunc_st* function_of(CUmod_st* module, const char* name) override {
    const std::string& ptx = *reinterpret_cast<const std::string*>(module);
    const auto kernel = host_kernels().find(name);
    const size_t at = ptx.find(std::string(".entry ") + name + "(");
    if (at == std::string::npos || kernel == host_kernels().end()) {
      throw Error(Status::internal, std::string("No kernel ") + name);
    }
    const std::string parameter = std::string(".param .align 8 .b8 ") + name + "_param_0[" +
                                  std::to_string(kernel->second.sizes.at(0)) + "]\n)";
    if (ptx.find(parameter, at) != ptx.find(".param", at)) {
      throw Error(Status::internal, std::string("Other parameters in the PTX of ") + name);
    }
    return reinterpret_cast<CUfunc_st*>(&kernel->second);
  }

  void launch(CUfunc_st* function, const cuda::Grid& grid, CUstream_st*,
              void** parameters) override {
    const auto& kernel = *reinterpret_cast<const HostKernel*>(function);
    cufsim::KernelThread& at = cufsim::kernel_thread;
    at.block_size = {grid.threads_across, grid.threads_down, 1};
    at.grid_size = {grid.blocks_across, grid.blocks_down, 1};
    ++launches_;
    try {
      for (unsigned i = 0; i < grid.blocks_across * grid.blocks_down; ++i) {
        at.block = {i % grid.blocks_across, i / grid.blocks_across, 0};
        for (unsigned j = 0; j < grid.threads_across * grid.threads_down; ++j) {
          at.thread = {j % grid.threads_across, j / grid.threads_across, 0};
          kernel.run(parameters);
        }
      }
    } catch (const KernelFault& fault) {
      problems_.push_back(fault.what());
    }
  }

  uint64_t allocate(size_t bytes, CUstream_st*) override {
    auto* block = static_cast<uint8_t*>(::operator new (bytes, std::align_val_t{kAlignment}));
    std::memset(block, 0xcd, bytes);
    const auto address = reinterpret_cast<uint64_t>(block);
    ranges.push_back({address, address + bytes});
    ++allocations_;
    return address;
  }

  void free(uint64_t address, CUstream_st*) noexcept override {
    const auto known = [&](const Range& range) { return range.begin == address; };
    if (std::erase_if(ranges, known) != 1) {
      problems_.push_back("memory freed that was not allocated");
      return;
    }
    --allocations_;
    ::operator delete (reinterpret_cast<void*>(address), std::align_val_t{kAlignment});
  }

  void upload(uint64_t to, const void* from, size_t bytes, CUstream_st*) override {
    ++uploads_;
    copy(reinterpret_cast<void*>(to), from, to, bytes);
  }

  void download(void* to, uint64_t from, size_t bytes) override {
    copy(to, reinterpret_cast<const void*>(from), from, bytes);
  }

 private:
  void copy(void* to, const void* from, uint64_t on_device, size_t bytes) {
    if (is_allocated(on_device, bytes)) {
      std::memcpy(to, from, bytes);
    } else {
      problems_.push_back("a copy outside of every allocation");
    }
  }
};

}  // namespace

std::unique_ptr<KernelDevice> host_kernel_device() {
  return std::make_unique<HostDevice>();
}

}  // namespace cuf::testing
