#include "core/packet_index.h"

#include <doctest/doctest.h>

using namespace cuf;

namespace {

IndexedPacket packet(int64_t pts, bool is_key = false) {
  IndexedPacket out;
  out.pts = pts;
  out.duration = 10;
  out.is_key = is_key;
  return out;
}

std::vector<uint32_t> packets_of_frames(const PacketIndex& index) {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < index.frame_count(); ++i) out.push_back(index.packet_of_frame(i));
  return out;
}

std::vector<int64_t> times(const PacketIndex& index) {
  std::vector<int64_t> out;
  for (uint32_t i = 0; i < index.frame_count(); ++i) out.push_back(index.pts_of_frame(i));
  return out;
}

using Packets = std::vector<uint32_t>;
using Times = std::vector<int64_t>;

}  // namespace

TEST_CASE("frames are the shown packets in order of their times, the same times in decode order") {
  std::vector<IndexedPacket> packets = {packet(-20, true), packet(30), packet(0), packet(0),
                                        packet(7)};
  packets[4].is_shown = false;
  const PacketIndex index(packets, {1, 1000});
  CHECK(packets_of_frames(index) == Packets{0, 2, 3, 1});
  CHECK(times(index) == Times{-20, 0, 0, 30});
  CHECK(index.frame_of_packet(1) == 3);
  CHECK(index.frame_of_packet(4) == PacketIndex::kNoFrame);
  CHECK(index.duration_of_frame(0) == 20);
  CHECK(index.duration_of_frame(1) == 0);
  CHECK(index.duration_of_frame(3) == 10);
}

TEST_CASE("leading pictures are reached from the GOP before, others from their own") {
  const PacketIndex index({packet(0, true), packet(10), packet(40, true), packet(20), packet(30),
                           packet(50), packet(60, true)},
                          {1, 1000});
  CHECK(Packets(index.keys().begin(), index.keys().end()) == Packets{0, 2, 6});
  Packets starts;
  for (uint32_t i = 0; i < index.frame_count(); ++i) starts.push_back(index.start_of_frame(i));
  CHECK(starts == Packets{0, 0, 0, 0, 2, 2, 6});
  CHECK(index.is_leading(3));
  CHECK_FALSE(index.is_leading(5));
  CHECK(index.gop_of_packet(5) == 1);
}

TEST_CASE("a key packet that is not shown still tells what leads it") {
  std::vector<IndexedPacket> packets = {packet(0, true), packet(40, true), packet(20), packet(50)};
  packets[1].is_shown = false;
  const PacketIndex index(packets, {1, 1000});
  CHECK(packets_of_frames(index) == Packets{0, 2, 3});
  CHECK(index.start_of_frame(1) == 0);
  CHECK(index.start_of_frame(2) == 1);
}

TEST_CASE("what comes before the first key packet shows nothing") {
  const PacketIndex index({packet(0), packet(10), packet(20, true), packet(30)}, {1, 1000});
  CHECK(packets_of_frames(index) == Packets{2, 3});
  CHECK(index.gop_of_packet(1) == PacketIndex::kNoGop);
  CHECK_FALSE(index.is_leading(1));
  CHECK_FALSE(index.packets()[0].is_shown);
  CHECK(PacketIndex({packet(0), packet(10)}, {1, 1000}).frame_count() == 0);
  CHECK(PacketIndex({}, {1, 1000}).frame_at(5) == 0);
}

TEST_CASE("the frame at a time is the last that began, from the first to the last frame") {
  const PacketIndex index({packet(-5, true), packet(40), packet(7)}, {1, 1000});
  CHECK(index.frame_at(-100) == 0);
  CHECK(index.frame_at(-5) == 0);
  CHECK(index.frame_at(6) == 0);
  CHECK(index.frame_at(7) == 1);
  CHECK(index.frame_at(39) == 1);
  CHECK(index.frame_at(1000) == 2);
}

TEST_CASE("without times the display order counts, then durations make times up") {
  std::vector<IndexedPacket> packets(4, packet(kNoTimestamp));
  packets[0].is_key = true;
  packets[0].pts = 0;  // as the demuxer of raw streams says
  const int64_t orders[] = {0, 8, 4, 6};
  for (size_t i = 0; i < 4; ++i) packets[i].display_order = orders[i];
  const PacketIndex raw(packets, {1, 1000});
  CHECK(packets_of_frames(raw) == Packets{0, 2, 3, 1});
  CHECK(times(raw) == Times{0, 10, 20, 30});
  for (size_t i = 0; i < 4; ++i) packets[i].dts = 100 + 7 * static_cast<int64_t>(i);
  packets[0].pts = kNoTimestamp;
  CHECK(times(PacketIndex(packets, {1, 1000})) == Times{100, 107, 114, 121});
  packets[3].pts = 55;
  CHECK(times(PacketIndex(packets, {1, 1000})) == Times{35, 45, 55, 65});
}

TEST_CASE("what is learned of a payload later is kept") {
  PacketIndex index({packet(0, true), packet(10)}, {1, 1000});
  CHECK_FALSE(index.is_droppable(1));
  index.note_droppable(1, true);
  CHECK(index.is_droppable(1));
  CHECK_FALSE(index.is_droppable(0));
}

// Found by sample_fuzz with the undefined behaviour sanitizer, which stops this test without the
// fix.
TEST_CASE("times that are as far apart as they can be are no undefined behaviour") {
  for (const int64_t far : {INT64_MAX, INT64_MAX / 2, INT64_MAX / 2000000}) {
    std::vector<IndexedPacket> packets = {packet(-far, true), packet(0), packet(far)};
    for (IndexedPacket& entry : packets) entry.duration = far;
    const PacketIndex index(packets, {1, 1});
    CHECK(index.frame_count() == 3);
    index.duration_us();
    for (uint32_t frame = 0; frame < 3; ++frame) index.duration_of_frame(frame);
    CHECK(index.frame_at(0) == 1);
  }
}
