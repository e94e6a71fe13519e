#pragma once

#include <string>

#include "core/ports.h"
#include "libav/compat.h"

namespace cuf::libav {

// The software decoder for a codec by libav's short name; throws Error(unsupported) if there is
// none.
const AVCodec& choose_decoder(const std::string& codec);

// Threads and threading for pictures of the context's size (0 = unknown), never more than allowed.
void set_threads(AVCodecContext& context, uint32_t allowed);

// After set_threads: no frame is held back but for its place in display order, or with zero, where
// libav can, not even for that.
void set_latency(AVCodecContext& context, Latency latency);

}  // namespace cuf::libav
