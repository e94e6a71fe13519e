#include <algorithm>
#include <map>
#include <utility>

#include "core/bit_reader.h"
#include "core/h264_sps.h"
#include "core/nal_units.h"
#include "core/picture_header.h"

// ITU-T H.264: 7.3 for the syntax, 8.2.1 for the picture order count.
namespace cuf {
namespace {

using Sps = H264Sps;

struct Pps {
  uint32_t sps = 0;
  bool has_bottom_delta = false;
};

struct Slice {
  uint32_t sps = 0;
  bool is_idr = false;
  bool is_reference = false;
  bool is_field = false;
  bool is_bottom = false;
  uint32_t frame_num = 0;
  uint32_t poc_lsb = 0;
  int32_t delta_bottom = 0;
  int32_t delta[2] = {};
};

// Offsets of damaged headers may be as large as they like.
int64_t wrapping_product(int64_t a, int64_t b) {
  constexpr int kUnused = 8;  // bits kept free for sums
  const uint64_t product = static_cast<uint64_t>(a) * static_cast<uint64_t>(b);
  return static_cast<int64_t>(product << kUnused) >> kUnused;
}

class H264Reader : public PictureHeaderReader {
 public:
  explicit H264Reader(std::span<const uint8_t> extradata) {
    const NalConfiguration configuration = read_avcc(extradata);
    length_size_ = configuration.length_size;
    for (const auto unit : configuration.units) read_parameters(unit);
  }

  PictureFacts read(std::span<const uint8_t> payload) override;

 private:
  void read_parameters(std::span<const uint8_t> unit);
  bool read_slice(std::span<const uint8_t> unit, Slice& out) const;
  int64_t order_of(const Sps& sps, const Slice& slice);
  int64_t order_by_lsb(const Sps& sps, const Slice& slice);
  int64_t order_by_cycle(const Sps& sps, const Slice& slice);

  size_t length_size_ = 0;
  std::map<uint32_t, Sps> sps_;
  std::map<uint32_t, Pps> pps_;
  bool has_idr_ = false;
  int64_t epoch_ = 0;  // counts IDR pictures, where the order count begins anew
  int64_t previous_msb_ = 0;
  int64_t previous_lsb_ = 0;
  int64_t frame_num_offset_ = 0;
  uint32_t previous_frame_num_ = 0;
  bool waits_for_field_ = false;
  Slice first_field_;
};

void H264Reader::read_parameters(std::span<const uint8_t> unit) {
  const int type = unit[0] & 31;
  if (type == 7) {
    auto sps = read_h264_sps(unit);
    if (sps && sps->id < 32) sps_[sps->id] = std::move(*sps);
  } else if (type == 8) {
    BitReader bits(unit.subspan(1), BitReader::Escapes::nal);
    const uint32_t id = bits.ue();
    Pps pps;
    pps.sps = bits.ue();
    bits.bit();  // entropy_coding_mode_flag
    pps.has_bottom_delta = bits.flag();
    if (!bits.has_overrun() && id < 256) pps_[id] = pps;
  }
}

bool H264Reader::read_slice(std::span<const uint8_t> unit, Slice& out) const {
  BitReader bits(unit.subspan(1), BitReader::Escapes::nal);
  out.is_idr = (unit[0] & 31) == 5;
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

int64_t H264Reader::order_by_lsb(const Sps& sps, const Slice& slice) {
  if (slice.is_idr) previous_msb_ = previous_lsb_ = 0;
  const int64_t range = int64_t{1} << sps.poc_lsb_bits;
  const int64_t lsb = slice.poc_lsb;
  int64_t msb = previous_msb_;
  if (lsb < previous_lsb_ && previous_lsb_ - lsb >= range / 2) {
    msb += range;
  } else if (lsb > previous_lsb_ && lsb - previous_lsb_ > range / 2) {
    msb -= range;
  }
  if (slice.is_reference) {
    previous_msb_ = msb;
    previous_lsb_ = lsb;
  }
  const int64_t order = msb + lsb;
  return slice.is_field ? order : std::min<int64_t>(order, order + slice.delta_bottom);
}

int64_t H264Reader::order_by_cycle(const Sps& sps, const Slice& slice) {
  if (slice.is_idr) {
    frame_num_offset_ = 0;
  } else if (previous_frame_num_ > slice.frame_num) {
    frame_num_offset_ += int64_t{1} << sps.frame_num_bits;
  }
  previous_frame_num_ = slice.frame_num;
  int64_t count = frame_num_offset_ + slice.frame_num;
  if (sps.poc_type == 2) return 2 * count - (slice.is_reference ? 0 : 1);
  if (sps.cycle.empty()) count = 0;
  if (!slice.is_reference && count > 0) --count;
  int64_t order = 0;
  if (count > 0) {
    const auto length = static_cast<int64_t>(sps.cycle.size());
    int64_t whole = 0;
    for (const int32_t offset : sps.cycle) whole += offset;
    order = wrapping_product((count - 1) / length, whole);
    for (int64_t i = 0; i <= (count - 1) % length; ++i) order += sps.cycle[static_cast<size_t>(i)];
  }
  if (!slice.is_reference) order += sps.non_ref_offset;
  if (slice.is_field) return order + slice.delta[0] + (slice.is_bottom ? sps.bottom_offset : 0);
  const int64_t top = order + slice.delta[0];
  return std::min(top, top + sps.bottom_offset + slice.delta[1]);
}

int64_t H264Reader::order_of(const Sps& sps, const Slice& slice) {
  if (slice.is_idr) ++epoch_;
  const int64_t order = sps.poc_type == 0 ? order_by_lsb(sps, slice) : order_by_cycle(sps, slice);
  return wrapping_product(epoch_, int64_t{1} << 36) + order;
}

PictureFacts H264Reader::read(std::span<const uint8_t> payload) {
  PictureFacts facts;
  NalUnits units(payload, length_size_);
  while (const auto unit = units.next()) {
    const int type = (*unit)[0] & 31;
    if (type == 7 || type == 8) read_parameters(*unit);
    if (type != 1 && type != 2 && type != 5) continue;
    const bool is_reference = (*unit)[0] >> 5 & 3;
    facts.is_droppable = !is_reference && (!facts.is_known || facts.is_droppable);
    if (facts.is_known) continue;
    facts.is_known = true;
    if (type == 5) has_idr_ = true;
    facts.needs_earlier_gop = !has_idr_;  // if it is a leading one
    Slice slice;
    if (!read_slice(*unit, slice)) continue;
    const Sps& sps = sps_.at(slice.sps);
    facts.may_have_fields = !sps.is_frame_only;
    // A field that completes the frame of the packet before; the decoder shows one frame for both.
    const bool is_second = waits_for_field_ && slice.is_field && !slice.is_idr &&
                           slice.is_bottom != first_field_.is_bottom &&
                           slice.frame_num == first_field_.frame_num;
    waits_for_field_ = slice.is_field && !is_second;
    first_field_ = slice;
    facts.is_shown = !is_second;
    facts.order_kind = PictureFacts::Order::absolute;
    facts.order = order_of(sps, slice);
    // All slices of a picture are references or none is: only a second field may differ.
    if (!slice.is_field) return facts;
  }
  return facts;
}

}  // namespace

std::unique_ptr<PictureHeaderReader> make_h264_header_reader(std::span<const uint8_t> extradata) {
  return std::make_unique<H264Reader>(extradata);
}

}  // namespace cuf
