#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "core/decode_session.h"
#include "core/demux_session.h"
#include "core/picture_convert.h"
#include "cuda_video.h"

// What frames cost that stay on the GPU once everything was made: no allocation, no copy to or from
// the host, no wait of the host for a stream.
using namespace cuf;
using namespace cuda_clips;

namespace {

constexpr uint32_t kWarmUp = 20;
constexpr uint32_t kFrames = 200;

// 264 frames in 44 groups.
std::string long_clip() {
  return clips::make("long.mp4",
                     "-vf scale=64:64,loop=10:24 -c:v libx264 -bf 1 -g 6 -sc_threshold 0");
}

std::map<std::string, uint64_t> dear_calls() {
  std::map<std::string, uint64_t> calls;
  for (const char* name : {"cuMemAlloc",
                           "cuMemAllocPitch",
                           "cuMemAllocAsync",
                           "cuMemAllocFromPoolAsync",
                           "cuMemFree",
                           "cuMemFreeAsync",
                           "cuMemHostAlloc",
                           "cuMemAllocHost",
                           "cuMemFreeHost",
                           "cuMemcpyHtoD",
                           "cuMemcpyHtoDAsync",
                           "cuMemcpyDtoH",
                           "cuMemcpyDtoHAsync",
                           "cuMemcpy2D",
                           "cuMemcpy3D",
                           "cuCtxSynchronize",
                           "cuStreamSynchronize",
                           "cuEventSynchronize",
                           "cuStreamCreate",
                           "cuModuleLoadDataEx",
                           "cuvidCreateDecoder",
                           "cuvidDestroyDecoder",
                           "cuvidReconfigureDecoder"}) {
    calls[name] = cufsim_calls(name);
  }
  return calls;
}

// Counts from the end of the warm-up to the last frame.
class SteadyState {
 public:
  explicit SteadyState(cuf::Device& device) : device_(device) {}

  // A frame that is used and let go.
  void use(const Picture& picture) {
    REQUIRE(picture.device != nullptr);
    const Picture tensor = convert_to_tensor(picture, options(), *device_.memory);
    CHECK(tensor.device != nullptr);
    ++frames_;
  }
  // When no frame of a batch is held any more: what was held is there for decoders ahead to take.
  void let_go() {
    if (first_ != 0 || frames_ < kWarmUp) return;
    calls_ = dear_calls();
    copies_ = cufsim_calls("cuMemcpy2DAsync");
    first_ = frames_;
  }
  bool is_over() const { return first_ != 0 && frames_ - first_ >= kFrames; }
  void check_calls() const {
    CHECK(frames_ - first_ >= kFrames);
    for (const auto& [name, count] : dear_calls()) {
      CAPTURE(name);
      CHECK(count == calls_.at(name));
    }
  }
  // Two planes of each frame, from its surface to its memory.
  void check_copies() const {
    CHECK(cufsim_calls("cuMemcpy2DAsync") - copies_ == uint64_t{2} * kFrames);
  }

 private:
  static TensorOptions options() {
    TensorOptions options;
    options.dtype = Dtype::float32;
    options.layout = Layout::chw;
    options.width = 32;
    options.height = 48;
    return options;
  }

  cuf::Device& device_;
  std::map<std::string, uint64_t> calls_;
  uint64_t copies_ = 0;
  uint32_t frames_ = 0;
  uint32_t first_ = 0;
};

}  // namespace

TEST_CASE("A decoder's frames cost no allocation, host copy or wait in the steady state") {
  cufsim_reset();
  {
    SessionBench bench(libav::backend(), one_gpu());
    DemuxSession::open(bench.device, {.path = long_clip()}, bench.ticket());
    const auto demuxer = object_of<DemuxSession>(static_cast<uint32_t>(bench.wait().value));
    DecodeSession::Options options;
    options.decoder.codec = demuxer->video().codec;
    DecodeSession::open(bench.device, options, bench.ticket());
    const auto decoder = object_of<DecodeSession>(static_cast<uint32_t>(bench.wait().value));
    SteadyState steady(*bench.device);
    while (!steady.is_over()) {
      decoder->read(demuxer, 1, SIZE_MAX, bench.ticket());
      REQUIRE(bench.wait().value == 1);
      for (const auto& picture : decoder->take(bench.last_ticket)) steady.use(*picture);
      steady.let_go();
    }
    steady.check_calls();
    steady.check_copies();
  }
  check_nothing_left();
}

TEST_CASE("A sampler's stream costs no allocation, host copy or wait in the steady state") {
  cufsim_reset();
  {
    GpuVideo video;
    SampleSession::Options options = video.options(long_clip());
    options.engines = 2;
    options.buffer_frames = 8;
    video.open(options);
    SteadyState steady(*video.device);
    video.session->start({.first = 0, .count = video.session->stream().index.frame_count()});
    // At first more at once than ever after: than are buffered, decoded ahead in groups and held.
    for (uint32_t count = 2 * kWarmUp; !steady.is_over(); count = 4) {
      video.session->next(count, video.ticket());
      REQUIRE(video.wait().value == count);
      for (const auto& picture : video.session->take(video.last_ticket)) steady.use(*picture);
      steady.let_go();
    }
    steady.check_calls();
  }
  check_nothing_left();
}

TEST_CASE("A sampler's batches cost no allocation, host copy or wait in the steady state") {
  cufsim_reset();
  {
    GpuVideo video;
    video.open(video.options(long_clip()));
    SteadyState steady(*video.device);
    uint32_t frame = 0;
    for (uint32_t count = kWarmUp; !steady.is_over(); count = 6) {
      std::vector<uint32_t> batch;
      while (batch.size() < count) batch.push_back(frame = (frame + 101) % 264);
      video.session->read(batch, video.ticket());
      REQUIRE(video.wait().status == Status::ok);
      for (const auto& picture : video.session->take(video.last_ticket)) steady.use(*picture);
      steady.let_go();
    }
    steady.check_calls();
  }
  check_nothing_left();
}
