#include <mutex>

#include "cuda/module.h"
#include "cufsim.h"

namespace cufsim {

namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, HostKernelSpec> kernels;
};

Registry& registry() {
  // Its own mutex, and never destroyed: libraries register while they are loaded.
  static Registry* const kernels = new Registry;
  return *kernels;
}

}  // namespace

bool find_host_kernel(const std::string& name, HostKernelSpec& kernel) {
  const std::lock_guard lock(registry().mutex);
  const auto found = registry().kernels.find(name);
  if (found == registry().kernels.end()) return false;
  kernel = found->second;
  kernel.name = found->first.c_str();
  return true;
}

}  // namespace cufsim

extern "C" void cufsim_register_kernel(const char* name, void (*run)(void* const* parameters),
                                       const size_t* sizes, uint32_t count) {
  cufsim::Registry& registry = cufsim::registry();
  const std::lock_guard lock(registry.mutex);
  registry.kernels[name] = {"", run, std::vector<size_t>(sizes, sizes + count)};
}
