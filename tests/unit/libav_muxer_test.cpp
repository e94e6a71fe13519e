#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <map>

#include "libav_clips.h"

using namespace cuf;
using clips::contains;
using clips::error_of;

namespace {

const char* const kWithAudio =
    "-f lavfi -i sine=d=0.96 -c:v libx264 -bf 3 -g 10 -b_strategy 0 -c:a aac "
    "-metadata:s:a language=fra -metadata title=Night";

std::unique_ptr<Demuxer> open_all(const std::string& path, bool keeps_container = false) {
  return libav::backend().open_demuxer({.path = path,
                                        .source = nullptr,
                                        .keeps_container_bitstream = keeps_container,
                                        .reads_audio = true,
                                        .reads_subtitles = true});
}

// Adds a track for each stream that is read; gives their numbers by those of the streams.
std::map<uint32_t, uint32_t> add_tracks(Muxer& muxer, const Demuxer& demuxer) {
  std::map<uint32_t, uint32_t> tracks;
  for (const StreamDescription& stream : demuxer.streams()) {
    if (stream.is_read) tracks[stream.index] = muxer.add_track(demuxer.track(stream.index));
  }
  return tracks;
}

void remux(const std::string& from, const MuxerOptions& options, bool keeps_container = false) {
  const auto demuxer = open_all(from, keeps_container);
  const auto muxer = libav::backend().open_muxer(options);
  const auto tracks = add_tracks(*muxer, *demuxer);
  for (Packet packet; demuxer->read(packet);) muxer->write(tracks.at(packet.stream_index), packet);
  muxer->finish();
}

std::string fresh(const std::string& name) {
  const std::string path = clips::folder().file(name);
  std::filesystem::remove(path);
  return path;
}

size_t files_beside(const std::string& start) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(clips::folder().file(""))) {
    count += entry.path().filename().string().starts_with("." + start);
  }
  return count;
}

std::vector<std::string> pictures_of(const std::string& path) {
  std::vector<std::string> md5s;
  for (const clips::Shown& frame : clips::reference(path, "")) md5s.push_back(frame.md5);
  return md5s;
}

class BytesSink : public ByteSink {
 public:
  explicit BytesSink(bool is_seekable, size_t fails_at = SIZE_MAX)
      : is_seekable_(is_seekable), fails_at_(fails_at) {}
  void write(const uint8_t* data, size_t length) override {
    if (position_ + length > fails_at_) throw Error(Status::io, "The sink is full");
    bytes.resize(std::max(bytes.size(), position_ + length));
    std::memcpy(bytes.data() + position_, data, length);
    position_ += length;
  }
  bool is_seekable() const override { return is_seekable_; }
  void seek(int64_t position) override { position_ = static_cast<size_t>(position); }
  size_t read_at(int64_t position, uint8_t* out, size_t capacity) override {
    const auto from = static_cast<size_t>(position);
    const size_t count = from < bytes.size() ? std::min(capacity, bytes.size() - from) : 0;
    std::memcpy(out, bytes.data() + from, count);
    return count;
  }

  std::string bytes;

 private:
  bool is_seekable_;
  size_t fails_at_;
  size_t position_ = 0;
};

}  // namespace

TEST_CASE("streams are copied into every container that takes them") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const auto wanted = pictures_of(source);
  REQUIRE(wanted.size() == 24);
  for (const bool keeps_container : {false, true}) {
    for (const char* name : {"out.mp4", "out.mov", "out.mkv", "out.ts", "out.avi"}) {
      CAPTURE(name);
      const std::string path = fresh(name);
      remux(source, {.path = path}, keeps_container);
      CHECK(pictures_of(path) == wanted);
      const auto demuxer = open_all(path);
      REQUIRE(demuxer->streams().size() == 2);
      CHECK(demuxer->streams()[1].codec == "aac");
      if (name != std::string("out.avi")) CHECK(demuxer->streams()[1].language == "fra");
      CHECK(files_beside("out") == 0);
    }
  }
}

TEST_CASE("times of a copy in mp4 are those of its source") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  for (const bool is_fragmented : {false, true}) {
    const std::string path = fresh("times.mp4");
    remux(source, {.path = path, .is_fragmented = is_fragmented, .has_fast_start = !is_fragmented});
    const auto before = open_all(source);
    const auto after = open_all(path);
    std::vector<std::vector<int64_t>> times[2];
    for (const auto& [demuxer, place] : {std::pair{before.get(), 0}, std::pair{after.get(), 1}}) {
      times[place].resize(2);
      for (Packet packet; demuxer->read(packet);) {
        times[place][packet.stream_index].push_back(to_microseconds(packet.pts, packet.time_base));
      }
    }
    CHECK(times[0] == times[1]);
    const std::string bytes = clips::read(path);
    CHECK((bytes.find("moof") != std::string::npos) == is_fragmented);
    CHECK(bytes.find("moov") < bytes.find("mdat"));
  }
}

TEST_CASE("a stream of one track is written as its codec's elementary stream") {
  const std::string source = clips::make("mux_alone.mp4", "-c:v libx264 -bf 2");
  for (const bool keeps_container : {false, true}) {
    const std::string path = fresh("out.h264");
    remux(source, {.path = path}, keeps_container);
    CHECK(pictures_of(path) == pictures_of(source));
  }
}

TEST_CASE("a sink that cannot go back gets a fragmented file") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  for (const char* container : {"mp4", "mkv", "ts"}) {
    const auto sink = std::make_shared<BytesSink>(false);
    remux(source, {.sink = sink, .container = container});
    const std::string path = clips::write(std::string("streamed.") + container, sink->bytes);
    CHECK(pictures_of(path) == pictures_of(source));
  }
  const auto sink = std::make_shared<BytesSink>(false);
  const Error avi =
      error_of([&] { libav::backend().open_muxer({.sink = sink, .container = "avi"}); });
  CHECK(avi.status == Status::unsupported);
  const Error fast = error_of([&] {
    libav::backend().open_muxer({.sink = sink, .container = "mp4", .has_fast_start = true});
  });
  CHECK(fast.status == Status::unsupported);
}

TEST_CASE("a fast start is made of bytes as well") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const auto sink = std::make_shared<BytesSink>(true);
  remux(source, {.sink = sink, .container = "mp4", .has_fast_start = true});
  CHECK(sink->bytes.find("moov") < sink->bytes.find("mdat"));
  CHECK(pictures_of(clips::write("fast.mp4", sink->bytes)) == pictures_of(source));
}

TEST_CASE("a file has its name only when it is finished") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const std::string path = fresh("late.mp4");
  {
    const auto demuxer = open_all(source);
    const auto muxer = libav::backend().open_muxer({.path = path});
    const auto tracks = add_tracks(*muxer, *demuxer);
    Packet packet;
    REQUIRE(demuxer->read(packet));
    muxer->write(tracks.at(packet.stream_index), packet);
    CHECK(files_beside("late.mp4.") == 1);
    CHECK(!std::filesystem::exists(path));
  }
  CHECK(files_beside("late.mp4.") == 0);
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("nothing is overwritten unless that was asked for") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const std::string path = clips::write("there.mp4", "mine");
  const Error early = error_of([&] { libav::backend().open_muxer({.path = path}); });
  CHECK(early.status == Status::io);
  CHECK(contains(early.what(), "overwrite"));
  std::filesystem::remove(path);
  const auto demuxer = open_all(source);
  auto muxer = libav::backend().open_muxer({.path = path});
  const auto tracks = add_tracks(*muxer, *demuxer);
  for (Packet packet; demuxer->read(packet);) muxer->write(tracks.at(packet.stream_index), packet);
  clips::write("there.mp4", "theirs");
  CHECK(error_of([&] { muxer->finish(); }).status == Status::io);
  muxer.reset();
  CHECK(clips::read(path) == "theirs");
  CHECK(files_beside("there.mp4.") == 0);
  remux(source, {.path = path, .overwrites = true});
  CHECK(pictures_of(path).size() == 24);
}

TEST_CASE("what cannot be written is told when it is asked for") {
  const auto open = [](const MuxerOptions& options) {
    return error_of([&] { libav::backend().open_muxer(options); });
  };
  CHECK(open({.path = clips::folder().file("none/out.mp4")}).status == Status::io);
  CHECK(open({.path = clips::folder().file(""), .container = "ts"}).status == Status::io);
  CHECK(contains(open({.path = "/dev/null", .container = "mkv"}).what(), "WritableStream"));
  CHECK(contains(open({.path = "out.xyz"}).what(), "mkv"));
  CHECK(open({.path = "a.mkv", .is_fragmented = true}).status == Status::invalid_argument);
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const auto demuxer = open_all(source);
  const auto webm = libav::backend().open_muxer({.path = fresh("out.webm")});
  const Error codec = error_of([&] { webm->add_track(demuxer->track(0)); });
  CHECK(codec.status == Status::unsupported);
  CHECK(contains(codec.what(), "mp4"));
  CHECK(contains(codec.what(), "vp9"));
}

TEST_CASE("packets that are out of order are refused, and the rest goes on") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const auto demuxer = clips::open(source);
  const std::string path = fresh("order.mp4");
  const auto muxer = libav::backend().open_muxer({.path = path});
  muxer->add_track(demuxer->track(0));
  Packet before;
  for (Packet packet; demuxer->read(packet); before = packet) {
    muxer->write(0, packet);
    if (before.payload.size == 0) continue;
    const Error error = error_of([&] { muxer->write(0, before); });
    CHECK(error.status == Status::invalid_argument);
    CHECK(contains(error.what(), "dts"));
  }
  muxer->finish();
  CHECK(pictures_of(path) == pictures_of(source));
}

TEST_CASE("a sink that fails ends the file") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const auto sink = std::make_shared<BytesSink>(true, 5000);
  const Error error = error_of([&] { remux(source, {.sink = sink, .container = "ts"}); });
  CHECK(error.status == Status::io);
  CHECK(contains(error.what(), "The sink is full"));
}

TEST_CASE("what was encoded is written with the headers of its first packet") {
  const std::string source = clips::make("mux_alone.mp4", "-c:v libx264 -bf 2");
  const auto demuxer = clips::open(source);
  const std::string path = fresh("encoded.mp4");
  const auto muxer = libav::backend().open_muxer({.path = path});
  TrackDescription track;
  track.codec = "h264";
  track.width = 352;
  track.height = 256;
  track.frame_rate = {25, 1};
  track.rotation = 90;
  track.color = Color{.primaries = 9, .transfer = 16, .matrix = 9, .full_range = false};
  track.mastering_display = MasteringDisplay{.x = {0.68, 0.265, 0.15, 0.3127},
                                             .y = {0.32, 0.69, 0.06, 0.329},
                                             .min_luminance = 0.005,
                                             .max_luminance = 1000};
  track.content_light = ContentLight{.max_content = 900, .max_frame_average = 400};
  track.language = "deu";
  muxer->add_track(track);
  for (Packet packet; demuxer->read(packet);) muxer->write(0, packet);
  muxer->finish();
  CHECK(pictures_of(path) == pictures_of(source));
  const auto after = clips::open(path);
  CHECK(after->video().rotation == 90);
  CHECK(after->video().color.primaries == 9);
  CHECK(after->streams()[0].language == "deu");
  const std::string bytes = clips::read(path);
  CHECK(contains(bytes, "mdcv"));
  CHECK(contains(bytes, "clli"));
}

TEST_CASE("packets beside the video are read from where a seek lands") {
  const std::string source = clips::make("mux_source.mp4", kWithAudio);
  const auto demuxer = open_all(source);
  demuxer->seek(0.5);
  int64_t first_audio = -1;
  int64_t first_video = -1;
  for (Packet packet; demuxer->read(packet);) {
    int64_t& first = packet.stream_index == 0 ? first_video : first_audio;
    if (first < 0) first = to_microseconds(packet.pts, packet.time_base);
  }
  CHECK(first_video == 400000);
  CHECK(first_audio <= 400000);
  CHECK(first_audio > 400000 - 80000 - 2 * 23220);  // it is stored in decode order
}

namespace {

// A picture that nobody could decode, but that takes room.
Packet big_packet(int64_t number) {
  constexpr size_t kBytes = 1 << 20;
  auto bytes = std::make_shared<std::vector<uint8_t>>(kBytes + kPacketPadding);
  Packet packet;
  packet.payload = {.owner = bytes, .data = bytes->data(), .size = kBytes};
  packet.pts = packet.dts = number * 40;
  packet.duration = 40;
  packet.time_base = {1, 1000};
  packet.is_key = true;
  return packet;
}

TrackDescription described(const std::string& codec) {
  TrackDescription track;
  track.codec = codec;
  track.width = track.height = 64;
  return track;
}

}  // namespace

TEST_CASE("a track that lags behind is not waited for without bound") {
  const auto demuxer = open_all(clips::make("mux_source.mp4", kWithAudio));
  const auto sink = std::make_shared<BytesSink>(false);
  const auto muxer = libav::backend().open_muxer({.sink = sink, .container = "mkv"});
  muxer->add_track(described("mjpeg"));
  muxer->add_track(demuxer->track(1));
  for (int64_t i = 0; i < 100; ++i) muxer->write(0, big_packet(i));
  CHECK(sink->bytes.size() > (30u << 20));
  muxer->finish();
  CHECK(sink->bytes.size() > (100u << 20));
}

TEST_CASE("a track whose first packet does not come is not waited for without bound") {
  const auto muxer =
      libav::backend().open_muxer({.sink = std::make_shared<BytesSink>(false), .container = "mkv"});
  muxer->add_track(described("mjpeg"));
  muxer->add_track(described("h264"));
  const Error error = error_of([&] {
    for (int64_t i = 0; i < 100; ++i) muxer->write(0, big_packet(i));
  });
  CHECK(error.status == Status::invalid_argument);
  CHECK(contains(error.what(), "64 MiB"));
}

TEST_CASE("times at the ends of their range are refused or written, and break nothing") {
  for (const int64_t time : {INT64_MAX, INT64_MAX - 1, INT64_MIN + 1, int64_t{0}}) {
    for (const int64_t other : {INT64_MAX, INT64_MIN + 1, int64_t{7}}) {
      const auto muxer = libav::backend().open_muxer(
          {.sink = std::make_shared<BytesSink>(true), .container = "mp4"});
      muxer->add_track(described("mjpeg"));
      for (const int64_t pts : {time, other, other}) {
        Packet packet = big_packet(0);
        packet.pts = pts;
        packet.dts = pts;
        packet.duration = time;
        packet.time_base = {INT32_MAX, 1};
        try {
          muxer->write(0, packet);
        } catch (const Error& error) {
          CHECK(error.status != Status::internal);
        }
      }
    }
  }
}
