#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/mp4_edits.h"

namespace cuf::mp4 {

inline constexpr size_t kMostSamples = 10'000'000;

struct SampleTable {
  std::vector<Sample> samples;
  int64_t shift = 0;  // dts begin at -shift, since pictures may be shown before they are decoded
  bool has_offsets = false;
};

// The samples of an stbl box, with positions up to file_size.
SampleTable read_sample_table(std::span<const uint8_t> stbl, int64_t file_size);

}  // namespace cuf::mp4
