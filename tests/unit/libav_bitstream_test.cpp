#include "libav_clips.h"

using namespace cuf;

namespace {

bool starts_with(const Packet& packet, std::initializer_list<uint8_t> bytes) {
  return packet.payload.size >= bytes.size() &&
         std::equal(bytes.begin(), bytes.end(), packet.payload.data);
}

// A NAL unit of this type, as Annex B has it.
bool has_nal(const Packet& packet, int type, bool is_hevc) {
  const uint8_t* data = packet.payload.data;
  for (size_t i = 0; i + 3 < packet.payload.size; ++i) {
    if (data[i] != 0 || data[i + 1] != 0 || data[i + 2] != 1) continue;
    if ((is_hevc ? data[i + 3] >> 1 & 0x3f : data[i + 3] & 0x1f) == type) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every key packet brings the parameter sets") {
  struct Case {
    const char* name;
    const char* arguments;
    bool is_hevc;
  };
  const Case cases[] = {
      {"open_gop.mkv", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3", false},
      {"b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0", false},
      {"hevc_open.mkv", "-c:v libx265 -x265-params log-level=0:open-gop=1:keyint=8", true},
  };
  for (const Case& clip : cases) {
    INFO(std::string(clip.name));
    const auto demuxer = clips::open(clips::make(clip.name, clip.arguments));
    int keys = 0;
    for (const Packet& packet : clips::packets(*demuxer)) {
      CHECK(starts_with(packet, {0, 0}));
      if (!packet.is_key) continue;
      ++keys;
      for (const int type : clip.is_hevc ? std::vector{32, 33, 34} : std::vector{7, 8}) {
        CHECK(has_nal(packet, type, clip.is_hevc));
      }
    }
    CHECK(keys >= 3);
    CHECK(demuxer->video().extradata[0] == 0);
  }
}

TEST_CASE("the container's bitstream is left as it is") {
  const auto demuxer =
      clips::open(clips::make("b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0"), true);
  CHECK(demuxer->video().extradata[0] == 1);  // avcC
  const auto packets = clips::packets(*demuxer);
  const std::string bytes = clips::read(clips::folder().file("b_frames.mp4"));
  for (const Packet& packet : packets) {
    const auto at = static_cast<size_t>(packet.position);
    CHECK(bytes.compare(at, packet.payload.size, reinterpret_cast<const char*>(packet.payload.data),
                        packet.payload.size) == 0);
    for (size_t i = 0; i < kPacketPadding; ++i)
      CHECK(packet.payload.data[packet.payload.size + i] == 0);
  }
}

TEST_CASE("headers that the container keeps outside are put in front of key packets") {
  const auto visual = clips::open(clips::make("mpeg4.mp4", "-c:v mpeg4 -bf 2"));
  const auto first = clips::packets(*visual)[0];
  CHECK(starts_with(first, {0, 0, 1, 0xb0}));
  const auto av1 = clips::open(clips::make("av1.mkv", "-c:v libsvtav1 -preset 12"));
  CHECK((clips::packets(*av1)[0].payload.data[0] >> 3 & 15) == 1);
  CHECK((av1->video().extradata[0] >> 3 & 15) == 1);  // an OBU, not av1C
  const auto mpeg2 = clips::open(clips::make("mpeg2.mkv", "-c:v mpeg2video -bf 2 -b:v 1M"));
  CHECK(starts_with(clips::packets(*mpeg2)[0], {0, 0, 1, 0xb3}));
}

TEST_CASE("a damaged length prefix is the decoder's affair") {
  const std::string whole = clips::make("intra.mp4", "-c:v libx264 -g 1");
  std::string bytes = clips::read(whole);
  const auto packets = clips::packets(*clips::open(whole, true));
  bytes[static_cast<size_t>(packets[5].position)] = 0x7f;
  const std::string path = clips::write("bad_length.mp4", bytes);
  const auto read = clips::packets(*clips::open(path));
  REQUIRE(read.size() == 24);
  CHECK(read[5].is_corrupt);
  for (const uint32_t threads : {1u, 3u}) {
    const auto decoded = clips::decode(path, {.threads = threads});
    CHECK(decoded.frames.size() == 23);
    CHECK(decoded.error_times == std::vector{to_microseconds(read[5].pts, read[5].time_base)});
  }
}
