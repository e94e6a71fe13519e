#pragma once

#include <cstddef>
#include <cstdint>

#include "libav/compat.h"

namespace cuf::libav {

// Gives a stream a copy of its codec's headers, padded as libav wants them, for those that it had.
void set_extradata(AVCodecParameters& parameters, const uint8_t* data, size_t size);

}  // namespace cuf::libav
