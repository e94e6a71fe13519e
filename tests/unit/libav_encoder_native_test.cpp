#include "libav_encoder_streams.h"

using namespace streams;

namespace {

using Native = std::vector<std::pair<std::string, std::string>>;

EncoderSupport support(VideoCodec codec, const Native& native) {
  return libav::backend().encoder_support(options_of({.codec = codec, .native = native}));
}

// What x264 and x265 say of themselves in user data.
std::string own_words(const Pictures& pictures) {
  std::string text(pictures[0].data.begin(), pictures[0].data.end());
  std::ranges::replace(text, '\0', ' ');
  return text;
}

}  // namespace

TEST_CASE("native options are set last, by libav's names and by the encoder's own") {
  const Native native = {{"preset", "veryfast"},
                         {"bf", "2"},
                         {"deadzone-inter", "13"},
                         {"x264-params", "me=umh:ratetol=2.5"}};
  const std::string words =
      own_words(encode({.settings = {{P::b_frames, {1}}}, .native = native}, 3));
  CHECK(has(words, " subme=2 "));  // veryfast's
  CHECK(has(words, " bframes=2 "));
  CHECK(has(words, " deadzone=13,"));
  CHECK(has(words, " me=umh "));
  CHECK(has(words, " ratetol=2.5 "));
  const Made x265{.codec = VideoCodec::hevc, .native = {{"tu-intra-depth", "3"}, {"crf", "31"}}};
  const std::string said = own_words(encode(x265, 2));
  CHECK(has(said, "tu-intra-depth=3"));
  CHECK(has(said, "rc=crf crf=31.0"));
  const auto pictures = encode({.codec = VideoCodec::av1, .native = {{"keyint", "4"}}}, 11);
  CHECK(keys_of(pictures).size() == 3);
}

TEST_CASE("native options that nobody knows are refused by name") {
  for (const VideoCodec codec : kCodecs) {
    for (const Native& native : {Native{{"nonsense", "3"}}, Native{{"crf", "x1"}}}) {
      const EncoderSupport answer = support(codec, native);
      INFO(answer.reason);
      CHECK(!answer.is_supported);
      CHECK(has(answer.reason, native[0].first));
      const Error error = error_of_work([&] { open({.codec = codec, .native = native}); });
      CHECK(error.status == Status::invalid_argument);
    }
  }
  CHECK(has(support(VideoCodec::h264, {{"deadzone-inter", "99999999999x"}}).reason,
            "deadzone-inter"));
  CHECK(has(support(VideoCodec::hevc, {{"ctu", "banana"}}).reason, "ctu"));
  CHECK(has(support(VideoCodec::h264, {{"x264-params", "no list"}}).reason, "x264-params"));
}

TEST_CASE("native options with which an encoder never ends are refused") {
  for (const char* const text : {"1", "G(1,2)", "G(1,2)B(1,2)R(1,2)WP(1,2)L(1,2)x", ""}) {
    CHECK(has(support(VideoCodec::av1, {{"mastering-display", text}}).reason, "G(x,y)B(x,y)"));
  }
  const Native native = {
      {"mastering-display", "G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000,0.01)"}};
  CHECK(support(VideoCodec::av1, native).reason == "");
  CHECK(has(support(VideoCodec::hevc, {{"ctu-info", "2"}}).reason, "ctu-info is settled"));
}

TEST_CASE("native options reach no files and nothing that is settled") {
  const std::pair<VideoCodec, Native> cases[] = {
      {VideoCodec::h264, {{"stats", "/tmp/a"}}},
      {VideoCodec::h264, {{"passlogfile", "/tmp/a"}}},
      {VideoCodec::h264, {{"qpfile", "/tmp/a"}}},
      {VideoCodec::h264, {{"pass", "1"}}},
      {VideoCodec::h264, {{"flags", "+pass1"}}},
      {VideoCodec::h264, {{"x264-params", "me=hex:dump-yuv=/tmp/a"}}},
      {VideoCodec::h264, {{"x264opts", "cqmfile=/tmp/a"}}},
      {VideoCodec::hevc, {{"csv", "/tmp/a"}}},
      {VideoCodec::hevc, {{"recon", "/tmp/a"}}},
      {VideoCodec::hevc, {{"analysis-save", "/tmp/a"}}},
      {VideoCodec::hevc, {{"analysis-reuse-file", "/tmp/a"}}},
      {VideoCodec::hevc, {{"scaling_list", "/tmp/a"}}},
      {VideoCodec::hevc, {{"lambda-file", "/tmp/a"}}},
      {VideoCodec::hevc, {{"x265-params", "zonefile=/tmp/a"}}},
      {VideoCodec::av1, {{"stats", "/tmp/a"}}},
      {VideoCodec::av1, {{"fgs-table", "/tmp/a"}}},
  };
  for (const auto& [codec, native] : cases) {
    const EncoderSupport answer = support(codec, native);
    INFO(native[0].first, " ", answer.reason);
    CHECK(!answer.is_supported);
    CHECK(has(answer.reason, "is about files"));
  }
  CHECK(has(support(VideoCodec::h264, {{"annexb", "0"}}).reason, "is settled"));
  CHECK(has(support(VideoCodec::hevc, {{"repeat-headers", "1"}}).reason, "is settled"));
  CHECK(support(VideoCodec::h264, {{"profile", "main"}}).is_supported);
}
