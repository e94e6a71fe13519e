#include "libav/header_units.h"

#include <algorithm>
#include <cstring>

#include "core/nal_units.h"
#include "libav/errors.h"
#include "libav/handles.h"

namespace cuf::libav {
namespace {

using Kind = HeaderUnit::Kind;
using Framing = HeaderSyntax::Framing;

// ITU-T H.264 table 7-1.
Kind avc_kind(int type) {
  if (type == 9) return Kind::delimiter;
  return type == 7 || type == 8 ? Kind::header : Kind::other;
}
int avc_type(const uint8_t* unit, size_t) {
  const int type = unit[0] & 0x1f;
  return type >= 1 && type <= 5 ? -1 : type;
}

// ITU-T H.265 table 7-1.
Kind hevc_kind(int type) {
  if (type == 35) return Kind::delimiter;
  return type >= 32 && type <= 34 ? Kind::header : Kind::other;
}
int hevc_type(const uint8_t* unit, size_t) {
  const int type = unit[0] >> 1 & 0x3f;
  return type < 32 ? -1 : type;
}

// ITU-T H.266 table 5.
Kind vvc_kind(int type) {
  if (type == 20) return Kind::delimiter;
  return type >= 14 && type <= 16 ? Kind::header : Kind::other;
}
int vvc_type(const uint8_t* unit, size_t size) {
  if (size < 2) return -1;
  const int type = unit[1] >> 3;
  return type < 12 ? -1 : type;
}

// ISO/IEC 13818-2 table 6-1: sequence header B3, its extensions B5, user data B2, group B8, picture
// 00.
Kind mpeg2_kind(int type) {
  if (type == 0xb2) return Kind::optional_header;
  return type == 0xb3 || type == 0xb5 ? Kind::header : Kind::other;
}
int mpeg2_type(const uint8_t* unit, size_t) {
  return unit[0] == 0x00 || unit[0] == 0xb8 ? -1 : unit[0];
}

// ISO/IEC 14496-2 table 6-3: VOS B0, VO B5 and 00..1F, VOL 20..2F, user data B2, GOV B3, VOP B6.
constexpr int kVol = 0x20;
Kind mpeg4_kind(int type) {
  if (type == kVol) return Kind::header;
  return type == 0xb0 || type == 0xb5 || type == 0xb2 || type == 0 ? Kind::optional_header
                                                                   : Kind::other;
}
int mpeg4_type(const uint8_t* unit, size_t) {
  if (unit[0] == 0xb3 || unit[0] == 0xb6) return -1;
  if (unit[0] < 0x20) return 0;
  return unit[0] < 0x30 ? kVol : unit[0];
}

// AV1 specification 6.2.2: sequence header 1, temporal delimiter 2, metadata 5.
Kind av1_kind(int type) {
  if (type == 2) return Kind::delimiter;
  return type == 1 ? Kind::header : Kind::other;
}
int av1_type(const uint8_t* unit, size_t) {
  const int type = unit[0] >> 3 & 0xf;
  return type == 3 || type == 4 || type == 6 || type == 7 ? -1 : type;
}

std::vector<HeaderUnit> scan_start_codes(const HeaderSyntax& syntax,
                                         std::span<const uint8_t> data) {
  std::vector<HeaderUnit> units;
  size_t code = find_start_code(data, 0);
  while (code + 3 < data.size()) {
    const uint8_t* unit = data.data() + code + 3;
    const int type = syntax.type_of(unit, data.size() - code - 3);
    if (type < 0) break;
    const size_t next = find_start_code(data, code + 3);
    const auto before_zero = [&](size_t at) { return at > 0 && data[at - 1] == 0 ? at - 1 : at; };
    const size_t end = next < data.size() ? before_zero(next) : next;
    units.push_back({syntax.kind_of(type), type, before_zero(code), end});
    code = next;
  }
  return units;
}

// AV1 specification 5.3: each unit has a header of 1 or 2 bytes and, in low-overhead streams, its
// size as leb128.
std::vector<HeaderUnit> scan_obus(const HeaderSyntax& syntax, std::span<const uint8_t> data) {
  std::vector<HeaderUnit> units;
  for (size_t at = 0; at < data.size();) {
    const int type = syntax.type_of(data.data() + at, data.size() - at);
    if (type < 0) break;
    size_t payload = at + (data[at] & 4 ? 2 : 1);
    if (!(data[at] & 2)) break;
    size_t size = 0;
    for (int shift = 0; shift < 56 && payload < data.size(); shift += 7) {
      const uint8_t byte = data[payload++];
      size |= static_cast<size_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) break;
    }
    if (payload > data.size() || size > data.size() - payload) break;
    units.push_back({syntax.kind_of(type), type, at, payload + size});
    at = payload + size;
  }
  return units;
}

// Bytes in front of the OBUs of an av1C record.
std::span<const uint8_t> without_av1c(std::span<const uint8_t> extradata) {
  return extradata.size() >= 4 && (extradata[0] & 0x80) ? extradata.subspan(4) : extradata;
}

}  // namespace

const HeaderSyntax* header_syntax(AVCodecID codec) {
  static constexpr HeaderSyntax avc = {avc_kind, 7, Framing::nal, avc_type};
  static constexpr HeaderSyntax hevc = {hevc_kind, 33, Framing::nal, hevc_type};
  static constexpr HeaderSyntax vvc = {vvc_kind, 15, Framing::nal, vvc_type};
  static constexpr HeaderSyntax mpeg2 = {mpeg2_kind, 0xb3, Framing::start_code, mpeg2_type};
  static constexpr HeaderSyntax mpeg4 = {mpeg4_kind, kVol, Framing::start_code, mpeg4_type};
  static constexpr HeaderSyntax av1 = {av1_kind, 1, Framing::obu, av1_type};
  switch (codec) {
    case AV_CODEC_ID_H264:
      return &avc;
    case AV_CODEC_ID_HEVC:
      return &hevc;
    case AV_CODEC_ID_VVC:
      return &vvc;
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
      return &mpeg2;
    case AV_CODEC_ID_MPEG4:
      return &mpeg4;
    case AV_CODEC_ID_AV1:
      return &av1;
    default:
      return nullptr;
  }
}

std::vector<HeaderUnit> scan_headers(const HeaderSyntax& syntax, std::span<const uint8_t> data) {
  return syntax.framing == Framing::obu ? scan_obus(syntax, data) : scan_start_codes(syntax, data);
}

HeaderRepeater::HeaderRepeater(AVCodecID codec, std::span<const uint8_t> extradata)
    : syntax_(header_syntax(codec)) {
  set_headers(extradata);
}

void HeaderRepeater::set_headers(std::span<const uint8_t> extradata) {
  headers_.clear();
  if (!syntax_) return;
  const auto data = syntax_->framing == Framing::obu ? without_av1c(extradata) : extradata;
  learn(scan_headers(*syntax_, data), data);
}

void HeaderRepeater::learn(const std::vector<HeaderUnit>& units, std::span<const uint8_t> data) {
  // A lone PPS belongs to a set that is known already; only a new SPS changes the set.
  const bool has_main = std::any_of(units.begin(), units.end(), [&](const HeaderUnit& unit) {
    return unit.type == syntax_->main_type;
  });
  if (!has_main) return;
  const auto is_kept = [](const HeaderUnit& unit) {
    return unit.kind == Kind::header || unit.kind == Kind::optional_header;
  };
  std::erase_if(headers_, [&](const Header& header) {
    return std::any_of(units.begin(), units.end(), [&](const HeaderUnit& unit) {
      return is_kept(unit) && unit.type == header.type;
    });
  });
  for (const HeaderUnit& unit : units) {
    if (!is_kept(unit)) continue;
    Header header = {unit.type, unit.kind == Kind::optional_header, {}};
    // ITU-T H.264 B.1.2: a parameter set's start code has four bytes.
    if (syntax_->framing == Framing::nal && data[unit.begin + 2] != 0) header.bytes.push_back(0);
    header.bytes.insert(header.bytes.end(), data.begin() + unit.begin, data.begin() + unit.end);
    headers_.push_back(std::move(header));
  }
}

bool HeaderRepeater::lacks_headers(const std::vector<HeaderUnit>& units) const {
  return std::any_of(headers_.begin(), headers_.end(), [&](const Header& header) {
    return !header.is_optional &&
           std::none_of(units.begin(), units.end(),
                        [&](const HeaderUnit& unit) { return unit.type == header.type; });
  });
}

void HeaderRepeater::process(AVPacket& packet) {
  if (!syntax_ || packet.size <= 0) return;
  const std::span<const uint8_t> data(packet.data, static_cast<size_t>(packet.size));
  const auto units = scan_headers(*syntax_, data);
  learn(units, data);
  if (!(packet.flags & AV_PKT_FLAG_KEY) || !lacks_headers(units)) return;
  const bool has_delimiter = !units.empty() && units[0].kind == Kind::delimiter;
  insert(packet, has_delimiter ? units[0].end : 0);
}

void HeaderRepeater::insert(AVPacket& packet, size_t offset) const {
  size_t header_bytes = 0;
  for (const Header& header : headers_) header_bytes += header.bytes.size();
  Owned<AVPacket> longer(require(av_packet_alloc(), "a packet"));
  if (av_new_packet(longer.get(), packet.size + static_cast<int>(header_bytes)) < 0 ||
      av_packet_copy_props(longer.get(), &packet) < 0) {
    throw out_of_memory("a packet");
  }
  uint8_t* out = std::copy_n(packet.data, offset, longer->data);
  for (const Header& header : headers_) {
    out = std::copy(header.bytes.begin(), header.bytes.end(), out);
  }
  std::copy(packet.data + offset, packet.data + packet.size, out);
  av_packet_unref(&packet);
  av_packet_move_ref(&packet, longer.get());
}

}  // namespace cuf::libav
