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

}  // namespace cuf::libav
