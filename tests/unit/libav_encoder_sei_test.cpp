#include "libav_encoder_streams.h"

#include "core/sei.h"

using namespace streams;

namespace {

std::vector<SideMessage> messages_for(VideoCodec codec, uint64_t number) {
  const auto low = static_cast<uint8_t>(number);
  if (codec == VideoCodec::av1) {
    return {{1, {3, 232, 1, low}},  // light levels
            {4, {0xB5, 0, 0x3C, 0, 1, 4, low}},
            {6, {0, 0, 1, low}}};
  }
  Data user(20, 0);
  user[19] = low;
  return {{5, user},
          {4, {0xB5, 0, 0x31, 'G', 'A', '9', '4', 3, 0xC1, 0xFF, 0xFC, low, 0x81, 0xFF}},
          {144, {3, 232, 1, low}}};
}

}  // namespace

TEST_CASE("messages are at the pictures that they were given to") {
  for (const VideoCodec codec : kCodecs) {
    const std::string name(codec_name(codec));
    INFO(name);
    const Made made{.codec = codec, .settings = {{P::gop, {8}}, {P::preset, {3}}}};
    const auto pictures = encode(
        made, 20, [&](EncoderInput& input) { input.messages = messages_for(codec, input.number); });
    const auto reader = make_sei_reader(name, {});
    for (const EncodedPicture& one : pictures) {
      const SeiPacket packet = reader->read(one.data);
      for (const SideMessage& wanted : messages_for(codec, one.number)) {
        const bool is_there = std::ranges::any_of(packet.messages.list, [&](const SeiMessage& m) {
          return m.type == wanted.type &&
                 std::ranges::equal(packet.messages.payload(m), wanted.payload);
        });
        CHECK(is_there);
      }
    }
    const Decoded decoded = decode(codec, pictures);
    REQUIRE(decoded.frames.size() == 20);
    for (const Frame& frame : decoded.frames) {
      const AVFrameSideData* light =
          av_frame_get_side_data(frame.get(), AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
      if (codec == VideoCodec::av1) CHECK(light);
      if (codec == VideoCodec::av1) continue;
      const AVFrameSideData* user =
          av_frame_get_side_data(frame.get(), AV_FRAME_DATA_SEI_UNREGISTERED);
      REQUIRE(user);
      const AVFrameSideData* captions = av_frame_get_side_data(frame.get(), AV_FRAME_DATA_A53_CC);
      REQUIRE(captions);
      CHECK(captions->data[1] == static_cast<uint8_t>(frame->pts));
    }
  }
}

TEST_CASE("libav's own reader finds the messages, and nothing that is wrong") {
  for (const VideoCodec codec : {VideoCodec::h264, VideoCodec::hevc}) {
    const auto pictures = encode({.codec = codec}, 3, [&](EncoderInput& input) {
      input.messages = messages_for(codec, input.number);
    });
    const std::string text = trace(codec, pictures);
    CHECK(count_of(text, "User Data Unregistered") >= 3);
    CHECK(count_of(text, "User Data Registered ITU-T T.35") == 3);
    CHECK(count_of(text, "Content Light Level") == 3);
  }
  // Metadata of the user's own kinds (6) is unknown to it.
  const auto pictures = encode({.codec = VideoCodec::av1}, 3, [&](EncoderInput& input) {
    input.messages = messages_for(VideoCodec::av1, input.number);
    input.messages.pop_back();
  });
  const auto types = values_of(trace(VideoCodec::av1, pictures), "metadata_type");
  CHECK(types == std::vector<int64_t>{1, 4, 1, 4, 1, 4});
}

TEST_CASE("messages that have no place are refused, and the picture was not taken") {
  const Made made{.native = {{"nal-hrd", "vbr"}}};
  const auto encoder = open(made);
  EncoderInput input;
  input.picture = picture(Format::nv12, 192, 112, 0);
  input.messages = {{1, {0x80}}};
  const Error timing = error_of_work([&] { encoder->send(input); });
  CHECK(timing.status == Status::unsupported);
  CHECK(has(timing.what(), "SEI of type 1 itself"));
  input.messages = {{70000, {}}};
  CHECK(error_of_work([&] { encoder->send(input); }).status == Status::invalid_argument);
  input.messages = {{5, Data(16, 1)}};
  encoder->send(input);
  encoder->send_end();
  Pictures pictures;
  receive_all(*encoder, pictures);
  REQUIRE(pictures.size() == 1);
  // The buffering period of the encoder comes first.
  const auto reader = make_sei_reader("h264", {});
  const auto list = reader->read(pictures[0].data).messages.list;
  REQUIRE(list.size() >= 2);
  CHECK(list.back().type == 5);
  CHECK(std::ranges::count(list, 0u, &SeiMessage::type) == 1);
}
