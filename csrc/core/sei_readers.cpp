#include <algorithm>
#include <limits>

#include "core/h264_headers.h"
#include "core/nal_units.h"
#include "core/obu_units.h"
#include "core/sei.h"

namespace cuf {
namespace {

using Bytes = std::span<const uint8_t>;

// ITU-T H.264 and H.265, 7.3.1.1: 00 00 03 stands for 00 00.
void unescape(Bytes unit, std::vector<uint8_t>& out) {
  out.clear();
  size_t begin = 0;
  for (size_t at = 2; at < unit.size(); ++at) {
    if (unit[at] != 3 || unit[at - 1] != 0 || unit[at - 2] != 0 || at - begin < 2) continue;
    out.insert(out.end(), unit.begin() + begin, unit.begin() + at);
    begin = at + 1;
  }
  out.insert(out.end(), unit.begin() + begin, unit.end());
}

// 7.3.2.3.1 there: bytes FF and one that is less, added up. false: they end too early.
bool read_number(Bytes data, size_t& at, uint32_t& out) {
  uint64_t sum = 0;
  bool is_whole = false;
  while (at < data.size() && !is_whole) {
    is_whole = data[at] != 0xff;
    sum += data[at++];
  }
  out = static_cast<uint32_t>(std::min<uint64_t>(sum, std::numeric_limits<uint32_t>::max()));
  return is_whole;
}

// sei_rbsp() of H.264 and HEVC, 7.3.2.3 and 7.3.2.4: at least one message, and trailing bits.
void read_messages(Bytes rbsp, bool is_suffix, SeiMessages& out) {
  size_t end = rbsp.size();
  while (end > 0 && rbsp[end - 1] == 0) --end;
  if (end > 0 && rbsp[end - 1] == 0x80) --end;
  size_t at = 0;
  do {
    SeiMessage message;
    message.is_suffix = is_suffix;
    uint32_t size = 0;
    const bool has_size =
        end > 0 && read_number(rbsp, at, message.type) && read_number(rbsp, at, size);
    message.is_malformed = !has_size || at > end || size > end - at;
    const auto payload = rbsp.subspan(at, std::min<size_t>(size, rbsp.size() - at));
    out.add(message, payload);
    at += payload.size();
  } while (at < end && out.list.size() < SeiMessages::kMost);
}

class H264SeiReader : public SeiReader {
 public:
  explicit H264SeiReader(Bytes extradata) : SeiReader(SeiSyntax::h264) {
    const NalConfiguration configuration = read_avcc(extradata);
    length_size_ = configuration.length_size;
    SeiMessages messages;
    for (const auto unit : configuration.units) read_header(unit, messages);
    add_header(messages);
  }

 private:
  Scan scan(Bytes payload, SeiMessages& out) override;
  void complete(SeiMessages& messages) override;
  void forget_picture() override { fields_.reset(); }
  void read_header(Bytes unit, SeiMessages& out);

  static constexpr uint32_t kPictureTiming = 1;
  size_t length_size_ = 0;
  std::vector<uint8_t> rbsp_;
  h264::ParameterSets headers_;
  h264::FieldPairs fields_;
  PictureTimingSyntax timing_;  // of the last picture
};

void H264SeiReader::read_header(Bytes unit, SeiMessages& out) {
  if ((unit[0] & 31) == h264::kSei) {
    unescape(unit.subspan(1), rbsp_);
    read_messages(rbsp_, false, out);
  } else {
    headers_.read(unit);
  }
}

SeiReader::Scan H264SeiReader::scan(Bytes payload, SeiMessages& out) {
  Scan found;
  bool is_bottom = false;
  NalUnits units(payload, length_size_);
  while (const auto unit = units.next()) {
    const int type = (*unit)[0] & 31;
    if (type != h264::kSlice && type != h264::kPartitionA && type != h264::kIdr) {
      read_header(*unit, out);
      continue;
    }
    found.starts_sequence |= type == h264::kIdr;
    h264::Slice slice;
    const bool is_known = headers_.read_slice(*unit, slice);
    // Of the further slices only those of a second field in the same packet are news.
    if (is_known && (!found.has_picture || (slice.is_field && slice.is_bottom != is_bottom))) {
      const bool completes_frame = fields_.completes_frame(slice);
      if (!found.has_picture) found.completes_frame = completes_frame;
      timing_ = headers_.sps().at(slice.sps).timing;
      is_bottom = slice.is_bottom;
    }
    found.has_picture = true;
  }
  return found;
}

void H264SeiReader::complete(SeiMessages& messages) {
  for (SeiMessage& message : messages.list) {
    if (message.type == kPictureTiming) message.timing = timing_;
  }
}

class HevcSeiReader : public SeiReader {
 public:
  explicit HevcSeiReader(Bytes extradata) : SeiReader(SeiSyntax::hevc) {
    const NalConfiguration configuration = read_hvcc(extradata);
    length_size_ = configuration.length_size;
    SeiMessages messages;
    for (const auto unit : configuration.units) read_unit(unit, messages);
    add_header(messages);
  }

 private:
  static constexpr int kFirstIrap = 16;
  static constexpr int kLastIrap = 23;
  static constexpr int kFirstNonVcl = 32;
  static constexpr int kPrefixSei = 39;
  static constexpr int kSuffixSei = 40;

  static int type_of(Bytes unit) { return unit[0] >> 1 & 63; }
  // The layers above the first are other pictures, which are not shown.
  static bool is_base(Bytes unit) {
    return unit.size() >= 2 && (unit[0] & 1) == 0 && unit[1] >> 3 == 0;
  }

  void read_unit(Bytes unit, SeiMessages& out) {
    const int type = type_of(unit);
    if ((type != kPrefixSei && type != kSuffixSei) || !is_base(unit)) return;
    unescape(unit.subspan(2), rbsp_);
    read_messages(rbsp_, type == kSuffixSei, out);
  }

  Scan scan(Bytes payload, SeiMessages& out) override {
    Scan found;
    NalUnits units(payload, length_size_);
    while (const auto unit = units.next()) {
      const int type = type_of(*unit);
      if (type >= kFirstNonVcl) {
        read_unit(*unit, out);
      } else if (is_base(*unit)) {
        found.has_picture = true;
        found.starts_sequence |= type >= kFirstIrap && type <= kLastIrap;
      }
    }
    return found;
  }

  size_t length_size_ = 0;
  std::vector<uint8_t> rbsp_;
};

// AV1 bitstream specification: metadata OBUs, 5.8, of which a temporal unit has those of the one
// frame that it shows.
class Av1MetadataReader : public SeiReader {
 public:
  explicit Av1MetadataReader(Bytes extradata) : SeiReader(SeiSyntax::av1) {
    const bool is_record = extradata.size() >= 4 && (extradata[0] & 0x80);
    SeiMessages messages;
    scan(is_record ? extradata.subspan(4) : extradata, messages);
    // libav puts all that is in front of the first frame there, also what concerns only that one.
    std::erase_if(messages.list, [](const SeiMessage& message) {
      return message.type != kHdrCll && message.type != kHdrMdcv;
    });
    add_header(messages);
  }

 private:
  static constexpr uint32_t kHdrCll = 1;
  static constexpr uint32_t kHdrMdcv = 2;
  static constexpr int kSequenceHeader = 1;
  static constexpr int kFrameHeader = 3;
  static constexpr int kMetadata = 5;
  static constexpr int kFrame = 6;

  static void read_metadata(const Obu& unit, SeiMessages& out) {
    size_t at = 0;
    const uint64_t type = read_leb128(unit.body, at);
    size_t end = unit.body.size();
    while (end > at && unit.body[end - 1] == 0) --end;
    SeiMessage message;
    message.type =
        static_cast<uint32_t>(std::min<uint64_t>(type, std::numeric_limits<uint32_t>::max()));
    // The trailing bit is there, or the last byte is the type's.
    message.is_malformed = unit.is_cut || end == at;
    if (end > at && unit.body[end - 1] == 0x80 && !unit.is_cut) --end;
    out.add(message, unit.body.subspan(at, end - at));
  }

  Scan scan(Bytes payload, SeiMessages& out) override {
    Scan found;
    ObuUnits units(payload);
    while (const auto unit = units.next()) {
      if (unit->type == kMetadata) read_metadata(*unit, out);
      found.starts_sequence |= unit->type == kSequenceHeader;
      found.has_picture |= unit->type == kFrameHeader || unit->type == kFrame;
    }
    return found;
  }
};

// ISO/IEC 13818-2, 6.2.2.6: the time code in front of a group's first picture.
class Mpeg12SeiReader : public SeiReader {
 public:
  Mpeg12SeiReader() : SeiReader(SeiSyntax::mpeg2) {}

 private:
  static constexpr uint8_t kPicture = 0x00;
  static constexpr uint8_t kGroup = 0xb8;
  static constexpr uint32_t kTimeCode = 136;  // as NVIDIA's SDK and HEVC number it
  static constexpr size_t kGroupBytes = 4;

  Scan scan(Bytes payload, SeiMessages& out) override {
    StartCodeUnits units(payload);
    while (const auto unit = units.next()) {
      const uint8_t code = (*unit)[0];
      if (code == kPicture)
        return {.has_picture = true, .completes_frame = false, .starts_sequence = false};
      if (code != kGroup) continue;
      const auto body = unit->subspan(1, std::min(kGroupBytes, unit->size() - 1));
      SeiMessage message;
      message.type = kTimeCode;
      message.is_malformed = body.size() < kGroupBytes;
      out.add(message, body);
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<SeiReader> make_sei_reader(std::string_view codec, Bytes extradata) {
  if (codec == "h264") return std::make_unique<H264SeiReader>(extradata);
  if (codec == "hevc") return std::make_unique<HevcSeiReader>(extradata);
  if (codec == "av1") return std::make_unique<Av1MetadataReader>(extradata);
  if (codec == "mpeg1video" || codec == "mpeg2video") return std::make_unique<Mpeg12SeiReader>();
  return nullptr;
}

}  // namespace cuf
