#include "core/decode_record.h"
#include "libav_clips.h"

using namespace cuf;

namespace {

std::unique_ptr<Decoder> make(const std::string& codec, bool exports_stats) {
  DecoderOptions options;
  options.codec = codec;
  options.exports_stats = exports_stats;
  return libav::backend().create_decoder(options);
}

}  // namespace

TEST_CASE("a decoder with statistics does not stand in for one without, nor the other way round") {
  for (const bool exports_stats : {false, true}) {
    const auto decoder = make("h264", exports_stats);
    DecoderOptions wanted;
    wanted.codec = "h264";
    wanted.exports_stats = exports_stats;
    CHECK(decoder->fits(wanted));
    wanted.exports_stats = !exports_stats;
    CHECK_FALSE(decoder->fits(wanted));
  }
}

TEST_CASE("every codec of the list gives a decoder with statistics, and no other does") {
  const auto codecs = libav::backend().decode_stats_codecs();
  CHECK(codecs.size() == 11);
  for (const std::string& codec : codecs) CHECK_NOTHROW(make(codec, true));
  for (const char* codec : {"hevc", "av1", "vp8", "mjpeg"}) {
    CHECK(clips::error_of([&] { make(codec, true); }).status == Status::unsupported);
    CHECK_NOTHROW(make(codec, false));
  }
}

TEST_CASE("pictures have statistics where they were asked for, and where they are whole") {
  const std::string path = clips::make("b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0");
  for (const bool exports_stats : {false, true}) {
    const auto demuxer = clips::open(path);
    const auto decoder = make("h264", exports_stats);
    clips::Decoded out;
    clips::decode_rest(*demuxer, *decoder, false, out);
    CHECK(out.pictures.size() == 24);
    for (const Picture& picture : out.pictures) {
      REQUIRE((picture.decode_stats != nullptr) == exports_stats);
      if (!exports_stats) continue;
      CHECK(picture.decode_stats->columns() == 22);
      CHECK(picture.decode_stats->bytes().size() == 32 + 12 * 22 * 16);
    }
  }
}
