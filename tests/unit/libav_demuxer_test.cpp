#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "libav_clips.h"

using namespace cuf;
using clips::contains;
using clips::error_of;

namespace {

const char* const kBFrames = "-c:v libx264 -bf 3 -g 10 -b_strategy 0";

class BytesSource : public ByteSource {
 public:
  BytesSource(std::string bytes, bool is_seekable, size_t fails_at = SIZE_MAX)
      : bytes_(std::move(bytes)), is_seekable_(is_seekable), fails_at_(fails_at) {}
  size_t read(uint8_t* out, size_t capacity) override {
    if (position_ >= fails_at_) throw Error(Status::io, "The reader broke");
    const size_t count = std::min({capacity, bytes_.size() - position_, size_t{4096}});
    std::memcpy(out, bytes_.data() + position_, count);
    position_ += count;
    return count;
  }
  bool is_seekable() const override { return is_seekable_; }
  int64_t size() const override { return is_seekable_ ? static_cast<int64_t>(bytes_.size()) : -1; }
  void seek(int64_t position) override { position_ = static_cast<size_t>(position); }

 private:
  std::string bytes_;
  bool is_seekable_;
  size_t fails_at_;
  size_t position_ = 0;
};

std::unique_ptr<Demuxer> open_source(std::shared_ptr<ByteSource> source) {
  return libav::backend().open_demuxer({.path = "", .source = std::move(source)});
}

Error open_error(const std::string& path, int stream_index = -1) {
  return error_of([&] { clips::open(path, false, stream_index); });
}

}  // namespace

TEST_CASE("a stream is described") {
  const std::string path =
      clips::make("described.mp4",
                  "-f lavfi -i sine=d=0.96 -c:v libx264 -bf 2 -profile:v high -level 3.1 "
                  "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:a aac "
                  "-metadata:s:a language=fra");
  const auto demuxer = clips::open(path);
  const VideoDescription& video = demuxer->video();
  CHECK(video.codec == "h264");
  CHECK(video.codec_string == "avc1.64001f");
  CHECK(video.profile_name == "High");
  CHECK(video.level == 31);
  CHECK(contains(video.container, "mp4"));
  CHECK(video.width == 352);
  CHECK(video.coded_height == 256);
  CHECK(video.frame_rate.num == 25 * video.frame_rate.den);
  CHECK(video.duration_us == 960000);
  CHECK(video.num_frames == 24);
  CHECK(video.chroma == ChromaFormat::c420);
  CHECK(video.bit_depth == 8);
  CHECK(video.color.matrix == 1);
  CHECK(!video.color.full_range);
  CHECK(video.is_seekable);
  REQUIRE(demuxer->streams().size() == 2);
  CHECK(demuxer->streams()[1].kind == StreamKind::audio);
  CHECK(demuxer->streams()[1].codec == "aac");
  CHECK(demuxer->streams()[1].channels == 1);
  CHECK(demuxer->streams()[1].language == "fra");
  CHECK(demuxer->bytes_read() > 0);
}

TEST_CASE("codec strings are those of WebCodecs") {
  const auto text = [](const char* name, const char* arguments) {
    return clips::open(clips::make(name, arguments))->video().codec_string;
  };
  CHECK(text("annexb.ts", "-c:v libx264 -profile:v baseline -level 3.0") == "avc1.42c01e");
  CHECK(text("hevc10.mp4", "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=0")
            .starts_with("hev1.2.4.L"));
  CHECK(text("hevc_raw.h265", "-c:v libx265 -x265-params log-level=0").starts_with("hev1.1.6.L"));
  CHECK(text("av1.mkv", "-c:v libsvtav1 -preset 12").starts_with("av01.0."));
  CHECK(text("vp9.ivf", "-c:v libvpx-vp9 -deadline realtime -pix_fmt yuv444p")
            .starts_with("vp09.01."));
  CHECK(text("vp8.webm", "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16") == "vp8");
  CHECK(text("mjpeg.avi", "-c:v mjpeg") == "mjpeg");
}

TEST_CASE("rotation is clockwise, as the ffmpeg command turns") {
  const std::string flat = clips::make("b_frames.mp4", kBFrames);
  const std::string path = clips::folder().file("turned.mp4");
  clips::run("ffmpeg -v error -nostdin -y -i '" + flat + "' -c copy -metadata:s:v rotate=270 '" +
             path + "'");
  const int32_t rotation = clips::open(path)->video().rotation;
  const std::string turned = clips::folder().file("turned.raw");
  const std::string by_hand = clips::folder().file("by_hand.raw");
  clips::run("ffmpeg -v error -nostdin -y -i '" + path + "' -f rawvideo '" + turned + "'");
  clips::run("ffmpeg -v error -nostdin -y -i '" + flat + "' -vf transpose=" +
             (rotation == 90 ? "clock" : "cclock") + " -f rawvideo '" + by_hand + "'");
  CHECK((rotation == 90 || rotation == 270));
  CHECK(clips::read(turned) == clips::read(by_hand));
  CHECK(clips::decode(path, {}).pictures[0].rotation == rotation);
}

TEST_CASE("paths are taken literally") {
  const std::string bytes = clips::read(clips::make("b_frames.mp4", kBFrames));
  for (const char* name : {"http:x.mp4", "img%03d.mp4", "a*?b.mp4", "no_extension"}) {
    CHECK(clips::open(clips::write(name, bytes))->video().codec == "h264");
  }
  const std::string image = clips::read(clips::make("one.jpg", "-frames:v 1"));
  CHECK(clips::packets(*clips::open(clips::write("image%d.jpg", image))).size() == 1);
}

TEST_CASE("what names other inputs is refused and opens nothing") {
  // The pipe would let its reader wait for ever, and its writer see who opens it.
  const std::string trap = clips::folder().file("trap");
  REQUIRE(::mkfifo(trap.c_str(), 0600) == 0);
  const std::string playlist =
      "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://" + trap + "\n#EXT-X-ENDLIST\n";
  const std::string concat = "ffconcat version 1.0\nfile '" + trap + "'\n";
  const std::string manifest =
      "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
      "profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"><Period><AdaptationSet>"
      "<Representation><BaseURL>" +
      trap + "</BaseURL></Representation></AdaptationSet></Period></MPD>";
  const std::string session =
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n";
  for (const auto& [name, text] : {std::pair{"p.m3u8", playlist},
                                   {"p.mp4", playlist},
                                   {"c.txt", concat},
                                   {"d.mpd", manifest},
                                   {"s.sdp", session}}) {
    INFO(std::string(name));
    const Error error = open_error(clips::write(name, text));
    CHECK(error.status == Status::unsupported);
    CHECK(contains(error.what(), name));
    INFO(std::string(error.what()));
    CHECK(contains(error.what(), "names other inputs"));
  }
  CHECK(::open(trap.c_str(), O_WRONLY | O_NONBLOCK) == -1);  // ENXIO: nobody reads
}

TEST_CASE("what cannot be read is named and explained") {
  const Error missing = open_error("/nowhere/x.mp4");
  CHECK(missing.status == Status::io);
  CHECK(std::string(missing.what()) == "Could not open /nowhere/x.mp4: No such file or directory");
  CHECK(open_error("/tmp").status == Status::io);
  const Error empty = open_error(clips::write("empty.mp4", ""));
  CHECK(empty.status == Status::corrupt_data);
  CHECK(contains(empty.what(), "empty.mp4 is empty"));
  const Error text = open_error(clips::write("text.txt", "Not a film at all\n"));
  CHECK(text.status == Status::unsupported);
  CHECK(contains(text.what(), "text.txt is not in any media format"));
  const std::string whole = clips::read(clips::make("b_frames.mp4", kBFrames));
  const Error cut = open_error(clips::write("cut.mp4", whole.substr(0, 3000)));
  CHECK(cut.status == Status::corrupt_data);
  CHECK(contains(cut.what(), "ends too early"));
}

TEST_CASE("a file without video tells what it has") {
  const std::string sound = clips::folder().file("sound.m4a");
  clips::run("ffmpeg -v error -nostdin -y -f lavfi -i sine=d=0.2 -c:a aac '" + sound + "'");
  const Error none = open_error(sound);
  CHECK(none.status == Status::unsupported);
  CHECK(contains(none.what(), "sound.m4a has no video stream; found 1 audio stream (aac)"));
  CHECK(open_error(sound, 0).status == Status::invalid_argument);
  CHECK(open_error(sound, 9).status == Status::invalid_argument);

  const std::string song = clips::folder().file("song.mp3");
  clips::run("ffmpeg -v error -nostdin -y -f lavfi -i sine=d=0.2 -i '" +
             clips::make("one.jpg", "-frames:v 1") +
             "' -map 0 -map 1 -c:a libmp3lame -c:v copy -disposition:v attached_pic '" + song +
             "'");
  CHECK(contains(open_error(song).what(), "1 cover picture (mjpeg)"));
  const auto cover = clips::open(song, false, 1);
  CHECK(cover->streams()[1].is_attached_picture);
  CHECK(clips::packets(*cover).size() == 1);
}

TEST_CASE("a file that was cut off gives its packets, then an error") {
  const std::string whole = clips::make("index_first.mp4", "-c:v libx264 -movflags +faststart");
  const std::string bytes = clips::read(whole);
  const auto demuxer =
      clips::open(clips::write("cut_off.mp4", bytes.substr(0, bytes.size() * 2 / 3)));
  int count = 0;
  const Error error = error_of([&] {
    for (Packet packet; demuxer->read(packet);) ++count;
  });
  CHECK(count > 5);
  CHECK(error.status == Status::corrupt_data);
  CHECK(contains(error.what(), "cut_off.mp4 ends at byte"));
}

TEST_CASE("sources stream, and their failures arrive") {
  const std::string front =
      clips::read(clips::make("index_first.mp4", "-c:v libx264 -movflags +faststart"));
  CHECK(clips::packets(*open_source(std::make_shared<BytesSource>(front, false))).size() == 24);
  const auto seekable = open_source(
      std::make_shared<BytesSource>(clips::read(clips::make("b_frames.mp4", kBFrames)), true));
  CHECK(seekable->video().is_seekable);
  CHECK(clips::packets(*seekable).size() == 24);

  const auto streamed = open_source(std::make_shared<BytesSource>(front, false));
  CHECK(!streamed->video().is_seekable);
  CHECK(error_of([&] { streamed->seek(0.5); }).status == Status::unsupported);

  // Longer than libav's buffer, which could go back by itself.
  const std::string index_last =
      clips::read(clips::make("index_last.mov", "-c:v mjpeg -q:v 2 -vf scale=480:288"));
  REQUIRE(index_last.size() > 300000);
  const Error behind =
      error_of([&] { open_source(std::make_shared<BytesSource>(index_last, false)); });
  CHECK(behind.status == Status::unsupported);
  CHECK(contains(behind.what(), "seekable source"));

  for (const size_t fails_at : {size_t{0}, size_t{4096}}) {
    const Error broken =
        error_of([&] { open_source(std::make_shared<BytesSource>(front, false, fails_at)); });
    CHECK(broken.status == Status::io);
    CHECK(std::string(broken.what()) == "The reader broke");
  }
  const auto late = open_source(std::make_shared<BytesSource>(
      clips::read(
          clips::make("open_gop.ts", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3")),
      false));
  CHECK(clips::packets(*late).size() == 24);
}

TEST_CASE("waiting for a pipe ends when it is aborted") {
  const std::string path = clips::folder().file("silent");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::atomic<bool> is_aborted = false;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    is_aborted = true;
  });
  DemuxerOptions options;
  options.path = path;
  options.is_aborted = &is_aborted;
  const Error error = error_of([&] { libav::backend().open_demuxer(options); });
  later.join();
  CHECK(error.status == Status::aborted);
}

TEST_CASE("a seek lands on the last key packet at or before the time") {
  const std::pair<const char*, const char*> recipes[] = {
      {"b_frames.mp4", kBFrames},
      {"open_gop.ts", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"},
      {"open_gop.mkv", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"},
      {"gops.mpg", "-c:v mpeg2video -g 6 -bf 2"},
      {"gops.wmv", "-c:v wmv2 -g 6"},
      {"gops.avi", "-c:v mpeg4 -g 6 -bf 2"},
      {"gops.webm", "-c:v libvpx -g 6"},
      {"gops.ivf", "-c:v libvpx -g 6"},
      {"gops.h264", "-c:v libx264 -g 6 -bf 2"},
      {"intra.mjpeg", "-c:v mjpeg"},
  };
  for (const auto& [name, arguments] : recipes) {
    INFO(std::string(name));
    const auto demuxer = clips::open(clips::make(name, arguments));
    const auto all = clips::packets(*demuxer);
    const bool is_untimed = all[1].pts == kNoTimestamp && all[1].dts == kNoTimestamp;
    const auto time_of = [&](size_t index) {
      const Packet& packet = all[index];
      if (is_untimed) return static_cast<int64_t>(index) * packet.duration;
      return packet.pts == kNoTimestamp ? packet.dts : packet.pts;
    };
    const double tick = static_cast<double>(all[0].time_base.num) / all[0].time_base.den;
    for (const double offset : {-3.0, 0.0, 0.25, 0.5, 0.77, 0.9, 99.0, 0.1}) {
      CAPTURE(offset);
      const double seconds = static_cast<double>(time_of(0)) * tick + offset;
      size_t expected = 0;
      for (size_t i = 0; i < all.size(); ++i) {
        if (all[i].is_key && static_cast<double>(time_of(i)) * tick <= seconds + 1e-9) expected = i;
      }
      demuxer->seek(seconds);
      const auto rest = clips::packets(*demuxer);
      REQUIRE(!rest.empty());
      CHECK(rest[0].is_key);
      CHECK(rest.size() == all.size() - expected);
      if (!is_untimed) CHECK(rest[0].pts == all[expected].pts);
    }
    CHECK(error_of([&] { demuxer->seek(0.0 / 0.0); }).status == Status::invalid_argument);
  }
}
