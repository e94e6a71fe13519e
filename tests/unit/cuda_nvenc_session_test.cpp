#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/encode_session.h"
#include "cuda_nvenc.h"
#include "session_bench.h"

// NVENC as a script's encoder sees it.
using namespace cuf;
using namespace nvenc;
using streams::has;

namespace {

struct Bench : SessionBench {
  explicit Bench(std::shared_ptr<GpuPort> port, bool falls_back = false)
      : SessionBench(libav::backend(),
                     {.port = std::move(port), .ordinal = 0, .falls_back = falls_back}) {}
  ~Bench() { close(); }

  Completion open(const streams::Settings& settings = {}) {
    EncodeSession::Options options;
    options.width = 192;
    options.height = 128;
    streams::apply(options.settings, settings);
    EncodeSession::open(std::make_shared<EncodeSession>(device, options), ticket());
    const Completion outcome = wait();
    if (outcome.status == Status::ok) {
      handle = static_cast<uint32_t>(outcome.value);
      session = object_of<EncodeSession>(handle);
    }
    return outcome;
  }
  void close() {
    session = nullptr;
    if (handle != 0) Registry::instance().close(std::exchange(handle, 0));
  }
  void take(std::vector<EncodeSession::Chunk>& chunks) {
    REQUIRE(wait().status == Status::ok);
    for (auto& chunk : session->take(last_ticket)) chunks.push_back(std::move(chunk));
  }

  std::shared_ptr<EncodeSession> session;
  uint32_t handle = 0;
};

}  // namespace

TEST_CASE("A session encodes frames of the GPU's memory without a copy by the host") {
  const Gpu gpu;
  const streams::Made wanted = made(VideoCodec::h264);
  std::vector<std::unique_ptr<DevicePicture>> frames;
  for (uint64_t i = 0; i < 20; ++i) {
    frames.push_back(std::make_unique<DevicePicture>(*gpu.port, picture_of(wanted, i)));
  }
  Bench bench(gpu.port);
  REQUIRE(bench.open({{P::b_frames, {2}}}).status == Status::ok);
  std::vector<EncodeSession::Chunk> chunks;
  for (const auto& frame : frames) {
    bench.session->encode(std::make_shared<const Picture>(frame->picture()), {}, bench.ticket());
    bench.take(chunks);
  }
  bench.session->flush(bench.ticket());
  bench.take(chunks);
  const EncodeSession::State state = bench.session->state();
  CHECK(state.backend == Backend::cuda);
  CHECK(state.implementation == "nvenc");
  CHECK(state.host_copies == 0);
  CHECK(state.frames_encoded == 20);
  REQUIRE(chunks.size() == 20);
  Pictures pictures;
  for (size_t i = 0; i < chunks.size(); ++i) {
    CHECK(chunks[i].dts <= chunks[i].time.pts);
    if (i > 0) CHECK(chunks[i].dts > chunks[i - 1].dts);
    pictures.push_back(chunks[i].picture);
  }
  CHECK(streams::psnr(streams::decode(VideoCodec::h264, pictures).frames) > 35);
}

TEST_CASE("Without NVENC a session that may falls back to the CPU, and says why") {
  cufsim_reset();  // an H100
  {
    Bench strict(open_gpu());
    CHECK(strict.open().status == Status::unsupported);
    Bench automatic(open_gpu(), true);
    REQUIRE(automatic.open().status == Status::ok);
    CHECK(automatic.session->state().backend == Backend::cpu);
    CHECK(has(automatic.session->state().fallback_reason, "GPU 0 has no NVENC"));
  }
  // GPUs of another model come only when no context of these is left.
  check_nothing_left();
}

TEST_CASE("All sessions in use is no reason to fall back, nor to be called unsupported") {
  const Setting limit("encode_sessions", "1");
  const Gpu gpu;
  Bench first(gpu.port, true);
  Bench second(gpu.port, true);
  REQUIRE(first.open().status == Status::ok);
  CHECK(second.open().status == Status::out_of_memory);
}

TEST_CASE("A session whose rate control changes is made anew where NVENC cannot") {
  const Gpu gpu;
  Bench bench(gpu.port);
  REQUIRE(bench.open({{P::bitrate, {2000000}}}).status == Status::ok);
  EncoderSettings changes;
  changes.set(P::bitrate, std::array<int64_t, 1>{500000});
  bench.session->reconfigure(changes, 0, 0, bench.ticket());
  CHECK(bench.wait().extra == -1);
  changes.set(P::rc, std::array<int64_t, 1>{1});
  bench.session->reconfigure(changes, 0, 0, bench.ticket());
  CHECK(bench.wait().extra == 0);
  CHECK(bench.session->state().reconfigures == 1);
  CHECK(bench.session->state().reopens == 1);
}
