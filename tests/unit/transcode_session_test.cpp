#include "core/transcode_session.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "libav_clips.h"
#include "session_bench.h"

using namespace cuf;

namespace {

struct Transcoder : SessionBench {
  std::string path;
  uint32_t handle = 0;
  std::shared_ptr<TranscodeSession> session;

  Transcoder(const std::string& name, const std::string& arguments)
      : SessionBench(libav::backend()), path(clips::make(name, arguments)) {
    TranscodeOptions options;
    options.path = path;
    options.threads = 2;
    TranscodeSession::open(device, options, false, ticket());
    handle = static_cast<uint32_t>(wait().value);
    session = object_of<TranscodeSession>(handle);
  }
  ~Transcoder() { Registry::instance().close(handle); }

  uint32_t frames() const { return session->plan().stream->index.frame_count(); }
  std::string file(const std::string& name) const {
    return (std::filesystem::path(path).parent_path() / name).string();
  }
  TranscodeSession::Result run(FrameSpan span, const std::string& output,
                               bool is_appended = false) {
    TranscodeSession::Job job{.frames = span};
    job.muxer.path = output;
    job.muxer.overwrites = true;
    job.is_appended = is_appended;
    session->run(job, ticket());
    const auto outcome = wait();
    REQUIRE(outcome.status == Status::ok);
    return session->take(last_ticket).at(0);
  }
};

constexpr const char* kClip = "-c:v libx264 -bf 3 -g 6 -x264-params open-gop=1";

std::vector<int64_t> times(const std::vector<clips::Shown>& shown) {
  std::vector<int64_t> result;
  for (const auto& picture : shown) result.push_back(picture.pts);
  return result;
}

}  // namespace

TEST_CASE("a whole file and its parts are transcoded with the times of the source") {
  Transcoder bench("transcode.mp4", kClip);
  const auto source = clips::reference(bench.path, "");
  const auto whole = bench.run({0, bench.frames()}, bench.file("whole.mp4"));
  CHECK(whole.frames == bench.frames());
  CHECK(whole.lost_frames == 0);
  CHECK(times(clips::reference(bench.file("whole.mp4"), "")) == times(source));
  bench.run({3, 5}, bench.file("part.mp4"));
  const auto part = times(clips::reference(bench.file("part.mp4"), ""));
  REQUIRE(part.size() == 5);
  for (size_t i = 0; i < part.size(); ++i) CHECK(part[i] == source[3 + i].pts - source[3].pts);
}

TEST_CASE("segments that are appended make one file") {
  Transcoder bench("transcode_appended.mp4", kClip);
  const auto source = clips::reference(bench.path, "");
  const std::string out = bench.file("appended.mp4");
  for (uint32_t first = 0; first < bench.frames(); first += 4) {
    bench.run({first, std::min(4u, bench.frames() - first)}, out, true);
  }
  CHECK(!std::filesystem::exists(out));
  bench.session->finish(bench.ticket());
  CHECK(bench.wait().value > 0);
  CHECK(times(clips::reference(out, "")) == times(source));
}
