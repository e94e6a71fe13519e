// Launches of kernels: checks, copied parameters, and the threads of the grid one after the other.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <stdexcept>

#include "cuda/entry.h"
#include "cuda/module.h"
#include "kernels/host_kernel.h"

using namespace cufsim;

namespace cufsim {

constinit thread_local KernelThread kernel_thread;

namespace {

/** Ends a kernel; the context is unusable from then on. */
struct KernelFault {
  CUresult code;
  Problem kind;
  std::string text;
};

/** What one kernel touched of an allocation. */
struct Touched {
  AllocationPtr allocation;
  uint64_t begin;
  uint64_t end;
  unsigned char* bytes;
  uint64_t first[2] = {UINT64_MAX, UINT64_MAX};
  uint64_t past[2] = {0, 0};
};

/** What the kernel that this thread runs touched; few allocations, so a search is quick. */
thread_local std::vector<Touched>* tl_touched = nullptr;

std::string place_in_grid() {
  const KernelThread& at = kernel_thread;
  const auto triple = [](const Index3& i) {
    return std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z);
  };
  return "thread " + triple(at.thread) + " of block " + triple(at.block);
}

Touched& allocation_at(uint64_t address, size_t size) {
  Driver& sim = driver();
  const Lock lock(sim.mutex);
  const AllocationPtr allocation = sim.memory.find(address);
  const ContextPtr context = running()->stream->context.lock();
  bool reachable = allocation != nullptr && address + size <= allocation->end();
  if (reachable && !allocation->is_host() && context != nullptr) {
    const auto& peers = context->peers;
    reachable = allocation->device == context->device ||
                std::find(peers.begin(), peers.end(), allocation->device) != peers.end();
  }
  if (!reachable) {
    throw KernelFault{kIllegalAddress, Problem::kOutOfBounds,
                      std::string(running()->what) + " at address " + std::to_string(address) +
                          ", " + place_in_grid()};
  }
  tl_touched->push_back(
      {allocation, allocation->address, allocation->end(), sim.memory.bytes(allocation->address)});
  return tl_touched->back();
}

}  // namespace

void* access_device(uint64_t address, size_t size, size_t alignment, bool writes) {
  if (tl_touched == nullptr) throw std::logic_error("device memory outside of a kernel");
  if (address % alignment != 0) {
    throw KernelFault{kMisalignedAddress, Problem::kMisaligned,
                      std::string(running()->what) + " at address " + std::to_string(address) +
                          ", " + place_in_grid()};
  }
  Touched* found = nullptr;
  for (Touched& touched : *tl_touched) {
    if (address < touched.begin || address + size > touched.end) continue;
    found = &touched;
    break;
  }
  if (found == nullptr) found = &allocation_at(address, size);
  const uint64_t offset = address - found->begin;
  const size_t kind = writes ? 1 : 0;
  found->first[kind] = std::min(found->first[kind], offset);
  found->past[kind] = std::max(found->past[kind], offset + size);
  return found->bytes + offset;
}

namespace {

/** Parameters as they were at the launch. */
struct Launch {
  HostKernelSpec kernel;
  Index3 grid;
  Index3 block;
  std::vector<std::vector<unsigned char>> parameters;
};

void run_block(const Launch& launch, void* const* parameters) {
  for (unsigned z = 0; z < launch.block.z; z++) {
    for (unsigned y = 0; y < launch.block.y; y++) {
      for (unsigned x = 0; x < launch.block.x; x++) {
        kernel_thread.thread = {x, y, z};
        launch.kernel.run(parameters);
      }
    }
  }
}

/** Blocks in an order that no kernel may count on. */
void run_grid(const Launch& launch) {
  std::vector<void*> parameters;
  for (const auto& parameter : launch.parameters) {
    parameters.push_back(const_cast<unsigned char*>(parameter.data()));
  }
  const uint64_t blocks = uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
  uint64_t step = blocks * 5 / 8 + 1;
  while (std::gcd(step, blocks) != 1) step++;
  kernel_thread.grid_size = launch.grid;
  kernel_thread.block_size = launch.block;
  uint64_t at = blocks - 1;
  for (uint64_t i = 0; i < blocks; i++, at = (at + step) % blocks) {
    const uint64_t row = at / launch.grid.x;
    kernel_thread.block = {static_cast<unsigned>(at % launch.grid.x),
                           static_cast<unsigned>(row % launch.grid.y),
                           static_cast<unsigned>(row / launch.grid.y)};
    run_block(launch, parameters.data());
  }
}

void report_touches(const std::vector<Touched>& all) {
  Driver& sim = driver();
  const Running& now = *running();
  const Lock lock(sim.mutex);
  sim.journal.add("kernels");
  for (const Touched& touched : all) {
    for (const bool writes : {false, true}) {
      const uint64_t first = touched.first[writes ? 1 : 0];
      if (first == UINT64_MAX) continue;
      const uint64_t width = touched.past[writes ? 1 : 0] - first;
      sim.order.touch(
          *touched.allocation,
          {now.stream->timeline, now.number, now.clock, {first, width, 0, 1}, writes, now.what});
    }
  }
}

CUresult run_launch(const Launch& launch) {
  std::vector<Touched> touched;
  touched.reserve(16);
  tl_touched = &touched;
  CUresult code = CUDA_SUCCESS;
  try {
    run_grid(launch);
  } catch (const KernelFault& fault) {
    code = fault.code;
    const Lock lock(driver().mutex);
    driver().journal.problem(fault.kind, fault.text);
  }
  tl_touched = nullptr;
  report_touches(touched);
  return code;
}

bool fits(const Index3& grid, const Index3& block, unsigned shared) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return false;
  if (block.x == 0 || block.y == 0 || block.z == 0) return false;
  if (grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535) return false;
  if (block.x > 1024 || block.y > 1024 || block.z > 64) return false;
  return uint64_t{block.x} * block.y * block.z <= 1024 && shared <= 49152;
}

CUresult take_parameters(Launch& launch, void** parameters) {
  if (!launch.kernel.sizes.empty() && parameters == nullptr) return kInvalidValue;
  for (size_t i = 0; i < launch.kernel.sizes.size(); i++) {
    if (parameters[i] == nullptr) return kInvalidValue;
    const auto* bytes = static_cast<const unsigned char*>(parameters[i]);
    launch.parameters.emplace_back(bytes, bytes + launch.kernel.sizes[i]);
  }
  return CUDA_SUCCESS;
}

}  // namespace

}  // namespace cufsim

CUFSIM_EXPORT CUresult cuLaunchKernel(CUfunction handle, unsigned grid_x, unsigned grid_y,
                                      unsigned grid_z, unsigned block_x, unsigned block_y,
                                      unsigned block_z, unsigned shared, CUstream stream_handle,
                                      void** parameters, void** extra) {
  return call("cuLaunchKernel", kContext, [&](Entry& entry) -> CUresult {
    const auto function = entry.sim.functions.find(handle);
    if (function == nullptr) return kInvalidHandle;
    if (function->module.expired()) {
      entry.sim.journal.problem(Problem::kUseAfterDestroy, "a function of an unloaded module");
      return kInvalidHandle;
    }
    const StreamPtr stream = stream_of(entry, stream_handle);
    if (stream == nullptr) return kInvalidHandle;
    if (function->context.lock() != entry.context || stream->context.lock() != entry.context) {
      entry.sim.journal.problem(Problem::kWrongContext, "a launch across contexts");
      return kInvalidHandle;
    }
    Launch launch{function->kernel, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, {}};
    if (extra != nullptr || !fits(launch.grid, launch.block, shared)) return kInvalidValue;
    const CUresult code = take_parameters(launch, parameters);
    if (code != CUDA_SUCCESS) return code;
    Work work{.what = function->kernel.name};
    work.run = [launch = std::move(launch)]() { return run_launch(launch); };
    stream->enqueue(std::move(work));
    return CUDA_SUCCESS;
  });
}
