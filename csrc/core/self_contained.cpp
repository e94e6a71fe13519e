#include "core/self_contained.h"

#include <algorithm>

#include "core/nal_units.h"

namespace cuf {
namespace {

using View = std::span<const uint8_t>;

constexpr uint8_t kStartCode[] = {0, 0, 0, 1};
constexpr uint8_t kVc1Frame[] = {0, 0, 1, 0x0D};
constexpr uint8_t kVc1SequenceHeader = 0x0F;

void append(std::vector<uint8_t>& out, View bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

bool starts_with(View data, View prefix) {
  return data.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), data.begin());
}

// The byte behind a start code in front of everything, or -1.
int first_code(View data) {
  return data.size() >= 4 && find_start_code(data, 0) == 0 ? data[3] : -1;
}

bool starts_mpeg2_sequence(View data) {
  return first_code(data) == 0xB3;
}

// Any of the headers that come before a group of pictures.
bool starts_mpeg4_sequence(View data) {
  const int code = first_code(data);
  return code == 0xB0 || code == 0xB5 || (code >= 0 && code <= 0x2F);
}

// All kinds of parameter sets that the codec has, in front of the first slice.
bool holds_parameter_sets(View payload, size_t length_size, bool is_hevc) {
  constexpr uint32_t kH264Sets = 1u << 7 | 1u << 8;
  constexpr uint32_t kHevcSets = 1u << 0 | 1u << 1 | 1u << 2;  // 32, 33, 34
  uint32_t found = 0;
  NalUnits units(payload, length_size);
  while (const auto unit = units.next()) {
    const int type = is_hevc ? (unit->front() >> 1 & 63) : unit->front() & 31;
    if (is_hevc ? type < 32 : type <= 5) break;
    if (is_hevc && type <= 34) found |= 1u << (type - 32);
    if (!is_hevc) found |= 1u << type;
  }
  const uint32_t all = is_hevc ? kHevcSets : kH264Sets;
  return (found & all) == all;
}

// av1C: four bytes, then the OBUs.
View obus_of(View headers) {
  return headers.size() >= 4 && (headers[0] & 0x80) ? headers.subspan(4) : headers;
}

// What containers put in front of VC-1's sequence header is not the stream's.
View from_first_start_code(View headers) {
  for (size_t at = find_start_code(headers, 0); at + 3 < headers.size();
       at = find_start_code(headers, at + 3)) {
    if (headers[at + 3] == kVc1SequenceHeader) return headers.subspan(at);
  }
  return {};
}

}  // namespace

SelfContained::Syntax SelfContained::syntax_of(std::string_view codec) {
  if (codec == "h264") return Syntax::h264;
  if (codec == "hevc") return Syntax::hevc;
  if (codec == "av1") return Syntax::av1;
  if (codec == "vc1") return Syntax::vc1;
  if (codec == "mpeg1video" || codec == "mpeg2video") return Syntax::mpeg2;
  if (codec == "mpeg4") return Syntax::mpeg4;
  return Syntax::other;
}

SelfContained::SelfContained(std::string_view codec, View headers) : syntax_(syntax_of(codec)) {
  set_headers(headers);
}

void SelfContained::set_headers(View headers) {
  headers_.clear();
  length_size_ = 0;
  switch (syntax_) {
    case Syntax::h264:
    case Syntax::hevc: {
      const NalConfiguration read =
          syntax_ == Syntax::h264 ? read_avcc(headers) : read_hvcc(headers);
      length_size_ = read.length_size;
      for (const View unit : read.units) {
        append(headers_, kStartCode);
        append(headers_, unit);
      }
      break;
    }
    case Syntax::av1:
      append(headers_, obus_of(headers));
      break;
    case Syntax::vc1:
      append(headers_, from_first_start_code(headers));
      break;
    case Syntax::mpeg2:
    case Syntax::mpeg4:
      append(headers_, headers);
      break;
    case Syntax::other:
      break;
  }
  restart();
}

bool SelfContained::holds_headers(View payload, bool has_lengths) const {
  switch (syntax_) {
    case Syntax::h264:
    case Syntax::hevc:
      return holds_parameter_sets(payload, has_lengths ? length_size_ : 0, syntax_ == Syntax::hevc);
    case Syntax::mpeg2:
      return starts_mpeg2_sequence(payload);
    case Syntax::mpeg4:
      return starts_mpeg4_sequence(payload);
    default:
      return false;
  }
}

void SelfContained::append_units(View payload) {
  const size_t begin = out_.size();
  NalUnits units(payload, length_size_);
  while (const auto unit = units.next()) {
    append(out_, kStartCode);
    append(out_, *unit);
  }
  // Nothing in it made sense: the decoder is to say so.
  if (out_.size() == begin) append(out_, payload);
}

View SelfContained::convert(View payload) {
  // Packets with start codes reach a decoder that was made from a container's headers, too. A NAL
  // unit of one byte in front of all others would look the same, and does not exist.
  const bool has_lengths = length_size_ > 0 && !starts_with(payload, kStartCode);
  const bool adds_headers = needs_headers_ && !holds_headers(payload, has_lengths);
  const bool lacks_code =
      syntax_ == Syntax::vc1 && !payload.empty() && !starts_with(payload, View(kVc1Frame).first(3));
  needs_headers_ = false;
  if (!adds_headers && !has_lengths && !lacks_code) return payload;
  out_.clear();
  if (adds_headers) append(out_, headers_);
  if (has_lengths) {
    append_units(payload);
    return out_;
  }
  if (lacks_code) append(out_, kVc1Frame);
  append(out_, payload);
  return out_;
}

}  // namespace cuf
