#include "core/sequence.h"

#include "core/bit_reader.h"
#include "core/nal_units.h"

namespace cuf {
namespace {

// ISO/IEC 11172-2 and 13818-2. Matrices and rates may change from header to header.
class Mpeg12SequenceReader : public SequenceReader {
 public:
  void read_headers(std::span<const uint8_t>) override {}

  std::optional<Sequence> read(std::span<const uint8_t> payload) override {
    // Headers come first: a picture without one in front is not searched for any.
    if (payload.size() < 8 || payload[0] != 0 || payload[1] != 0) return std::nullopt;
    std::optional<Sequence> found;
    uint32_t chroma = 0;
    for (size_t at = find_start_code(payload, 0); at + 4 < payload.size();
         at = find_start_code(payload, at + 3)) {
      const uint8_t code = payload[at + 3];
      BitReader bits(payload.subspan(at + 4));
      if (code == kSequence) {
        found.emplace();
        found->width = bits.bits(12);
        found->height = bits.bits(12);
      } else if (code == kExtension && found && bits.bits(4) == 1) {
        bits.skip(9);  // profile and level, progressive_sequence
        chroma = bits.bits(2);
        found->width |= bits.bits(2) << 12;
        found->height |= bits.bits(2) << 12;
      } else if (code == kPicture) {
        break;
      }
    }
    if (!found) return found;
    found->identity = Fingerprint().add(found->width).add(found->height).add(chroma).value();
    found->may_begin = true;
    return found;
  }

 private:
  static constexpr uint8_t kPicture = 0x00;
  static constexpr uint8_t kSequence = 0xb3;
  static constexpr uint8_t kExtension = 0xb5;
};

// RFC 6386, section 9.1.
class Vp8SequenceReader : public SequenceReader {
 public:
  void read_headers(std::span<const uint8_t>) override {}

  std::optional<Sequence> read(std::span<const uint8_t> payload) override {
    const bool is_key = payload.size() >= 10 && (payload[0] & 1) == 0;
    if (!is_key || payload[3] != 0x9d || payload[4] != 0x01 || payload[5] != 0x2a) {
      return std::nullopt;
    }
    Sequence out;
    out.width = (payload[6] | uint32_t{payload[7]} << 8) & 0x3fff;
    out.height = (payload[8] | uint32_t{payload[9]} << 8) & 0x3fff;
    out.identity = Fingerprint().add(out.width).add(out.height).value();
    out.may_begin = true;
    return out;
  }
};

// VP9 bitstream specification, section 6.2. A superframe begins with its first frame.
class Vp9SequenceReader : public SequenceReader {
 public:
  void read_headers(std::span<const uint8_t>) override {}

  std::optional<Sequence> read(std::span<const uint8_t> payload) override {
    constexpr uint32_t kSyncCode = 0x498342;
    constexpr uint32_t kRgb = 7;
    BitReader bits(payload);
    bits.skip(2);  // frame_marker
    const uint32_t low = bits.bit();
    const uint32_t profile = low | bits.bit() << 1;
    if (profile == 3) bits.bit();
    const bool is_shown_again = bits.flag();
    const bool is_key = !bits.flag();
    bits.skip(2);  // show_frame, error_resilient_mode
    if (is_shown_again || !is_key || bits.bits(24) != kSyncCode) return std::nullopt;
    const uint32_t depth = profile >= 2 ? 10 + 2 * bits.bit() : 8;
    const uint32_t space = bits.bits(3);
    uint32_t sampling = 3;
    if (space != kRgb) bits.bit();  // color_range
    if (space != kRgb && (profile & 1)) sampling = bits.bits(2);
    if (profile & 1) bits.bit();  // reserved_zero
    Sequence out;
    out.width = bits.bits(16) + 1;
    out.height = bits.bits(16) + 1;
    if (bits.has_overrun()) return std::nullopt;
    Fingerprint identity;
    for (const uint32_t part : {out.width, out.height, depth, space, sampling}) identity.add(part);
    out.identity = identity.value();
    out.may_begin = true;
    return out;
  }
};

class Av1SequenceReader : public SequenceReader {
 public:
  void read_headers(std::span<const uint8_t>) override {}
  std::optional<Sequence> read(std::span<const uint8_t> payload) override {
    return read_av1_sequence(payload);
  }
};

}  // namespace

std::unique_ptr<SequenceReader> make_sequence_reader(std::string_view codec) {
  if (codec == "h264") return make_h264_sequence_reader();
  if (codec == "hevc") return make_hevc_sequence_reader();
  if (codec == "av1") return std::make_unique<Av1SequenceReader>();
  if (codec == "vp9") return std::make_unique<Vp9SequenceReader>();
  if (codec == "vp8") return std::make_unique<Vp8SequenceReader>();
  if (codec == "mpeg1video" || codec == "mpeg2video") {
    return std::make_unique<Mpeg12SequenceReader>();
  }
  return nullptr;
}

}  // namespace cuf
