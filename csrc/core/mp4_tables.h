#pragma once

#include <optional>
#include <vector>

#include "core/packet_index.h"
#include "core/ports.h"

namespace cuf {

struct Mp4Track {
  std::vector<IndexedPacket> packets;
  uint32_t timescale = 0;  // ticks a second
};

// The packets of one track of an mp4 or mov file by its sample tables and fragment headers: what
// libav gives as stream `stream_index`, with its edit lists, without the media data being read.
// Nothing for what is unusual: damage, several edits, compressed or missing tables, several sample
// descriptions, data in other files, doubtful fragments, more than 10 million samples; a pass over
// the packets knows then. Key pictures are what the container says.
std::optional<Mp4Track> read_mp4_tables(ByteSource& source, uint32_t stream_index);

}  // namespace cuf
