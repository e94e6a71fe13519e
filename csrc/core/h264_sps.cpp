#include "core/h264_sps.h"

#include <algorithm>

#include "core/bit_reader.h"

namespace cuf {
namespace {

constexpr uint32_t kExtendedShape = 255;

void skip_scaling_list(BitReader& bits, int size) {
  int64_t last = 8;
  int64_t next = 8;
  for (int i = 0; i < size && !bits.has_overrun(); ++i) {
    if (next != 0) next = (last + bits.se()) & 0xff;
    if (next != 0) last = next;
  }
}

// Returns ChromaArrayType.
uint32_t read_chroma(BitReader& bits, uint32_t profile, H264Sps& out) {
  constexpr uint32_t kHigh[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  if (std::find(std::begin(kHigh), std::end(kHigh), profile) == std::end(kHigh)) return 1;
  const uint32_t chroma = bits.ue();
  if (chroma == 3) out.has_colour_planes = bits.flag();
  bits.ue();  // bit depths
  bits.ue();
  bits.bit();  // qpprime_y_zero_transform_bypass_flag
  const bool has_lists = bits.flag();
  for (int i = 0; has_lists && i < (chroma == 3 ? 12 : 8); ++i) {
    if (bits.flag()) skip_scaling_list(bits, i < 6 ? 16 : 64);
  }
  return out.has_colour_planes ? 0 : chroma;
}

void read_order_count(BitReader& bits, H264Sps& out) {
  out.poc_type = bits.ue();
  if (out.poc_type == 0) {
    out.poc_lsb_bits = static_cast<int>(std::min(bits.ue(), 12u)) + 4;
  } else if (out.poc_type == 1) {
    out.is_delta_zero = bits.flag();
    out.non_ref_offset = bits.se();
    out.bottom_offset = bits.se();
    out.cycle.resize(std::min(bits.ue(), 255u));
    for (int32_t& offset : out.cycle) offset = bits.se();
  }
}

// E.1.2
void read_hrd(BitReader& bits, PictureTimingSyntax& out) {
  const uint32_t count = std::min(bits.ue(), 31u) + 1;
  bits.skip(8);  // scales
  for (uint32_t i = 0; i < count; ++i) {
    bits.ue();
    bits.ue();
    bits.bit();
  }
  bits.skip(5);  // initial_cpb_removal_delay_length_minus1
  out.cpb_removal_delay_bits = static_cast<uint8_t>(bits.bits(5) + 1);
  out.dpb_output_delay_bits = static_cast<uint8_t>(bits.bits(5) + 1);
  out.time_offset_bits = static_cast<uint8_t>(bits.bits(5));
}

// Up to bitstream_restriction_flag.
void read_vui(BitReader& bits, PictureTimingSyntax& out) {
  if (bits.flag() && bits.bits(8) == kExtendedShape) bits.skip(32);
  if (bits.flag()) bits.bit();  // overscan
  if (bits.flag()) {            // video signal type
    bits.skip(4);
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {  // chroma location
    bits.ue();
    bits.ue();
  }
  if (bits.flag()) bits.skip(65);  // timing
  const bool has_nal_hrd = bits.flag();
  if (has_nal_hrd) read_hrd(bits, out);
  const bool has_vcl_hrd = bits.flag();
  if (has_vcl_hrd) read_hrd(bits, out);
  if (has_nal_hrd || has_vcl_hrd) bits.bit();  // low_delay_hrd_flag
  out.has_pic_struct = bits.flag();
  out.is_known = !bits.has_overrun();
}

void read_restriction(BitReader& bits, H264Sps& out) {
  if (!bits.flag()) return;
  out.restriction_byte = bits.last_byte();
  out.restriction_shift = bits.last_shift();
  bits.bit();                             // motion_vectors_over_pic_boundaries_flag
  for (int i = 0; i < 4; ++i) bits.ue();  // sizes of pictures, macroblocks and vectors
  const uint32_t frames = bits.ue();
  if (!bits.has_overrun()) out.reorder_frames = frames;
}

}  // namespace

CroppedSize crop_size(int64_t width, int64_t height, const std::array<uint32_t, 4>& crop,
                      int64_t unit_x, int64_t unit_y) {
  // Damaged headers may crop as they like.
  constexpr int64_t kMost = UINT32_MAX;
  width -= unit_x * (int64_t{crop[0]} + crop[1]);
  height -= unit_y * (int64_t{crop[2]} + crop[3]);
  return {static_cast<uint32_t>(std::clamp<int64_t>(width, 0, kMost)),
          static_cast<uint32_t>(std::clamp<int64_t>(height, 0, kMost))};
}

std::array<uint32_t, 4> read_crop(BitReader& bits) {
  std::array<uint32_t, 4> crop{};
  if (!bits.flag()) return crop;
  for (uint32_t& side : crop) side = bits.ue();
  return crop;
}

std::optional<H264Sps> read_h264_sps(std::span<const uint8_t> unit) {
  BitReader bits(unit, BitReader::Escapes::nal);
  bits.skip(8);  // unit header
  H264Sps out;
  const uint32_t profile = bits.bits(8);
  bits.skip(16);  // constraints, level
  out.id = bits.ue();
  const uint32_t chroma = read_chroma(bits, profile, out);
  out.frame_num_bits = static_cast<int>(std::min(bits.ue(), 12u)) + 4;
  read_order_count(bits, out);
  out.references = bits.ue();
  bits.bit();  // gaps_in_frame_num_value_allowed_flag
  const int64_t columns = int64_t{bits.ue()} + 1;
  const int64_t rows = int64_t{bits.ue()} + 1;
  out.is_frame_only = bits.flag();
  if (!out.is_frame_only) bits.bit();  // mb_adaptive_frame_field_flag
  bits.bit();                          // direct_8x8_inference_flag
  const int64_t fields = out.is_frame_only ? 1 : 2;
  const int64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
  const int64_t unit_y = (chroma == 1 ? 2 : 1) * fields;
  out.size = crop_size(columns * 16, rows * 16 * fields, read_crop(bits), unit_x, unit_y);
  if (bits.has_overrun()) return std::nullopt;
  if (!bits.flag()) {
    out.timing.is_known = true;
    return out;
  }
  read_vui(bits, out.timing);
  if (!out.timing.is_known) out.timing = {};
  read_restriction(bits, out);
  return out;
}

}  // namespace cuf
