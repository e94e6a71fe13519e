#include "core/reorder_watch.h"

#include <algorithm>
#include <random>

#include "core/h264_sps.h"
#include "core/nal_units.h"
#include "libav_clips.h"

using namespace cuf;

namespace {

std::span<const uint8_t> bytes_of(const Packet& packet) {
  return {packet.payload.data, packet.payload.size};
}

std::optional<uint32_t> announced(std::span<const uint8_t> headers) {
  const NalConfiguration configuration = read_avcc(headers);
  std::optional<uint32_t> out;
  for (const auto unit : configuration.units) {
    if ((unit[0] & 31) != 7) continue;
    const auto sps = read_h264_sps(unit);
    REQUIRE(sps);
    out = sps->reorder_frames;
  }
  return out;
}

// Announces two reordered frames behind all that a VUI may hold.
std::string reordering_clip(const char* name) {
  return clips::make(
      name,
      "-c:v libx264 -bf 3 -b_strategy 0 -g 12 -color_primaries bt709 -chroma_sample_location "
      "topleft -aspect 16:11 -x264-params "
      "nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900:overscan=show:videoformat=pal");
}

size_t first_reordered(const std::string& path, bool keeps_container) {
  const auto demuxer = clips::open(path, keeps_container);
  ReorderWatch watch(demuxer->video().extradata);
  const auto packets = clips::packets(*demuxer);
  for (size_t i = 0; i < packets.size(); ++i) {
    if (watch.reorders(bytes_of(packets[i]))) return i;
  }
  return packets.size();
}

}  // namespace

TEST_CASE("reordering is found at the first frame that leaves a gap, and never without") {
  for (const bool keeps_container : {false, true}) {
    CHECK(first_reordered(reordering_clip("watch_b.mp4"), keeps_container) == 1);
    const auto ipp = clips::make("watch_ipp.mp4", "-c:v libx264 -bf 0 -g 7");
    CHECK(first_reordered(ipp, keeps_container) == 24);
    const auto intra = clips::make("watch_intra.mp4", "-c:v libx264 -g 1");
    CHECK(first_reordered(intra, keeps_container) == 24);
  }
}

TEST_CASE("silenced headers announce nothing, and all else in them stays") {
  for (const bool keeps_container : {false, true}) {
    const auto demuxer = clips::open(reordering_clip("watch_b.mp4"), keeps_container);
    const auto& extradata = demuxer->video().extradata;
    Packet packet;
    REQUIRE(demuxer->read(packet));
    ReorderWatch watch(extradata);
    CHECK(!watch.announced());
    const std::span<const uint8_t> headers =
        keeps_container ? std::span<const uint8_t>(extradata) : bytes_of(packet);
    REQUIRE(announced(headers) == 2);
    const auto silent =
        keeps_container ? watch.silenced_headers(headers) : watch.silenced_packet(headers);
    REQUIRE(silent.size() == headers.size());
    CHECK(watch.announced() == 2);
    CHECK(!announced(silent));
    // Nothing is left to be done.
    CHECK(watch.silenced_headers(silent).empty());
    // Only a few bytes at the end of the parameter set changed.
    size_t first = silent.size();
    size_t last = 0;
    for (size_t i = 0; i < silent.size(); ++i) {
      if (silent[i] == headers[i]) continue;
      first = std::min(first, i);
      last = i;
    }
    CHECK(last - first < 8);
  }
}

TEST_CASE("a decoder shows the same frames whatever its latency") {
  const std::string path = reordering_clip("watch_b.mp4");
  const auto expected = clips::reference(path, "");
  for (const bool keeps_container : {false, true}) {
    for (const Latency latency : {Latency::native, Latency::low, Latency::zero}) {
      for (const bool is_bare : {false, true}) {
        const auto demuxer = clips::open(path, keeps_container);
        DecoderOptions options;
        options.codec = "h264";
        options.threads = 3;
        options.latency = latency;
        if (is_bare) options.extradata = demuxer->video().extradata;
        const auto decoder = libav::backend().create_decoder(options);
        clips::Decoded decoded;
        clips::decode_rest(*demuxer, *decoder, is_bare, decoded);
        CHECK(decoded.frames == expected);
        CHECK(decoded.error_times.empty());
        CHECK(decoder->effective_latency() ==
              (latency == Latency::native ? latency : Latency::low));
      }
    }
  }
}

TEST_CASE("no bytes make a reorder watch fail") {
  std::mt19937 random(9);
  for (int i = 0; i < 50000; ++i) {
    std::vector<uint8_t> bytes(8 + random() % 60);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 3 ? random() : 0);
    const uint8_t unit[] = {0, 0, 1, 0x67, 77};
    if (i % 2) std::copy_n(unit, 5, bytes.begin());
    ReorderWatch watch(bytes);
    const auto silent = watch.silenced_packet(bytes);
    CHECK((silent.empty() || silent.size() == bytes.size()));
    watch.silenced_headers(bytes);
    watch.reorders(bytes);
  }
}
