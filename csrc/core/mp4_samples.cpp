#include "core/mp4_samples.h"

#include <algorithm>
#include <string_view>

#include "core/mp4_boxes.h"

namespace cuf::mp4 {
namespace {

using Bytes = std::span<const uint8_t>;

// Of the kinds whose pictures all stand alone, which need no table of sync samples.
bool is_intra_only(uint32_t kind) {
  constexpr uint32_t kKinds[] = {fourcc("apch"), fourcc("apcn"), fourcc("apcs"), fourcc("apco"),
                                 fourcc("ap4h"), fourcc("ap4x"), fourcc("jpeg"), fourcc("mjpa"),
                                 fourcc("mjpb"), fourcc("AVdn"), fourcc("AVdh"), fourcc("mjp2"),
                                 fourcc("png "), fourcc("FFV1"), fourcc("v210"), fourcc("2vuy"),
                                 fourcc("raw ")};
  return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

uint32_t sample_kind(Bytes stbl) {
  Cursor cursor(only_box(stbl, fourcc("stsd")).body);
  cursor.u32();  // version and flags
  if (cursor.u32() != 1) throw Unusual();
  cursor.u32();  // size
  return cursor.u32();
}

void read_sizes(Bytes stbl, std::vector<Sample>& samples, int64_t file_size) {
  const auto box = find_box(stbl, fourcc("stsz"));
  Cursor cursor(box ? box->body : only_box(stbl, fourcc("stz2")).body);
  cursor.u32();
  const uint32_t constant = box ? cursor.u32() : 0;
  const uint32_t field_bits = box ? 32 : cursor.u32() & 0xff;
  const uint32_t count = cursor.u32();
  if (count > kMostSamples) throw Unusual();
  if (constant != 0) {
    if (uint64_t{constant} * count > static_cast<uint64_t>(file_size)) throw Unusual();
    samples.resize(count);
    for (Sample& sample : samples) sample.packet.size = constant;
    return;
  }
  if (field_bits != 4 && field_bits != 8 && field_bits != 16 && field_bits != 32) throw Unusual();
  if ((uint64_t{count} * field_bits + 7) / 8 > cursor.rest().size()) throw Unusual();
  samples.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    if (field_bits == 4) {
      samples[i].packet.size = cursor.rest()[0] >> (i % 2 == 0 ? 4 : 0) & 15;
      if (i % 2 == 1) cursor.skip(1);
    } else {
      samples[i].packet.size = static_cast<uint32_t>(cursor.number(field_bits / 8));
    }
  }
}

void read_durations(Bytes stbl, std::vector<Sample>& samples) {
  Cursor cursor(only_box(stbl, fourcc("stts")).body);
  cursor.u32();
  const uint32_t entries = cursor.count(8);
  size_t at = 0;
  uint32_t duration = 0;
  for (uint32_t i = 0; i < entries; ++i) {
    const uint32_t count = cursor.u32();
    duration = cursor.u32();
    // Some writers store negative corrections, which libavformat guesses at.
    if (duration > INT32_MAX || count == 0) throw Unusual();
    for (uint32_t j = 0; j < count && at < samples.size(); ++j) samples[at++].duration = duration;
  }
  // The last entry goes on.
  while (at < samples.size()) samples[at++].duration = duration;
}

void read_offsets(Bytes stbl, SampleTable& table) {
  const auto box = find_box(stbl, fourcc("ctts"));
  if (!box) return;
  Cursor cursor(box->body);
  cursor.u32();  // version 0 holds negative offsets, too, whatever the standard says
  const uint32_t entries = cursor.count(8);
  constexpr int32_t kLargest = 1 << 28;
  size_t at = 0;
  for (uint32_t i = 0; i < entries; ++i) {
    const uint32_t count = cursor.u32();
    const int32_t offset = cursor.s32();
    if (count == 0 || count > INT32_MAX || offset > kLargest || offset < -kLargest) throw Unusual();
    // libavformat leaves the last two out, which some writers get wrong.
    if (i + 2 < entries) table.shift = std::max<int64_t>(table.shift, -offset);
    for (uint32_t j = 0; j < count && at < table.samples.size(); ++j) {
      table.samples[at++].offset = offset;
    }
  }
  // Samples without an entry would be shown at their decoding time, apart from the shift.
  if (at > 0 && at < table.samples.size()) throw Unusual();
  table.has_offsets = at > 0;
}

// stss or stps: numbers of samples from 1 on. Whether there is such a box.
bool read_sync_samples(Bytes stbl, uint32_t type, std::vector<Sample>& samples) {
  const auto box = find_box(stbl, type);
  if (!box) return false;
  Cursor cursor(box->body);
  cursor.u32();
  const uint32_t entries = cursor.count(4);
  if (entries == 0) throw Unusual();
  uint32_t previous = 0;
  for (uint32_t i = 0; i < entries; ++i) {
    const uint32_t number = cursor.u32();
    if (number <= previous || number > samples.size()) throw Unusual();
    samples[number - 1].packet.is_key = true;
    previous = number;
  }
  return true;
}

// Samples of the group "rap " are key pictures of open GOPs.
void read_random_access_groups(Bytes stbl, std::vector<Sample>& samples) {
  Boxes boxes(stbl);
  while (const auto box = boxes.next()) {
    if (box->type != fourcc("sbgp")) continue;
    Cursor cursor(box->body);
    const uint8_t version = cursor.u8();
    cursor.u24();
    if (cursor.u32() != fourcc("rap ")) continue;
    if (version == 1) cursor.u32();
    const uint32_t entries = cursor.count(8);
    size_t at = 0;
    for (uint32_t i = 0; i < entries; ++i) {
      const uint32_t count = cursor.u32();
      const bool is_in_group = cursor.u32() > 0;
      for (uint32_t j = 0; j < count && at < samples.size(); ++j, ++at) {
        if (is_in_group) samples[at].packet.is_key = true;
      }
    }
  }
}

// Independent and disposable samples; never of VP8 and VP9, whose decoders keep more than pictures.
void read_dependencies(Bytes stbl, uint32_t kind, std::vector<Sample>& samples) {
  const auto box = find_box(stbl, fourcc("sdtp"));
  if (!box || kind == fourcc("vp08") || kind == fourcc("vp09")) return;
  Cursor cursor(box->body);
  cursor.u32();
  const auto flags = cursor.rest();
  for (size_t i = 0; i < std::min(flags.size(), samples.size()); ++i) {
    samples[i].packet.is_droppable = (flags[i] >> 2 & 3) == 2;
  }
}

std::vector<uint64_t> read_chunks(Bytes stbl) {
  const auto box = find_box(stbl, fourcc("stco"));
  Cursor cursor(box ? box->body : only_box(stbl, fourcc("co64")).body);
  const size_t width = box ? 4 : 8;
  cursor.u32();
  std::vector<uint64_t> chunks(cursor.count(width));
  for (uint64_t& chunk : chunks) chunk = cursor.number(width);
  return chunks;
}

void read_positions(Bytes stbl, std::vector<Sample>& samples, int64_t file_size) {
  const std::vector<uint64_t> chunks = read_chunks(stbl);
  Cursor cursor(only_box(stbl, fourcc("stsc")).body);
  cursor.u32();
  const uint32_t runs = cursor.count(12);
  size_t at = 0;
  uint32_t first = runs > 0 ? cursor.u32() : 0;
  if (runs > 0 && first != 1) throw Unusual();
  for (uint32_t run = 0; run < runs; ++run) {
    const uint32_t per_chunk = cursor.u32();
    const uint32_t description = cursor.u32();
    const bool is_last = run + 1 == runs;
    const uint64_t end = is_last ? chunks.size() + 1 : cursor.u32();
    if (per_chunk == 0 || description != 1 || end <= first || end > chunks.size() + 1) {
      throw Unusual();
    }
    for (uint64_t chunk = first; chunk < end; ++chunk) {
      uint64_t position = chunks[chunk - 1];
      if (per_chunk > samples.size() - at) throw Unusual();
      for (uint32_t i = 0; i < per_chunk; ++i) {
        IndexedPacket& packet = samples[at++].packet;
        const auto limit = static_cast<uint64_t>(file_size);
        if (position > limit || packet.size > limit - position) throw Unusual();
        packet.position = static_cast<int64_t>(position);
        position += packet.size;
      }
    }
    first = static_cast<uint32_t>(end);
  }
  if (at != samples.size()) throw Unusual();
}

}  // namespace

SampleTable read_sample_table(Bytes stbl, int64_t file_size) {
  SampleTable table;
  const uint32_t kind = sample_kind(stbl);
  read_sizes(stbl, table.samples, file_size);
  if (table.samples.empty()) return table;
  read_durations(stbl, table.samples);
  read_offsets(stbl, table);
  const bool has_sync = read_sync_samples(stbl, fourcc("stss"), table.samples);
  read_sync_samples(stbl, fourcc("stps"), table.samples);
  if (!has_sync) {
    if (!is_intra_only(kind)) throw Unusual();
    for (Sample& sample : table.samples) sample.packet.is_key = true;
  }
  read_random_access_groups(stbl, table.samples);
  read_dependencies(stbl, kind, table.samples);
  read_positions(stbl, table.samples, file_size);
  int64_t dts = -table.shift;
  for (Sample& sample : table.samples) {
    sample.dts = dts;
    dts += sample.duration;
    // A decoder takes an empty packet for the end of the stream.
    if (sample.packet.size == 0) throw Unusual();
  }
  return table;
}

}  // namespace cuf::mp4
