#pragma once

#include <string>

#include "caller.h"

namespace fault_walk {

struct Settings {
  std::string clip;
  uint32_t backend = CUF_BACKEND_CUDA;
  bool is_on_host = false;  // frames are wanted in host memory
  std::string output = {};  // folder of files that are written
};

// What a script does with a clip on a device. After a failure it goes on with what can be done.
using Scene = void (*)(Caller& caller, const Settings& settings);

// Looks for the GPUs.
void look(Caller& caller, const Settings& settings);
// Decodes a whole clip, and converts, downloads and shares some of its frames.
void decode(Caller& caller, const Settings& settings);
// Frames by index, a batch as one tensor, and a stretch in order.
void sample(Caller& caller, const Settings& settings);
// Encodes pictures of host memory, changes the bit rate on the way, and goes on behind a flush.
void encode(Caller& caller, const Settings& settings);
// Transcodes a whole clip into a file, and two parts of it into another.
void transcode(Caller& caller, const Settings& settings);

}  // namespace fault_walk
