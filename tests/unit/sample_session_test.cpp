#include "core/sample_session.h"

#include <algorithm>
#include <thread>

#include "core/source.h"
#include "libav_clips.h"
#include "session_bench.h"

using namespace cuf;

namespace {

struct Video : SessionBench {
  std::string path;
  std::vector<clips::Shown> expected;
  std::shared_ptr<SampleSession> session;
  uint32_t handle = 0;

  Video(const std::string& name, const std::string& arguments)
      : SessionBench(libav::backend()),
        path(clips::make(name, arguments)),
        expected(clips::reference(path, "")) {
    open();
  }
  ~Video() { close(); }

  void open() {
    SampleSession::open(
        device,
        {.path = path, .output = {.type = ColorType::raw}, .engines = 2, .cache_size = 8, .buffer_frames = 6},
        ticket());
    handle = static_cast<uint32_t>(wait().value);
    session = object_of<SampleSession>(handle);
  }
  void close() { Registry::instance().close(handle); }

  void check_taken(const std::vector<uint32_t>& frames) {
    const auto pictures = session->take(last_ticket);
    REQUIRE(pictures.size() == frames.size());
    for (size_t i = 0; i < frames.size(); ++i) {
      CHECK(pictures[i]->index == frames[i]);
      CHECK(clips::Shown{pictures[i]->pts, clips::md5(*pictures[i])} == expected[frames[i]]);
    }
  }
  void check_read(const std::vector<uint32_t>& frames) {
    session->read(frames, ticket());
    CHECK(wait().value == static_cast<int64_t>(frames.size()));
    check_taken(frames);
  }
};

constexpr const char* kGops = "-c:v libx264 -bf 3 -g 6 -x264-params b-pyramid=normal";
constexpr const char* kOpenGops = "-c:v libx264 -bf 3 -g 6 -x264-params open-gop=1";

}  // namespace

TEST_CASE("frames by index are ffmpeg's, whichever decoders give them") {
  for (const char* arguments : {kGops, kOpenGops}) {
    Video video(arguments == kGops ? "gops.mp4" : "open_gops.mp4", arguments);
    REQUIRE(video.expected.size() == 24);
    video.check_read({23, 0, 11, 11, 7});
    video.check_read({5});
    for (uint32_t frame = 6; frame < 24; ++frame) video.check_read({frame});
    video.check_read({});
  }
}

TEST_CASE("a stream gives every frame once, in order, for requests of any size") {
  Video video("gops.mp4", kGops);
  for (const uint32_t size : {1u, 4u, 24u}) {
    video.session->start({.first = 0, .count = 24, .step = 1});
    for (uint32_t next = 0; next < 24; next += size) {
      video.session->next(size, video.ticket());
      CHECK(video.wait().value == size);
      std::vector<uint32_t> frames;
      for (uint32_t i = 0; i < size; ++i) frames.push_back(next + i);
      video.check_taken(frames);
    }
  }
  CHECK(video.session->frames_ahead() <= 24);
}

TEST_CASE("a session is closed at any moment, and the next one uses its decoders") {
  Video video("gops.mp4", kGops);
  for (int round = 0; round < 40; ++round) {
    video.session->start({.first = 0, .count = 24, .step = 1});
    video.session->read({1, 22, 9}, video.ticket());
    std::this_thread::sleep_for(std::chrono::microseconds(200 * round));
    video.close();
    const Completion done = video.wait();
    CHECK((done.status == Status::ok || done.status == Status::aborted));
    video.open();
  }
  video.check_read({3, 21});
  CHECK(video.device->counters.decoders_created.load() <= 8);
}

TEST_CASE("a source without frames left ends with an error, not a hang") {
  Video video("gops.mp4", kGops);
  const std::string bytes = clips::read(video.path);
  std::filesystem::resize_file(video.path, bytes.size() / 2);
  video.session->read({23}, video.ticket());
  CHECK(video.wait().status == Status::corrupt_data);
  clips::write("gops.mp4", bytes);
}
