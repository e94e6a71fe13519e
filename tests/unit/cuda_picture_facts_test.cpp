#include "cuda/nvdec/picture_facts.h"

#include <doctest/doctest.h>

#include <vector>

#include "cuda/nvdec/packet_log.h"

using namespace cuf;
using namespace cuf::cuda;

namespace {

using Data = std::vector<uint8_t>;

CUVIDPICPARAMS with_data(const Data& data) {
  CUVIDPICPARAMS parameters{};
  parameters.pBitstreamData = data.data();
  parameters.nBitstreamDataLen = static_cast<unsigned>(data.size());
  return parameters;
}

}  // namespace

TEST_CASE("A packet of two fields is not one picture, one of several slices is") {
  const Data field = {0, 0, 1, 0x65, 0x88};  // first_mb_in_slice 0: its bit is set
  const Data later_slice = {0, 0, 1, 0x65, 0x42};
  Data two_fields = field;
  two_fields.insert(two_fields.end(), field.begin(), field.end());
  Data two_slices = field;
  two_slices.insert(two_slices.end(), later_slice.begin(), later_slice.end());
  CHECK(!is_one_picture(cudaVideoCodec_H264, true, two_fields));
  CHECK(is_one_picture(cudaVideoCodec_H264, true, two_slices));
  const Data mpeg_fields = {0, 0, 1, 0, 7, 0, 0, 1, 1, 9, 0, 0, 1, 0, 7};
  CHECK(!is_one_picture(cudaVideoCodec_MPEG2, true, mpeg_fields));
}

TEST_CASE("A superframe of VP9 with two shown frames is not one picture") {
  // Frame marker, profile 0, inter frame, shown or not.
  const uint8_t shown = 0x86;
  const uint8_t hidden = 0x84;
  const uint8_t existing = 0x88;
  const auto superframe = [](uint8_t first, uint8_t second) {
    return Data{first, 1, second, 0xC1, 2, 1, 0xC1};
  };
  CHECK(is_one_picture(cudaVideoCodec_VP9, false, superframe(hidden, shown)));
  CHECK(!is_one_picture(cudaVideoCodec_VP9, false, superframe(shown, shown)));
  CHECK(!is_one_picture(cudaVideoCodec_VP9, false, superframe(shown, existing)));
  CHECK(is_one_picture(cudaVideoCodec_VP9, false, Data{shown, 1, 2}));
  CHECK(is_one_picture(cudaVideoCodec_VP9, false, Data{}));
}

TEST_CASE("Packets without a picture are told from those that must give one") {
  CHECK(must_give_picture(cudaVideoCodec_H264, Data{0, 0, 1, 0x41, 0x9A}));
  CHECK(!must_give_picture(cudaVideoCodec_H264, Data{0, 0, 1, 0x67, 1, 0, 0, 1, 0x06, 1}));
  CHECK(must_give_picture(cudaVideoCodec_HEVC, Data{0, 0, 1, 0x02, 1, 0x80}));
  // RASL_R and an SPS
  CHECK(!must_give_picture(cudaVideoCodec_HEVC, Data{0, 0, 1, 0x12, 1, 0x80}));
  CHECK(!must_give_picture(cudaVideoCodec_HEVC, Data{0, 0, 1, 0x42, 1, 0x80}));
}

TEST_CASE("Slices tell the type of their picture") {
  // first_mb_in_slice 0, slice_type 5 (P), 6 (B), 7 (I)
  const auto type_of = [](uint8_t bits) {
    const Data data = {0, 0, 1, 0x06, 1, 2, 0, 0, 1, 0x41, bits};
    return coded_picture(cudaVideoCodec_H264, with_data(data)).type;
  };
  CHECK(type_of(0x98) == PictureType::p);
  CHECK(type_of(0x9C) == PictureType::b);
  CHECK(type_of(0x88) == PictureType::i);
  const Data idr = {0, 0, 1, 0x65, 0x88, 0x80};
  CHECK(coded_picture(cudaVideoCodec_H264, with_data(idr)).is_key);
  CHECK(coded_picture(cudaVideoCodec_H264, with_data({})).type == PictureType::unknown);
}

TEST_CASE("Colour of VP8 and VP9 is in their key frames") {
  const Data vp8 = {0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x60, 1, 0, 1, 0x00, 0, 0};
  auto picture = coded_picture(cudaVideoCodec_VP8, with_data(vp8));
  CHECK(picture.is_key);
  REQUIRE(picture.color);
  CHECK(picture.color->matrix == 5);
  CHECK(!picture.color->full_range);
  Data full = vp8;
  full[10] = 0x40;
  CHECK(coded_picture(cudaVideoCodec_VP8, with_data(full)).color->full_range);
  // Marker, profile 0, key, shown; sync code; BT.709, full range
  const Data vp9 = {0x82, 0x49, 0x83, 0x42, 0x50};
  picture = coded_picture(cudaVideoCodec_VP9, with_data(vp9));
  CHECK(picture.is_key);
  REQUIRE(picture.color);
  CHECK(picture.color->matrix == 1);
  CHECK(picture.color->full_range);
  CUVIDEOFORMAT nothing{};
  CHECK(color_of(nothing).matrix == 2);
}

TEST_CASE("Pictures get the times of their packets, and others where those have none") {
  PacketLog log(false);
  Packet packet;
  packet.duration = 10;
  packet.pts = 100;
  const int64_t first = log.add(packet).number;
  packet.pts = 90;
  const int64_t second = log.add(packet).number;
  CHECK(log.take(second).pts == 90);
  CHECK(log.take(first).pts == 100);
  // A second picture of the packet, whose number the parser does not know.
  CHECK(log.take(0).pts == 110);
  packet.pts = kNoTimestamp;
  CHECK(log.take(log.add(packet).number).pts == 120);
  // Only times of decoding: they are given in order.
  log.clear();
  packet.dts = 7;
  const int64_t third = log.add(packet).number;
  packet.dts = 8;
  const int64_t fourth = log.add(packet).number;
  CHECK(log.take(fourth).pts == 7);
  CHECK(log.take(third).pts == 8);
  // What is long gone is forgotten.
  for (int i = 0; i < 300; ++i) log.add(packet);
  CHECK(log.take(third).pts != 8);
  packet.is_discard = true;
  CHECK(!log.take(log.add(packet).number).is_wanted);
}

TEST_CASE("References of MPEG without a time are shown when the next one is decoded") {
  // As libav reads I P B B P B B from an AVI file.
  const auto add = [](PacketLog& log, int64_t pts, int64_t dts) {
    Packet packet;
    packet.pts = pts;
    packet.dts = dts;
    packet.duration = 1;
    return log.add(packet).number;
  };
  PacketLog log(true);
  const int64_t i = add(log, kNoTimestamp, 0);
  const int64_t p = add(log, kNoTimestamp, 1);
  CHECK(log.take(i).pts == 1);
  CHECK(log.take(add(log, 2, 2)).pts == 2);
  CHECK(log.take(add(log, 3, 3)).pts == 3);
  // This one has a time, as in some program streams.
  const int64_t timed = add(log, 7, 4);
  CHECK(log.take(p).pts == 4);
  CHECK(log.take(add(log, 5, 5)).pts == 5);
  CHECK(log.take(add(log, 6, 6)).pts == 6);
  const int64_t last = add(log, kNoTimestamp, 7);
  CHECK(log.take(timed).pts == 7);
  CHECK(log.take(last).pts == 8);
  // Pictures that are not shown, in between others, take no time from those.
  PacketLog other(false);
  const int64_t first = add(other, 5, 0);
  const int64_t hidden = add(other, kNoTimestamp, 1);
  const int64_t second = add(other, 6, 2);
  CHECK(other.take(first).pts == 5);
  CHECK(other.take(hidden).pts == 6);
  CHECK(other.take(second).pts == 6);
}
