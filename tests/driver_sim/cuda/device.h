// A simulated GPU.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda/driver_api.h"

namespace cufsim {

struct Context;
struct MemoryPool;
class Settings;

/** What tells one model from another. */
struct GpuModel {
  const char* id;
  const char* name;
  int compute_major;
  int compute_minor;
  uint64_t memory_mb;
  int nvdecs;
  int multiprocessors;
  int clock_khz;
  /** Sessions of NVENC at once; 0: there is no NVENC. */
  int encode_sessions;
};

/** The model of that id, or null. */
const GpuModel* find_gpu_model(const std::string& id);

class Device {
 public:
  Device(int ordinal, const GpuModel& model, const Settings& settings);

  const int ordinal;
  const GpuModel& model;
  const uint64_t memory_bytes;
  const int nvdecs;
  /** 0 while the GPU works, else what every call says. */
  CUresult lost = CUDA_SUCCESS;

  uint64_t used_bytes = 0;
  std::shared_ptr<Context> primary;
  unsigned primary_references = 0;
  unsigned primary_flags = 0;
  std::shared_ptr<MemoryPool> default_pool;
  std::shared_ptr<MemoryPool> current_pool;
  /** Decode sessions on each engine. */
  std::vector<int> engine_sessions;

  /** The value of a device attribute; false if there is no such one. */
  bool attribute(int attribute, int& value) const;
  /** Takes memory from the budget; false when too little is left. */
  bool reserve(uint64_t bytes);
  void give_back(uint64_t bytes);

 private:
  bool has_pools_;
};

}  // namespace cufsim
