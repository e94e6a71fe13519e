#include "core/sei.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "core/sei_tracker.h"

using namespace cuf;

namespace {

using Data = std::vector<uint8_t>;
using Target = SeiPacket::Target;

Data operator+(Data a, const Data& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Units behind start codes, or behind lengths of so many bytes.
Data packet(const std::vector<Data>& units, int length_size = 0) {
  Data out;
  for (const Data& unit : units) {
    if (length_size == 0) out = out + Data{0, 0, 1};
    for (int i = length_size - 1; i >= 0; --i) {
      out.push_back(static_cast<uint8_t>(unit.size() >> (8 * i)));
    }
    out = out + unit;
  }
  return out;
}

Data avcc(int length_size) {
  return {1, 100, 0, 31, static_cast<uint8_t>(0xfc | (length_size - 1)), 0xe0, 0};
}

// With an array of SEI.
Data hvcc(int length_size, const Data& sei) {
  Data out(23, 0);
  out[0] = 1;
  out[21] = static_cast<uint8_t>(length_size - 1);
  out[22] = 1;
  return out + Data{39, 0, 1, 0, static_cast<uint8_t>(sei.size())} + sei;
}

const Data kH264Slice = {0x65, 0x88, 0x84};
const Data kHevcSlice = {2, 1, 0x80};
const Data kHevcIrap = {19 << 1, 1, 0x80};

std::string text(const SeiMessages& messages) {
  std::string out;
  for (const SeiMessage& message : messages.list) {
    out += std::to_string(message.type) + (message.is_suffix ? "s" : "") +
           (message.is_malformed ? "!" : "") + ":";
    for (const uint8_t byte : messages.payload(message)) out += std::to_string(byte) + ",";
    out += " ";
  }
  return out;
}

std::string read(SeiReader& reader, const Data& data) {
  return text(reader.read(data).messages);
}

}  // namespace

TEST_CASE("SEI of H.264: several messages and units, extended numbers, emulation prevention") {
  const auto reader = make_sei_reader("h264", {});
  const Data two = {6, 5, 2, 7, 8, 1, 1, 9, 0x80};
  const Data escaped = {6, 0xff, 0xff, 10, 5, 0, 0, 3, 0, 0, 3, 1, 0x80};
  CHECK(read(*reader, packet({{9, 0xf0}, two, escaped, kH264Slice})) ==
        "5:7,8, 1:9, 520:0,0,0,0,1, ");
  Data long_one = {6, 4, 0xff, 45};
  long_one = long_one + Data(300, 3) + Data{0x80};
  CHECK(reader->read(packet({long_one, kH264Slice})).messages.list[0].size == 300);
  // Zeros behind a unit belong to the next start code.
  CHECK(read(*reader, packet({two + Data{0}, kH264Slice})) == "5:7,8, 1:9, ");
  CHECK(read(*reader, packet({kH264Slice})).empty());
  CHECK(read(*reader, packet({kH264Slice, two})) == "5:7,8, 1:9, ");
}

TEST_CASE("packets with lengths of 1, 2, 3 and 4 bytes") {
  for (int size = 1; size <= 4; ++size) {
    const auto h264 = make_sei_reader("h264", avcc(size));
    CHECK(read(*h264, packet({{6, 5, 1, 7, 0x80}, kH264Slice}, size)) == "5:7, ");
    const auto hevc = make_sei_reader("hevc", hvcc(size, {39 << 1, 1, 1, 1, 4, 0x80}));
    const Data prefix = {39 << 1, 1, 5, 1, 7, 0x80};
    const Data suffix = {40 << 1, 1, 132, 1, 6, 0x80};
    CHECK(read(*hevc, packet({prefix, kHevcSlice, suffix}, size)) == "1:4, 5:7, 132s:6, ");
    CHECK(read(*hevc, packet({prefix, kHevcSlice}, size)) == "5:7, ");
  }
}

TEST_CASE("SEI that is wrong is read as far as it goes") {
  const auto reader = make_sei_reader("h264", {});
  const auto of = [&](const Data& unit) { return read(*reader, packet({unit, kH264Slice})); };
  CHECK(of({6}) == "0!: ");
  CHECK(of({6, 0x80}) == "0!: ");
  CHECK(of({6, 0xff, 0xff}) == "510!: ");
  CHECK(of({6, 5}) == "5!: ");
  CHECK(of({6, 5, 9, 1, 2, 0x80}) == "5!:1,2,128, ");
  CHECK(of({6, 5, 2, 1, 2}) == "5:1,2, ");
  CHECK(of({6, 5, 1, 1, 4, 9, 1, 0x80}) == "5:1, 4!:1,128, ");
  CHECK(of(Data{6, 5} + Data(70000, 0xff) + Data{1, 0x80}) == "5!:128, ");
}

TEST_CASE("SEI waits for its picture; suffixes belong to the last one") {
  const auto reader = make_sei_reader("hevc", {});
  const Data prefix = {39 << 1, 1, 5, 1, 7, 0x80};
  const Data suffix = {40 << 1, 1, 5, 1, 6, 0x80};
  CHECK(reader->read(packet({prefix})).target == Target::next_picture);
  const SeiPacket picture = reader->read(packet({kHevcSlice}));
  CHECK(picture.target == Target::this_picture);
  CHECK(text(picture.messages) == "5:7, ");
  const SeiPacket late = reader->read(packet({suffix}));
  CHECK(late.target == Target::last_picture);
  CHECK(text(late.messages) == "5s:6, ");
  reader->read(packet({prefix}));
  reader->reset();
  CHECK(read(*reader, packet({kHevcSlice})).empty());
  // Other layers are other pictures.
  CHECK(read(*reader, packet({{39 << 1, 9, 5, 1, 7, 0x80}, kHevcSlice})).empty());
}

TEST_CASE("SEI of the codec headers comes with key pictures, once") {
  const auto reader = make_sei_reader("hevc", hvcc(4, {39 << 1, 1, 5, 1, 7, 0x80}));
  const Data other = {39 << 1, 1, 6, 1, 1, 0x80};
  const Data same = {39 << 1, 1, 5, 1, 7, 0x80};
  CHECK(read(*reader, packet({other, kHevcSlice}, 4)) == "5:7, 6:1, ");
  CHECK(read(*reader, packet({other, kHevcSlice}, 4)) == "6:1, ");
  CHECK(read(*reader, packet({other, kHevcIrap}, 4)) == "5:7, 6:1, ");
  CHECK(read(*reader, packet({other, same, kHevcIrap}, 4)) == "6:1, 5:7, ");
  // Much of it would fill the memory.
  const Data much = Data{39 << 1, 1, 5, 0xff, 0xff} + Data(510, 1) + Data{0x80};
  Data many(23, 0);
  many[0] = 1;
  many[21] = 3;
  many[22] = 1;
  many = many + Data{39, 0, 200};
  for (int i = 0; i < 200; ++i) {
    many = many + Data{static_cast<uint8_t>(much.size() >> 8), static_cast<uint8_t>(much.size())};
    many = many + much;
  }
  const auto bounded = make_sei_reader("hevc", many);
  CHECK(bounded->read(packet({kHevcIrap}, 4)).messages.list.size() <= 64);
}

TEST_CASE("metadata of AV1 and time codes of MPEG-2") {
  const Data cll = {5 << 3 | 2, 6, 1, 3, 232, 1, 144, 0x80};
  const Data frame = {6 << 3 | 2, 1, 0};
  const Data sequence = {1 << 3 | 2, 1, 0};
  const Data av1c = {0x81, 0, 0, 0};
  const auto av1 = make_sei_reader("av1", av1c + cll + Data{5 << 3 | 2, 3, 4, 1, 0x80});
  CHECK(read(*av1, sequence + frame) == "1:3,232,1,144, ");
  CHECK(read(*av1, frame).empty());
  CHECK(read(*av1, sequence + cll + frame) == "1:3,232,1,144, ");
  CHECK(read(*av1, Data{5 << 3 | 2, 5, 4, 0, 0x80, 0x80, 0} + frame) == "4:0,128, ");
  CHECK(read(*av1, Data{5 << 3 | 2, 4, 5, 1, 2, 0x90} + frame) == "5:1,2,144, ");
  CHECK(av1->read(Data{5 << 3 | 2, 3, 4, 0, 0}).target == Target::next_picture);
  CHECK(read(*av1, frame) == "4!: ");
  CHECK(av1->read(Data{5 << 3 | 2, 99, 0x81, 1, 7}).target == Target::next_picture);
  CHECK(read(*av1, frame) == "129!:7, ");

  const auto mpeg2 = make_sei_reader("mpeg2video", {});
  const Data picture = {0, 0, 1, 0, 0, 8};
  CHECK(read(*mpeg2, Data{0, 0, 1, 0xb8, 1, 2, 3, 4, 0} + picture) == "136:1,2,3,4, ");
  CHECK(read(*mpeg2, Data{0, 0, 1, 0xb8, 1, 2} + picture) == "136!:1,2, ");
  CHECK(read(*mpeg2, picture).empty());
  CHECK(make_sei_reader("vp9", {}) == nullptr);
}

TEST_CASE("a tracker gives messages by number, and drops what never comes out") {
  SeiTracker tracker("h264", {});
  const auto sei = [](uint8_t byte) { return packet({{6, 5, 1, byte, 0x80}, kH264Slice}); };
  for (uint8_t i = 1; i <= 5; ++i) tracker.send(i, sei(i));
  CHECK(text(*tracker.take(3)) == "5:3, ");
  CHECK(tracker.take(3) == nullptr);
  CHECK(text(*tracker.take(1)) == "5:1, ");
  CHECK(tracker.take(9) == nullptr);
  tracker.reset();
  CHECK(tracker.take(2) == nullptr);
  for (int i = 0; i < 1000; ++i) tracker.send(100 + i, sei(1));
  CHECK(tracker.take(100) == nullptr);
  CHECK(tracker.take(1099) != nullptr);
  const Data large = packet(
      {Data{6, 5} + Data(50000, 0xff) + Data{1} + Data(12750001, 7) + Data{0x80}, kH264Slice});
  for (int i = 0; i < 20; ++i) tracker.send(2000 + i, large);
  CHECK(tracker.take(2000) == nullptr);
  CHECK(tracker.take(2019)->bytes.size() == 12750001);
  SeiTracker none("vp8", {});
  none.send(1, sei(1));
  CHECK(none.take(1) == nullptr);
}

TEST_CASE("random bytes never break a reader") {
  std::mt19937 random(7);
  const auto noise = [&](size_t size) {
    Data out(size);
    for (uint8_t& byte : out) {
      constexpr uint8_t kLikely[] = {0, 0, 0, 1, 3, 6, 78, 80, 0x80, 0xff, 0xb8, 42, 0x65};
      byte = random() % 3 ? kLikely[random() % sizeof(kLikely)] : static_cast<uint8_t>(random());
    }
    return out;
  };
  for (int run = 0; run < 3000; ++run) {
    for (const char* codec : {"h264", "hevc", "av1", "mpeg2video"}) {
      const auto reader = make_sei_reader(codec, noise(random() % 60));
      for (int i = 0; i < 4; ++i) {
        const SeiPacket found = reader->read(noise(random() % 200));
        for (const SeiMessage& message : found.messages.list) {
          REQUIRE(message.offset + message.size <= found.messages.bytes.size());
        }
      }
    }
  }
}
