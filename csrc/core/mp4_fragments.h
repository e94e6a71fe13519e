#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/packet_index.h"

namespace cuf::mp4 {

// One track, as its fragments need it.
struct FragmentedTrack {
  uint32_t id = 0;
  int64_t time_offset = 0;  // by which edits move it to earlier times
  uint32_t default_duration = 0;
  uint32_t default_size = 0;
  uint32_t default_flags = 0;
};

// What trex of mvex says about the track.
FragmentedTrack read_defaults(std::span<const uint8_t> mvex, uint32_t track_id);

// Appends the samples of a moof box that begins at `position` in the file. Their pts lack the
// shift: the most by which any is shown before its dts, which is returned (0 if none is).
int64_t read_fragment(std::span<const uint8_t> moof, int64_t position, int64_t file_size,
                      const FragmentedTrack& track, std::vector<IndexedPacket>& packets);

}  // namespace cuf::mp4
