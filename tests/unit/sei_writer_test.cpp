#include "core/sei_writer.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/obu_units.h"
#include "core/sei.h"

using namespace cuf;

namespace {

using Data = std::vector<uint8_t>;

Data join(const Data& head, const Data& tail) {
  Data out = head;
  out.insert(out.end(), tail.begin(), tail.end());
  return out;
}

}  // namespace

TEST_CASE("SEI units are as H.264 and HEVC write them") {
  const std::vector<SideMessage> messages = {{4, {0xB5, 1}}, {300, {}}};
  // Type 4 of 2 bytes; type 255 + 45 of none; the stop bit.
  const Data body = {4, 2, 0xB5, 1, 0xFF, 45, 0, 0x80};
  CHECK(sei_unit(VideoCodec::h264, messages, false) == join({0, 0, 0, 1, 6}, body));
  CHECK(sei_unit(VideoCodec::hevc, messages, false) == join({0, 0, 0, 1, 39 << 1, 1}, body));
  CHECK(sei_unit(VideoCodec::hevc, messages, true) == join({0, 0, 0, 1, 40 << 1, 1}, body));
  CHECK(sei_unit(VideoCodec::h264, {}, false).empty());
}

TEST_CASE("metadata of AV1 that is shorter than its type is refused") {
  const auto refusal = [](VideoCodec codec, uint32_t type, const Data& payload) -> std::string {
    try {
      require_whole(codec, std::vector<SideMessage>{{type, payload}});
      return "";
    } catch (const Error& error) {
      CHECK(error.status == Status::invalid_argument);
      return error.what();
    }
  };
  CHECK(refusal(VideoCodec::av1, 1, Data(3)) ==
        "AV1 metadata of type 1 has 4 bytes or more, not 3");
  CHECK(refusal(VideoCodec::av1, 1, Data(4)).empty());
  CHECK(refusal(VideoCodec::av1, 2, Data(23)) ==
        "AV1 metadata of type 2 has 24 bytes or more, not 23");
  CHECK(refusal(VideoCodec::av1, 4, {0xB5}).size() > 0);
  CHECK(refusal(VideoCodec::av1, 4, {0xB5, 0}).empty());
  CHECK(refusal(VideoCodec::av1, 4, {0xFF, 0}).size() > 0);
  CHECK(refusal(VideoCodec::av1, 6, {}).empty());
  CHECK(refusal(VideoCodec::hevc, 137, {1}).empty());
}

TEST_CASE("sizes of 255 and more take bytes of 255") {
  for (const size_t size : {size_t{254}, size_t{255}, size_t{256}, size_t{510}}) {
    const Data payload(size, 0x11);
    const Data unit = sei_unit(VideoCodec::h264, std::vector<SideMessage>{{5, payload}}, false);
    Data head = {0, 0, 0, 1, 6, 5};
    for (size_t i = 0; i < size / 255; ++i) head.push_back(0xFF);
    head.push_back(static_cast<uint8_t>(size % 255));
    CHECK(unit == join(head, join(payload, {0x80})));
  }
}

TEST_CASE("no start code and nothing like one is in a unit") {
  // The zero of the size counts, too.
  const Data zeros = {0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0};
  const Data unit = sei_unit(VideoCodec::h264, std::vector<SideMessage>{{5, zeros}}, false);
  const Data expected = {0, 0, 0, 1, 6, 5, 17, 0, 0, 3, 0, 0, 3, 0,   1,
                         0, 0, 3, 2, 0, 0, 3,  3, 0, 0, 4, 0, 0, 0x80};
  CHECK(unit == expected);
  const Data empty = sei_unit(VideoCodec::h264, std::vector<SideMessage>{{0, {}}, {0, {}}}, false);
  CHECK(empty == Data{0, 0, 0, 1, 6, 0, 0, 3, 0, 0, 0x80});
}

TEST_CASE("what is written is read back, of every type and length") {
  for (const auto& [codec, name] :
       {std::pair{VideoCodec::h264, "h264"}, std::pair{VideoCodec::hevc, "hevc"}}) {
    std::vector<SideMessage> messages;
    for (uint32_t i = 0; i < 600; i += 7) {
      SideMessage message{.type = i, .payload = {}};
      for (uint32_t at = 0; at < i; ++at) message.payload.push_back(at % 5 == 4 ? 1 : 0);
      messages.push_back(std::move(message));
    }
    // A slice, so that it is a picture's.
    const Data slice = codec == VideoCodec::h264 ? Data{0, 0, 1, 0x65, 0x88, 0x80}
                                                 : Data{0, 0, 1, 19 << 1, 1, 0x80, 0x80};
    const auto reader = make_sei_reader(name, {});
    const SeiPacket packet = reader->read(join(sei_unit(codec, messages, false), slice));
    REQUIRE(packet.messages.list.size() == messages.size());
    for (size_t i = 0; i < messages.size(); ++i) {
      const SeiMessage& found = packet.messages.list[i];
      const auto payload = packet.messages.payload(found);
      CHECK(found.type == messages[i].type);
      CHECK(Data(payload.begin(), payload.end()) == messages[i].payload);
    }
  }
}

TEST_CASE("metadata OBUs have their size, their type and trailing bits") {
  CHECK(metadata_obu({.type = 1, .payload = {1, 2, 3, 4}}) ==
        Data{5 << 3 | 2, 6, 1, 1, 2, 3, 4, 0x80});
  const Data obu = metadata_obu({.type = 300, .payload = Data(200, 7)});
  ObuUnits units(obu);
  const auto unit = units.next();
  REQUIRE(unit);
  CHECK(unit->type == 5);
  CHECK(!unit->is_cut);
  CHECK(!units.next());
  size_t at = 0;
  CHECK(read_leb128(unit->body, at) == 300);
  CHECK(unit->body.size() == at + 201);
  CHECK(unit->body.back() == 0x80);
}
