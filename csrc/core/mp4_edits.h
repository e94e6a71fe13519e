#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/packet_index.h"

namespace cuf::mp4 {

// One edit of the movie, behind nothing but emptiness.
struct Edit {
  int64_t empty_duration = 0;  // all in ticks of the track
  int64_t media_time = 0;
  int64_t duration = 0;
};

// elst; nothing without edits. Times of the movie are scaled to those of the track.
std::optional<Edit> read_edit(std::span<const uint8_t> elst, uint32_t movie_timescale,
                              uint32_t timescale);

// A sample before edits: shown at dts + shift + offset.
struct Sample {
  int64_t dts = 0;
  int32_t offset = 0;
  uint32_t duration = 0;
  IndexedPacket packet;
};

// Drops, hides and moves samples as libavformat does for its advanced_editlist.
std::vector<IndexedPacket> apply_edit(const std::vector<Sample>& samples, int64_t shift,
                                      bool has_offsets, const std::optional<Edit>& edit);

}  // namespace cuf::mp4
