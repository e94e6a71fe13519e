#include <algorithm>
#include <map>

#include "core/bit_reader.h"
#include "core/hevc_sps.h"
#include "core/nal_units.h"
#include "core/picture_header.h"

// ITU-T H.265: 7.3 for the syntax, 8.3.1 for the picture order count, table 7-1 for the types.
namespace cuf {
namespace {

constexpr int kRadlN = 6;
constexpr int kRaslR = 9;
constexpr int kBlaWLp = 16;
constexpr int kIdrWRadl = 19;
constexpr int kIdrNLp = 20;
constexpr int kCra = 21;
constexpr int kLastIrap = 23;
constexpr int kSps = 33;
constexpr int kPps = 34;
constexpr int kEndOfSequence = 36;
constexpr int kEndOfBitstream = 37;

using Sps = HevcSps;

struct Pps {
  uint32_t sps = 0;
  bool has_output_flag = false;
  int extra_bits = 0;
};

bool is_rasl(int type) {
  return type == 8 || type == kRaslR;
}

// Sub-layer non-reference pictures have the even types below 16.
bool is_sublayer_non_reference(int type) {
  return type < 16 && type % 2 == 0;
}

class HevcReader : public PictureHeaderReader {
 public:
  explicit HevcReader(std::span<const uint8_t> extradata) {
    const NalConfiguration configuration = read_hvcc(extradata);
    length_size_ = configuration.length_size;
    for (const auto unit : configuration.units) read_parameters(unit);
  }

  PictureFacts read(std::span<const uint8_t> payload) override;

 private:
  void read_parameters(std::span<const uint8_t> unit);
  void read_pps(BitReader bits);
  void read_picture(std::span<const uint8_t> unit, PictureFacts& facts);
  int64_t order_of(const Sps& sps, int type, uint32_t layer, int64_t lsb);

  size_t length_size_ = 0;
  std::map<uint32_t, Sps> sps_;
  std::map<uint32_t, Pps> pps_;
  bool starts_sequence_ = true;  // the next IRAP picture begins a coded video sequence
  bool skips_leading_ = false;   // NoRaslOutputFlag of the last IRAP picture
  int64_t epoch_ = 0;            // counts coded video sequences
  int64_t previous_order_ = 0;   // of the last picture that others may count from
};

void HevcReader::read_parameters(std::span<const uint8_t> unit) {
  if (unit.size() < 3) return;
  const int type = unit[0] >> 1 & 63;
  if (type == kPps) read_pps(BitReader(unit.subspan(2), BitReader::Escapes::nal));
  if (type != kSps) return;
  const auto sps = read_hevc_sps(unit);
  if (sps && sps->id < 16) sps_[sps->id] = *sps;
}

void HevcReader::read_pps(BitReader bits) {
  Pps pps;
  const uint32_t id = bits.ue();
  pps.sps = bits.ue();
  bits.bit();  // dependent_slice_segments_enabled_flag
  pps.has_output_flag = bits.flag();
  pps.extra_bits = static_cast<int>(bits.bits(3));
  if (!bits.has_overrun() && id < 64) pps_[id] = pps;
}

int64_t HevcReader::order_of(const Sps& sps, int type, uint32_t layer, int64_t lsb) {
  const int64_t range = int64_t{1} << sps.poc_lsb_bits;
  const int64_t previous_lsb = previous_order_ & (range - 1);
  int64_t msb = previous_order_ - previous_lsb;
  if (lsb < previous_lsb && previous_lsb - lsb >= range / 2) {
    msb += range;
  } else if (lsb > previous_lsb && lsb - previous_lsb > range / 2) {
    msb -= range;
  }
  const bool is_irap = type >= kBlaWLp && type <= kLastIrap;
  if (is_irap && skips_leading_) msb = 0;
  const bool is_leading = type >= kRadlN && type <= kRaslR;
  if (layer == 0 && !is_leading && !is_sublayer_non_reference(type)) previous_order_ = msb + lsb;
  return epoch_ * (int64_t{1} << 36) + msb + lsb;
}

void HevcReader::read_picture(std::span<const uint8_t> unit, PictureFacts& facts) {
  const int type = unit[0] >> 1 & 63;
  const uint32_t layer = (unit[1] & 7) == 0 ? 0 : (unit[1] & 7) - 1u;
  const bool is_irap = type >= kBlaWLp && type <= kLastIrap;
  if (is_irap) {
    skips_leading_ = starts_sequence_ || type < kCra;
    if (skips_leading_) ++epoch_;
    starts_sequence_ = false;
  }
  facts.is_known = true;
  facts.needs_earlier_gop = is_rasl(type);
  if (is_rasl(type) && skips_leading_) facts.is_shown = false;
  BitReader bits(unit.subspan(2), BitReader::Escapes::nal);
  if (!bits.flag()) return;  // first_slice_segment_in_pic_flag
  if (is_irap) bits.bit();   // no_output_of_prior_pics_flag
  const auto pps = pps_.find(bits.ue());
  const auto sps = pps == pps_.end() ? sps_.end() : sps_.find(pps->second.sps);
  if (sps == sps_.end()) return;
  facts.is_droppable = is_sublayer_non_reference(type) && layer == sps->second.highest_layer;
  bits.skip(pps->second.extra_bits);
  bits.ue();  // slice_type
  if (pps->second.has_output_flag && !bits.flag()) facts.is_shown = false;
  if (sps->second.has_colour_planes) bits.skip(2);
  const bool is_idr = type == kIdrWRadl || type == kIdrNLp;
  const int64_t lsb = is_idr ? 0 : bits.bits(sps->second.poc_lsb_bits);
  if (bits.has_overrun()) return;
  facts.order_kind = PictureFacts::Order::absolute;
  facts.order = order_of(sps->second, type, layer, lsb);
}

PictureFacts HevcReader::read(std::span<const uint8_t> payload) {
  PictureFacts facts;
  NalUnits units(payload, length_size_);
  while (const auto unit = units.next()) {
    if (unit->size() < 3) continue;
    const bool is_base = ((*unit)[0] & 1) == 0 && (*unit)[1] >> 3 == 0;  // nuh_layer_id 0
    const int type = (*unit)[0] >> 1 & 63;
    if (!is_base) continue;
    if (type == kEndOfSequence || type == kEndOfBitstream) {
      starts_sequence_ = true;
    } else if (type >= 32) {
      read_parameters(*unit);
    } else if (!facts.is_known) {
      read_picture(*unit, facts);
      // An end of sequence may follow, but is looked for only where it is near.
      if (payload.size() > kPictureHeadBytes) return facts;
    }
  }
  return facts;
}

}  // namespace

std::unique_ptr<PictureHeaderReader> make_hevc_header_reader(std::span<const uint8_t> extradata) {
  return std::make_unique<HevcReader>(extradata);
}

}  // namespace cuf
