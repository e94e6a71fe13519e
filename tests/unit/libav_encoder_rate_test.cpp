#include "libav_encoder_streams.h"

using namespace streams;

namespace {

constexpr int64_t kCbr = 0;
constexpr int64_t kVbr = 1;
constexpr int64_t kConstantQuantizer = 2;
constexpr uint64_t kTenSeconds = 300;

Settings rates(int64_t mode, int64_t bitrate) {
  return {{P::rc, {mode}},
          {P::bitrate, {bitrate}},
          {P::max_bitrate, {mode == kVbr ? bitrate * 3 / 2 : bitrate}}};
}

double rate_of(const Pictures& pictures) {
  return static_cast<double>(byte_count(pictures)) * 8 * 30 / static_cast<double>(pictures.size());
}

std::string name_of(VideoCodec codec) {
  return std::string(codec_name(codec));
}

// The quantizers of the slices, in the order of the stream.
std::vector<int64_t> quantizers(VideoCodec codec, const Pictures& pictures) {
  const std::string text = trace(codec, pictures);
  const int64_t initial =
      26 + value_of(text, codec == VideoCodec::h264 ? "pic_init_qp_minus26" : "init_qp_minus26");
  auto found = values_of(text, "slice_qp_delta");
  for (int64_t& one : found) one += initial;
  return found;
}

}  // namespace

TEST_CASE("cbr and vbr keep the bit rate within a tenth over ten seconds") {
  for (const VideoCodec codec : kCodecs) {
    for (const int64_t mode : {kCbr, kVbr}) {
      for (const int64_t bitrate : {200'000, 350'000}) {
        INFO(name_of(codec), mode == kCbr ? " cbr " : " vbr ", bitrate);
        const auto pictures =
            encode({.codec = codec, .settings = rates(mode, bitrate)}, kTenSeconds);
        CHECK(rate_of(pictures) == doctest::Approx(bitrate).epsilon(0.1));
      }
    }
  }
}

TEST_CASE("a target quality is kept within the greatest bit rate") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const auto size = [&](int64_t quality, int64_t most) {
      const Settings settings = {{P::cq, {quality}}, {P::max_bitrate, {most}}};
      return byte_count(encode({.codec = codec, .settings = settings}, 60));
    };
    const size_t good = size(20, 10'000'000);
    CHECK(size(35, 10'000'000) < good * 3 / 4);
    CHECK(size(20, 40'000) < good * 3 / 4);
  }
}

TEST_CASE("constQp is the quantizer of I, P and B pictures") {
  for (const VideoCodec codec : {VideoCodec::h264, VideoCodec::hevc}) {
    for (const Format format : {Format::nv12, Format::p010}) {
      INFO(name_of(codec), " ", static_cast<int>(format));
      Made made{
          .codec = codec,
          .format = format,
          .settings = {{P::const_qp, {25}}, {P::b_frames, {2}}, {P::preset, {1}}, {P::aq, {0}}}};
      for (const int64_t one : quantizers(codec, encode(made, 8))) CHECK(one == 25);
      made.settings[0] = {P::const_qp, {20, 24, 30}};
      const auto pictures = encode(made, 8);
      const auto found = quantizers(codec, pictures);
      REQUIRE(found.size() == pictures.size());
      for (size_t i = 0; i < found.size(); ++i) {
        const PictureType type = pictures[i].type;
        // Between P's and B's are B pictures that others are predicted from.
        if (type == PictureType::b) {
          CHECK(found[i] > 24);
        } else {
          CHECK(found[i] == (type == PictureType::i ? 20 : 24));
        }
      }
    }
  }
  const Settings fine = {{P::const_qp, {40}}}, coarse = {{P::const_qp, {200}}};
  CHECK(byte_count(encode({.codec = VideoCodec::av1, .settings = fine}, 10)) >
        2 * byte_count(encode({.codec = VideoCodec::av1, .settings = coarse}, 10)));
}

TEST_CASE("constqp without a quantizer says which the encoder takes") {
  for (const VideoCodec codec : kCodecs) {
    const auto encoder = open({.codec = codec, .settings = {{P::rc, {kConstantQuantizer}}}});
    CHECK(encoder->settings().has(P::const_qp));
  }
}

TEST_CASE("qmin and qmax bound the quantizers") {
  for (const VideoCodec codec : {VideoCodec::h264, VideoCodec::hevc}) {
    INFO(name_of(codec));
    Settings settings = rates(kVbr, 100'000);
    settings.push_back({P::qmax, {30}});
    settings.push_back({P::preset, {1}});
    for (const int64_t one :
         quantizers(codec, encode({.codec = codec, .settings = settings}, 30))) {
      CHECK(one <= 30);
    }
    settings = rates(kVbr, 9'000'000);
    settings.push_back({P::qmin, {28}});
    settings.push_back({P::preset, {1}});
    for (const int64_t one :
         quantizers(codec, encode({.codec = codec, .settings = settings}, 30))) {
      CHECK(one >= 28);
    }
    settings.back() = {P::qmin, {20, 28, 30}};
    settings.erase(settings.end() - 2);
    const auto support =
        libav::backend().encoder_support(options_of({.codec = codec, .settings = settings}));
    CHECK(has(support.reason, "one qmin for all pictures"));
  }
}

TEST_CASE("libx264 goes on with another bit rate, buffer and target in place") {
  {
    const Made made{.settings = rates(kCbr, 200'000)};
    const auto encoder = open(made);
    Pictures before, after;
    feed(*encoder, made, 0, 150, before);
    const EncoderSettings settings = options_of({.settings = rates(kCbr, 800'000)}).settings;
    REQUIRE(encoder->reconfigure(settings, made.width, made.height));
    CHECK(encoder->settings().number(P::bitrate) == 800'000);
    feed(*encoder, made, 150, 330, after);
    encoder->send_end();
    receive_all(*encoder, after);
    CHECK(keys_of(after) == std::vector<uint64_t>{250});
    // Once what was looked at before is through.
    after.erase(after.begin(), after.begin() + 30);
    CHECK(rate_of(before) == doctest::Approx(200'000).epsilon(0.15));
    CHECK(rate_of(after) == doctest::Approx(800'000).epsilon(0.15));
    // An average over all is kept.
    const auto average = open({.settings = rates(kVbr, 200'000)});
    CHECK(!average->reconfigure(options_of({.settings = rates(kVbr, 300'000)}).settings, 192, 112));
  }
  const Made made{.settings = {{P::cq, {20}}}};
  const auto encoder = open(made);
  Pictures before, after;
  feed(*encoder, made, 0, 40, before);
  REQUIRE(encoder->reconfigure(options_of({.settings = {{P::cq, {40}}}}).settings, 192, 112));
  feed(*encoder, made, 40, 80, after);
  encoder->send_end();
  receive_all(*encoder, after);
  CHECK(rate_of(after) < rate_of(before) / 2);
}

TEST_CASE("what an encoder cannot change while it works is for one made anew") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const Made made{.codec = codec, .settings = rates(kCbr, 200'000)};
    const auto encoder = open(made);
    const auto asks = [&](const Settings& settings, uint32_t width = 192) {
      Made other = made;
      other.settings = settings;
      other.width = width;
      return encoder->reconfigure(options_of(other).settings, width, 112);
    };
    CHECK(!asks(rates(kVbr, 200'000)));
    CHECK(!asks(rates(kCbr, 200'000), 128));
    CHECK(!asks({{P::const_qp, {30}}}));
    Settings faster = rates(kCbr, 200'000);
    faster.push_back({P::fps, {60, 1}});
    CHECK(!asks(faster));
    CHECK(asks(rates(kCbr, 300'000)) == (codec == VideoCodec::h264));
    const VideoCodec another = codec == VideoCodec::av1 ? VideoCodec::h264 : VideoCodec::av1;
    const Error error = error_of_work(
        [&] { encoder->reconfigure(options_of({.codec = another}).settings, 192, 112); });
    CHECK(error.status == Status::unsupported);
  }
}
