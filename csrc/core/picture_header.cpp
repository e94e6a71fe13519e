#include "core/picture_header.h"

#include "core/bit_reader.h"
#include "core/nal_units.h"

namespace cuf {
namespace {

// ISO/IEC 11172-2 and 13818-2.
class Mpeg12Reader : public PictureHeaderReader {
 public:
  PictureFacts read(std::span<const uint8_t> payload) override {
    PictureFacts facts;
    StartCodeUnits units(payload);
    while (const auto unit = units.next()) {
      const uint8_t code = (*unit)[0];
      if (code == kGroup) {
        BitReader bits(unit->subspan(1));
        bits.skip(25);  // time_code
        is_closed_ = bits.flag();
      } else if (code == kPicture) {
        BitReader bits(unit->subspan(1));
        bits.skip(10);  // temporal_reference
        const bool is_b = bits.bits(3) == 3;
        if (bits.has_overrun()) return facts;
        facts.is_known = true;
        facts.is_droppable = is_b;  // of two fields both are B
        facts.needs_earlier_gop = is_b && !is_closed_;
        facts.order_kind = is_b ? PictureFacts::Order::b_picture : PictureFacts::Order::anchor;
        return facts;
      }
    }
    return facts;
  }

 private:
  static constexpr uint8_t kPicture = 0x00;
  static constexpr uint8_t kGroup = 0xb8;
  bool is_closed_ = false;
};

// ISO/IEC 14496-2.
class Mpeg4Reader : public PictureHeaderReader {
 public:
  PictureFacts read(std::span<const uint8_t> payload) override {
    constexpr uint8_t kVop = 0xb6;
    PictureFacts facts;
    StartCodeUnits units(payload);
    while (const auto unit = units.next()) {
      if ((*unit)[0] != kVop || unit->size() < 2) continue;
      const bool is_b = (*unit)[1] >> 6 == 2;
      // Old AVI files pack a B picture behind an anchor in one packet.
      facts.is_droppable = is_b && (!facts.is_known || facts.is_droppable);
      if (facts.is_known) continue;
      facts.is_known = true;
      facts.needs_earlier_gop = is_b;  // if it is a leading one
      facts.order_kind = is_b ? PictureFacts::Order::b_picture : PictureFacts::Order::anchor;
    }
    return facts;
  }
};

// RFC 6386, section 9.1. Probabilities live on outside the references: nothing is droppable.
class Vp8Reader : public PictureHeaderReader {
 public:
  PictureFacts read(std::span<const uint8_t> payload) override {
    PictureFacts facts;
    if (payload.empty()) return facts;
    facts.is_known = true;
    facts.is_shown = (payload[0] >> 4 & 1) != 0;
    return facts;
  }
};

// VP9 bitstream specification 6.2 and annex B.
class Vp9Reader : public PictureHeaderReader {
 public:
  PictureFacts read(std::span<const uint8_t> payload) override {
    PictureFacts facts;
    if (payload.empty()) return facts;
    facts.is_known = true;
    const uint8_t marker = payload.back();
    const size_t count = (marker & 7) + 1;
    const size_t width = (marker >> 3 & 3) + 1;
    const size_t table = 2 + count * width;
    if (marker >> 5 != 6 || payload.size() < table || payload[payload.size() - table] != marker) {
      facts.is_shown = shows(payload);
      return facts;
    }
    facts.is_shown = false;
    const uint8_t* entry = payload.data() + payload.size() - table + 1;
    auto rest = payload.first(payload.size() - table);
    for (size_t i = 0; i < count && !rest.empty(); ++i) {
      size_t size = 0;
      for (size_t byte = 0; byte < width; ++byte) size |= size_t{*entry++} << (8 * byte);
      size = std::min(size, rest.size());
      facts.is_shown = facts.is_shown || shows(rest.first(size));
      rest = rest.subspan(size);
    }
    return facts;
  }

 private:
  static bool shows(std::span<const uint8_t> frame) {
    BitReader bits(frame);
    bits.skip(2);  // frame_marker
    const uint32_t low = bits.bit();
    const uint32_t high = bits.bit();
    if (low && high) bits.bit();
    if (bits.flag()) return true;  // show_existing_frame
    bits.bit();                    // frame_type
    return bits.flag();
  }
};

}  // namespace

std::unique_ptr<PictureHeaderReader> make_picture_header_reader(
    std::string_view codec, std::span<const uint8_t> extradata) {
  if (codec == "h264") return make_h264_header_reader(extradata);
  if (codec == "hevc") return make_hevc_header_reader(extradata);
  if (codec == "av1") return make_av1_header_reader(extradata);
  if (codec == "mpeg1video" || codec == "mpeg2video") return std::make_unique<Mpeg12Reader>();
  if (codec == "mpeg4") return std::make_unique<Mpeg4Reader>();
  if (codec == "vp8") return std::make_unique<Vp8Reader>();
  if (codec == "vp9") return std::make_unique<Vp9Reader>();
  return nullptr;
}

}  // namespace cuf
