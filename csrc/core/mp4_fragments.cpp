#include "core/mp4_fragments.h"

#include <algorithm>
#include <utility>

#include "core/mp4_boxes.h"
#include "core/mp4_samples.h"

namespace cuf::mp4 {
namespace {

using Bytes = std::span<const uint8_t>;

// Flags of tfhd.
constexpr uint32_t kHasBase = 0x1;
constexpr uint32_t kHasDescription = 0x2;
constexpr uint32_t kHasDefaultDuration = 0x8;
constexpr uint32_t kHasDefaultSize = 0x10;
constexpr uint32_t kHasDefaultFlags = 0x20;
constexpr uint32_t kBaseIsMoof = 0x20000;
// Flags of trun.
constexpr uint32_t kHasDataOffset = 0x1;
constexpr uint32_t kHasFirstFlags = 0x4;
constexpr uint32_t kHasDurations = 0x100;
constexpr uint32_t kHasSizes = 0x200;
constexpr uint32_t kHasFlags = 0x400;
constexpr uint32_t kHasOffsets = 0x800;
// Flags of a sample.
constexpr uint32_t kIsNotSync = 0x10000;
constexpr uint32_t kDependsOnOthers = 0x1000000;

constexpr int64_t kFarthest = int64_t{1} << 60;

// The state of a traf box between its runs.
struct Run {
  FragmentedTrack track;  // with the defaults of the fragment
  uint64_t base = 0;
  bool has_explicit_base = false;
  int64_t dts = 0;
  int64_t shift = 0;
  uint32_t count = 0;  // runs until now
};

Run read_header(Bytes traf, int64_t moof, bool is_first, const FragmentedTrack& track) {
  Cursor cursor(only_box(traf, fourcc("tfhd")).body);
  cursor.u8();
  const uint32_t flags = cursor.u24();
  cursor.u32();  // track
  Run run{.track = track};
  run.has_explicit_base = flags & kHasBase;
  run.base = run.has_explicit_base ? cursor.u64() : static_cast<uint64_t>(moof);
  // Data would begin behind that of the track before.
  if (!run.has_explicit_base && !(flags & kBaseIsMoof) && !is_first) throw Unusual();
  if (flags & kHasDescription && cursor.u32() != 1) throw Unusual();
  if (flags & kHasDefaultDuration) run.track.default_duration = cursor.u32();
  if (flags & kHasDefaultSize) run.track.default_size = cursor.u32();
  if (flags & kHasDefaultFlags) run.track.default_flags = cursor.u32();
  Cursor time(only_box(traf, fourcc("tfdt")).body);
  const uint8_t version = time.u8();
  time.u24();
  const uint64_t dts = version ? time.u64() : time.u32();
  if (dts > static_cast<uint64_t>(kFarthest)) throw Unusual();
  run.dts = static_cast<int64_t>(dts) - track.time_offset;
  return run;
}

void read_run(Bytes trun, Run& run, int64_t file_size, std::vector<IndexedPacket>& packets) {
  Cursor cursor(trun);
  cursor.u8();
  const uint32_t flags = cursor.u24();
  const uint32_t count = cursor.u32();
  if (!(flags & kHasDataOffset) && (!run.has_explicit_base || run.count > 0)) throw Unusual();
  uint64_t position = run.base;
  if (flags & kHasDataOffset) position += static_cast<uint64_t>(int64_t{cursor.s32()});
  const uint32_t first_flags = flags & kHasFirstFlags ? cursor.u32() : run.track.default_flags;
  if (count > kMostSamples - std::min(packets.size(), kMostSamples)) throw Unusual();
  const int64_t previous = packets.empty() ? INT64_MIN : packets.back().dts;
  const auto limit = static_cast<uint64_t>(file_size);
  for (uint32_t i = 0; i < count; ++i) {
    IndexedPacket packet;
    const uint32_t duration = flags & kHasDurations ? cursor.u32() : run.track.default_duration;
    packet.size = flags & kHasSizes ? cursor.u32() : run.track.default_size;
    uint32_t sample_flags = i == 0 ? first_flags : run.track.default_flags;
    if (flags & kHasFlags) sample_flags = cursor.u32();
    const int32_t offset = flags & kHasOffsets ? cursor.s32() : 0;
    if (offset == INT32_MIN || packet.size == 0) throw Unusual();
    run.shift = std::max<int64_t>(run.shift, -offset);
    if (position > limit || packet.size > limit - position) throw Unusual();
    packet.position = static_cast<int64_t>(position);
    packet.dts = run.dts;
    packet.pts = run.dts + offset;
    packet.duration = duration;
    packet.is_key = !(sample_flags & (kIsNotSync | kDependsOnOthers));
    packet.is_droppable = (sample_flags >> 22 & 3) == 2;
    packet.is_shown = packet.dts > previous;  // fragments that overlap in time
    packets.push_back(packet);
    position += packet.size;
    run.dts += duration;
    if (run.dts > kFarthest) throw Unusual();
  }
  ++run.count;
}

uint32_t track_of(Bytes traf) {
  Cursor cursor(only_box(traf, fourcc("tfhd")).body);
  cursor.u32();
  return cursor.u32();
}

}  // namespace

FragmentedTrack read_defaults(Bytes mvex, uint32_t track_id) {
  Boxes boxes(mvex);
  while (const auto box = boxes.next()) {
    if (box->type != fourcc("trex")) continue;
    Cursor cursor(box->body);
    cursor.u32();
    if (cursor.u32() != track_id) continue;
    if (cursor.u32() != 1) throw Unusual();  // sample description
    FragmentedTrack track{.id = track_id};
    track.default_duration = cursor.u32();
    track.default_size = cursor.u32();
    track.default_flags = cursor.u32();
    return track;
  }
  throw Unusual();
}

int64_t read_fragment(Bytes moof, int64_t position, int64_t file_size, const FragmentedTrack& track,
                      std::vector<IndexedPacket>& packets) {
  bool is_first = true;
  int64_t shift = 0;
  Boxes boxes(moof);
  while (const auto traf = boxes.next()) {
    if (traf->type != fourcc("traf")) continue;
    const bool was_first = std::exchange(is_first, false);
    if (track_of(traf->body) != track.id) continue;
    Run run = read_header(traf->body, position, was_first, track);
    Boxes runs(traf->body);
    while (const auto trun = runs.next()) {
      if (trun->type == fourcc("trun")) read_run(trun->body, run, file_size, packets);
    }
    shift = std::max(shift, run.shift);
  }
  return shift;
}

}  // namespace cuf::mp4
