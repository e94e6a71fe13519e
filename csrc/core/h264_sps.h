#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/sei.h"

namespace cuf {

class BitReader;

// What is left of a size without the cropped samples: left, right, top, bottom, in units.
struct CroppedSize {
  uint32_t width = 0;
  uint32_t height = 0;
};
CroppedSize crop_size(int64_t width, int64_t height, const std::array<uint32_t, 4>& crop,
                      int64_t unit_x, int64_t unit_y);
// The crop rectangle of H.264 and the conformance window of HEVC, flag included.
std::array<uint32_t, 4> read_crop(BitReader& bits);

// Part of a sequence parameter set of ITU-T H.264, 7.3.2.1.1 and E.1.1.
struct H264Sps {
  uint32_t id = 0;
  CroppedSize size;
  bool has_colour_planes = false;
  bool is_frame_only = true;
  int frame_num_bits = 4;
  // Picture order count, 8.2.1.
  uint32_t poc_type = 0;
  int poc_lsb_bits = 4;
  bool is_delta_zero = false;
  int32_t non_ref_offset = 0;
  int32_t bottom_offset = 0;
  std::vector<int32_t> cycle;
  uint32_t references = 0;  // max_num_ref_frames
  // max_num_reorder_frames; nothing if the VUI does not restrict the bitstream.
  std::optional<uint32_t> reorder_frames;
  // Where bitstream_restriction_flag stands in the unit, if reorder_frames is there.
  size_t restriction_byte = 0;
  int restriction_shift = 0;
  PictureTimingSyntax timing;  // of picture timing SEI; unknown if the VUI is damaged
};

// unit begins with the NAL unit's header. Nothing if it ends too early; a VUI may be cut.
std::optional<H264Sps> read_h264_sps(std::span<const uint8_t> unit);

}  // namespace cuf
