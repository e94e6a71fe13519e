#include "core/h264_headers.h"

#include <utility>

#include "core/bit_reader.h"

namespace cuf::h264 {
void ParameterSets::read(std::span<const uint8_t> unit) {
  const int type = unit[0] & 31;
  if (type == kSps) {
    auto sps = read_h264_sps(unit);
    if (sps && sps->id < 32) sps_[sps->id] = std::move(*sps);
  } else if (type == kPps) {
    BitReader bits(unit.subspan(1), BitReader::Escapes::nal);
    const uint32_t id = bits.ue();
    Pps pps;
    pps.sps = bits.ue();
    bits.bit();  // entropy_coding_mode_flag
    pps.has_bottom_delta = bits.flag();
    if (!bits.has_overrun() && id < 256) pps_[id] = pps;
  }
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
