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

// libav's H.264 frame threads copy the flags of a damaged picture when another thread gives it out,
// perhaps before its own thread has found the damage. Held back for as many pictures as there are
// threads, each one is finished by then. has_order: the container told has_b_frames.
void delay_for_damage_flags(AVCodecContext& context, bool has_order);

}  // namespace cuf::libav
