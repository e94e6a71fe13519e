#include "core/picture_header.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "core/bit_reader.h"

using namespace cuf;

namespace {

using Data = std::vector<uint8_t>;

class BitWriter {
 public:
  BitWriter& bits(uint32_t value, int count) {
    while (count-- > 0) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<uint8_t>(bytes_.back() | (value >> count & 1) << (7 - used_ % 8));
      ++used_;
    }
    return *this;
  }
  BitWriter& ue(uint32_t value) {
    int length = 0;
    while ((value + 1) >> (length + 1)) ++length;
    return bits(0, length).bits(value + 1, length + 1);
  }
  // Ends as a NAL unit does, behind a start code.
  Data unit(Data header) {
    bits(1, 1);
    header.insert(header.begin(), {0, 0, 1});
    int zeros = 0;
    for (const uint8_t byte : bytes_) {
      if (zeros >= 2 && byte <= 3) {
        header.push_back(3);
        zeros = 0;
      }
      header.push_back(byte);
      zeros = byte == 0 ? zeros + 1 : 0;
    }
    return header;
  }

 private:
  Data bytes_;
  int used_ = 0;
};

Data operator+(Data a, const Data& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// With 8 bits of frame number and of order count.
Data h264_headers(bool is_frame_only = false) {
  BitWriter sps;
  sps.bits(77, 8).bits(0, 16).ue(0).ue(4).ue(0).ue(4).ue(2).bits(0, 1).ue(10).ue(8);
  sps.bits(is_frame_only, 1).bits(0, 3);
  BitWriter pps;
  pps.ue(0).ue(0).bits(0, 2);
  return sps.unit({0x67}) + pps.unit({0x68});
}

Data h264_field(int nal, uint32_t frame_num, bool is_bottom, uint32_t order) {
  BitWriter slice;
  slice.ue(0).ue(0).ue(0).bits(frame_num, 8).bits(1, 1).bits(is_bottom, 1);
  if ((nal & 31) == 5) slice.ue(0);
  return slice.bits(order, 8).unit({static_cast<uint8_t>(nal)});
}

Data hevc_headers(uint32_t layers) {
  BitWriter sps;
  sps.bits(0, 4).bits(layers - 1, 3).bits(1, 1).bits(0, 32).bits(0, 32).bits(0, 32);
  if (layers > 1)
    sps.bits(0, 2 * static_cast<int>(layers - 1)).bits(0, 18 - 2 * static_cast<int>(layers));
  sps.ue(0).ue(1).ue(64).ue(64).bits(0, 1).ue(0).ue(0).ue(4);
  BitWriter pps;
  pps.ue(0).ue(0).bits(0, 5);
  return sps.unit({33 << 1, 1}) + pps.unit({34 << 1, 1});
}

Data hevc_picture(int type, uint32_t layer, uint32_t order) {
  BitWriter slice;
  slice.bits(1, 1);
  if (type >= 16 && type < 24) slice.bits(0, 1);
  slice.ue(0).ue(0);
  if (type != 19 && type != 20) slice.bits(order, 8);
  return slice.bits(0x55, 8).unit(
      {static_cast<uint8_t>(type << 1), static_cast<uint8_t>(layer + 1)});
}

}  // namespace

TEST_CASE("the bit reader stops at the end and undoes escapes") {
  const Data data = {0x00, 0x00, 0x03, 0x01, 0xff};
  BitReader plain(data);
  CHECK(plain.bits(32) == 0x00000301);
  BitReader escaped(data, BitReader::Escapes::nal);
  CHECK(escaped.bits(32) == 0x000001ff);
  CHECK_FALSE(escaped.has_overrun());
  CHECK(escaped.bits(8) == 0);
  CHECK(escaped.has_overrun());
  const Data code = {0b00101010, 0b01100000};
  BitReader golomb(code);
  CHECK(golomb.ue() == 4);
  CHECK(golomb.se() == 1);
  CHECK(golomb.se() == -1);
  const Data zeros(100, 0);
  BitReader endless(zeros);
  CHECK(endless.ue() == 0);
  CHECK(endless.has_overrun());
}

TEST_CASE("H.264: of two fields the second shows nothing, and a packet may only go if both may") {
  const auto reader = make_picture_header_reader("h264", h264_headers());
  const PictureFacts first = reader->read(h264_field(0x65, 0, false, 0));
  const PictureFacts second = reader->read(h264_field(0x61, 0, true, 1));
  CHECK(first.is_shown);
  CHECK_FALSE(second.is_shown);
  const PictureFacts pair =
      reader->read(h264_field(0x01, 1, false, 4) + h264_field(0x01, 1, true, 5));
  CHECK(pair.is_shown);
  CHECK(pair.is_droppable);
  const PictureFacts mixed =
      reader->read(h264_field(0x01, 1, false, 8) + h264_field(0x21, 1, true, 9));
  CHECK_FALSE(mixed.is_droppable);
  CHECK(first.order < pair.order);
  CHECK(pair.order < mixed.order);
}

TEST_CASE("H.264: the sequence says whether pictures may have fields") {
  for (const bool is_frame_only : {false, true}) {
    const auto reader = make_picture_header_reader("h264", {});
    const Data slice = h264_field(0x65, 0, false, 0);
    CHECK_FALSE(reader->read(slice).may_have_fields);  // not known yet
    CHECK(reader->read(h264_headers(is_frame_only) + slice).may_have_fields != is_frame_only);
    CHECK(reader->read(slice).may_have_fields != is_frame_only);
  }
}

TEST_CASE("H.264: the order count goes on over its wrap and begins anew at IDR pictures") {
  const auto reader = make_picture_header_reader("h264", h264_headers());
  int64_t previous = reader->read(h264_field(0x65, 0, false, 0)).order;
  for (uint32_t i = 1; i < 10; ++i) {
    const bool is_idr = i == 7;
    const PictureFacts facts =
        reader->read(h264_field(is_idr ? 0x65 : 0x61, i, false, 60 * i & 255));
    CHECK(facts.order_kind == PictureFacts::Order::absolute);
    CHECK(facts.order > previous);
    previous = facts.order;
  }
}

TEST_CASE("HEVC: sub-layer non-reference pictures may go only from the highest sub-layer") {
  const auto one = make_picture_header_reader("hevc", hevc_headers(1));
  one->read(hevc_picture(19, 0, 0));
  CHECK(one->read(hevc_picture(0, 0, 4)).is_droppable);
  CHECK_FALSE(one->read(hevc_picture(1, 0, 8)).is_droppable);
  const auto two = make_picture_header_reader("hevc", hevc_headers(2));
  two->read(hevc_picture(19, 0, 0));
  CHECK_FALSE(two->read(hevc_picture(0, 0, 4)).is_droppable);
  CHECK(two->read(hevc_picture(0, 1, 2)).is_droppable);
  CHECK_FALSE(make_picture_header_reader("hevc", {})->read(hevc_picture(0, 0, 4)).is_droppable);
}

TEST_CASE("HEVC: skipped leading pictures of a first CRA are not shown, those of later ones are") {
  const auto reader = make_picture_header_reader("hevc", hevc_headers(1));
  const int64_t first = reader->read(hevc_picture(21, 0, 16)).order;
  CHECK_FALSE(reader->read(hevc_picture(9, 0, 12)).is_shown);
  CHECK(reader->read(hevc_picture(1, 0, 20)).order > first);
  const int64_t second = reader->read(hevc_picture(21, 0, 40)).order;
  const PictureFacts leading = reader->read(hevc_picture(8, 0, 36));
  CHECK(leading.is_shown);
  CHECK(leading.needs_earlier_gop);
  CHECK(leading.order < second);
  CHECK(leading.order > first);
}

TEST_CASE("VP8 and VP9 may hide, never drop") {
  const auto vp8 = make_picture_header_reader("vp8", {});
  CHECK(vp8->read(Data{0x10, 0, 0}).is_shown);
  CHECK_FALSE(vp8->read(Data{0x00, 0, 0}).is_shown);
  const auto vp9 = make_picture_header_reader("vp9", {});
  const Data shown = {0x82, 1, 2};
  const Data hidden = {0x80, 1, 2};
  const Data table = {0xc1, 3, 3, 0xc1};
  CHECK(vp9->read(shown).is_shown);
  CHECK_FALSE(vp9->read(hidden).is_shown);
  CHECK(vp9->read(hidden + shown + table).is_shown);
  CHECK_FALSE(vp9->read(hidden + hidden + table).is_shown);
  CHECK_FALSE(vp9->read(shown).is_droppable);
}

TEST_CASE("no bytes make a header reader fail") {
  std::mt19937 random(4);
  const auto byte = [&] { return static_cast<uint8_t>(random()); };
  const Data seeds[] = {h264_headers() + h264_field(0x65, 0, false, 0),
                        hevc_headers(3) + hevc_picture(19, 0, 0),
                        {0x0a, 0x0b, 0, 0, 0, 0x42, 0xa7, 0xbf, 0xf6, 0x2d, 0, 0x32, 9, 0x10},
                        {0, 0, 1, 0xb3, 0, 0, 1, 0xb8, 9, 9, 0, 0, 1, 0, 0, 0x18, 0},
                        {0, 0, 1, 0xb6, 0x90}};
  size_t known = 0;
  for (const char* codec : {"h264", "hevc", "av1", "mpeg2video", "mpeg4", "vp8", "vp9"}) {
    for (int round = 0; round < 3000; ++round) {
      Data extradata(random() % 40);
      for (uint8_t& value : extradata) value = byte();
      if (!extradata.empty() && round % 2) extradata[0] = round % 4 == 1 ? 1 : 0x81;
      const auto reader = make_picture_header_reader(codec, extradata);
      for (const Data& seed : seeds) {
        Data payload = seed;
        for (int change = round % 5; change > 0; --change)
          payload[random() % payload.size()] = byte();
        payload.resize(random() % (payload.size() + 8));
        // Of its exact size on the heap, so that the sanitizer sees every byte read too far.
        const Data exact(payload.begin(), payload.end());
        known += reader->read(exact).is_known;
      }
    }
  }
  CHECK(known > 1000);
  CHECK(make_picture_header_reader("prores", {}) == nullptr);
}
