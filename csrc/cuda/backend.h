#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/ports.h"

// What the rest of the library sees of NVIDIA GPUs. Without ffnvcodec's headers absent.cpp stands
// in for all of it.
namespace cuf::cuda {

// One GPU.
struct Adapter {
  int32_t gpu = 0;  // number that GpuOptions takes
  std::string name;
  std::string driver_version;  // newest CUDA that the driver supports: "13.0"
  int32_t compute_major = 0;
  int32_t compute_minor = 0;
  uint64_t memory_bytes = 0;
  uint32_t decode_engines = 0;  // that decode H.264, which every NVDEC does
  bool is_simulated = false;
  bool has_memory_pools = false;
  std::string no_encoder;  // why it has no NVENC, or empty
};

struct Adapters {
  std::vector<Adapter> gpus;
  std::string reason;  // why there are none, or empty
};

// Never throws for what the machine lacks; the reason is a sentence for the user.
Adapters list_adapters();

struct GpuOptions {
  int32_t gpu = 0;
  uint64_t context = 0;              // CUcontext of the caller; 0: the GPU's primary one
  uint64_t memory_budget_bytes = 0;  // of frames and decoders; 0: what the GPU has
};

// Throws Error(unsupported) with the reason where there is no such GPU.
std::shared_ptr<GpuPort> open_gpu(const GpuOptions& options);

}  // namespace cuf::cuda
