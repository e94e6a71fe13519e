#include "cuda/backend.h"
#include "cuda/context.h"
#include "cuda/nvdec/caps.h"
#include "cuda/nvenc/session.h"

namespace cuf::cuda {
namespace {

int attribute(const Driver& driver, CUdevice_attribute name, CUdevice device) {
  int value = 0;
  check(driver.cuda.cuDeviceGetAttribute(&value, name, device), "Could not ask a GPU about itself");
  return value;
}

// Whether there is one shows only when a session is opened.
std::string encoder_absence(const std::shared_ptr<const Context>& context) {
  try {
    const NvencSession session(context);
  } catch (const Error& error) {
    // Others may have all its sessions, which gives no reason; what fails otherwise does not keep
    // the GPU from decoding.
    if (error.status != Status::out_of_memory) return error.what();
  }
  return {};
}

// NVDEC and NVENC are asked in a context.
void ask_engines(const Driver& driver, Adapter& adapter) {
  const auto context = Context::primary(driver, adapter.gpu);
  const ContextScope scope(*context);
  adapter.decode_engines =
      decoder_caps(*context, {cudaVideoCodec_H264, cudaVideoChromaFormat_420, 8}).engines;
  adapter.no_encoder = encoder_absence(context);
}

Adapter describe(const Driver& driver, int gpu) {
  Adapter adapter;
  adapter.gpu = gpu;
  adapter.driver_version = driver_version_text(driver.version);
  adapter.is_simulated = driver.is_simulated;
  CUdevice device = 0;
  check(driver.cuda.cuDeviceGet(&device, gpu), "Could not open a GPU");
  char name[256] = {};
  check(driver.cuda.cuDeviceGetName(name, sizeof name - 1, device), "Could not name a GPU");
  adapter.name = name;
  size_t bytes = 0;
  check(driver.cuda.cuDeviceTotalMem(&bytes, device), "Could not ask for a GPU's memory");
  adapter.memory_bytes = bytes;
  adapter.compute_major = attribute(driver, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
  adapter.compute_minor = attribute(driver, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
  adapter.has_memory_pools = attribute(driver, kAttributeMemoryPoolsSupported, device) != 0;
  ask_engines(driver, adapter);
  return adapter;
}

}  // namespace

Adapters list_adapters() {
  Adapters found;
  const DriverOrReason installed = installed_driver();
  found.reason = installed.reason;
  if (!installed.driver) return found;
  for (int gpu = 0; gpu < installed.driver->gpu_count; ++gpu) {
    try {
      found.gpus.push_back(describe(*installed.driver, gpu));
    } catch (const Error& error) {
      found.reason = "GPU " + std::to_string(gpu) + " cannot be used: " + error.what();
    }
  }
  if (!found.gpus.empty()) found.reason.clear();
  return found;
}

}  // namespace cuf::cuda
