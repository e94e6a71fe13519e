#include "core/mp4_edits.h"

#include <algorithm>

#include "core/mp4_boxes.h"

namespace cuf::mp4 {
namespace {

constexpr int64_t kFarthest = int64_t{1} << 60;

// Rounded to nearest, halves up; both factors of untrusted size.
int64_t rescale(uint64_t value, uint32_t to, uint32_t from) {
  const unsigned __int128 scaled = (static_cast<unsigned __int128>(value) * to + from / 2) / from;
  if (scaled > static_cast<unsigned __int128>(kFarthest)) throw Unusual();
  return static_cast<int64_t>(scaled);
}

IndexedPacket packet_at(const Sample& sample, int64_t dts, int64_t shift) {
  IndexedPacket packet = sample.packet;
  packet.dts = dts;
  packet.pts = dts + shift + sample.offset;
  packet.duration = sample.duration;
  return packet;
}

// The key sample from which the edit's first picture can be decoded.
size_t first_kept(const std::vector<Sample>& samples, int64_t wanted, bool has_offsets) {
  const auto behind =
      std::upper_bound(samples.begin(), samples.end(), wanted,
                       [](int64_t time, const Sample& sample) { return time < sample.dts; });
  for (size_t i = static_cast<size_t>(behind - samples.begin()); i-- > 0;) {
    const Sample& sample = samples[i];
    const int64_t time = sample.dts + (has_offsets ? sample.offset : 0);
    if (sample.packet.is_key && time <= wanted) return i;
  }
  // libavformat starts at the nearest sample then, key or not.
  if (has_offsets || behind == samples.begin()) return 0;
  return static_cast<size_t>(behind - samples.begin()) - 1;
}

}  // namespace

std::optional<Edit> read_edit(std::span<const uint8_t> elst, uint32_t movie_timescale,
                              uint32_t timescale) {
  Cursor cursor(elst);
  const uint8_t version = cursor.u8();
  cursor.u24();
  const size_t width = version == 1 ? 8 : 4;
  const uint32_t count = cursor.count(2 * width + 4);
  if (version > 1 || count > 2 || movie_timescale == 0) throw Unusual();
  if (count == 0) return std::nullopt;
  Edit edit;
  for (uint32_t i = 0; i < count; ++i) {
    const int64_t duration = rescale(cursor.number(width), timescale, movie_timescale);
    const uint64_t stored = cursor.number(width);
    const int64_t time = width == 8 ? static_cast<int64_t>(stored)
                                    : static_cast<int32_t>(static_cast<uint32_t>(stored));
    if (cursor.u32() != 0x10000) throw Unusual();  // rate
    const bool is_empty = time == -1;
    if (is_empty != (i + 1 < count)) throw Unusual();
    if (time < -1 || time > kFarthest) throw Unusual();
    if (is_empty) {
      edit.empty_duration = duration;
    } else {
      edit.media_time = time;
      edit.duration = duration;
    }
  }
  return edit;
}

std::vector<IndexedPacket> apply_edit(const std::vector<Sample>& samples, int64_t shift,
                                      bool has_offsets, const std::optional<Edit>& edit) {
  std::vector<IndexedPacket> packets;
  packets.reserve(samples.size());
  if (!edit) {
    for (const Sample& sample : samples) packets.push_back(packet_at(sample, sample.dts, shift));
    return packets;
  }
  if (edit->duration == 0) throw Unusual();
  const int64_t end = edit->media_time + edit->duration;
  int64_t dts = edit->empty_duration - shift;
  int64_t first_pts = -1;
  int64_t hidden_ticks = 0;
  bool is_inside = false;
  bool has_key_behind = false;
  for (size_t i = first_kept(samples, edit->media_time - shift, has_offsets); i < samples.size();
       ++i) {
    const Sample& sample = samples[i];
    const bool is_last = i + 1 == samples.size();
    const int64_t ticks = is_last ? edit->duration : samples[i + 1].dts - sample.dts;
    if (ticks <= 0) throw Unusual();
    const int64_t time = sample.dts + shift + sample.offset;
    packets.push_back(packet_at(sample, dts, shift));
    if (time < edit->media_time || time >= end) {
      packets.back().is_shown = false;
      if (!is_inside) hidden_ticks += ticks;
    } else {
      const int64_t pts = packets.back().pts;
      first_pts = first_pts < 0 ? pts : std::min(first_pts, pts);
      if (!is_inside) {
        // What is decoded before the edit begins gets times in front of it.
        for (size_t j = 0; j + 1 < packets.size(); ++j) {
          const size_t source = i + 1 - packets.size() + j;
          packets[j] = packet_at(samples[source], dts - hidden_ticks, shift);
          packets[j].is_shown = false;
          hidden_ticks -= samples[source + 1].dts - samples[source].dts;
        }
        is_inside = true;
      }
    }
    if (is_inside) dts += ticks;
    // Leading pictures of the first key picture behind the edit may belong to it.
    if (time + ticks >= end && sample.packet.is_key) {
      if (has_key_behind || !has_offsets) break;
      has_key_behind = true;
    }
  }
  // An edit that begins between two pictures: the first one shown is moved to its begin.
  const int64_t excess = first_pts - edit->empty_duration;
  if (excess <= 0) return packets;
  for (IndexedPacket& packet : packets) {
    packet.dts -= excess;
    packet.pts -= excess;
  }
  return packets;
}

}  // namespace cuf::mp4
