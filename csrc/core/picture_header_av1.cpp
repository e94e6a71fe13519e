#include <algorithm>
#include <optional>
#include <vector>

#include "core/bit_reader.h"
#include "core/picture_header.h"
#include "core/sequence.h"

// AV1 bitstream specification, section 5.
namespace cuf {
namespace {

constexpr int kSequenceHeader = 1;
constexpr int kFrameHeader = 3;
constexpr int kFrame = 6;
constexpr uint32_t kKeyFrame = 0;
constexpr uint32_t kIntraOnlyFrame = 2;
constexpr uint32_t kSwitchFrame = 3;
constexpr uint32_t kSelected = 2;  // SELECT_SCREEN_CONTENT_TOOLS and SELECT_INTEGER_MV

struct Av1Sequence {
  uint32_t width = 0;
  uint32_t height = 0;
  bool is_reduced = false;
  bool has_equal_interval = false;
  bool has_decoder_model = false;
  int removal_time_bits = 0;
  int presentation_time_bits = 0;
  struct Point {
    uint32_t idc;
    bool has_model;
  };
  std::vector<Point> points;
  int frame_id_bits = 0;  // 0: frames have none
  uint32_t screen_content = kSelected;
  uint32_t integer_mv = kSelected;
  int order_hint_bits = 0;
};

uint64_t read_leb128(std::span<const uint8_t> data, size_t& at) {
  uint64_t value = 0;
  for (int shift = 0; shift < 56 && at < data.size(); shift += 7) {
    const uint8_t byte = data[at++];
    value |= uint64_t{byte & 0x7fu} << shift;
    if (!(byte & 0x80)) break;
  }
  return value;
}

void skip_uvlc(BitReader& bits) {
  int zeros = 0;
  while (!bits.has_overrun() && !bits.flag()) ++zeros;
  if (zeros < 32) bits.skip(zeros);
}

// timing_info and decoder_model_info; returns the bits of a buffer delay.
int read_timing(BitReader& bits, Av1Sequence& out) {
  bits.skip(64);
  out.has_equal_interval = bits.flag();
  if (out.has_equal_interval) skip_uvlc(bits);
  out.has_decoder_model = bits.flag();
  if (!out.has_decoder_model) return 0;
  const int delay_bits = static_cast<int>(bits.bits(5)) + 1;
  bits.skip(32);
  out.removal_time_bits = static_cast<int>(bits.bits(5)) + 1;
  out.presentation_time_bits = static_cast<int>(bits.bits(5)) + 1;
  return delay_bits;
}

void read_operating_points(BitReader& bits, Av1Sequence& out) {
  const int delay_bits = bits.flag() ? read_timing(bits, out) : 0;
  const bool has_display_delay = bits.flag();
  const uint32_t count = bits.bits(5) + 1;
  for (uint32_t i = 0; i < count; ++i) {
    Av1Sequence::Point point{bits.bits(12), false};
    if (bits.bits(5) > 7) bits.bit();  // seq_tier
    if (out.has_decoder_model) point.has_model = bits.flag();
    if (point.has_model) bits.skip(2 * delay_bits + 1);
    if (has_display_delay && bits.flag()) bits.skip(4);
    out.points.push_back(point);
  }
}

void read_tools(BitReader& bits, Av1Sequence& out) {
  bits.skip(4);  // interintra, masked compound, warped motion, dual filter
  const bool has_order_hint = bits.flag();
  if (has_order_hint) bits.skip(2);  // jnt_comp, ref_frame_mvs
  out.screen_content = bits.flag() ? kSelected : bits.bit();
  if (out.screen_content > 0) out.integer_mv = bits.flag() ? kSelected : bits.bit();
  if (has_order_hint) out.order_hint_bits = static_cast<int>(bits.bits(3)) + 1;
}

std::optional<Av1Sequence> read_sequence(std::span<const uint8_t> data) {
  BitReader bits(data);
  Av1Sequence out;
  bits.skip(4);  // profile, still_picture
  out.is_reduced = bits.flag();
  if (out.is_reduced) {
    bits.skip(5);
  } else {
    read_operating_points(bits, out);
  }
  const int width_bits = static_cast<int>(bits.bits(4)) + 1;
  const int height_bits = static_cast<int>(bits.bits(4)) + 1;
  out.width = bits.bits(width_bits) + 1;
  out.height = bits.bits(height_bits) + 1;
  if (!out.is_reduced && bits.flag()) {
    const int delta_bits = static_cast<int>(bits.bits(4)) + 2;
    out.frame_id_bits = static_cast<int>(bits.bits(3)) + delta_bits + 1;
  }
  bits.skip(3);  // superblock size, filter_intra, intra_edge_filter
  if (!out.is_reduced) read_tools(bits, out);
  if (bits.has_overrun()) return std::nullopt;
  return out;
}

struct Layers {
  uint32_t temporal = 0;
  uint32_t spatial = 0;
};

struct Obu {
  int type = 0;
  Layers layers;
  std::span<const uint8_t> body;
};

std::optional<Obu> next_obu(std::span<const uint8_t> payload, size_t& at) {
  if (at >= payload.size()) return std::nullopt;
  const uint8_t header = payload[at++];
  Obu out;
  out.type = header >> 3 & 15;
  if (header & 4) {
    if (at == payload.size()) return std::nullopt;
    out.layers = {uint32_t{payload[at]} >> 5, uint32_t{payload[at]} >> 3 & 3};
    ++at;
  }
  uint64_t size = payload.size() - at;
  if (header & 2) size = read_leb128(payload, at);
  out.body = payload.subspan(at, std::min<uint64_t>(size, payload.size() - at));
  at += out.body.size();
  return out;
}

class Av1Reader : public PictureHeaderReader {
 public:
  explicit Av1Reader(std::span<const uint8_t> extradata) {
    const bool is_record = extradata.size() >= 4 && (extradata[0] & 0x80);
    read(is_record ? extradata.subspan(4) : extradata);
  }

  PictureFacts read(std::span<const uint8_t> payload) override;

 private:
  bool keeps_nothing(std::span<const uint8_t> frame, Layers layers) const;
  void skip_removal_times(BitReader& bits, Layers layers) const;

  std::optional<Av1Sequence> sequence_;
};

void Av1Reader::skip_removal_times(BitReader& bits, Layers layers) const {
  if (!bits.flag()) return;
  for (const auto& point : sequence_->points) {
    const bool is_in_point = point.idc == 0 || ((point.idc >> layers.temporal & 1) &&
                                                (point.idc >> (layers.spatial + 8) & 1));
    if (point.has_model && is_in_point) bits.skip(sequence_->removal_time_bits);
  }
}

// uncompressed_header up to refresh_frame_flags, whether these are 0.
bool Av1Reader::keeps_nothing(std::span<const uint8_t> frame, Layers layers) const {
  if (!sequence_ || sequence_->is_reduced) return false;
  BitReader bits(frame);
  // A frame shown again may be a key frame, which refreshes everything.
  if (bits.flag()) return false;
  const uint32_t type = bits.bits(2);
  const bool is_shown = bits.flag();
  if (is_shown && sequence_->has_decoder_model && !sequence_->has_equal_interval) {
    bits.skip(sequence_->presentation_time_bits);
  }
  if (!is_shown) bits.bit();  // showable_frame
  if (type == kSwitchFrame || (type == kKeyFrame && is_shown)) return false;
  const bool is_resilient = bits.flag();
  bits.bit();  // disable_cdf_update
  const bool has_screen_content =
      sequence_->screen_content == kSelected ? bits.flag() : sequence_->screen_content != 0;
  if (has_screen_content && sequence_->integer_mv == kSelected) bits.bit();
  bits.skip(sequence_->frame_id_bits);
  bits.bit();  // frame_size_override_flag
  bits.skip(sequence_->order_hint_bits);
  const bool is_intra = type == kKeyFrame || type == kIntraOnlyFrame;
  if (!is_intra && !is_resilient) bits.skip(3);  // primary_ref_frame
  if (sequence_->has_decoder_model) skip_removal_times(bits, layers);
  const uint32_t refreshed = bits.bits(8);
  return refreshed == 0 && !bits.has_overrun();
}

PictureFacts Av1Reader::read(std::span<const uint8_t> payload) {
  PictureFacts facts;
  size_t at = 0;
  while (const auto obu = next_obu(payload, at)) {
    if (obu->type == kSequenceHeader) {
      if (auto sequence = read_sequence(obu->body)) sequence_ = std::move(sequence);
    } else if (obu->type == kFrameHeader || obu->type == kFrame) {
      const bool keeps = !keeps_nothing(obu->body, obu->layers);
      facts.is_droppable = !keeps && (!facts.is_known || facts.is_droppable);
      facts.is_known = true;
    }
  }
  return facts;
}

}  // namespace

std::optional<Sequence> read_av1_sequence(std::span<const uint8_t> payload) {
  size_t at = 0;
  while (const auto obu = next_obu(payload, at)) {
    // Behind the first frame there is none.
    if (obu->type == kFrameHeader || obu->type == kFrame) break;
    if (obu->type != kSequenceHeader) continue;
    const auto header = read_sequence(obu->body);
    if (!header) break;
    return Sequence{.width = header->width,
                    .height = header->height,
                    .identity = Fingerprint().add(obu->body).value(),
                    .may_begin = true};
  }
  return std::nullopt;
}

std::unique_ptr<PictureHeaderReader> make_av1_header_reader(std::span<const uint8_t> extradata) {
  return std::make_unique<Av1Reader>(extradata);
}

}  // namespace cuf
