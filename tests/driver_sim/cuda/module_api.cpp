// cuModule*, cuFunc*, cuLink*.
#include <algorithm>
#include <cstring>

#include "cuda/entry.h"
#include "cuda/module.h"

using namespace cufsim;

namespace {

std::shared_ptr<Module> module_of(Entry& entry, CUmodule handle) {
  auto module = entry.sim.modules.find(handle);
  if (module == nullptr && entry.sim.modules.was(handle)) {
    entry.sim.journal.problem(Problem::kUseAfterDestroy, "an unloaded module");
  }
  return module;
}

CUresult check(Entry& entry, const void* image, PtxText& ptx, std::string& log) {
  if (image == nullptr) return kInvalidValue;
  const auto* bytes = static_cast<const unsigned char*>(image);
  constexpr unsigned char kElf[] = {0x7f, 'E', 'L', 'F'};
  constexpr unsigned char kFatbin[] = {0x50, 0xed, 0x55, 0xba};
  if (std::memcmp(bytes, kElf, 4) == 0 || std::memcmp(bytes, kFatbin, 4) == 0) {
    log = "the simulated driver takes PTX only";
    return kNoBinaryForGpu;
  }
  if (!read_ptx(static_cast<const char*>(image), ptx)) {
    log = "device kernel image is invalid";
    return kInvalidImage;
  }
  if (ptx.version > entry.sim.settings.number("ptx_version", 90)) {
    log = "ptxas fatal: Unsupported .version";
    return kUnsupportedPtxVersion;
  }
  const GpuModel& model = entry.context->device->model;
  if (ptx.target > model.compute_major * 10 + model.compute_minor) {
    log = "ptxas fatal: SM version specified by .target is higher than the GPU's";
    return kInvalidPtx;
  }
  return CUDA_SUCCESS;
}

/** Puts the log where the client asked for it. */
void give_log(const std::string& log, unsigned count, const CUjit_option* options, void** values) {
  char* buffer = nullptr;
  size_t size = 0;
  void** written = nullptr;
  for (unsigned i = 0; i < count; i++) {
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER) buffer = static_cast<char*>(values[i]);
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) {
      size = reinterpret_cast<size_t>(values[i]);
      written = &values[i];
    }
  }
  if (buffer == nullptr || size == 0) return;
  const size_t length = std::min(log.size(), size - 1);
  std::memcpy(buffer, log.data(), length);
  buffer[length] = 0;
  *written = reinterpret_cast<void*>(length);
}

CUresult load(const char* function, CUmodule* out, const void* image, unsigned count,
              const CUjit_option* options, void** values) {
  return call(function, kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr) return kInvalidValue;
    auto module = std::make_shared<Module>();
    module->context = entry.context;
    std::string log;
    const CUresult code = check(entry, image, module->ptx, log);
    give_log(log, count, options, values);
    if (code != CUDA_SUCCESS) return code;
    *out = reinterpret_cast<CUmodule>(entry.sim.modules.add(module));
    entry.sim.journal.add("modules");
    return CUDA_SUCCESS;
  });
}

}  // namespace

CUFSIM_EXPORT CUresult cuModuleLoadData(CUmodule* out, const void* image) {
  return load("cuModuleLoadData", out, image, 0, nullptr, nullptr);
}

CUFSIM_EXPORT CUresult cuModuleLoadDataEx(CUmodule* out, const void* image, unsigned count,
                                          CUjit_option* options, void** values) {
  return load("cuModuleLoadDataEx", out, image, count, options, values);
}

CUFSIM_EXPORT CUresult cuModuleUnload(CUmodule handle) {
  return call("cuModuleUnload", kContext | kRelease, [&](Entry& entry) -> CUresult {
    const auto module = module_of(entry, handle);
    if (module == nullptr) return kInvalidHandle;
    entry.sim.modules.remove(reinterpret_cast<uint64_t>(handle));
    entry.sim.journal.add("modules", -1);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuModuleGetFunction(CUfunction* out, CUmodule handle, const char* name) {
  return call("cuModuleGetFunction", kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr || name == nullptr) return kInvalidValue;
    const auto module = module_of(entry, handle);
    if (module == nullptr) return kInvalidHandle;
    const auto& entries = module->ptx.entries;
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const PtxEntry& ptx) { return ptx.name == name; });
    if (found == entries.end()) return kNotFound;
    auto function = std::make_shared<Function>();
    function->context = entry.context;
    function->module = module;
    const bool known = find_host_kernel(name, function->kernel);
    if (!known || function->kernel.sizes != found->parameter_sizes) {
      const char* what = known ? " has other parameters than its PTX" : " is not registered";
      entry.sim.journal.problem(Problem::kNoHostKernel, std::string("kernel ") + name + what);
      return kNotFound;
    }
    *out = reinterpret_cast<CUfunction>(entry.sim.functions.add(function));
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuModuleGetGlobal(CUdeviceptr*, size_t*, CUmodule handle, const char*) {
  return call("cuModuleGetGlobal", kContext, [&](Entry& entry) -> CUresult {
    return module_of(entry, handle) == nullptr ? kInvalidHandle : kNotFound;
  });
}

CUFSIM_EXPORT CUresult cuModuleGetGlobal_v2(CUdeviceptr* address, size_t* size, CUmodule handle,
                                            const char* name) {
  return cuModuleGetGlobal(address, size, handle, name);
}

CUFSIM_EXPORT CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction handle) {
  return call("cuFuncGetAttribute", kContext, [&](Entry& entry) -> CUresult {
    const auto function = entry.sim.functions.find(handle);
    if (function == nullptr) return kInvalidHandle;
    if (value == nullptr) return kInvalidValue;
    const auto module = function->module.lock();
    switch (attribute) {
      case 0:  // MAX_THREADS_PER_BLOCK
        *value = 1024;
        return CUDA_SUCCESS;
      case 1:  // SHARED_SIZE_BYTES
      case 2:  // CONST_SIZE_BYTES
      case 3:  // LOCAL_SIZE_BYTES
        *value = 0;
        return CUDA_SUCCESS;
      case 4:  // NUM_REGS
        *value = 32;
        return CUDA_SUCCESS;
      case 5:  // PTX_VERSION
        *value = module == nullptr ? 0 : module->ptx.target;
        return CUDA_SUCCESS;
      default:
        return kInvalidValue;
    }
  });
}

CUFSIM_EXPORT CUresult cuLinkCreate(unsigned, CUjit_option*, void**, CUlinkState*) {
  return call("cuLinkCreate", kContext, [](Entry&) { return kNotSupported; });
}

CUFSIM_EXPORT CUresult cuLinkAddData(CUlinkState, CUjitInputType, void*, size_t, const char*,
                                     unsigned, CUjit_option*, void**) {
  return call("cuLinkAddData", kContext, [](Entry&) { return kInvalidHandle; });
}

CUFSIM_EXPORT CUresult cuLinkComplete(CUlinkState, void**, size_t*) {
  return call("cuLinkComplete", kContext, [](Entry&) { return kInvalidHandle; });
}

CUFSIM_EXPORT CUresult cuLinkDestroy(CUlinkState) {
  return call("cuLinkDestroy", kInit, [](Entry&) { return kInvalidHandle; });
}
