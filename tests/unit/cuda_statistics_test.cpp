#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/decode_record.h"
#include "cuda_clips.h"

// Statistics of the simulated driver against those of libav.
using namespace cuf;
using namespace cuda_clips;

TEST_CASE("Statistics are those that the decoder gives of its blocks") {
  const Setting setting("decode_stats", "1");
  {
    const auto gpu = open_gpu();
    CHECK(gpu->decode_stats_codecs() == std::vector<std::string>{"h264"});
    const auto demuxer = clips::open(ipp(), true);
    const auto packets = clips::packets(*demuxer);
    DecoderOptions options = options_for(*demuxer);
    options.exports_stats = true;
    const auto decoder = gpu->create_decoder(options);
    const auto cpu = libav::backend().create_decoder(options);
    std::vector<Picture> pictures;
    std::vector<Picture> expected_pictures;
    const auto receive = [&] {
      for (Picture& picture : pictures_of(*decoder)) pictures.push_back(std::move(picture));
      for (Picture& picture : pictures_of(*cpu)) expected_pictures.push_back(std::move(picture));
    };
    for (const Packet& packet : packets) {
      decoder->send(packet);
      cpu->send(packet);
      receive();
    }
    decoder->send_end();
    cpu->send_end();
    receive();
    REQUIRE(pictures.size() == packets.size());
    REQUIRE(expected_pictures.size() == packets.size());
    for (size_t i = 0; i < pictures.size(); ++i) {
      const Picture& picture = pictures[i];
      const Picture& expected = expected_pictures[i];
      REQUIRE(picture.decode_stats != nullptr);
      REQUIRE(expected.decode_stats != nullptr);
      CHECK(picture.decode_stats->columns() == expected.decode_stats->columns());
      const std::vector<uint8_t>& ours = picture.decode_stats->bytes();
      const std::vector<uint8_t>& theirs = expected.decode_stats->bytes();
      REQUIRE(ours.size() == theirs.size());
      size_t other_qps = 0;
      for (size_t at = 32; at < ours.size(); at += 12) other_qps += ours[at] != theirs[at];
      CHECK(other_qps == 0);
      CHECK((ours[0] & 1) == 1);
    }
    CHECK(cufsim_count("decoders_created") == 1);
    // Another file without statistics needs another decoder.
    options.exports_stats = false;
    CHECK(!decoder->fits(options));
  }
  check_nothing_left();
}

TEST_CASE("Without statistics in the driver pictures have none") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    CHECK(gpu->decode_stats_codecs().empty());
    const auto demuxer = clips::open(ipp(), true);
    DecoderOptions options = options_for(*demuxer);
    options.exports_stats = true;
    const auto decoder = gpu->create_decoder(options);
    for (Packet packet; demuxer->read(packet);) decoder->send(packet);
    const auto pictures = pictures_of(*decoder);
    REQUIRE(!pictures.empty());
    CHECK(pictures[0].decode_stats == nullptr);
  }
  check_nothing_left();
}
