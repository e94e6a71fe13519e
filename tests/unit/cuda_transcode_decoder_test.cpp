#include <doctest/doctest.h>

#include <vector>

#include "core/transcode_decoder.h"
#include "cuda_video.h"

// Spans of frames that follow one another, decoded by the simulated GPU.
using namespace cuf;
using namespace cuda_clips;

namespace {

struct GpuSpans : SessionBench {
  std::shared_ptr<SampledStream> stream;
  std::unique_ptr<TranscodeDecoder> decoder;

  explicit GpuSpans(const std::string& path) : SessionBench(libav::backend(), one_gpu()) {
    SampleSession::Options options;
    options.path = path;
    stream = SampleSession::open_stream(device, options, ticket());
    decoder = std::make_unique<TranscodeDecoder>(stream, 1);
  }
  uint64_t packets() const { return stream->counters.packets_decoded; }

  // Whether it went well: each of its frames is the CPU's then, and those that came before the
  // failure are, too.
  bool check(FrameSpan span, const Decoded& expected) {
    const std::atomic<bool> stop = false;
    uint32_t next = span.first;
    try {
      decoder->decode(span, stop, [&](const Picture& picture) {
        REQUIRE(picture.device);
        CHECK(picture.index == next);
        cufsim_spare_thread(1);
        const Picture output = convert_output(picture, {}, *device->memory);
        CHECK(bytes_of(output) == expected.shown[next++].bytes);
        cufsim_spare_thread(0);
        return true;
      });
    } catch (const Error&) {
      return false;
    }
    CHECK(next == span.end());
    return true;
  }
};

std::string one_gop() {
  return clips::make("one_gop.mp4", "-c:v libx264 -bf 3 -g 24 -sc_threshold 0");
}

}  // namespace

TEST_CASE("Spans that follow one another go on where the GPU's decoder stands") {
  cufsim_reset();
  const Decoded expected = decode_on_cpu(one_gop());
  REQUIRE(expected.shown.size() == 24);
  {
    GpuSpans spans(one_gop());
    for (uint32_t first = 0; first < 24; first += 4) CHECK(spans.check({first, 4}, expected));
    // The second and third begin near the key frame.
    CHECK(spans.packets() <= 24 + 20);
    for (const FrameSpan span : {FrameSpan{10, 4}, {16, 3}, {2, 9}, {11, 13}, {0, 24}}) {
      CHECK(spans.check(span, expected));
    }
    CHECK(cufsim_count("decoders_created") == 1);
  }
  check_nothing_left();
}

TEST_CASE("Behind a span that failed on the GPU the next one is right") {
  cufsim_reset();
  const Decoded expected = decode_on_cpu(one_gop());
  bool is_pending = false;
  uint32_t failed = 0;
  for (uint64_t nth = 1; !is_pending; ++nth) {
    CAPTURE(nth);
    cufsim_reset();
    {
      GpuSpans spans(one_gop());
      REQUIRE(spans.check({0, 16}, expected));
      cufsim_fail("*", nth, 2);
      failed += !spans.check({16, 3}, expected);
      is_pending = cufsim_fault_pending() != 0;
      if (is_pending) break;
      CHECK(spans.check({19, 3}, expected));
      CHECK(spans.check({22, 2}, expected));
    }
    check_nothing_left();
  }
  cufsim_reset();
  CHECK(failed > 0);
}
