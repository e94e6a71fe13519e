#include <utility>

#include "libav_clips.h"

using namespace cuf;

namespace {

struct Recipe {
  const char* name;
  const char* arguments;
  const char* filter = "";    // to the format that cuframe converts to
  bool needs_stream = false;  // not decodable by packets and headers alone
};

constexpr const char* kPoint = "scale=flags=neighbor+accurate_rnd,format=";

const Recipe kRecipes[] = {
    {"b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0"},
    {"mbaff.mp4", "-c:v libx264 -flags +ilme+ildct -x264-params interlaced=1"},
    {"open_gop.mkv", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"},
    {"open_gop.ts", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"},
    {"raw.h264", "-c:v libx264 -bf 2"},
    {"crop.mp4", "-vf scale=342:250 -c:v libx264"},
    {"hevc10.mp4", "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=0"},
    {"hevc_raw.h265", "-c:v libx265 -x265-params log-level=0"},
    {"vp8.webm", "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16"},
    {"vp9.webm", "-c:v libvpx-vp9 -deadline realtime -auto-alt-ref 1 -lag-in-frames 16"},
    {"vp9.ivf", "-c:v libvpx-vp9 -deadline realtime -pix_fmt yuv444p"},
    {"av1.mkv", "-c:v libsvtav1 -preset 12"},
    {"mpeg1.mpg", "-c:v mpeg1video -b:v 1M"},
    {"mpeg2.ts", "-c:v mpeg2video -flags +ilme+ildct -bf 2 -b:v 1M"},
    {"mpeg2.mkv", "-c:v mpeg2video -bf 2 -b:v 1M"},
    {"mpeg4.avi", "-c:v mpeg4 -bf 2 -vtag XVID"},
    {"mpeg4.mp4", "-c:v mpeg4 -bf 2"},
    {"mjpeg.avi", "-c:v mjpeg"},
    {"wmv2.wmv", "-c:v wmv2 -b:v 1M"},
    {"prores.mov", "-c:v prores_ks"},
    {"ffv1.mkv", "-c:v ffv1 -pix_fmt gray16le"},
    {"ffv1_rgb.mkv", "-c:v ffv1 -pix_fmt bgr0", "gbrp"},
    {"ffv1_411.mkv", "-c:v ffv1 -pix_fmt yuv411p", "yuv422p"},
    {"ffv1_alpha.mkv", "-c:v ffv1 -pix_fmt yuva444p10le", "yuv444p10le"},
    {"palette.avi", "-c:v rawvideo -pix_fmt pal8", "gbrp", true},
    {"bottom_up.avi", "-c:v rawvideo -pix_fmt bgr24", "gbrp", true},
    {"vfr.mp4", "-vf setpts='(N+gt(N\\,9)*5)/25/TB' -vsync vfr -c:v libx264"},
    {"one.jpg", "-frames:v 1"},
    {"one.png", "-frames:v 1", "gbrp"},
};

std::string damaged_clip() {
  const std::string whole = clips::make("whole.mp4", "-c:v libx264 -bf 2 -g 12 -b:v 2M");
  const auto demuxer = clips::open(whole, true);
  std::string bytes = clips::read(whole);
  const auto packets = clips::packets(*demuxer);
  for (const size_t index : {4u, 9u, 15u}) {
    const auto begin = static_cast<size_t>(packets[index].position);
    const size_t size = packets[index].payload.size;
    for (size_t i = 0; i < 8; ++i) bytes[begin + size / 2 + i * size / 20] ^= 0x55;
  }
  return clips::write("damaged.mp4", bytes);
}

struct Sorted {
  std::vector<clips::Shown> good;
  std::vector<int64_t> damaged_times;  // µs
};

Sorted by_status(const clips::Decoded& decoded) {
  Sorted out;
  for (size_t i = 0; i < decoded.pictures.size(); ++i) {
    const Picture& picture = decoded.pictures[i];
    if (picture.decode_status == DecodeStatus::ok) {
      out.good.push_back(decoded.frames[i]);
    } else {
      out.damaged_times.push_back(to_microseconds(picture.pts, picture.time_base));
    }
  }
  return out;
}

std::vector<int64_t> times_of(const std::vector<clips::Shown>& frames) {
  std::vector<int64_t> out;
  for (const clips::Shown& frame : frames) out.push_back(frame.pts);
  return out;
}

}  // namespace

TEST_CASE("frames are those of the ffmpeg command") {
  for (const Recipe& recipe : kRecipes) {
    INFO(std::string(recipe.name));
    const std::string path = clips::make(recipe.name, recipe.arguments);
    const std::string filter = recipe.filter[0] ? std::string(kPoint) + recipe.filter : "";
    const auto expected = clips::reference(path, filter);
    CHECK(!expected.empty());
    CHECK(clips::decode(path, {.threads = 1}).frames == expected);
    CHECK(clips::decode(path, {.threads = 3}).frames == expected);
    if (recipe.needs_stream) continue;
    CHECK(clips::decode(path, {.is_bare = true}).frames == expected);
    CHECK(clips::decode(path, {.threads = 3, .keeps_container = true, .is_bare = true}).frames ==
          expected);
  }
}

TEST_CASE("frames that an edit list hides do not appear") {
  const std::string whole = clips::make("b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0");
  const std::string path = clips::folder().file("edited.mp4");
  clips::run("ffmpeg -v error -nostdin -y -ss 0.5 -i '" + whole + "' -c copy '" + path + "'");
  const auto demuxer = clips::open(path);
  const auto packets = clips::packets(*demuxer);
  const auto decoded = clips::decode(path, {});
  CHECK(decoded.frames == clips::reference(path, ""));
  CHECK(packets[0].is_discard);
  CHECK(decoded.frames.size() < packets.size());
}

// With frame threads libav predicts the pictures behind damage from what it fills in, and that
// depends on how far the other threads are: of 150 runs of a plain C loop 7 gave other pixels, of
// the ffmpeg command 2. So pixels are compared with one thread, and which pictures come, and which
// are damaged, with any number.
TEST_CASE("every damaged picture is reported, whatever the threads") {
  const std::string path = damaged_clip();
  const auto expected = clips::decode(path, {.threads = 1}).error_times;
  CHECK(expected.size() >= 2);
  for (int round = 0; round < 5; ++round) {
    const uint32_t threads = round == 0 ? 1 : 4;
    const auto raised = clips::decode(path, {.threads = threads});
    CHECK(raised.error_times == expected);
    CHECK(raised.frames.size() == 24 - expected.size());
    for (const OnError on_error : {OnError::skip, OnError::conceal}) {
      const auto marked = clips::decode(path, {.threads = threads, .on_error = on_error});
      CHECK(marked.error_times.empty());
      const Sorted sorted = by_status(marked);
      CHECK(sorted.damaged_times == expected);
      CHECK(times_of(sorted.good) == times_of(raised.frames));
      if (threads == 1) CHECK(sorted.good == raised.frames);
    }
  }
}

TEST_CASE("a packet that is no video is refused with its time, the next is decoded") {
  const auto demuxer = clips::open(clips::make("intra.mp4", "-c:v libx264 -g 1"));
  auto packets = clips::packets(*demuxer);
  const std::vector<uint8_t> junk(200 + kPacketPadding, 0x5a);
  packets[3].payload = {nullptr, junk.data(), 200};
  for (const uint32_t threads : {1u, 4u}) {
    const auto decoder =
        libav::backend().create_decoder({.codec = "h264", .extradata = {}, .threads = threads});
    clips::Decoded out;
    for (Packet packet : packets) {
      packet.backend_stream.reset();
      try {
        decoder->send(packet);
      } catch (const Error& error) {
        out.error_times.push_back(error.timestamp_us);
      }
      clips::receive_all(*decoder, out);
    }
    decoder->send_end();
    clips::receive_all(*decoder, out);
    CHECK(out.frames.size() == 23);
    CHECK(out.error_times == std::vector{to_microseconds(packets[3].pts, packets[3].time_base)});
  }
}

TEST_CASE("a change of size gives the old pictures, then the new") {
  const std::string small = clips::make("small.ts", "-c:v libx264 -bf 2");
  const std::string large = clips::make("large.ts", "-vf scale=480:352 -c:v libx264 -bf 2");
  const std::string path = clips::write("both.ts", clips::read(small) + clips::read(large));
  const auto decoded = clips::decode(path, {.threads = 3});
  REQUIRE(decoded.pictures.size() == 48);
  for (size_t i = 0; i < 48; ++i) CHECK(decoded.pictures[i].width == (i < 24 ? 352 : 480));
}

TEST_CASE("new headers beside a packet come into force, after the pictures before it") {
  // Two codecs of either kind: H.264 takes them in mid-stream, MPEG-4 is opened again.
  for (const char* codec : {"libx264", "mpeg4"}) {
    INFO(std::string(codec));
    std::vector<std::unique_ptr<Demuxer>> parts;
    for (const char* size : {"352:256", "480:352"}) {
      const std::string name = std::string(codec) + "_" + std::to_string(parts.size()) + ".mp4";
      parts.push_back(clips::open(
          clips::make(name, std::string("-vf scale=") + size + " -bf 2 -c:v " + codec), true));
    }
    DecoderOptions options;
    options.codec = parts[0]->video().codec;
    options.extradata = parts[0]->video().extradata;
    const auto decoder = libav::backend().create_decoder(options);
    const auto& headers = parts[1]->video().extradata;
    clips::Decoded out;
    for (const auto& part : parts) {
      bool is_first = part == parts[1];
      for (Packet packet : clips::packets(*part)) {
        packet.backend_stream.reset();
        if (std::exchange(is_first, false))
          packet.extradata = {nullptr, headers.data(), headers.size()};
        decoder->send(packet);
        clips::receive_all(*decoder, out);
      }
    }
    decoder->send_end();
    clips::receive_all(*decoder, out);
    REQUIRE(out.pictures.size() == 48);
    for (size_t i = 0; i < 48; ++i) CHECK(out.pictures[i].width == (i < 24 ? 352 : 480));
  }
}

TEST_CASE("a decoder starts anew after its end and after reset") {
  const std::string path = clips::make("b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0");
  const auto demuxer = clips::open(path);
  const auto decoder =
      libav::backend().create_decoder({.codec = "h264", .extradata = {}, .threads = 2});
  clips::Decoded first;
  clips::decode_rest(*demuxer, *decoder, false, first);
  demuxer->seek(0);
  clips::Decoded second;
  clips::decode_rest(*demuxer, *decoder, false, second);
  CHECK(second.frames == first.frames);

  demuxer->seek(0);
  Packet packet;
  for (int i = 0; i < 7 && demuxer->read(packet); ++i) decoder->send(packet);
  decoder->reset();
  Picture none;
  CHECK(!decoder->receive(none));
  demuxer->seek(0);
  clips::Decoded third;
  clips::decode_rest(*demuxer, *decoder, false, third);
  CHECK(third.frames == first.frames);
}

TEST_CASE("pictures tell their format, and outlive the decoder") {
  clips::Decoded decoded = clips::decode(
      clips::make("mbaff.mp4", "-c:v libx264 -flags +ilme+ildct -x264-params interlaced=1"), {});
  const Picture& first = decoded.pictures[0];
  CHECK(first.format == Format::i420);
  CHECK(first.plane_count == 3);
  CHECK(first.is_key);
  CHECK(first.is_interlaced);
  CHECK(first.picture_type == PictureType::i);
  CHECK(clips::md5(first) == decoded.frames[0].md5);

  const auto cropped = clips::decode(clips::make("crop.mp4", "-vf scale=342:250 -c:v libx264"), {});
  CHECK(cropped.pictures[0].width == 342);
  CHECK(cropped.pictures[0].height == 250);
  CHECK(cropped.pictures[0].coded_width == 352);
  CHECK(cropped.pictures[0].coded_height == 256);

  const auto deep = clips::decode(
      clips::make("hevc10.mp4", "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=0"), {});
  CHECK(deep.pictures[0].format == Format::i420p16);
  CHECK(deep.pictures[0].bit_depth == 10);
  CHECK(deep.pictures[0].dtype == Dtype::uint16);
  CHECK(deep.pictures[0].planes[1].row_bytes == 352);

  const auto full = clips::decode(clips::make("mjpeg.avi", "-c:v mjpeg"), {});
  CHECK(full.pictures[0].color.full_range);
  const auto rgb = clips::decode(clips::make("ffv1_rgb.mkv", "-c:v ffv1 -pix_fmt bgr0"), {});
  CHECK(rgb.pictures[0].format == Format::gbrp);
  CHECK(rgb.pictures[0].color.matrix == 0);
}

TEST_CASE("decoder support tells what is there") {
  auto& backend = libav::backend();
  CHECK(backend.decoder_support("h264", ChromaFormat::c420, 8).is_supported);
  CHECK(backend.decoder_support("hevc", ChromaFormat::c444, 12).implementation == "hevc");
  CHECK(backend.decoder_support("av1", ChromaFormat::unknown, 0).is_supported);
  const auto deep = backend.decoder_support("vp8", ChromaFormat::c420, 10);
  CHECK(!deep.is_supported);
  CHECK(clips::contains(deep.reason, "10 bits"));
  CHECK(!backend.decoder_support("vp8", ChromaFormat::c444, 8).is_supported);
  CHECK(!backend.decoder_support("mp3", ChromaFormat::c420, 8).is_supported);
  const Error error =
      clips::error_of([&] { backend.create_decoder({.codec = "nonsense", .extradata = {}}); });
  CHECK(error.status == Status::unsupported);
  CHECK(clips::contains(backend.versions(), "avcodec "));
  CHECK(backend.versions().size() < 96);
}

TEST_CASE("colour code points that libav has no name for pass through") {
  const std::string plain = clips::make("plain.m2v", "-c:v mpeg2video");
  const std::string path = clips::folder().file("code_points.m2v");
  clips::run("ffmpeg -v error -nostdin -y -i '" + plain +
             "' -c copy -bsf:v mpeg2_metadata=matrix_coefficients=65:colour_primaries=99:"
             "transfer_characteristics=77 '" +
             path + "'");
  const auto decoded = clips::decode(path, {});
  REQUIRE(decoded.pictures.size() == 24);
  const Color& color = decoded.pictures[0].color;
  CHECK(color.matrix == 65);
  CHECK(color.primaries == 99);
  CHECK(color.transfer == 77);
}
