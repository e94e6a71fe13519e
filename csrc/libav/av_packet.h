#pragma once

#include <cstdint>
#include <vector>

#include "core/model.h"
#include "libav/compat.h"
#include "libav/handles.h"

namespace cuf::libav {

// The packet over the same bytes.
Owned<AVPacket> to_av_packet(const Packet& packet);

void add_side_data(AVPacket& packet, AVPacketSideDataType type, const Bytes& bytes);

// Bytes to read instead, unless there are none.
Bytes replaced(const Bytes& bytes, std::vector<uint8_t> others);

}  // namespace cuf::libav
