#include "core/sequence.h"

#include <algorithm>
#include <random>

#include "core/h264_sps.h"
#include "core/stream_gate.h"
#include "libav_clips.h"

using namespace cuf;

namespace {

struct Recipe {
  const char* name;
  const char* arguments;
};

// Sizes that need cropping, and every layout of the headers in front of the size.
const Recipe kRecipes[] = {
    {"seq_high.mp4", "-vf scale=342:250 -c:v libx264"},
    {"seq_baseline.mp4", "-vf scale=342:250 -c:v libx264 -profile:v baseline"},
    {"seq_lists.mp4",
     "-c:v libx264 -x264-params cqm=jvt:nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900"},
    {"seq_high10.mkv", "-vf scale=342:250 -c:v libx264 -pix_fmt yuv420p10le"},
    {"seq_422.ts", "-vf scale=342:251 -c:v libx264 -pix_fmt yuv422p"},
    {"seq_444.mp4", "-vf scale=341:251 -c:v libx264 -pix_fmt yuv444p"},
    {"seq_gray.mp4", "-vf scale=342:250 -c:v libx264 -pix_fmt gray"},
    {"seq_mbaff.mp4", "-vf scale=342:252 -c:v libx264 -x264-params interlaced=1"},
    {"seq_main.mp4", "-vf scale=342:250 -c:v libx265 -x265-params log-level=0"},
    {"seq_main10.ts",
     "-vf scale=342:250 -c:v libx265 -pix_fmt yuv422p10le -x265-params log-level=0"},
    {"seq_444.h265", "-vf scale=341:251 -c:v libx265 -pix_fmt yuv444p -x265-params log-level=0"},
    {"seq_layers.mp4",
     "-vf scale=342:250 -c:v libx265 -x265-params log-level=0:temporal-layers=1:bframes=3"},
    {"seq_vp8.webm", "-vf scale=341:251 -c:v libvpx"},
    {"seq_vp9.webm", "-vf scale=341:251 -c:v libvpx-vp9 -deadline realtime"},
    {"seq_vp9_440.webm", "-vf scale=341:251 -c:v libvpx-vp9 -deadline realtime -pix_fmt yuv440p"},
    {"seq_vp9_10.webm",
     "-vf scale=341:251 -c:v libvpx-vp9 -deadline realtime -pix_fmt yuv422p10le"},
    {"seq_vp9_rgb.webm", "-vf scale=341:251 -c:v libvpx-vp9 -deadline realtime -pix_fmt gbrp"},
    {"seq_av1.mkv", "-vf scale=342:250 -c:v libsvtav1 -preset 12"},
    {"seq_av1.mp4", "-vf scale=341:251 -c:v libaom-av1 -usage realtime -cpu-used 8"},
    {"seq_mpeg1.mpg", "-vf scale=342:250 -c:v mpeg1video"},
    {"seq_mpeg2.ts", "-vf scale=342:250 -c:v mpeg2video -pix_fmt yuv422p"},
};

std::vector<std::optional<Sequence>> sequences_of(const std::string& path, bool keeps_container) {
  const auto demuxer = clips::open(path, keeps_container);
  const auto reader = make_sequence_reader(demuxer->video().codec);
  REQUIRE(reader);
  reader->read_headers(demuxer->video().extradata);
  std::vector<std::optional<Sequence>> out;
  for (Packet packet; demuxer->read(packet);) {
    out.push_back(reader->read({packet.payload.data, packet.payload.size}));
  }
  return out;
}

std::span<const uint8_t> bytes_of(const Packet& packet) {
  return {packet.payload.data, packet.payload.size};
}

}  // namespace

TEST_CASE("the sizes that headers tell are those that libav finds") {
  for (const Recipe& recipe : kRecipes) {
    INFO(recipe.name);
    const std::string path =
        clips::make(recipe.name, std::string("-frames:v 4 ") + recipe.arguments);
    const VideoDescription video = clips::open(path)->video();
    for (const bool keeps_container : {false, true}) {
      const auto sequences = sequences_of(path, keeps_container);
      REQUIRE(sequences.front());
      CHECK(sequences.front()->may_begin);
      for (const auto& sequence : sequences) {
        if (!sequence) continue;
        CHECK(sequence->width == video.width);
        CHECK(sequence->height == video.height);
        CHECK(sequence->identity == sequences.front()->identity);
      }
    }
  }
}

TEST_CASE("codecs without a reader have none") {
  for (const char* codec : {"mpeg4", "ffv1", "mjpeg", "prores", ""}) {
    CHECK(!make_sequence_reader(codec));
  }
}

TEST_CASE("the gate tells streams apart and holds them to the limits") {
  using Verdict = StreamGate::Verdict;
  for (const bool keeps_container : {false, true}) {
    const auto small =
        clips::open(clips::make("gate_small.mp4", "-s 176x144 -c:v libx264"), keeps_container);
    const auto large = clips::open(clips::make("gate_large.mp4", "-c:v libx264"), keeps_container);
    const auto first = clips::packets(*small);
    const auto second = clips::packets(*large);
    StreamGate gate;
    DecoderOptions options;
    options.codec = "h264";
    options.extradata = small->video().extradata;
    gate.restart(options);
    for (const Packet& packet : first) CHECK(gate.judge(bytes_of(packet)) == Verdict::goes_on);
    CHECK(gate.judge(bytes_of(first[0])) == Verdict::goes_on);
    gate.read_headers(large->video().extradata);
    CHECK(gate.judge(bytes_of(second[0])) == Verdict::begins);
    CHECK(gate.judge(bytes_of(second[1])) == Verdict::goes_on);
    CHECK(gate.stream()->width == 352);

    options.max_width = 351;
    gate.restart(options);
    CHECK(gate.judge(bytes_of(first[0])) == Verdict::goes_on);
    gate.read_headers(large->video().extradata);
    CHECK(gate.judge(bytes_of(second[0])) == Verdict::refuse);
    CHECK(gate.stream()->height == 256);
    for (const Packet& packet : second) CHECK(gate.judge(bytes_of(packet)) == Verdict::skip);
    gate.read_headers(small->video().extradata);
    CHECK(gate.judge(bytes_of(first[0])) == Verdict::begins);
    CHECK(gate.judge(bytes_of(first[1])) == Verdict::goes_on);
  }
}

TEST_CASE("no bytes make a sequence reader fail") {
  std::mt19937 random(5);
  for (const char* codec : {"h264", "hevc", "av1", "vp9", "vp8", "mpeg2video"}) {
    const auto reader = make_sequence_reader(codec);
    for (int i = 0; i < 20000; ++i) {
      std::vector<uint8_t> bytes(random() % 80);
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 3 ? random() : 0);
      if (i % 2 && bytes.size() > 6) {
        const uint8_t unit[] = {
            0, 0, 1, static_cast<uint8_t>(std::string(codec) == "hevc" ? 0x42 : 0x67), 1};
        std::copy_n(unit, 5, bytes.begin());
      }
      if (i % 8 == 0) reader->read_headers(bytes);
      const auto found = reader->read(bytes);
      if (found) CHECK(found->identity != 0);
      read_h264_sps(bytes);
    }
  }
}
