#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/h264_sps.h"

namespace cuf {

// Part of a sequence parameter set of ITU-T H.265, 7.3.2.2.1.
struct HevcSps {
  uint32_t id = 0;
  CroppedSize size;
  uint32_t highest_layer = 0;
  bool has_colour_planes = false;
  int poc_lsb_bits = 4;
};

// unit begins with the NAL unit's header. Nothing if it ends too early.
std::optional<HevcSps> read_hevc_sps(std::span<const uint8_t> unit);

}  // namespace cuf
