#include <algorithm>
#include <map>

#include "core/bit_reader.h"
#include "core/h264_sps.h"
#include "core/hevc_sps.h"
#include "core/nal_units.h"
#include "core/sequence.h"

// ITU-T H.264 and H.265, section 7.3.
namespace cuf {
namespace {

using Span = std::span<const uint8_t>;

// A slice header up to the number of its picture parameter set.
constexpr size_t kSliceHeadBytes = 32;

struct H264 {
  static constexpr int kSps = 7;
  static constexpr int kPps = 8;
  static constexpr size_t kUnitHead = 1;
  static NalConfiguration read_record(Span extradata) { return read_avcc(extradata); }
  static int type_of(Span unit) { return unit[0] & 31; }
  static bool is_base(Span) { return true; }
  static bool is_slice(int type) { return type == 1 || type == 2 || type == 5; }
  static bool may_begin(int type) { return type == 5; }

  static bool read_slice(BitReader bits, int, uint32_t& pps) {
    bits.ue();  // first_mb_in_slice
    bits.ue();  // slice_type
    pps = bits.ue();
    return !bits.has_overrun();
  }
  static auto read_sps(Span unit) { return read_h264_sps(unit); }
};

struct Hevc {
  static constexpr int kSps = 33;
  static constexpr int kPps = 34;
  static constexpr size_t kUnitHead = 2;
  static NalConfiguration read_record(Span extradata) { return read_hvcc(extradata); }
  static int type_of(Span unit) { return unit[0] >> 1 & 63; }
  static bool is_base(Span unit) { return (unit[0] & 1) == 0 && unit[1] >> 3 == 0; }
  static bool is_slice(int type) { return type < 32; }
  static auto read_sps(Span unit) { return read_hevc_sps(unit); }
  static bool may_begin(int type) { return type >= 16 && type <= 23; }

  static bool read_slice(BitReader bits, int type, uint32_t& pps) {
    bits.bit();                       // first_slice_segment_in_pic_flag
    if (may_begin(type)) bits.bit();  // no_output_of_prior_pics_flag
    pps = bits.ue();
    return !bits.has_overrun();
  }
};

template <typename Codec>
class NalSequenceReader : public SequenceReader {
 public:
  void read_headers(Span extradata) override {
    const NalConfiguration configuration = Codec::read_record(extradata);
    length_size_ = configuration.length_size;
    for (const Span unit : configuration.units) read_parameters(unit);
  }

  std::optional<Sequence> read(Span payload) override {
    was_bare_ = false;
    LeadingUnits units(payload, length_size_);
    while (units.next()) {
      const Span head = units.head();
      if (head.size() <= Codec::kUnitHead) continue;
      const int type = Codec::type_of(head);
      if (Codec::is_slice(type)) {
        was_bare_ = false;
        if (Codec::is_base(head)) return sequence_of(head);
      } else if (type == Codec::kSps || type == Codec::kPps) {
        read_parameters(units.whole());
        was_bare_ = true;
      }
    }
    return std::nullopt;
  }

  bool was_bare() const override { return was_bare_; }

 private:
  struct Sps {
    CroppedSize size;
    uint64_t identity = 0;
  };

  void read_parameters(Span unit) {
    if (unit.size() <= Codec::kUnitHead || !Codec::is_base(unit)) return;
    const int type = Codec::type_of(unit);
    if (type == Codec::kSps) {
      // Zeros behind the unit belong to the next start code.
      while (unit.back() == 0 && unit.size() > 1) unit = unit.first(unit.size() - 1);
      const auto sps = Codec::read_sps(unit);
      if (!sps || sps->id >= kMostSps) return;
      sps_[sps->id] = {.size = sps->size, .identity = Fingerprint().add(unit).value()};
    } else if (type == Codec::kPps) {
      BitReader bits(unit.subspan(Codec::kUnitHead), BitReader::Escapes::nal);
      const uint32_t id = bits.ue();
      const uint32_t sps = bits.ue();
      if (!bits.has_overrun() && id < kMostPps) pps_[id] = sps;
    }
  }

  std::optional<Sequence> sequence_of(Span slice) const {
    const int type = Codec::type_of(slice);
    const Span head = slice.first(std::min(slice.size(), kSliceHeadBytes));
    uint32_t id = 0;
    const BitReader bits(head.subspan(Codec::kUnitHead), BitReader::Escapes::nal);
    if (!Codec::read_slice(bits, type, id)) return std::nullopt;
    const auto pps = pps_.find(id);
    const auto sps = pps == pps_.end() ? sps_.end() : sps_.find(pps->second);
    if (sps == sps_.end()) return std::nullopt;
    return Sequence{.width = sps->second.size.width,
                    .height = sps->second.size.height,
                    .identity = sps->second.identity,
                    .may_begin = Codec::may_begin(type)};
  }

  static constexpr uint32_t kMostSps = 32;
  static constexpr uint32_t kMostPps = 256;
  size_t length_size_ = 0;
  bool was_bare_ = false;
  std::map<uint32_t, Sps> sps_;
  std::map<uint32_t, uint32_t> pps_;
};

}  // namespace

std::unique_ptr<SequenceReader> make_h264_sequence_reader() {
  return std::make_unique<NalSequenceReader<H264>>();
}

std::unique_ptr<SequenceReader> make_hevc_sequence_reader() {
  return std::make_unique<NalSequenceReader<Hevc>>();
}

}  // namespace cuf
