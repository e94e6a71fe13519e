#include "core/access_unit.h"

#include <doctest/doctest.h>

#include "core/sei_writer.h"

using namespace cuf;

namespace {

using Data = std::vector<uint8_t>;

Data join(std::initializer_list<Data> parts) {
  Data out;
  for (const Data& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

// Units behind their start codes.
const Data kDelimiter = {0, 0, 0, 1, 9, 0x10};
const Data kSps = {0, 0, 0, 1, 0x67, 1, 2};
const Data kPps = {0, 0, 1, 0x68, 3};
const Data kBuffering = {0, 0, 1, 6, 0, 1, 0x80, 0x80};
const Data kSlice = {0, 0, 1, 0x65, 0x88, 0x80};
const Data kSecondSlice = {0, 0, 0, 1, 0x65, 0x44, 0x80};

const std::vector<SideMessage> kMessages = {{5, {1}}};

}  // namespace

TEST_CASE("H.264: headers behind the delimiter, messages in front of the first slice") {
  const Data headers = join({kSps, kPps});
  const Data sei = sei_unit(VideoCodec::h264, kMessages, false);
  const AccessUnitAdditions both{.headers = headers, .messages = kMessages};
  CHECK(assemble_access_unit(VideoCodec::h264, join({kDelimiter, kBuffering, kSlice, kSecondSlice}),
                             both) ==
        join({kDelimiter, headers, kBuffering, sei, kSlice, kSecondSlice}));
  CHECK(assemble_access_unit(VideoCodec::h264, kSlice, both) == join({headers, sei, kSlice}));
  // A slice's prefix stays at it, the end of the sequence at the end.
  const Data prefix = {0, 0, 1, 0x6E, 0x40, 0x80};
  const Data end = {0, 0, 1, 10};
  CHECK(assemble_access_unit(VideoCodec::h264, join({prefix, kSlice, end}), both) ==
        join({headers, sei, prefix, kSlice, end}));
  const Data plain = join({kDelimiter, kSps, kPps, kSlice, kSecondSlice});
  CHECK(assemble_access_unit(VideoCodec::h264, plain, {}) == plain);
}

TEST_CASE("HEVC: the picture's hash stands behind the slices, other messages in front of them") {
  const Data vps = {0, 0, 0, 1, 0x40, 1, 7};
  const Data slice = {0, 0, 1, 0x26, 1, 0x80};
  const Data own_suffix = {0, 0, 1, 0x50, 1, 132, 0, 0x80};
  const std::vector<SideMessage> messages = {{132, {9}}, {5, {1}}};
  CHECK(assemble_access_unit(VideoCodec::hevc, join({vps, slice, own_suffix}),
                             {.headers = {}, .messages = messages}) ==
        join({vps, sei_unit(VideoCodec::hevc, std::vector<SideMessage>{{5, {1}}}, false), slice,
              sei_unit(VideoCodec::hevc, std::vector<SideMessage>{{132, {9}}}, true), own_suffix}));
}

TEST_CASE("AV1: a delimiter is first, metadata in front of the frame") {
  const Data delimiter = {0x12, 0};
  const Data sequence = {1 << 3 | 2, 2, 5, 6};
  const Data frame = {6 << 3 | 2, 3, 1, 2, 3};
  const std::vector<SideMessage> messages = {{6, {1}}, {1, {1, 2, 3, 4}}};
  const Data metadata = join({metadata_obu(messages[0]), metadata_obu(messages[1])});
  for (const Data& begin : {delimiter, Data()}) {
    CHECK(assemble_access_unit(VideoCodec::av1, join({begin, frame, frame}),
                               {.headers = sequence, .messages = messages}) ==
          join({delimiter, sequence, metadata, frame, frame}));
    CHECK(assemble_access_unit(VideoCodec::av1, join({begin, sequence, frame}),
                               {.headers = {}, .messages = messages}) ==
          join({delimiter, sequence, metadata, frame}));
  }
  const Data unit = join({delimiter, sequence, frame});
  CHECK(sequence_headers_of(VideoCodec::av1, unit) == sequence);
  CHECK(without_sequence_headers(VideoCodec::av1, unit) == join({delimiter, frame}));
}

TEST_CASE("headers are told from other units in front of a picture") {
  const Data unit = join({kDelimiter, kSps, kPps, kBuffering, kSlice});
  CHECK(sequence_headers_of(VideoCodec::h264, unit) == join({kSps, kPps}));
  CHECK(without_sequence_headers(VideoCodec::h264, unit) == join({kDelimiter, kBuffering, kSlice}));
  CHECK(sequence_headers_of(VideoCodec::h264, kSlice).empty());
}
