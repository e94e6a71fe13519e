#include <algorithm>

#include "core/h264_headers.h"
#include "core/nal_units.h"
#include "core/picture_header.h"

// ITU-T H.264, 8.2.1: the picture order count.
namespace cuf {
namespace {

using h264::Slice;
using h264::Sps;

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
    for (const auto unit : configuration.units) headers_.read(unit);
  }

  PictureFacts read(std::span<const uint8_t> payload) override;

 private:
  int64_t order_of(const Sps& sps, const Slice& slice);
  int64_t order_by_lsb(const Sps& sps, const Slice& slice);
  int64_t order_by_cycle(const Sps& sps, const Slice& slice);

  size_t length_size_ = 0;
  h264::ParameterSets headers_;
  bool has_idr_ = false;
  int64_t epoch_ = 0;  // counts IDR pictures, where the order count begins anew
  int64_t previous_msb_ = 0;
  int64_t previous_lsb_ = 0;
  int64_t frame_num_offset_ = 0;
  uint32_t previous_frame_num_ = 0;
  h264::FieldPairs fields_;
};

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
    headers_.read(*unit);
    if (type != 1 && type != 2 && type != 5) continue;
    const bool is_reference = (*unit)[0] >> 5 & 3;
    facts.is_droppable = !is_reference && (!facts.is_known || facts.is_droppable);
    if (facts.is_known) continue;
    facts.is_known = true;
    if (type == 5) has_idr_ = true;
    facts.needs_earlier_gop = !has_idr_;  // if it is a leading one
    Slice slice;
    if (!headers_.read_slice(*unit, slice)) continue;
    const Sps& sps = headers_.sps().at(slice.sps);
    facts.may_have_fields = !sps.is_frame_only;
    // Of two fields the decoder shows one frame.
    facts.completes_frame = fields_.completes_frame(slice);
    facts.is_shown = !facts.completes_frame;
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
