#include <doctest/doctest.h>

#include <algorithm>

#include "core/encoded_packet.h"

using namespace cuf;

TEST_CASE("an encoded picture becomes a packet with its times and the padding of a packet") {
  const Packet packet = encoded_packet({.data = {1, 2, 3}, .number = 4, .is_key = true},
                                       {.pts = 80, .duration = 40, .time_base = {1, 1000}}, -40);
  REQUIRE(packet.payload.size == 3);
  CHECK(packet.payload.data[2] == 3);
  const uint8_t* padding = packet.payload.data + 3;
  CHECK(std::all_of(padding, padding + kPacketPadding, [](uint8_t byte) { return byte == 0; }));
  CHECK(packet.pts == 80);
  CHECK(packet.dts == -40);
  CHECK(packet.duration == 40);
  CHECK(packet.time_base.den == 1000);
  CHECK(packet.is_key);
}
