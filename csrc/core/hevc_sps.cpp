#include "core/hevc_sps.h"

#include <algorithm>

#include "core/bit_reader.h"

namespace cuf {
namespace {

void skip_profile_tier_level(BitReader& bits, uint32_t highest_layer) {
  bits.skip(96);
  bool has_profile[7] = {};
  bool has_level[7] = {};
  for (uint32_t i = 0; i < highest_layer; ++i) {
    has_profile[i] = bits.flag();
    has_level[i] = bits.flag();
  }
  if (highest_layer > 0) bits.skip(static_cast<int>(2 * (8 - highest_layer)));
  for (uint32_t i = 0; i < highest_layer; ++i) {
    bits.skip((has_profile[i] ? 88 : 0) + (has_level[i] ? 8 : 0));
  }
}

}  // namespace

std::optional<HevcSps> read_hevc_sps(std::span<const uint8_t> unit) {
  BitReader bits(unit, BitReader::Escapes::nal);
  bits.skip(20);  // unit header, VPS
  HevcSps out;
  out.highest_layer = std::min(bits.bits(3), 6u);
  bits.bit();  // sps_temporal_id_nesting_flag
  skip_profile_tier_level(bits, out.highest_layer);
  out.id = bits.ue();
  const uint32_t chroma = bits.ue();
  if (chroma == 3) out.has_colour_planes = bits.flag();
  const int64_t width = bits.ue();
  const int64_t height = bits.ue();
  const int64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
  out.size = crop_size(width, height, read_crop(bits), unit_x, chroma == 1 ? 2 : 1);
  bits.ue();  // bit depths
  bits.ue();
  out.poc_lsb_bits = static_cast<int>(std::min(bits.ue(), 12u)) + 4;
  if (bits.has_overrun()) return std::nullopt;
  return out;
}

}  // namespace cuf
