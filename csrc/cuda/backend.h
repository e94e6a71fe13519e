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
  std::string no_encoder;  // why the driver has no NVENC library, or empty
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

struct GpuMemoryStats {
  uint64_t live_bytes = 0;     // frames that are held
  uint64_t kept_bytes = 0;     // kept for the next frames
  uint64_t decoder_bytes = 0;  // about what decode surfaces take
  uint64_t peak_bytes = 0;     // most of the sum of the three
  uint64_t allocations = 0;    // calls of the driver
  uint64_t pinned_kept_bytes = 0;
};

// A GPU in use. create_decoder() throws Error(unsupported) for codecs, chroma formats and depths
// that NVDEC does not decode. What only the stream tells (where the options do not say its chroma
// and depth, and its size) is refused by an Error(unsupported) of send().
class Gpu : public GpuPort {
 public:
  virtual int32_t ordinal() const = 0;
  virtual uint64_t context() const = 0;  // CUcontext
  virtual GpuMemoryStats memory_stats() const = 0;
};

// Throws Error(unsupported) with the reason where there is no such GPU.
std::shared_ptr<Gpu> open_gpu(const GpuOptions& options);

// Lets go of a picture in the memory of a GPU that others may still read in ways that nobody noted
// (through DLPack): when all that the GPU has to do now is done. From any thread; does not block.
void release_exported(std::shared_ptr<const DeviceMemoryInfo> memory) noexcept;

}  // namespace cuf::cuda
