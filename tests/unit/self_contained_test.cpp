#include "core/self_contained.h"

#include <vector>

#include "libav_clips.h"

using namespace cuf;

namespace {

using Data = std::vector<uint8_t>;

Data converted(SelfContained& packets, const Data& payload) {
  const auto view = packets.convert(payload);
  return {view.begin(), view.end()};
}

Packet packet_of(const Packet& from, std::span<const uint8_t> payload) {
  Packet packet = from;
  const auto bytes = std::make_shared<Data>(payload.begin(), payload.end());
  bytes->resize(payload.size() + kPacketPadding);
  packet.payload = {.owner = bytes, .data = bytes->data(), .size = payload.size()};
  packet.extradata = {};
  packet.backend_stream.reset();
  return packet;
}

}  // namespace

TEST_CASE("stored packets become such that a decoder without headers takes them") {
  const std::pair<const char*, const char*> recipes[] = {
      {"b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0"},
      {"open_gop.mkv", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"},
      {"hevc10.mp4", "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=0"},
      {"av1.mkv", "-c:v libsvtav1 -preset 12"},
      {"mpeg4.mp4", "-c:v mpeg4 -bf 2"},
      {"mpeg2.mkv", "-c:v mpeg2video -bf 2 -b:v 1M"},
      {"raw.h264", "-c:v libx264 -bf 2"},
  };
  for (const auto& [name, arguments] : recipes) {
    INFO(std::string(name));
    const std::string path = clips::make(name, arguments);
    const auto demuxer = clips::open(path, true);
    SelfContained packets(demuxer->video().codec, demuxer->video().extradata);
    const auto stored = clips::packets(*demuxer);
    DecoderOptions options;
    options.codec = demuxer->video().codec;
    const auto decoder = libav::backend().create_decoder(options);
    clips::Decoded out;
    // Twice, as behind a seek to the start.
    for (int round = 0; round < 2; ++round) {
      out = {};
      packets.restart();
      for (const Packet& packet : stored) {
        decoder->send(
            packet_of(packet, packets.convert({packet.payload.data, packet.payload.size})));
        clips::receive_all(*decoder, out);
      }
      decoder->send_end();
      clips::receive_all(*decoder, out);
      decoder->reset();
      CHECK(out.error_times.empty());
      CHECK(out.frames == clips::reference(path, ""));
    }
  }
}

TEST_CASE("headers go in front of the first packet only, and not where it has its own") {
  // avcC of a length size of 2, with an SPS (67 01) and a PPS (68 02).
  const Data avcc = {1, 100, 0, 10, 0xFD, 0xE1, 0, 2, 0x67, 1, 1, 0, 2, 0x68, 2};
  SelfContained packets("h264", avcc);
  const Data slice = {0, 3, 0x65, 7, 8};
  const Data plain = {0, 0, 0, 1, 0x65, 7, 8};
  const Data with_headers = {0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 7, 8};
  CHECK(converted(packets, slice) == with_headers);
  CHECK(converted(packets, slice) == plain);
  packets.restart();
  CHECK(converted(packets, slice) == with_headers);
  packets.restart();
  CHECK(converted(packets, {0, 2, 0x67, 3, 0, 2, 0x68, 4, 0, 3, 0x65, 7, 8}) ==
        Data{0, 0, 0, 1, 0x67, 3, 0, 0, 0, 1, 0x68, 4, 0, 0, 0, 1, 0x65, 7, 8});
  // Start codes stay, also where the container's headers announce lengths.
  CHECK(converted(packets, plain) == plain);
  // Lengths that lie beyond the packet.
  CHECK(converted(packets, {0, 9, 0x65, 7}) == Data{0, 0, 0, 1, 0x65, 7});
  CHECK(converted(packets, {0}) == Data{0});
  CHECK(converted(packets, {}).empty());
  const Data other = {1, 100, 0, 10, 0xFF, 0xE1, 0, 2, 0x67, 9, 1, 0, 2, 0x68, 9};
  packets.set_headers(other);
  CHECK(converted(packets, {0, 0, 0, 2, 0x65, 7}) ==
        Data{0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65, 7});
}

TEST_CASE("VC-1 gets the start codes that containers leave out") {
  // Matroska and ASF put a byte in front of the sequence header.
  SelfContained packets("vc1", Data{0x25, 0, 0, 1, 0x0F, 0xCA, 0, 0, 1, 0x0E, 0x48});
  CHECK(converted(packets, {0x96, 1, 2}) ==
        Data{0, 0, 1, 0x0F, 0xCA, 0, 0, 1, 0x0E, 0x48, 0, 0, 1, 0x0D, 0x96, 1, 2});
  CHECK(converted(packets, {0x96, 1, 2}) == Data{0, 0, 1, 0x0D, 0x96, 1, 2});
  CHECK(converted(packets, {0, 0, 1, 0x0D, 5}) == Data{0, 0, 1, 0x0D, 5});
}

TEST_CASE("AV1's headers lose the bytes of av1C") {
  SelfContained packets("av1", Data{0x81, 4, 0x0C, 0, 0x0A, 1, 7});
  CHECK(converted(packets, {0x32, 1, 9}) == Data{0x0A, 1, 7, 0x32, 1, 9});
  CHECK(converted(packets, {0x32, 1, 9}) == Data{0x32, 1, 9});
}
