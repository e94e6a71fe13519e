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
  uint32_t decode_engines = 0;  // that decode H.264, of which every GPU with NVDEC has some
  bool is_simulated = false;
  bool has_memory_pools = false;
  std::string no_encoder;  // why the driver has no NVENC library, or empty
};

struct Adapters {
  std::vector<Adapter> gpus;
  std::string reason;  // why there are none, or empty
};

// Never throws for what the machine lacks; the reason is a sentence for the user.
Adapters list_adapters();

}  // namespace cuf::cuda
