#pragma once

#include <cstdint>
#include <string>

#include "cuda/functions.h"

namespace cuf::cuda {

// CUDA 12.1 (driver 530), which the oldest headers that cuframe compiles with ask for.
inline constexpr int kOldestDriver = 12010;

// NVIDIA's libraries, opened once and never closed: what is in flight may outlive everything.
struct Driver {
  CudaFunctions cuda;
  CuvidFunctions cuvid;
  NvencFunctions nvenc;  // null: see no_encoder
  int version = 0;       // 1000 * major + 10 * minor of the newest CUDA that it supports
  int gpu_count = 0;
  bool is_simulated = false;
  std::string no_encoder;  // why there is no NVENC, or empty
};

// Names, or paths, of the three libraries.
struct DriverLibraries {
  const char* cuda = "libcuda.so.1";
  const char* cuvid = "libnvcuvid.so.1";
  const char* nvenc = "libnvidia-encode.so.1";
};

struct DriverOrReason {
  const Driver* driver = nullptr;  // lives for ever
  std::string reason;              // one sentence why there is none
};

// The machine's driver, looked for until it is found. Never throws for what the machine lacks.
DriverOrReason installed_driver();

// The driver, or Error(unsupported) with the reason.
const Driver& require_driver();

// Opens libraries of other names or places, each time anew.
DriverOrReason open_driver(const DriverLibraries& libraries);

// "12.1" for 12010
std::string driver_version_text(int version);

}  // namespace cuf::cuda
