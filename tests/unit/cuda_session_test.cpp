#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "core/memory_budget.h"
#include "core/picture_header.h"
#include "core/sei.h"
#include "cuda_clips.h"

// What callers do with a decoder beside decoding one file from its start to its end.
using namespace cuf;
using namespace cuda_clips;

namespace {

std::string b_frames() {
  return clips::make("b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0");
}
std::string small() {
  return clips::make("small.h264", "-vf scale=240:160 -c:v libx264 -bf 2 -g 12");
}
std::string large() {
  return clips::make("raw.h264", "-c:v libx264 -bf 2");
}

uint64_t host_waits() {
  return cufsim_calls("cuStreamSynchronize") + cufsim_calls("cuCtxSynchronize") +
         cufsim_calls("cuEventSynchronize");
}

}  // namespace

TEST_CASE("A decoder is reset in the middle and begins anew at a key picture") {
  cufsim_reset();
  const Decoded cpu = decode_on_cpu(b_frames());
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(b_frames(), true);
    const auto packets = clips::packets(*demuxer);
    const auto decoder = gpu->create_decoder(options_for(*demuxer));
    Decoded out;
    for (size_t i = 0; i < 7; ++i) send(*decoder, packets[i], out);
    decoder->reset();
    out = {};
    const auto is_key = [](const Packet& packet) { return packet.is_key; };
    const auto second = std::find_if(packets.begin() + 1, packets.end(), is_key);
    REQUIRE(second != packets.end());
    for (auto packet = second; packet != packets.end(); ++packet) send(*decoder, *packet, out);
    end(*decoder, out);
    CHECK(out.errors.empty());
    const auto first = static_cast<size_t>(second - packets.begin());
    REQUIRE(out.shown.size() == cpu.shown.size() - first);
    for (size_t i = 0; i < out.shown.size(); ++i) {
      CHECK(out.shown[i].picture.pts == cpu.shown[first + i].picture.pts);
      CHECK(out.shown[i].bytes == cpu.shown[first + i].bytes);
    }
    // And once more from the start, without reset() behind the end.
    out = {};
    for (const Packet& packet : packets) send(*decoder, packet, out);
    end(*decoder, out);
    CHECK(times(out) == times(cpu));
    CHECK(differing(out, cpu) == 0);
    CHECK(cufsim_count("decoders_created") == 1);
  }
  check_nothing_left();
}

TEST_CASE("A picture that is all that is sent from a start on is shown") {
  for (const char* encoder : {"libx264", "libx265 -x265-params log-level=0"}) {
    CAPTURE(std::string(encoder));
    cufsim_reset();
    const std::string path = clips::make("lone" + std::to_string(encoder[6]) + ".mp4",
                                         "-g 6 -bf 0 -c:v " + std::string(encoder));
    {
      const auto gpu = open_gpu();
      const auto demuxer = clips::open(path, true);
      const auto packets = clips::packets(*demuxer);
      const auto decoder = gpu->create_decoder(options_for(*demuxer));
      for (const bool resets : {true, false, true}) {
        Decoded out;
        send(*decoder, packets[0], out);
        end(*decoder, out);
        CHECK(out.errors.empty());
        REQUIRE(out.shown.size() == 1);
        CHECK(out.shown[0].picture.pts == packets[0].pts);
        if (resets) decoder->reset();
      }
      CHECK(cufsim_count("decoders_created") == 1);
    }
    check_nothing_left();
  }
}

TEST_CASE("A kept decoder takes the next file of its kind, smaller ones too, larger ones not") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const auto big = clips::open(large(), true);
    const auto decoder = gpu->create_decoder(options_for(*big));
    CHECK(decoder->fits(options_for(*clips::open(small(), true))));
    Decoded out;
    decode_rest(*big, *decoder, out);
    CHECK(differing(out, decode_on_cpu(large())) == 0);
    for (const std::string& path : {small(), large(), b_frames(), small()}) {
      const auto demuxer = clips::open(path, true);
      const DecoderOptions options = options_for(*demuxer);
      REQUIRE(decoder->fits(options));
      decoder->reconfigure(options);
      out = {};
      decode_rest(*demuxer, *decoder, out);
      const Decoded cpu = decode_on_cpu(path);
      CHECK(out.errors.empty());
      CHECK(times(out) == times(cpu));
      CHECK(differing(out, cpu) == 0);
    }
    CHECK(cufsim_count("decoders_created") == 1);
    CHECK(cufsim_count("decoders_reconfigured") >= 3);

    DecoderOptions other = options_for(*big);
    other.width = 4000;
    CHECK(!decoder->fits(other));
    other = options_for(*big);
    other.bit_depth = 10;
    CHECK(!decoder->fits(other));
    other = options_for(*big);
    other.codec = "hevc";
    CHECK(!decoder->fits(other));
  }
  check_nothing_left();
}

TEST_CASE("With maxWidth and maxHeight a decoder of a small stream takes larger ones later") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(small(), true);
    DecoderOptions options = options_for(*demuxer);
    options.max_width = 352;
    options.max_height = 256;
    const auto decoder = gpu->create_decoder(options);
    Decoded out;
    decode_rest(*demuxer, *decoder, out);
    const auto big = clips::open(large(), true);
    options = options_for(*big);
    REQUIRE(decoder->fits(options));
    decoder->reconfigure(options);
    out = {};
    decode_rest(*big, *decoder, out);
    CHECK(differing(out, decode_on_cpu(large())) == 0);
    CHECK(cufsim_count("decoders_created") == 1);
    // And what is larger than they allow is refused, once.
    options.max_width = 300;
    decoder->reconfigure(options);
    out = {};
    const auto again = clips::open(large(), true);
    decode_rest(*again, *decoder, out);
    CHECK(out.shown.empty());
    REQUIRE(out.errors.size() == 1);
    CHECK(out.errors[0].status == Status::unsupported);
    CHECK(clips::contains(out.errors[0].what(), "352 x 256"));
  }
  check_nothing_left();
}

TEST_CASE("A stream that changes its size gives the pictures of the old one first") {
  const std::string first = clips::read(small());
  const std::string second = clips::read(large());
  const Decoded cpu_small = decode_on_cpu(small());
  const Decoded cpu_large = decode_on_cpu(large());
  for (const int way : {0, 1, 2, 3}) {
    const bool grows = way % 2 == 0;
    cufsim_reset();
    // As an H100's parser: the last pictures of the old stream are shown behind the announcement of
    // the new one.
    CHECK(cufsim_set("late_display", way / 2) == 1);
    INFO(way);
    const std::string path = clips::write(grows ? "grows.h264" : "shrinks.h264",
                                          grows ? first + second : second + first);
    const Decoded out = decode(*open_gpu(), path);
    CHECK(out.errors.empty());
    const Decoded& before = grows ? cpu_small : cpu_large;
    const Decoded& behind = grows ? cpu_large : cpu_small;
    REQUIRE(out.shown.size() == before.shown.size() + behind.shown.size());
    for (size_t i = 0; i < out.shown.size(); ++i) {
      const size_t count = before.shown.size();
      const Shown& wanted = i < count ? before.shown[i] : behind.shown[i - count];
      const bool is_same = out.shown[i].bytes == wanted.bytes;
      CHECK(is_same);
    }
    // What shrinks is reconfigured within the size that was made.
    CHECK(cufsim_count("decoders_created") == (grows ? 2 : 1));
    CHECK(cufsim_count("decoders_reconfigured") == (grows ? 0 : 1));
    check_nothing_left();
  }
}

TEST_CASE("Only wanted pictures are mapped and copied") {
  cufsim_reset();
  const Decoded cpu = decode_on_cpu(b_frames());
  const Decoded out =
      decode(*open_gpu(), b_frames(),
             {.adjust = [](Packet& packet) { packet.is_wanted = packet.pts % 1536 == 0; }});
  CHECK(cufsim_calls("cuvidDecodePicture") == cpu.shown.size());
  CHECK(cufsim_calls("cuvidMapVideoFrame") == out.shown.size());
  CHECK(cufsim_calls("cuMemcpy2DAsync") == 2 * out.shown.size());
  REQUIRE(out.shown.size() == (cpu.shown.size() + 2) / 3);
  for (size_t i = 0; i < out.shown.size(); ++i) CHECK(out.shown[i].bytes == cpu.shown[3 * i].bytes);
  check_nothing_left();
}

// The rule of core's planner, which drops these packets before the decoder sees them.
TEST_CASE("Pictures that no other needs may be left out, and the others stay the same") {
  struct Case {
    std::string path;
    size_t at_least;
  };
  const Case cases[] = {
      {b_frames(), 6},
      {clips::make("open_gop.mkv", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"), 6},
      {clips::make("hevc.mp4", "-c:v libx265 -x265-params log-level=0:keyint=12"), 4},
      {clips::make("av1.mkv", "-c:v libsvtav1 -preset 12"), 4}};
  for (const Case& entry : cases) {
    INFO(entry.path);
    const Setting setting("gpu", "l4");
    const Decoded cpu = decode_on_cpu(entry.path);
    {
      const auto gpu = open_gpu();
      const auto demuxer = clips::open(entry.path, true);
      const auto headers =
          make_picture_header_reader(demuxer->video().codec, demuxer->video().extradata);
      REQUIRE(headers != nullptr);
      const auto decoder = gpu->create_decoder(options_for(*demuxer));
      Decoded out;
      std::vector<int64_t> dropped;
      for (Packet packet; demuxer->read(packet);) {
        const PictureFacts facts = headers->read({packet.payload.data, packet.payload.size});
        if (facts.is_known && facts.is_droppable) {
          dropped.push_back(packet.pts);
        } else {
          send(*decoder, packet, out);
        }
      }
      end(*decoder, out);
      CHECK(out.errors.empty());
      CHECK(dropped.size() >= entry.at_least);
      size_t next = 0;
      for (const Shown& wanted : cpu.shown) {
        if (std::count(dropped.begin(), dropped.end(), wanted.picture.pts) > 0) continue;
        REQUIRE(next < out.shown.size());
        CHECK(out.shown[next].picture.pts == wanted.picture.pts);
        CHECK(out.shown[next++].bytes == wanted.bytes);
      }
      CHECK(next == out.shown.size());
    }
    check_nothing_left();
  }
}

TEST_CASE("In a steady state nothing is allocated, and the host waits for nothing but the engine") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(b_frames(), true);
    const auto packets = clips::packets(*demuxer);
    const auto decoder = gpu->create_decoder(options_for(*demuxer));
    size_t count = 0;
    uint64_t allocations = 0;
    uint64_t events = 0;
    for (int round = 0; round < 3; ++round) {
      for (const Packet& packet : packets) {
        decoder->send(packet);
        count += pictures_of(*decoder).size();
      }
      decoder->send_end();
      count += pictures_of(*decoder).size();
      if (round == 0) {
        allocations = gpu->memory_stats().allocations;
        events = cufsim_calls("cuEventCreate");
      }
    }
    CHECK(count == 3 * packets.size());
    CHECK(gpu->memory_stats().allocations == allocations);
    CHECK(allocations <= 4);
    CHECK(cufsim_calls("cuEventCreate") == events);
    CHECK(host_waits() == 0);
    CHECK(cufsim_count("context_pushes") == 0);
  }
  check_nothing_left();
}

TEST_CASE("Pictures that are held stay what they are, beyond the decoder and the GPU's object") {
  const Setting setting("stream_delay_us", "200");
  const Decoded cpu = decode_on_cpu(b_frames());
  std::vector<Picture> held;
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(b_frames(), true);
    const auto decoder = gpu->create_decoder(options_for(*demuxer));
    for (Packet packet; demuxer->read(packet);) {
      decoder->send(packet);
      for (Picture& picture : pictures_of(*decoder)) held.push_back(std::move(picture));
    }
    decoder->send_end();
    for (Picture& picture : pictures_of(*decoder)) held.push_back(std::move(picture));
    gpu->trim();
  }
  REQUIRE(held.size() == cpu.shown.size());
  for (size_t i = 0; i < held.size(); ++i) CHECK(bytes_of(held[i]) == cpu.shown[i].bytes);
  held.clear();
  check_nothing_left();
  cufsim_reset();
}

TEST_CASE("The caller's stream finds pictures complete, and may read until they are let go") {
  const Setting setting("stream_delay_us", "300");
  const Decoded cpu = decode_on_cpu(ipp());
  {
    const auto gpu = open_gpu();
    const auto context = cuda::Context::primary(cuda::require_driver(), 0);
    const cuda::Stream stream(context);
    const auto demuxer = clips::open(ipp(), true);
    DecoderOptions options = options_for(*demuxer);
    options.cuda_stream = reinterpret_cast<uint64_t>(stream.handle());
    const auto decoder = gpu->create_decoder(options);
    const size_t size = cpu.shown[0].bytes.size();
    void* host = nullptr;
    {
      const cuda::ContextScope scope(*context);
      cuda::check(context->cuda().cuMemHostAlloc(&host, size * cpu.shown.size(), 1), "host");
    }
    size_t count = 0;
    const auto read_all = [&] {
      for (Picture picture; decoder->receive(picture); picture = {}) {
        // No order is asked for, and the picture is let go at once.
        const cuda::ContextScope scope(*context);
        cuda::check(context->cuda().cuMemcpyDtoHAsync(static_cast<char*>(host) + size * count++,
                                                      reinterpret_cast<CUdeviceptr>(picture.block),
                                                      size, stream.handle()),
                    "read");
      }
    };
    for (Packet packet; demuxer->read(packet);) {
      decoder->send(packet);
      read_all();
    }
    decoder->send_end();
    read_all();
    CHECK(host_waits() == 0);
    stream.synchronize();
    REQUIRE(count == cpu.shown.size());
    for (size_t i = 0; i < count; ++i) {
      CHECK(std::string(static_cast<char*>(host) + size * i, size) == cpu.shown[i].bytes);
    }
    const cuda::ContextScope scope(*context);
    context->cuda().cuMemFreeHost(host);
  }
  check_nothing_left();
  cufsim_reset();
}

TEST_CASE("Pictures come in host memory when they are asked for there") {
  const Setting setting("stream_delay_us", "300");
  const Decoded cpu = decode_on_cpu(b_frames());
  const Decoded out =
      decode(*open_gpu(), b_frames(),
             {.change = [](DecoderOptions& options) { options.uses_host_memory = true; }});
  CHECK(differing(out, cpu) == 0);
  CHECK(!out.shown[0].was_on_gpu);
  check_nothing_left();
  cufsim_reset();
}

TEST_CASE("With low and zero latency a picture comes with its own packet") {
  for (const Latency latency : {Latency::low, Latency::zero, Latency::native}) {
    cufsim_reset();
    const Decoded cpu = decode_on_cpu(ipp());
    {
      const auto gpu = open_gpu();
      const auto demuxer = clips::open(ipp(), true);
      DecoderOptions options = options_for(*demuxer);
      options.latency = latency;
      const auto decoder = gpu->create_decoder(options);
      Decoded out;
      size_t sent = 0;
      size_t at_once = 0;
      for (Packet packet; demuxer->read(packet);) {
        send(*decoder, packet, out);
        at_once += out.shown.size() == ++sent;
      }
      end(*decoder, out);
      CHECK(times(out) == times(cpu));
      CHECK(differing(out, cpu) == 0);
      CHECK(at_once == (latency == Latency::native ? 0 : sent));
    }
    check_nothing_left();
  }
}

TEST_CASE("Zero latency gives pictures in the order of decoding") {
  cufsim_reset();
  const Decoded cpu = decode_on_cpu(b_frames());
  std::vector<int64_t> sent;
  const Decoded out =
      decode(*open_gpu(), b_frames(),
             {.change = [](DecoderOptions& options) { options.latency = Latency::zero; },
              .adjust = [&](Packet& packet) { sent.push_back(packet.pts); }});
  CHECK(times(out) == sent);
  for (const Shown& shown : out.shown) {
    const auto same = std::find_if(cpu.shown.begin(), cpu.shown.end(), [&](const Shown& other) {
      return other.picture.pts == shown.picture.pts;
    });
    REQUIRE(same != cpu.shown.end());
    CHECK(same->bytes == shown.bytes);
  }
  check_nothing_left();
}

TEST_CASE("NVDEC's scaler gives the size that is asked for") {
  cufsim_reset();
  const Decoded out = decode(*open_gpu(), b_frames(), {.change = [](DecoderOptions& options) {
    options.output_width = 176;
    options.output_height = 128;
  }});
  REQUIRE(out.shown.size() == 24);
  for (const Shown& shown : out.shown) {
    CHECK(shown.picture.width == 176);
    CHECK(shown.picture.height == 128);
    CHECK(shown.bytes.size() == 176 * 128 * 3 / 2);
  }
  CHECK(times(out) == times(decode_on_cpu(b_frames())));
  check_nothing_left();
}

TEST_CASE("Decoders work beside each other on several threads") {
  cufsim_reset();
  const Decoded cpu = decode_on_cpu(b_frames());
  const Decoded cpu_large = decode_on_cpu(large());
  {
    const auto gpu = open_gpu();
    std::vector<Decoded> results(6);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back([&, i] { results[i] = decode(*gpu, i % 2 ? b_frames() : large()); });
    }
    for (std::thread& thread : threads) thread.join();
    for (size_t i = 0; i < results.size(); ++i) {
      CHECK(differing(results[i], i % 2 ? cpu : cpu_large) == 0);
    }
  }
  check_nothing_left();
}

TEST_CASE("Pictures count in the budget of their decoder until they are let go") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const auto device = MemoryBudget::of_device(UINT64_MAX);
    const auto demuxer = clips::open(ipp(), true);
    DecoderOptions options = options_for(*demuxer);
    // 352 x 256 in NV12
    options.budget = MemoryBudget::of_decoder(3 * 352 * 256 * 3 / 2, device);
    const auto decoder = gpu->create_decoder(options);
    std::vector<Picture> held;
    size_t errors = 0;
    for (Packet packet; demuxer->read(packet);) {
      try {
        decoder->send(packet);
        for (Picture& picture : pictures_of(*decoder)) held.push_back(std::move(picture));
      } catch (const Error& error) {
        CHECK(error.status == Status::out_of_memory);
        ++errors;
      }
    }
    CHECK(held.size() == 3);
    CHECK(errors > 10);
    CHECK(options.budget->used() == 3 * 352 * 256 * 3 / 2);
    held.clear();
    CHECK(options.budget->used() == 0);
    CHECK(device->used() == 0);
  }
  check_nothing_left();
}

TEST_CASE("SEI messages come with the pictures of their packets") {
  cufsim_reset();
  // x264 puts its settings in front of the first picture.
  const Decoded out = decode(*open_gpu(), b_frames(),
                             {.change = [](DecoderOptions& options) { options.wants_sei = true; }});
  REQUIRE(out.shown.size() == 24);
  for (size_t i = 0; i < out.shown.size(); ++i) {
    const auto& sei = out.shown[i].picture.sei;
    CHECK((sei != nullptr) == (i == 0));
    if (sei) CHECK(sei->list.size() == 1);
  }
  check_nothing_left();
}
