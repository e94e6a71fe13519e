#include "core/sei_writer.h"

#include <string>

#include "core/error.h"

namespace cuf {
namespace {

using Data = std::vector<uint8_t>;

constexpr uint8_t kH264Sei = 6;
constexpr uint8_t kHevcPrefixSei = 39;
constexpr uint8_t kHevcSuffixSei = 40;
constexpr uint32_t kDecodedPictureHash = 132;
constexpr uint8_t kObuMetadataWithSize = 5 << 3 | 2;
constexpr uint8_t kStopBit = 0x80;

// H.264 7.3.2.3.1: a number as bytes of 255 and a last one that is less.
void append_ff_coded(Data& out, size_t number) {
  out.insert(out.end(), number / 255, 0xFF);
  out.push_back(static_cast<uint8_t>(number % 255));
}

// H.264 7.4.1.1: no 00 00 00 to 00 00 03 within a NAL unit.
void append_escaped(Data& out, std::span<const uint8_t> raw) {
  int zeros = 0;
  for (const uint8_t byte : raw) {
    if (zeros == 2 && byte <= 3) {
      out.push_back(3);
      zeros = 0;
    }
    out.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
}

void append_leb128(Data& out, uint64_t number) {
  while (number >= 0x80) {
    out.push_back(static_cast<uint8_t>(number) | 0x80);
    number >>= 7;
  }
  out.push_back(static_cast<uint8_t>(number));
}

// By AV1 5.8.3 and 5.8.4; T.35 has a country code of one byte or two, and something behind it.
size_t least_size(const SideMessage& message) {
  constexpr uint32_t kContentLight = 1, kMasteringDisplay = 2, kItutT35 = 4;
  switch (message.type) {
    case kContentLight:
      return 4;
    case kMasteringDisplay:
      return 24;
    case kItutT35:
      return !message.payload.empty() && message.payload[0] == 0xFF ? 3 : 2;
    default:
      return 0;
  }
}

}  // namespace

bool is_suffix_only(VideoCodec codec, uint32_t type) {
  return codec == VideoCodec::hevc && type == kDecodedPictureHash;
}

Data sei_unit(VideoCodec codec, std::span<const SideMessage> messages, bool is_suffix) {
  if (messages.empty()) return {};
  Data raw;
  for (const SideMessage& message : messages) {
    append_ff_coded(raw, message.type);
    append_ff_coded(raw, message.payload.size());
    raw.insert(raw.end(), message.payload.begin(), message.payload.end());
  }
  raw.push_back(kStopBit);
  Data unit = {0, 0, 0, 1};
  if (codec == VideoCodec::h264) {
    unit.push_back(kH264Sei);
  } else {
    const uint8_t type = is_suffix ? kHevcSuffixSei : kHevcPrefixSei;
    unit.push_back(static_cast<uint8_t>(type << 1));
    unit.push_back(1);  // temporal layer 0
  }
  append_escaped(unit, raw);
  return unit;
}

void require_whole(VideoCodec codec, std::span<const SideMessage> messages) {
  if (codec != VideoCodec::av1) return;
  for (const SideMessage& message : messages) {
    const size_t least = least_size(message);
    if (message.payload.size() >= least) continue;
    throw Error(Status::invalid_argument, "AV1 metadata of type " + std::to_string(message.type) +
                                              " has " + std::to_string(least) +
                                              " bytes or more, not " +
                                              std::to_string(message.payload.size()));
  }
}

Data metadata_obu(const SideMessage& message) {
  Data body;
  append_leb128(body, message.type);
  body.insert(body.end(), message.payload.begin(), message.payload.end());
  body.push_back(kStopBit);
  Data obu = {kObuMetadataWithSize};
  append_leb128(obu, body.size());
  obu.insert(obu.end(), body.begin(), body.end());
  return obu;
}

}  // namespace cuf
