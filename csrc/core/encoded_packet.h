#pragma once

#include "core/encoder_port.h"
#include "core/input_times.h"
#include "core/model.h"

namespace cuf {

// An encoder's picture as a packet, for a muxer.
Packet encoded_packet(EncodedPicture picture, const PictureTime& time, int64_t dts);

}  // namespace cuf
