#include "core/transcode_decoder.h"

#include <doctest/doctest.h>

#include <random>

#include "core/sample_session.h"
#include "core/sei.h"
#include "libav_clips.h"
#include "session_bench.h"

using namespace cuf;

namespace {

struct Given {
  int64_t frame;
  int64_t pts;
  int64_t duration;
  std::string md5;
  bool operator==(const Given&) const = default;
};

// What became of a span.
struct Outcome {
  std::vector<Given> frames;
  std::vector<uint32_t> messages;  // types of those in force at the first frame
  uint32_t lost = 0;
  Status status = Status::ok;
  bool operator==(const Outcome&) const = default;
};

// 100 frames of a moving picture, large enough for several threads.
std::string make_long(const std::string& name, const std::string& arguments) {
  const std::string path = clips::folder().file(name);
  clips::run("ffmpeg -v error -nostdin -y -f lavfi -i testsrc2=s=352x256:r=25:d=4 " + arguments +
             " '" + path + "' 2>/dev/null");
  return path;
}

struct Video : SessionBench {
  std::shared_ptr<SampledStream> stream;
  std::unique_ptr<TranscodeDecoder> kept;

  explicit Video(const std::string& path, OnError on_error = OnError::raise)
      : SessionBench(libav::backend()) {
    SampleSession::Options options;
    options.path = path;
    options.on_error = on_error;
    options.decoding.wants_sei = true;
    stream = SampleSession::open_stream(device, options, ticket());
    kept = std::make_unique<TranscodeDecoder>(stream, 2);
  }

  uint32_t frames() const { return stream->index.frame_count(); }
  uint64_t packets() const { return stream->counters.packets_decoded; }

  static Outcome decode(TranscodeDecoder& decoder, FrameSpan span,
                        uint32_t most_frames = UINT32_MAX) {
    Outcome outcome;
    const std::atomic<bool> stop = false;
    try {
      outcome.lost = decoder.decode(span, stop, [&](const Picture& picture) {
        if (outcome.frames.empty() && picture.sei) {
          for (const SeiMessage& message : picture.sei->list) {
            outcome.messages.push_back(message.type);
          }
        }
        outcome.frames.push_back(
            {picture.index, picture.pts, picture.duration, clips::md5(picture)});
        return outcome.frames.size() < most_frames;
      });
    } catch (const Error& error) {
      outcome.status = error.status;
    }
    return outcome;
  }
  // As a decoder gives it that has done nothing yet.
  Outcome anew(FrameSpan span) const {
    TranscodeDecoder decoder(stream, 2);
    return decode(decoder, span);
  }
  void check(FrameSpan span) const {
    CAPTURE(span.first);
    CAPTURE(span.count);
    CHECK(decode(*kept, span) == anew(span));
  }
  // Packets that the decoder that is kept decodes for the span, and those that one would that has
  // done nothing yet.
  uint64_t cost(FrameSpan span) const {
    const uint64_t before = packets();
    decode(*kept, span);
    return packets() - before;
  }
  uint64_t cost_anew(FrameSpan span) const {
    const uint64_t before = packets();
    anew(span);
    return packets() - before;
  }
};

constexpr const char* kPyramid =
    "-c:v libx264 -bf 3 -g 60 -sc_threshold 0 -x264-params "
    "b-pyramid=normal";

// Spans that follow one another, with gaps, overlaps and jumps between them.
std::vector<FrameSpan> walk(uint32_t frames, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<FrameSpan> spans;
  uint32_t at = 0;
  for (int i = 0; i < 40; ++i) {
    const uint32_t what = random() % 8;
    if (what == 0) at = random() % frames;
    if (what == 1) at += random() % 6;
    if (what == 2) at -= std::min<uint32_t>(at, random() % 6);
    if (at >= frames) at = 0;
    const uint32_t count = 1 + random() % 9;
    spans.push_back({at, std::min(count, frames - at)});
    at = spans.back().end();
  }
  return spans;
}

}  // namespace

TEST_CASE("Spans are the same, whichever the decoder gave before") {
  const char* kClips[][2] = {
      {"walk.mp4", kPyramid},
      {"walk_open.mp4", "-c:v libx264 -bf 3 -g 40 -sc_threshold 0 -x264-params open-gop=1"},
      {"walk.ts", "-c:v libx264 -bf 2 -g 30 -sc_threshold 0"},
      {"walk_h.mp4", "-c:v libx265 -x265-params log-level=0:keyint=50:bframes=4"},
      {"walk.mkv", "-c:v libvpx-vp9 -g 50 -cpu-used 8 -deadline realtime"},
      {"walk.mpg", "-c:v mpeg2video -bf 2 -g 30 -sc_threshold 1000000000"},
      {"walk_mbaff.ts", "-c:v libx264 -bf 2 -g 40 -sc_threshold 0 -x264-params tff=1"},
      {"walk_cut.mp4", "-ss 0.3 -c:v libx264 -bf 3 -g 60"},
  };
  for (const auto& [name, arguments] : kClips) {
    CAPTURE(name);
    const Video video(make_long(name, arguments));
    for (const FrameSpan span : walk(video.frames(), 1)) video.check(span);
  }
}

TEST_CASE("Spans that follow one another decode each packet about once") {
  const Video video(make_long("once.mp4", kPyramid));
  for (uint32_t first = 0; first < video.frames(); first += 5) {
    CHECK(Video::decode(*video.kept, {first, 5}).frames.size() == 5);
  }
  // Near a key frame they begin there.
  CHECK(video.packets() <= video.frames() + 40);
  // One frame of several that were given too early is no reason to begin anew.
  Video::decode(*video.kept, {20, 5});
  for (uint32_t frame = 25; frame < 40; ++frame) CHECK(video.cost({frame, 1}) <= 5);
  // What came at the end of the file is kept, too.
  Video::decode(*video.kept, {80, 10});
  for (uint32_t frame = 90; frame < 100; ++frame) CHECK(video.cost({frame, 1}) <= 5);
}

TEST_CASE("A span that needs another start than where the decoder stands begins at a key frame") {
  const Video video(make_long("once.mp4", kPyramid));
  Video::decode(*video.kept, {30, 10});
  for (const FrameSpan span : {FrameSpan{20, 3}, {70, 3}, {20, 10}, {10, 20}}) {
    CAPTURE(span.first);
    CHECK(video.cost(span) == video.cost_anew(span));
  }
  // Back to a picture that may not have been sent yet.
  for (uint32_t frame = 30; frame < 40; ++frame) {
    CAPTURE(frame);
    Video::decode(*video.kept, {frame, 1});
    CHECK(video.cost({frame - 1, 1}) == video.cost_anew({frame - 1, 1}));
  }
  Video::decode(*video.kept, {20, 10});
  CHECK(video.cost({36, 4}) <= video.cost_anew({36, 4}) / 2);
}

TEST_CASE("A span that was stopped leaves nothing to go on from") {
  const Video video(make_long("once.mp4", kPyramid));
  Video::decode(*video.kept, {0, 40});
  CHECK(Video::decode(*video.kept, {40, 10}, 4).status == Status::aborted);
  CHECK(video.cost({44, 4}) == video.cost_anew({44, 4}));
  video.check({48, 5});
  CHECK(Video::decode(*video.kept, {53, 5}, 1).status == Status::aborted);
  video.check({20, 5});
}

TEST_CASE("Messages are in force up to the next key frame") {
  // x264 tells of itself in front of the first picture.
  const Video video(make_long("once.mp4", kPyramid));
  for (uint32_t first = 0; first < video.frames(); first += 5) {
    CAPTURE(first);
    const bool is_in_force = !Video::decode(*video.kept, {first, 5}).messages.empty();
    CHECK(is_in_force == (first < 60));
  }
  CHECK(!Video::decode(*video.kept, {30, 5}).messages.empty());
}

TEST_CASE("Spans of a damaged video lose the same frames, whichever the decoder gave before") {
  const std::string path = make_long("hurt.mp4", kPyramid);
  std::string bytes = clips::read(path);
  const size_t data = bytes.find("mdat");
  for (size_t part = 2; part < 9; part += 3) {
    const size_t at = data + (bytes.find("moov", data) - data) * part / 10;
    for (size_t i = 0; i < 300; ++i) bytes[at + i] = static_cast<char>(i * 7);
  }
  const std::string hurt = clips::write("hurt_here.mp4", bytes);
  for (const OnError on_error : {OnError::raise, OnError::skip, OnError::conceal}) {
    const Video video(hurt, on_error);
    uint32_t lost = 0;
    uint32_t failed = 0;
    for (const FrameSpan span : walk(video.frames(), 2)) {
      Outcome got = Video::decode(*video.kept, span);
      Outcome wanted = video.anew(span);
      // What is predicted from damage depends on what was in the decoder's memory.
      for (Outcome* outcome : {&got, &wanted}) {
        for (Given& given : outcome->frames) given.md5.clear();
      }
      if (on_error == OnError::raise && got.status != Status::ok) got.frames = wanted.frames;
      CAPTURE(span.first);
      CAPTURE(span.count);
      CHECK(got == wanted);
      lost += wanted.lost;
      failed += wanted.status != Status::ok;
    }
    CHECK((failed > 0) == (on_error == OnError::raise));
    CHECK((lost > 0) == (on_error == OnError::skip));
  }
}

TEST_CASE("A file that ends behind a span does not touch it") {
  const std::string path = make_long("short.ts", kPyramid);
  const Video video(path);
  const std::string bytes = clips::read(path);
  clips::write("short.ts", bytes.substr(0, bytes.size() * 4 / 10));
  uint32_t last = 0;
  for (uint32_t first = 0; first < video.frames(); first += 5, last = first) {
    const Outcome got = Video::decode(*video.kept, {first, 5});
    if (got.status != Status::ok) break;
    CHECK(got == video.anew({first, 5}));
  }
  CHECK(last >= 20);
  CHECK(video.anew({last, 5}).status != Status::ok);
}
