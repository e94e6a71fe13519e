#include <doctest/doctest.h>

#include <numeric>
#include <optional>
#include <vector>

#include "core/sample_plan.h"

using namespace cuf;

namespace {

using States = std::vector<std::optional<StandingDecoder>>;

// Closed GOPs of key and P pictures, every second of which nothing refers to.
PacketIndex even_index(uint32_t gops, uint32_t length) {
  std::vector<IndexedPacket> packets(gops * length);
  for (uint32_t p = 0; p < packets.size(); ++p) {
    packets[p].pts = p;
    packets[p].size = 100;
    packets[p].is_key = p % length == 0;
    packets[p].is_droppable = p % length % 2 == 1;
  }
  return PacketIndex(std::move(packets), {1, 30});
}

std::vector<uint32_t> count_from(uint32_t from, uint32_t count) {
  std::vector<uint32_t> frames(count);
  std::iota(frames.begin(), frames.end(), from);
  return frames;
}

}  // namespace

TEST_CASE("sample plan: neighbouring GOPs are one run for each decoder") {
  const PacketIndex index = even_index(10, 30);
  for (const uint32_t decoders : {1u, 2u, 5u}) {
    const SamplePlan plan = plan_samples(index, count_from(0, 300), decoders);
    for (uint32_t d = 0; d < decoders; ++d) {
      REQUIRE(plan.queues[d].size() == 1);
      CHECK(plan.queues[d][0].first_packet == d * 300 / decoders);
      CHECK(plan.queues[d][0].sent_packets() == 300 / decoders);
    }
  }
}

TEST_CASE("sample plan: the longest pieces are spread first") {
  // Sent packets: 5, 16, 5, 5. Cut into neighbours, one of two decoders would have 21.
  const PacketIndex index = even_index(6, 30);
  const SamplePlan plan = plan_samples(index, std::vector<uint32_t>{8, 59, 98, 158}, 2);
  REQUIRE(plan.queues[plan.frames[1].decoder].size() == 1);
  CHECK(plan.queues[plan.frames[1].decoder][0].sent_packets() == 16);
  CHECK(plan.queues[1 - plan.frames[1].decoder].size() == 3);
}

TEST_CASE("sample plan: a decoder further back in the GOP goes on, one that has passed seeks") {
  const PacketIndex index = even_index(2, 250);
  const States states{StandingDecoder{0, 200}};
  const SamplePlan on = plan_samples(index, std::vector<uint32_t>{220}, 1, states);
  REQUIRE(on.queues[0].size() == 1);
  CHECK(on.queues[0][0].continues);
  CHECK(on.queues[0][0].first_packet == 200);
  CHECK(on.queues[0][0].sent_packets() == 11);

  const SamplePlan both = plan_samples(index, std::vector<uint32_t>{10, 220, 10}, 1, states);
  REQUIRE(both.queues[0].size() == 2);
  CHECK(both.queues[0][0].continues);
  CHECK(both.queues[0][1].first_packet == 0);
  CHECK(both.queues[0][1].last_packet == 10);
  CHECK(both.frames[0].run == 1);
  CHECK(both.frames[1].run == 0);
  CHECK(both.frames[2].run == 1);

  const SamplePlan over =
      plan_samples(index, std::vector<uint32_t>{250}, 1, States{StandingDecoder{0, 249}});
  CHECK(over.queues[0][0].continues);
  const SamplePlan far = plan_samples(index, std::vector<uint32_t>{250}, 1, states);
  CHECK_FALSE(far.queues[0][0].continues);
}

TEST_CASE("sample plan: each of two decoders in a GOP takes what lies before it") {
  const PacketIndex index = even_index(1, 250);
  const States states{StandingDecoder{0, 100}, StandingDecoder{0, 200}};
  const SamplePlan plan = plan_samples(index, std::vector<uint32_t>{150, 220}, 2, states);
  CHECK(plan.queues[0].at(0).first_packet == 100);
  CHECK(plan.queues[0].at(0).last_packet == 150);
  CHECK(plan.queues[1].at(0).first_packet == 200);
}

TEST_CASE("sample plan: a seek takes a decoder without a state before one with") {
  const PacketIndex index = even_index(4, 30);
  const States states{StandingDecoder{0, 10}, std::nullopt, StandingDecoder{30, 40}};
  const SamplePlan plan = plan_samples(index, std::vector<uint32_t>{90}, 3, states);
  CHECK(plan.frames[0].decoder == 1);
  CHECK(plan.queues[1].size() == 1);
}

TEST_CASE("sample plan: sequential turns go round, ahead is what the others can hold") {
  const PacketIndex index = even_index(10, 30);
  const SamplePlan two = plan_sequential(index, 15, 285, 1, 2);
  REQUIRE(two.queues[0].size() == 5);
  REQUIRE(two.queues[1].size() == 5);
  CHECK(two.queues[0][1].first_packet == 60);
  CHECK(two.queues[1][0].first_packet == 30);
  CHECK(two.frames_ahead == 30);
  CHECK(plan_sequential(index, 0, 300, 1, 4).frames_ahead == 90);

  const SamplePlan one = plan_sequential(index, 0, 300, 1, 1);
  CHECK(one.queues[0].size() == 1);
  CHECK(one.frames_ahead == 0);

  // The decoder that stands in the first GOP takes it, the other the next.
  const States states{std::nullopt, StandingDecoder{0, 15}};
  const SamplePlan on = plan_sequential(index, 15, 285, 1, 2, states);
  CHECK(on.queues[1][0].continues);
  CHECK(on.queues[1][0].first_packet == 15);
  CHECK(on.queues[0][0].first_packet == 30);

  // One-packet GOPs: several at a time, for at least the cost of eight packets
  const SamplePlan intra = plan_sequential(even_index(64, 1), 0, 64, 1, 2);
  CHECK(intra.queues[0][0].wanted_packets.size() == 8);
}
