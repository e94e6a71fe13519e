#pragma once

#include <cstdint>

#include "core/model.h"
#include "cuframe.h"

namespace cuf::abi {

// A packet of the caller's, copied; the offsets of info are into data.
Packet packet_of(const CufPacketInfo& info, const uint8_t* data, uint32_t length);

}  // namespace cuf::abi
