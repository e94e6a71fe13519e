// cuInit, cuDriver* and cuDevice*.
#include <cstdio>
#include <cstring>

#include "cuda/entry.h"
#include "cuda/pool.h"

using namespace cufsim;

namespace {

/** Runs `body` with the device of that ordinal. */
template <class Body>
CUresult with_device(const char* function, CUdevice ordinal, Body&& body) {
  return call(function, kInit, [&](Entry& entry) -> CUresult {
    Device* device = entry.sim.device(ordinal);
    return device == nullptr ? kInvalidDevice : body(entry, *device);
  });
}

void copy_text(char* out, int size, const std::string& text) {
  std::snprintf(out, static_cast<size_t>(size), "%s", text.c_str());
}

std::string bus_id(const Device& device) {
  char text[16];
  std::snprintf(text, sizeof text, "0000:%02X:00.0", 6 + device.ordinal);
  return text;
}

}  // namespace

CUFSIM_EXPORT CUresult cuInit(unsigned flags) {
  return call("cuInit", kNothing, [&](Entry& entry) {
    if (flags != 0) return kInvalidValue;
    if (entry.sim.devices.empty()) return kNoDevice;
    entry.sim.initialized = true;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDriverGetVersion(int* version) {
  return call("cuDriverGetVersion", kNothing, [&](Entry& entry) {
    if (version == nullptr) return kInvalidValue;
    *version = static_cast<int>(entry.sim.settings.number("driver_version", 13000));
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceGetCount(int* count) {
  return call("cuDeviceGetCount", kInit, [&](Entry& entry) {
    if (count == nullptr) return kInvalidValue;
    *count = static_cast<int>(entry.sim.devices.size());
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return with_device("cuDeviceGet", ordinal, [&](Entry&, Device&) {
    if (device == nullptr) return kInvalidValue;
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceGetName(char* name, int size, CUdevice device) {
  return with_device("cuDeviceGetName", device, [&](Entry&, Device& gpu) {
    if (name == nullptr || size <= 0) return kInvalidValue;
    copy_text(name, size, std::string(gpu.model.name) + " (simulated)");
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
  return with_device("cuDeviceGetUuid", device, [&](Entry&, Device& gpu) {
    if (uuid == nullptr) return kInvalidValue;
    std::memcpy(uuid->bytes, "cufsim simulated", sizeof uuid->bytes);
    uuid->bytes[15] = static_cast<char>(gpu.ordinal);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  return cuDeviceGetUuid(uuid, device);
}

CUFSIM_EXPORT CUresult cuDeviceGetLuid(char*, unsigned*, CUdevice device) {
  return with_device("cuDeviceGetLuid", device, [](Entry&, Device&) { return kNotSupported; });
}

CUFSIM_EXPORT CUresult cuDeviceGetPCIBusId(char* id, int size, CUdevice device) {
  return with_device("cuDeviceGetPCIBusId", device, [&](Entry&, Device& gpu) {
    if (id == nullptr || size <= 0) return kInvalidValue;
    copy_text(id, size, bus_id(gpu));
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceGetByPCIBusId(CUdevice* device, const char* id) {
  return call("cuDeviceGetByPCIBusId", kInit, [&](Entry& entry) {
    if (device == nullptr || id == nullptr) return kInvalidValue;
    for (const auto& gpu : entry.sim.devices) {
      if (bus_id(*gpu) != id) continue;
      *device = gpu->ordinal;
      return CUDA_SUCCESS;
    }
    return kInvalidDevice;
  });
}

CUFSIM_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute,
                                            CUdevice device) {
  return with_device("cuDeviceGetAttribute", device, [&](Entry&, Device& gpu) {
    if (value == nullptr) return kInvalidValue;
    return gpu.attribute(attribute, *value) ? CUDA_SUCCESS : kInvalidValue;
  });
}

CUFSIM_EXPORT CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  return with_device("cuDeviceComputeCapability", device, [&](Entry&, Device& gpu) {
    if (major == nullptr || minor == nullptr) return kInvalidValue;
    *major = gpu.model.compute_major;
    *minor = gpu.model.compute_minor;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  return with_device("cuDeviceTotalMem", device, [&](Entry&, Device& gpu) {
    if (bytes == nullptr) return kInvalidValue;
    *bytes = gpu.memory_bytes;
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
  return with_device("cuDeviceCanAccessPeer", device, [&](Entry& entry, Device& gpu) {
    Device* other = entry.sim.device(peer);
    if (other == nullptr) return kInvalidDevice;
    if (can == nullptr) return kInvalidValue;
    *can = other != &gpu ? 1 : 0;
    return CUDA_SUCCESS;
  });
}
