#include "core/h264_headers.h"

#include <algorithm>

#include "core/bit_reader.h"

namespace cuf::h264 {
namespace {

void skip_scaling_list(BitReader& bits, int size) {
  int64_t last = 8;
  int64_t next = 8;
  for (int i = 0; i < size && !bits.has_overrun(); ++i) {
    if (next != 0) next = (last + bits.se()) & 0xff;
    if (next != 0) last = next;
  }
}

bool has_chroma_format(uint32_t profile) {
  constexpr uint32_t kHigh[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  return std::find(std::begin(kHigh), std::end(kHigh), profile) != std::end(kHigh);
}

void read_chroma_format(BitReader& bits, Sps& sps) {
  const uint32_t chroma = bits.ue();
  if (chroma == 3) sps.has_colour_planes = bits.flag();
  bits.ue();  // bit depths
  bits.ue();
  bits.bit();                // qpprime_y_zero_transform_bypass_flag
  if (!bits.flag()) return;  // seq_scaling_matrix_present_flag
  for (int i = 0; i < (chroma == 3 ? 12 : 8); ++i) {
    if (bits.flag()) skip_scaling_list(bits, i < 6 ? 16 : 64);
  }
}

// E.1.2
void read_hrd(BitReader& bits, PictureTimingSyntax& out) {
  const uint32_t count = bits.ue() + 1;
  bits.skip(8);  // scales
  for (uint32_t i = 0; i < count && !bits.has_overrun(); ++i) {
    bits.ue();
    bits.ue();
    bits.bit();
  }
  bits.skip(5);  // initial_cpb_removal_delay_length_minus1
  out.cpb_removal_delay_bits = static_cast<uint8_t>(bits.bits(5) + 1);
  out.dpb_output_delay_bits = static_cast<uint8_t>(bits.bits(5) + 1);
  out.time_offset_bits = static_cast<uint8_t>(bits.bits(5));
}

// E.1.1, up to pic_struct_present_flag
void read_vui(BitReader& bits, PictureTimingSyntax& out) {
  constexpr uint32_t kExtendedSar = 255;
  if (bits.flag() && bits.bits(8) == kExtendedSar) bits.skip(32);
  if (bits.flag()) bits.bit();  // overscan
  if (bits.flag()) {            // video_signal_type_present_flag
    bits.skip(4);
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {  // chroma_loc_info_present_flag
    bits.ue();
    bits.ue();
  }
  if (bits.flag()) bits.skip(65);  // timing_info_present_flag
  const bool has_nal_hrd = bits.flag();
  if (has_nal_hrd) read_hrd(bits, out);
  const bool has_vcl_hrd = bits.flag();
  if (has_vcl_hrd) read_hrd(bits, out);
  if (has_nal_hrd || has_vcl_hrd) bits.bit();  // low_delay_hrd_flag
  out.has_pic_struct = bits.flag();
}

PictureTimingSyntax read_timing(BitReader& bits, bool is_frame_only) {
  PictureTimingSyntax out;
  if (!is_frame_only) bits.bit();  // mb_adaptive_frame_field_flag
  bits.bit();                      // direct_8x8_inference_flag
  if (bits.flag()) {               // frame_cropping_flag
    for (int i = 0; i < 4; ++i) bits.ue();
  }
  if (bits.flag()) read_vui(bits, out);
  if (bits.has_overrun()) return {};
  out.is_known = true;
  return out;
}

}  // namespace

void ParameterSets::read(std::span<const uint8_t> unit) {
  const int type = unit[0] & 31;
  if (type != kSps && type != kPps) return;
  BitReader bits(unit.subspan(1), BitReader::Escapes::nal);
  if (type == kPps) {
    const uint32_t id = bits.ue();
    Pps pps;
    pps.sps = bits.ue();
    bits.bit();  // entropy_coding_mode_flag
    pps.has_bottom_delta = bits.flag();
    if (!bits.has_overrun() && id < 256) pps_[id] = pps;
    return;
  }
  const uint32_t profile = bits.bits(8);
  bits.skip(16);  // constraints, level
  const uint32_t id = bits.ue();
  Sps sps;
  if (has_chroma_format(profile)) read_chroma_format(bits, sps);
  sps.frame_num_bits = static_cast<int>(std::min(bits.ue(), 12u)) + 4;
  sps.poc_type = bits.ue();
  if (sps.poc_type == 0) {
    sps.poc_lsb_bits = static_cast<int>(std::min(bits.ue(), 12u)) + 4;
  } else if (sps.poc_type == 1) {
    sps.is_delta_zero = bits.flag();
    sps.non_ref_offset = bits.se();
    sps.bottom_offset = bits.se();
    sps.cycle.resize(std::min(bits.ue(), 255u));
    for (int32_t& offset : sps.cycle) offset = bits.se();
  }
  bits.ue();   // max_num_ref_frames
  bits.bit();  // gaps_in_frame_num_value_allowed_flag
  bits.ue();   // size in macroblocks
  bits.ue();
  sps.is_frame_only = bits.flag();
  if (bits.has_overrun() || id >= 32) return;
  sps.timing = read_timing(bits, sps.is_frame_only);
  sps_[id] = std::move(sps);
}

bool ParameterSets::read_slice(std::span<const uint8_t> unit, Slice& out) const {
  BitReader bits(unit.subspan(1), BitReader::Escapes::nal);
  out.is_idr = (unit[0] & 31) == kIdr;
  out.is_reference = (unit[0] >> 5 & 3) != 0;
  bits.ue();  // first_mb_in_slice
  bits.ue();  // slice_type
  const auto pps = pps_.find(bits.ue());
  if (pps == pps_.end()) return false;
  out.sps = pps->second.sps;
  const auto found = sps_.find(out.sps);
  if (found == sps_.end()) return false;
  const Sps& sps = found->second;
  if (sps.has_colour_planes) bits.skip(2);
  out.frame_num = bits.bits(sps.frame_num_bits);
  if (!sps.is_frame_only) {
    out.is_field = bits.flag();
    if (out.is_field) out.is_bottom = bits.flag();
  }
  if (out.is_idr) bits.ue();  // idr_pic_id
  const bool has_bottom = pps->second.has_bottom_delta && !out.is_field;
  if (sps.poc_type == 0) {
    out.poc_lsb = bits.bits(sps.poc_lsb_bits);
    if (has_bottom) out.delta_bottom = bits.se();
  } else if (sps.poc_type == 1 && !sps.is_delta_zero) {
    out.delta[0] = bits.se();
    if (has_bottom) out.delta[1] = bits.se();
  }
  return !bits.has_overrun();
}

bool FieldPairs::completes_frame(const Slice& slice) {
  const bool is_second = waits_ && slice.is_field && !slice.is_idr &&
                         slice.is_bottom != first_.is_bottom && slice.frame_num == first_.frame_num;
  waits_ = slice.is_field && !is_second;
  first_ = slice;
  return is_second;
}

}  // namespace cuf::h264
