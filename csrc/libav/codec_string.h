#pragma once

#include <string>

#include "libav/compat.h"

namespace cuf::libav {

// The WebCodecs codec string ("avc1.64001f", "vp09.00.31.08"); libav's name where the registry has
// none.
std::string codec_string(const AVCodecParameters& stored, AVRational frame_rate);

// libav's short name, as in AVCodecDescriptor.
std::string codec_name(AVCodecID codec);

}  // namespace cuf::libav
