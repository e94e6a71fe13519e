#include "libav_clips.h"

using namespace cuf;

// Found by sample_fuzz with the undefined behaviour sanitizer, which stops this test without the
// fix: libav keeps whatever number the file has in an enum.
TEST_CASE("colour codes that do not exist are read as numbers") {
  std::string bytes = clips::read(clips::make("colours.mkv", "-c:v mpeg4 -colorspace bt709"));
  // Matroska's MatrixCoefficients, of one byte.
  const size_t at = bytes.find("\x55\xb1\x81\x01");
  REQUIRE(at != std::string::npos);
  bytes[at + 3] = '\xa6';
  const auto demuxer = clips::open(clips::write("no_colours.mkv", bytes));
  CHECK(demuxer->video().color.matrix == 0xa6);
  DecoderOptions options;
  options.codec = "mpeg4";
  const auto decoder = libav::backend().create_decoder(options);
  Packet packet;
  Picture picture;
  while (picture.plane_count == 0 && demuxer->read(packet)) {
    decoder->send(packet);
    decoder->receive(picture);
  }
  CHECK(picture.color.matrix == 0xa6);
}
