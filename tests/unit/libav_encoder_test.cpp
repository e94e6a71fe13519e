#include <sched.h>

#include <cerrno>
#include <filesystem>

#include "libav_encoder_streams.h"

using namespace streams;

namespace {

std::string name_of(VideoCodec codec) {
  return std::string(codec_name(codec));
}

}  // namespace

TEST_CASE("pictures come back as they were, by libav's decoders") {
  for (const VideoCodec codec : kCodecs) {
    const EncoderSupport support = libav::backend().encoder_support(options_of({.codec = codec}));
    REQUIRE(support.is_supported);
    CHECK(support.formats.size() == (support.implementation == "libsvtav1" ? 3 : 7));
    for (const Format format : support.formats) {
      INFO(name_of(codec), " ", static_cast<int>(format));
      const auto pictures = encode({.codec = codec, .format = format}, 6);
      CHECK(pictures[0].is_key);
      CHECK(pictures[0].type == PictureType::i);
      const Decoded decoded = decode(codec, pictures);
      REQUIRE(decoded.frames.size() == 6);
      for (int64_t i = 0; i < 6; ++i) CHECK(decoded.frames[static_cast<size_t>(i)]->pts == i);
      const auto pixels = static_cast<AVPixelFormat>(decoded.frames[0]->format);
      const AVPixFmtDescriptor& desc = *av_pix_fmt_desc_get(pixels);
      CHECK(desc.log2_chroma_w == shape_of(format).chroma_x);
      CHECK(desc.log2_chroma_h == shape_of(format).chroma_y);
      CHECK(desc.comp[0].depth == (shape_of(format).is_deep ? 10 : 8));
      CHECK(psnr(decoded.frames) > 35);
    }
  }
}

TEST_CASE("at the defaults, PSNR is above 35 dB and numbers keep to the depth that is told") {
  for (const VideoCodec codec : kCodecs) {
    for (const uint32_t threads : {1u, 3u}) {
      INFO(name_of(codec), " ", threads);
      const Made made{.codec = codec, .threads = threads, .is_fast = false};
      const auto encoder = open(made);
      Pictures pictures;
      feed(*encoder, made, 0, 40, pictures);
      encoder->send_end();
      receive_all(*encoder, pictures);
      REQUIRE(pictures.size() == 40);
      CHECK(!encoder->sequence_params().empty());
      CHECK(encoder->settings().has(P::b_frames));
      for (size_t i = 0; i < pictures.size(); ++i) {
        CHECK(pictures[i].number <= i + encoder->settings().number(P::b_frames));
        CHECK(pictures[i].number + encoder->reorder_depth() >= i);
      }
      CHECK(psnr(decode(codec, pictures).frames) > 35);
    }
  }
}

TEST_CASE("lossless streams are the pictures to the byte") {
  const int64_t lossless = static_cast<int64_t>(EncoderTuning::lossless);
  for (const VideoCodec codec : {VideoCodec::h264, VideoCodec::hevc}) {
    for (const Format format : {Format::nv12, Format::p010, Format::yuv444}) {
      INFO(name_of(codec), " ", static_cast<int>(format));
      const auto pictures =
          encode({.codec = codec, .format = format, .settings = {{P::tuning_info, {lossless}}}}, 5);
      const Decoded decoded = decode(codec, pictures);
      REQUIRE(decoded.frames.size() == 5);
      CHECK(psnr(decoded.frames) == INFINITY);
    }
  }
  const auto support = libav::backend().encoder_support(
      options_of({.codec = VideoCodec::av1, .settings = {{P::tuning_info, {lossless}}}}));
  if (support.implementation == "libsvtav1") {
    CHECK(!support.is_supported);
    CHECK(has(support.reason, "no lossless mode"));
  }
}

TEST_CASE("a picture's memory is let go once the encoder has what it needs") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const auto encoder = open({.codec = codec});
    EncoderInput input;
    input.picture = picture(Format::nv12, 192, 112, 0);
    const std::weak_ptr<const void> memory = input.picture.owner;
    encoder->send(input);
    input.picture = {};
    encoder->send_end();
    Pictures pictures;
    receive_all(*encoder, pictures);
    CHECK(pictures.size() == 1);
    CHECK(memory.expired());
  }
}

TEST_CASE("an encoder leaves no thread with a real-time priority") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const auto encoder = libav::backend().create_encoder(options_of({.codec = codec}));
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
      const int policy = sched_getscheduler(std::stoi(entry.path().filename()));
      // Threads of others may end meanwhile.
      CHECK((policy == SCHED_OTHER || (policy == -1 && errno == ESRCH)));
    }
  }
}

TEST_CASE("after its end an encoder begins a new stream") {
  for (const VideoCodec codec : kCodecs) {
    INFO(name_of(codec));
    const Made made{.codec = codec};
    const auto encoder = open(made);
    CHECK(encoder->can_restart());
    Pictures first, second;
    feed(*encoder, made, 0, 5, first);
    encoder->send_end();
    receive_all(*encoder, first);
    feed(*encoder, made, 5, 10, second);
    encoder->send_end();
    encoder->send_end();
    receive_all(*encoder, second);
    CHECK(first.size() == 5);
    REQUIRE(second.size() == 5);
    CHECK(keys_of(second) == std::vector<uint64_t>{5});
    CHECK(decode(codec, second).frames.size() == 5);
  }
}

TEST_CASE("an encoder that is closed with pictures in it, and several at once") {
  for (const VideoCodec codec : kCodecs) {
    const Made made{.codec = codec, .threads = 2};
    const auto one = open(made);
    const auto other = open(made);
    Pictures pictures;
    feed(*one, made, 0, 4, pictures);
    feed(*other, made, 0, 4, pictures);
  }
}

TEST_CASE("sizes that no encoder has, and pictures that are others, are refused") {
  for (const VideoCodec codec : kCodecs) {
    const auto support = libav::backend().encoder_support(
        options_of({.codec = codec, .width = 20000, .height = 64}));
    CHECK(!support.is_supported);
    CHECK(has(support.reason, "not of 20000 x 64"));
    CHECK(support.max_width > 0);
  }
  const auto encoder = open({});
  EncoderInput input;
  input.picture = picture(Format::nv12, 64, 64, 0);
  CHECK(error_of_work([&] { encoder->send(input); }).status == Status::invalid_argument);
  const auto av1 = libav::backend().encoder_support(
      options_of({.codec = VideoCodec::av1, .format = Format::nv16}));
  if (av1.implementation == "libsvtav1") {
    CHECK(has(av1.reason, "libsvtav1 does not take nv16; it takes nv12, yv12, iyuv, p010, argb"));
  }
}

TEST_CASE("odd sizes are encoded where the encoder can") {
  for (const VideoCodec codec : kCodecs) {
    for (const Format format :
         libav::backend().encoder_support(options_of({.codec = codec})).formats) {
      const Made made{.codec = codec, .format = format, .width = 129, .height = 95};
      const auto support = libav::backend().encoder_support(options_of(made));
      INFO(name_of(codec), " ", static_cast<int>(format), " ", support.reason);
      if (!support.is_supported) {
        CHECK(has(support.reason, " encodes pictures of an even width and height, not 129 x 95"));
        continue;
      }
      const Decoded decoded = decode(codec, encode(made, 4));
      REQUIRE(decoded.frames.size() == 4);
      CHECK(decoded.frames[0]->width == 129);
      CHECK(decoded.frames[0]->height == 95);
      CHECK(psnr(decoded.frames) > 35);
    }
  }
}
