#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "core/source.h"
#include "cuda_video.h"

// Random access on the simulated GPU: how many decoders there are, when they are made, and that
// they work at once.
using namespace cuf;
using namespace cuda_clips;

namespace {

// 24 frames in 8 groups.
std::string many_gops() {
  return clips::make("gops.mp4", "-c:v libx264 -bf 1 -g 3 -sc_threshold 0");
}

bool comes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

bool counts(const char* name, uint64_t count) {
  return comes_true([&] { return cufsim_count(name) == count; });
}

const std::vector<uint32_t> kSpread = {1, 4, 7, 10, 13, 16, 19, 22};

}  // namespace

TEST_CASE("Frames of many groups are decoded by as many engines at once as are wanted") {
  const Setting engines("nvdecs", "4");
  const Decoded expected = decode_on_cpu(many_gops());
  for (const uint32_t wanted : {1u, 2u, 4u}) {
    CAPTURE(wanted);
    {
      GpuVideo video;
      SampleSession::Options options = video.options(many_gops());
      options.engines = wanted;
      video.open(options);
      cufsim_pause();
      video.session->read(kSpread, video.ticket());
      CHECK(counts("engines_busy", wanted));
      cufsim_resume();
      REQUIRE(video.wait().status == Status::ok);
      video.check_taken(kSpread, expected);
      CHECK(video.session->stream().counters.decoders_created == wanted);
    }
    // The driver puts a decoder on the engine that has the fewest.
    check_nothing_left();
  }
}

TEST_CASE("A run of random access costs the driver a parser, and no question or decoder") {
  cufsim_reset();
  const Decoded expected = decode_on_cpu(many_gops());
  constexpr const char* kFunctions[] = {"cuvidGetDecoderCaps", "cuvidCreateDecoder",
                                        "cuvidReconfigureDecoder", "cuvidDestroyDecoder"};
  {
    GpuVideo video;
    SampleSession::Options options = video.options(many_gops());
    options.engines = 1;
    for (int file = 0; file < 2; ++file) {
      video.open(options);
      if (file == 0) video.check_read({0, 10}, expected);
      std::vector<uint64_t> calls;
      for (const char* function : kFunctions) calls.push_back(cufsim_calls(function));
      const uint64_t parsers = cufsim_calls("cuvidCreateVideoParser");
      video.check_read({2, 11, 20}, expected);
      for (size_t i = 0; i < calls.size(); ++i) {
        CHECK_MESSAGE(cufsim_calls(kFunctions[i]) == calls[i], std::string(kFunctions[i]));
      }
      // A file that the decoder is kept for costs none of its own.
      CHECK(cufsim_calls("cuvidCreateVideoParser") == parsers + 3);
      video.close();
    }
  }
  check_nothing_left();
}

TEST_CASE("Decoders that are waited for are there before the first read, and none is made after") {
  for (const char* encoder :
       {"-c:v libx264 -bf 3 -g 6 -refs 5", "-c:v libx265 -x265-params log-level=none:keyint=6",
        "-c:v libvpx-vp9 -g 6 -cpu-used 8 -deadline realtime", "-c:v libvpx -g 6",
        "-c:v libx264 -crf 20 -vf crop=350:250 -g 6"}) {
    CAPTURE(encoder);
    cufsim_reset();
    const std::string path =
        clips::make("warm" + std::to_string(std::hash<std::string>{}(encoder)) + ".mkv", encoder);
    const Decoded expected = decode_on_cpu(path);
    {
      GpuVideo video;
      SampleSession::Options options = video.options(path);
      options.warm_decoders = kEngines;
      options.waits_for_warm_up = true;
      video.open(options);
      CHECK(cufsim_count("decoders_created") == kEngines);
      CHECK(video.session->stream().counters.decoders_created == 0);
      video.check_read({3, 20, 9, 15}, expected);
      CHECK(cufsim_count("decoders_created") == kEngines);
      const uint64_t used = video.session->stream().counters.decoders_created;
      CHECK(used >= 1);
      CHECK(used <= kEngines);
      video.close();
      // Those that were not used are kept, too.
      options.waits_for_warm_up = false;
      video.open(options);
      video.check_read({1}, expected);
      CHECK(video.session->stream().counters.decoders_reused == 1);
      CHECK(cufsim_count("decoders_created") == kEngines);
    }
    check_nothing_left();
  }
}

TEST_CASE("Decoders are made while the video is indexed") {
  cufsim_reset();
  constexpr uint32_t kEvents = 1000000;
  const std::string path =
      clips::make("pass.mkv", "-vf scale=704:512,noise=alls=90 -c:v libx264 -qp 1 -g 6");
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  {
    GpuVideo video;
    const auto source = make_source(video.device, SourceKind::seekable, bytes.size(), kEvents);
    SampleSession::Options options = video.options("");
    options.source = source;
    options.warm_decoders = kEngines;
    SampleSession::open(video.device, options, video.ticket());
    bool was_held = false;
    size_t given = 0;
    for (;;) {
      Completion record[1];
      if (video.queue->poll(record) == 0) {
        video.queue->wait();
        continue;
      }
      if (record[0].ticket == video.last_ticket) break;
      if (record[0].kind != CompletionKind::source_read) continue;
      const auto from = static_cast<size_t>(record[0].value);
      const auto wanted = static_cast<size_t>(record[0].extra);
      const auto size = std::min(wanted, bytes.size() - from);
      // The last part is not given before the decoders are there; its tables are read early.
      if (from + size == bytes.size() && given > bytes.size() / 2) {
        was_held = true;
        CHECK(counts("decoders_created", kEngines));
      }
      given += size;
      source->write(reinterpret_cast<const uint8_t*>(bytes.data()) + from, size);
      if (size < wanted) source->finish();
    }
    CHECK(was_held);
    CHECK(cufsim_count("decoders_created") == kEngines);
    source->close();
  }
  check_nothing_left();
}

TEST_CASE("What could not be prepared is made by the first read") {
  cufsim_reset();
  {
    GpuVideo video;
    SampleSession::Options options = video.options(many_gops());
    options.warm_decoders = 1;
    options.waits_for_warm_up = true;
    cufsim_fail("cuvidCreateVideoParser", 1, 2);
    video.open(options);
    video.check_read({2}, decode_on_cpu(many_gops()));
    CHECK(video.session->stream().counters.decoders_created == 1);
  }
  check_nothing_left();
}

TEST_CASE("On an automatic device a stream after one that the GPU refused is decoded by the GPU") {
  cufsim_reset();
  const std::string tiny = clips::make("tiny.mp4", "-vf scale=32:32 -c:v libx264");
  const std::string usual = clips::make("usual.mp4", "-vf scale=64:64 -c:v libx264");
  {
    GpuVideo video(true);
    for (int round = 0; round < 2; ++round) {
      video.open(video.options(tiny));
      video.session->read({0}, video.ticket());
      REQUIRE(video.wait().status == Status::ok);
      CHECK(video.session->take(video.last_ticket)[0]->device == nullptr);
      CHECK(video.session->stream().decoding.get().backend == Backend::cpu);
      CHECK(clips::contains(video.session->stream().decoding.get().fallback_reason, "32"));
      video.close();
      video.open(video.options(usual));
      video.session->read({0}, video.ticket());
      REQUIRE(video.wait().status == Status::ok);
      CHECK(video.session->take(video.last_ticket)[0]->device != nullptr);
      CHECK(video.session->stream().decoding.get().backend == Backend::cuda);
      video.close();
    }
    CHECK(video.device->counters.decoders_created == 1);
    CHECK(cufsim_count("decoders_created") == 1);
  }
  check_nothing_left();
}
