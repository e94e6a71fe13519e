#include "core/access_unit.h"

#include "core/nal_units.h"
#include "core/obu_units.h"
#include "core/sei_writer.h"

namespace cuf {
namespace {

using Data = std::vector<uint8_t>;
using Span = std::span<const uint8_t>;

enum class UnitKind { delimiter, sequence_header, other_header, slice, behind_slices };

// With its start code, or its OBU header.
struct Unit {
  UnitKind kind = UnitKind::other_header;
  Span bytes;
};

UnitKind h264_kind(uint8_t first) {
  const int type = first & 31;
  if (type == 9) return UnitKind::delimiter;
  if (type == 7 || type == 8 || type == 13 || type == 15) return UnitKind::sequence_header;
  if (type >= 10 && type <= 12) return UnitKind::behind_slices;
  // A prefix unit (14) belongs to the slice behind it.
  const bool is_slice = (type >= 1 && type <= 5) || type == 14 || type >= 19;
  return is_slice ? UnitKind::slice : UnitKind::other_header;
}

UnitKind hevc_kind(uint8_t first) {
  const int type = first >> 1 & 63;
  if (type < 32) return UnitKind::slice;
  if (type == 35) return UnitKind::delimiter;
  if (type <= 34) return UnitKind::sequence_header;
  return type == 39 ? UnitKind::other_header : UnitKind::behind_slices;
}

UnitKind av1_kind(int type) {
  if (type == 2) return UnitKind::delimiter;
  if (type == 1) return UnitKind::sequence_header;
  return type == 5 ? UnitKind::other_header : UnitKind::slice;
}

std::vector<Unit> nal_units_of(VideoCodec codec, Span data) {
  std::vector<Unit> out;
  size_t begin = 0;
  StartCodeUnits units(data);
  while (const auto unit = units.next()) {
    const auto end = static_cast<size_t>(unit->data() + unit->size() - data.data());
    // The zero of the next unit's longer start code is not part of this one.
    size_t last = end;
    while (end < data.size() && last > begin && data[last - 1] == 0) --last;
    const uint8_t first = unit->front();
    out.push_back({codec == VideoCodec::h264 ? h264_kind(first) : hevc_kind(first),
                   data.subspan(begin, last - begin)});
    begin = last;
  }
  return out;
}

std::vector<Unit> obus_of(Span data) {
  std::vector<Unit> out;
  size_t begin = 0;
  ObuUnits obus(data);
  while (const auto obu = obus.next()) {
    const auto end = static_cast<size_t>(obu->body.data() + obu->body.size() - data.data());
    out.push_back({av1_kind(obu->type), data.subspan(begin, end - begin)});
    begin = end;
  }
  return out;
}

std::vector<Unit> units_of(VideoCodec codec, Span data) {
  return codec == VideoCodec::av1 ? obus_of(data) : nal_units_of(codec, data);
}

void append(Data& out, Span bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Those that stand in front of the picture, or behind it.
Data messages_of(VideoCodec codec, std::span<const SideMessage> messages, bool is_suffix) {
  Data out;
  std::vector<SideMessage> chosen;
  for (const SideMessage& message : messages) {
    if (is_suffix_only(codec, message.type) == is_suffix) chosen.push_back(message);
  }
  if (codec != VideoCodec::av1) return sei_unit(codec, chosen, is_suffix);
  for (const SideMessage& message : chosen) append(out, metadata_obu(message));
  return out;
}

}  // namespace

Data assemble_access_unit(VideoCodec codec, Span picture, const AccessUnitAdditions& additions) {
  constexpr uint8_t kTemporalDelimiter[] = {2 << 3 | 2, 0};
  const std::vector<Unit> units = units_of(codec, picture);
  Data out;
  out.reserve(picture.size() + additions.headers.size() + 64);
  size_t at = 0;
  if (!units.empty() && units[0].kind == UnitKind::delimiter) {
    append(out, units[at++].bytes);
  } else if (codec == VideoCodec::av1) {
    append(out, kTemporalDelimiter);
  }
  append(out, additions.headers);
  while (at < units.size() && units[at].kind < UnitKind::slice) append(out, units[at++].bytes);
  append(out, messages_of(codec, additions.messages, false));
  while (at < units.size() && units[at].kind == UnitKind::slice) append(out, units[at++].bytes);
  append(out, messages_of(codec, additions.messages, true));
  while (at < units.size()) append(out, units[at++].bytes);
  return out;
}

Data sequence_headers_of(VideoCodec codec, Span data) {
  Data out;
  for (const Unit& unit : units_of(codec, data)) {
    if (unit.kind == UnitKind::sequence_header) append(out, unit.bytes);
  }
  return out;
}

Data without_sequence_headers(VideoCodec codec, Span data) {
  Data out;
  for (const Unit& unit : units_of(codec, data)) {
    if (unit.kind != UnitKind::sequence_header) append(out, unit.bytes);
  }
  return out;
}

}  // namespace cuf
