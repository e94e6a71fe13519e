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

// MPEG-1 and -2: a sequence header; MPEG-4: any of the headers in front of the first VOP.
bool starts_with_mpeg_headers(View data) {
  if (data.size() < 4 || find_start_code(data, 0) != 0) return false;
  const uint8_t code = data[3];
  return code == 0xB3 || code == 0xB0 || code == 0xB5 || code <= 0x2F;
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
  if (codec == "mpeg1video" || codec == "mpeg2video" || codec == "mpeg4") return Syntax::mpeg;
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
    case Syntax::mpeg:
      append(headers_, headers);
      break;
    case Syntax::other:
      break;
  }
  restart();
}

bool SelfContained::holds_headers(View payload) const {
  // Parameter sets and sequence headers may come twice; those of MPEG begin a new sequence.
  return syntax_ == Syntax::mpeg && starts_with_mpeg_headers(payload);
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
  const bool adds_headers = needs_headers_ && !holds_headers(payload);
  needs_headers_ = false;
  // Packets with start codes reach a decoder that was made from a container's headers, too. A NAL
  // unit of one byte in front of all others would look the same, and does not exist.
  const bool has_lengths = length_size_ > 0 && !starts_with(payload, kStartCode);
  const bool lacks_code =
      syntax_ == Syntax::vc1 && !payload.empty() && !starts_with(payload, View(kVc1Frame).first(3));
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
