#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "cuda_clips.h"

// What NVDEC refuses, damage, and a driver that fails.
using namespace cuf;
using namespace cuda_clips;

namespace {

std::string b_frames() {
  return clips::make("b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0");
}

Error creation_error(GpuPort& gpu, const DecoderOptions& options) {
  return clips::error_of([&] { gpu.create_decoder(options); });
}

How with(OnError on_error) {
  return {.change = [on_error](DecoderOptions& options) { options.on_error = on_error; }};
}

}  // namespace

TEST_CASE("Limits are NVDEC's, and what it does not decode is named") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const DecoderLimits limits = gpu->decoder_support("h264", ChromaFormat::c420, 8);
    CHECK(limits.is_supported);
    CHECK(limits.implementation == "nvdec");
    CHECK(limits.max_width == 4096);
    CHECK(limits.max_height == 4096);
    CHECK(limits.min_width == 48);
    CHECK(limits.engines == 7);
    CHECK(gpu->decoder_support("hevc", ChromaFormat::c444, 12).is_supported);

    const DecoderLimits chroma = gpu->decoder_support("h264", ChromaFormat::c444, 8);
    CHECK(!chroma.is_supported);
    CHECK_MESSAGE(clips::contains(chroma.reason, "does not decode h264 4:4:4 8 bit"),
                  chroma.reason);
    CHECK(clips::contains(chroma.reason, "h264 4:2:0 8 bit"));
    const DecoderLimits codec = gpu->decoder_support("prores", ChromaFormat::c422, 10);
    CHECK(!codec.is_supported);
    CHECK_MESSAGE(clips::contains(codec.reason, "h264, hevc, vp9, vp8"), codec.reason);

    DecoderOptions options;
    options.codec = "h264";
    options.chroma = ChromaFormat::c444;
    CHECK(creation_error(*gpu, options).status == Status::unsupported);
    options.codec = "prores";
    CHECK(creation_error(*gpu, options).status == Status::unsupported);
  }
  check_nothing_left();
}

TEST_CASE("A stream that only turns out to be unsupported is refused once by each start") {
  cufsim_reset();
  const std::string path = clips::make("h264_444.mp4", "-c:v libx264 -pix_fmt yuv444p");
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(path, true);
    const auto packets = clips::packets(*demuxer);
    DecoderOptions options = options_for(*demuxer);
    options.chroma = ChromaFormat::unknown;
    const auto decoder = gpu->create_decoder(options);
    for (const bool ends : {true, false, true}) {
      Decoded out;
      for (const Packet& packet : packets) send(*decoder, packet, out);
      if (ends) end(*decoder, out);
      decoder->reset();
      CHECK(out.shown.empty());
      REQUIRE(out.errors.size() == 1);
      CHECK(out.errors[0].status == Status::unsupported);
      CHECK_MESSAGE(clips::contains(out.errors[0].what(), "h264 4:4:4 8 bit"),
                    out.errors[0].what());
    }
  }
  CHECK(cufsim_calls("cuvidCreateDecoder") == 0);
  check_nothing_left();
}

TEST_CASE("Lossless H.264 is refused, which NVDEC would decode to something else") {
  cufsim_reset();
  const Decoded out =
      decode(*open_gpu(), clips::make("lossless.mp4", "-c:v libx264 -qp 0 -pix_fmt yuv420p"));
  CHECK(out.shown.empty());
  REQUIRE(out.errors.size() == 1);
  CHECK(out.errors[0].status == Status::unsupported);
  CHECK_MESSAGE(clips::contains(out.errors[0].what(), "lossless"), out.errors[0].what());
  check_nothing_left();
}

TEST_CASE("What NVIDIA's parser passes over in silence is refused once by each start") {
  cufsim_reset();
  const std::string vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 6 -pix_fmt ";
  const std::string arguments[] = {vp9 + "yuv444p", vp9 + "yuv422p10le", "-c:v libx264 -g 6"};
  const char* const told[] = {"vp9 4:4:4 8 bit", "vp9 4:2:2 10 bit", "no picture in 24 packets"};
  for (size_t i = 0; i < 3; ++i) {
    CAPTURE(told[i]);
    const std::string path = clips::make("silent" + std::to_string(i) + ".mkv", arguments[i]);
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(path, false);
    const auto packets = clips::packets(*demuxer);
    DecoderOptions options;
    // H.264 is nothing to a parser of HEVC.
    options.codec = i < 2 ? "vp9" : "hevc";
    const auto decoder = gpu->create_decoder(options);
    for (const OnError on_error : {OnError::raise, OnError::skip}) {
      options.on_error = on_error;
      decoder->reconfigure(options);
      for (int start = 0; start < 2; ++start) {
        Decoded out;
        for (const Packet& packet : packets) send(*decoder, packet, out);
        end(*decoder, out);
        decoder->reset();
        CHECK(out.shown.empty());
        REQUIRE(out.errors.size() == 1);
        CHECK(out.errors[0].status == Status::unsupported);
        CHECK_MESSAGE(clips::contains(out.errors[0].what(), told[i]), out.errors[0].what());
      }
    }
  }
  CHECK(cufsim_calls("cuvidCreateDecoder") == 0);
  check_nothing_left();
}

TEST_CASE("A stream that changes to what the parser passes over gives the rest behind it") {
  cufsim_reset();
  const std::string vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt ";
  {
    const auto gpu = open_gpu();
    const auto good = clips::open(clips::make("known.mkv", vp9 + "yuv420p"), false);
    const auto other = clips::open(clips::make("unknown.mkv", vp9 + "yuv444p"), false);
    const auto known = clips::packets(*good);
    const auto unknown = clips::packets(*other);
    const auto decoder = gpu->create_decoder(options_for(*good));
    Decoded out;
    for (const auto* packets : {&known, &unknown, &known}) {
      for (const Packet& packet : *packets) send(*decoder, packet, out);
    }
    end(*decoder, out);
    CHECK(out.shown.size() == 2 * known.size());
    REQUIRE(out.errors.size() == 1);
    CHECK(out.errors[0].status == Status::unsupported);
  }
  check_nothing_left();
}

TEST_CASE("Pictures that are too small for NVDEC are refused before anything is created") {
  cufsim_reset();
  const std::string path =
      clips::make("tiny_hevc.mp4", "-vf scale=64:64 -c:v libx265 -x265-params log-level=0");
  const Decoded out = decode(*open_gpu(), path);
  REQUIRE(out.errors.size() == 1);
  CHECK(out.errors[0].status == Status::unsupported);
  CHECK_MESSAGE(clips::contains(out.errors[0].what(), "smaller than 144x144"),
                out.errors[0].what());
  CHECK(cufsim_calls("cuvidCreateDecoder") == 0);
  check_nothing_left();
}

TEST_CASE("Damage that NVDEC reports belongs to its picture") {
  const Decoded cpu = decode_on_cpu(b_frames());
  for (const int status : {8, 9}) {
    const DecodeStatus expected = status == 8 ? DecodeStatus::corrupt : DecodeStatus::concealed;
    for (const OnError on_error : {OnError::raise, OnError::skip, OnError::conceal}) {
      cufsim_reset();
      cufsim_decode_status(5, status);
      const Decoded out = decode(*open_gpu(), b_frames(), with(on_error));
      if (on_error == OnError::raise) {
        CHECK(out.shown.size() == cpu.shown.size() - 1);
        REQUIRE(out.errors.size() == 1);
        CHECK(out.errors[0].status == Status::corrupt_data);
        std::set<int64_t> missing;
        for (const Shown& shown : cpu.shown) {
          missing.insert(to_microseconds(shown.picture.pts, shown.picture.time_base));
        }
        for (const Shown& shown : out.shown) {
          missing.erase(to_microseconds(shown.picture.pts, shown.picture.time_base));
        }
        CHECK(missing == std::set<int64_t>{out.errors[0].timestamp_us});
      } else {
        CHECK(out.errors.empty());
        REQUIRE(out.shown.size() == cpu.shown.size());
        size_t damaged = 0;
        for (const Shown& shown : out.shown) damaged += shown.picture.decode_status == expected;
        CHECK(damaged == 1);
      }
      check_nothing_left();
    }
  }
}

TEST_CASE(
    "A packet in which nothing can be found is reported with its time, and decoding goes on") {
  cufsim_reset();
  const auto spoil = [count = 0](Packet& packet) mutable {
    if (++count != 15) return;
    const auto bytes = std::make_shared<std::vector<uint8_t>>(packet.payload.size + kPacketPadding);
    for (size_t i = 0; i + kPacketPadding < bytes->size(); ++i) {
      (*bytes)[i] = static_cast<uint8_t>(i * 37 | 1);
    }
    // One NAL unit of a length that fits, of the first slice's kind.
    const size_t length = packet.payload.size - 4;
    for (int i = 0; i < 4; ++i) (*bytes)[i] = static_cast<uint8_t>(length >> (24 - 8 * i));
    (*bytes)[4] = 0x41;
    packet.payload = {.owner = bytes, .data = bytes->data(), .size = packet.payload.size};
  };
  const Decoded out = decode(*open_gpu(), b_frames(), {.adjust = spoil});
  CHECK(out.shown.size() >= 20);
  CHECK(out.errors.size() >= 1);
  for (const Error& error : out.errors) {
    CHECK(error.status == Status::corrupt_data);
    CHECK(error.timestamp_us != kNoTimestamp);
  }
  check_nothing_left();
}

TEST_CASE("Without room for a frame no further packet is taken, and no frame is lost") {
  cufsim_reset();
  {
    // What the decoder takes, and not all frames.
    const auto gpu = open_gpu(3 << 20);
    const auto demuxer = clips::open(b_frames(), true);
    const auto decoder = gpu->create_decoder(options_for(*demuxer));
    std::vector<Picture> held;
    size_t shown = 0;
    size_t shortages = 0;
    // Tries again when all that is held was let go.
    const auto persist = [&](const auto& step) {
      for (;;) {
        try {
          return step();
        } catch (const Error& error) {
          REQUIRE(error.status == Status::out_of_memory);
          CHECK_MESSAGE(clips::contains(error.what(), "memoryBudgetBytes"), error.what());
          REQUIRE(!held.empty());
          held.clear();
          ++shortages;
        }
      }
    };
    const auto receive = [&] {
      for (Picture picture; decoder->receive(picture); picture = {}) {
        CHECK(picture.pts >= 0);
        held.push_back(std::move(picture));
        ++shown;
      }
    };
    for (Packet packet; demuxer->read(packet);) {
      persist([&] { decoder->send(packet); });
      persist(receive);
    }
    decoder->send_end();
    persist(receive);
    CHECK(shown == 24);
    CHECK(shortages > 0);
    CHECK(gpu->memory_stats().peak_bytes <= 3 << 20);
    held.clear();
  }
  check_nothing_left();
}

TEST_CASE("A budget that is too small for a decoder is told when it is made") {
  cufsim_reset();
  const Decoded out = decode(*open_gpu(200000), b_frames());
  CHECK(out.shown.empty());
  REQUIRE(out.errors.size() > 0);
  CHECK(out.errors[0].status == Status::out_of_memory);
  check_nothing_left();
}

TEST_CASE("A GPU that is lost in the middle ends everything with that error") {
  for (const uint64_t at : {60, 120, 200}) {
    const Setting setting("lose_after", std::to_string(at));
    try {
      const Decoded out = decode(*open_gpu(), b_frames());
      REQUIRE(!out.errors.empty());
      for (const Error& error : out.errors) CHECK(error.status == Status::device_lost);
    } catch (const Error& error) {
      CHECK(error.status == Status::device_lost);
    }
    CHECK(cufsim_count("context_pushes") == 0);
  }
}

// In one process: the Nth call of the driver fails, for every N of opening, decoding and closing.
TEST_CASE(
    "Whatever call of the driver fails, an error or success is the end, and nothing is left") {
  const std::string path =
      clips::make("walk.mp4", "-vf scale=64:64 -frames:v 6 -c:v libx264 -bf 2 -g 3");
  cuda::require_driver();
  for (const bool to_host : {false, true}) {
    bool is_done = false;
    uint64_t last = 0;
    for (uint64_t n = 1; !is_done && n < 2000; ++n) {
      cufsim_reset();
      cufsim_fail("*", n, n % 2 ? 2 : 999);
      try {
        const Decoded out = decode(*open_gpu(), path, {.change = [&](DecoderOptions& options) {
          options.uses_host_memory = to_host;
        }});
        for (const Error& error : out.errors) {
          CHECK_MESSAGE((error.native_code != 0 || error.status == Status::corrupt_data),
                        n << ": " << std::string(error.what()));
        }
      } catch (const Error&) {
      }
      is_done = cufsim_fault_pending();
      last = n;
      INFO(n);
      check_nothing_left();
    }
    CHECK(is_done);
    CHECK(last > 100);
  }
  cufsim_reset();
}
