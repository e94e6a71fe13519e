#include "nvenc/access_unit.h"

#include <algorithm>

namespace cufsim {

namespace {

/** Where the start codes of a byte stream begin, and its end. */
std::vector<size_t> unit_starts(const Bytes& stream) {
  std::vector<size_t> starts;
  for (size_t i = 0; i + 3 < stream.size(); i++) {
    if (stream[i] != 0 || stream[i + 1] != 0 || stream[i + 2] != 1) continue;
    starts.push_back(i > 0 && stream[i - 1] == 0 ? i - 1 : i);
    i += 2;
  }
  return starts;
}

int unit_type(EncodeCodec codec, const Bytes& stream, size_t start) {
  const size_t header = start + (stream[start + 2] == 1 ? 3 : 4);
  if (header >= stream.size()) return -1;
  return codec == EncodeCodec::kH264 ? stream[header] & 31 : stream[header] >> 1 & 63;
}

bool is_delimiter(EncodeCodec codec, int type) {
  return type == (codec == EncodeCodec::kH264 ? 9 : 35);
}

bool is_slice(EncodeCodec codec, int type) {
  return codec == EncodeCodec::kH264 ? type == 1 || type == 5 : type >= 0 && type < 32;
}

void append(Bytes& to, const Bytes& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append_number(Bytes& to, size_t number) {
  for (; number >= 255; number -= 255) to.push_back(255);
  to.push_back(static_cast<unsigned char>(number));
}

/** One SEI unit for each message. */
void append_messages(EncodeCodec codec, Bytes& to, const std::vector<Message>& messages) {
  for (const Message& message : messages) {
    Bytes body;
    append_number(body, message.type);
    append_number(body, message.payload.size());
    append(body, message.payload);
    body.push_back(0x80);
    append(to, {0, 0, 0, 1});
    if (codec == EncodeCodec::kH264) {
      to.push_back(6);
    } else {
      append(to, {39 << 1, 1});
    }
    int zeros = 0;
    for (const unsigned char byte : body) {
      if (zeros >= 2 && byte <= 3) {
        to.push_back(3);
        zeros = 0;
      }
      to.push_back(byte);
      zeros = byte == 0 ? zeros + 1 : 0;
    }
  }
}

void append_leb128(Bytes& to, size_t number) {
  do {
    const bool more = number >= 128;
    to.push_back(static_cast<unsigned char>((number & 127) | (more ? 128 : 0)));
    number >>= 7;
  } while (number > 0);
}

/** One OBU with its size field. */
void append_obu(Bytes& to, int type, const Bytes& payload) {
  to.push_back(static_cast<unsigned char>(type << 3 | 2));
  append_leb128(to, payload.size());
  append(to, payload);
}

/** The size of the OBU that begins there, header and all. */
size_t obu_size(const Bytes& stream, size_t at) {
  size_t header = at + ((stream[at] & 4) != 0 ? 2 : 1);
  size_t size = 0;
  for (int shift = 0; header < stream.size(); shift += 7) {
    const unsigned char byte = stream[header++];
    size |= static_cast<size_t>(byte & 127) << shift;
    if ((byte & 128) == 0) break;
  }
  return std::min(header + size, stream.size()) - at;
}

Bytes assemble_obus(const Bytes& coded, const Bytes& headers,
                    const std::vector<Message>& messages) {
  constexpr int kSequenceHeader = 1;
  constexpr int kDelimiter = 2;
  Bytes unit;
  append_obu(unit, kDelimiter, {});
  append(unit, headers);
  for (const Message& message : messages) {
    Bytes payload;
    append_leb128(payload, message.type);
    append(payload, message.payload);
    payload.push_back(0x80);
    append_obu(unit, 5, payload);
  }
  for (size_t at = 0; at < coded.size();) {
    const size_t size = obu_size(coded, at);
    const int type = coded[at] >> 3 & 15;
    if (type != kDelimiter && type != kSequenceHeader) {
      unit.insert(unit.end(), coded.begin() + static_cast<ptrdiff_t>(at),
                  coded.begin() + static_cast<ptrdiff_t>(at + size));
    }
    at += size;
  }
  return unit;
}

}  // namespace

Bytes assemble(EncodeCodec codec, const Bytes& coded, const Bytes& headers,
               const std::vector<Message>& messages) {
  if (codec == EncodeCodec::kAv1) return assemble_obus(coded, headers, messages);
  const std::vector<size_t> starts = unit_starts(coded);
  size_t front = 0;
  if (starts.size() > 1 && is_delimiter(codec, unit_type(codec, coded, starts[0]))) {
    front = starts[1];
  }
  Bytes unit(coded.begin(), coded.begin() + static_cast<ptrdiff_t>(front));
  append(unit, headers);
  append_messages(codec, unit, messages);
  unit.insert(unit.end(), coded.begin() + static_cast<ptrdiff_t>(front), coded.end());
  return unit;
}

Bytes sequence_header_of(const Bytes& unit) {
  constexpr int kSequenceHeader = 1;
  for (size_t at = 0; at < unit.size(); at += obu_size(unit, at)) {
    const auto begin = unit.begin() + static_cast<ptrdiff_t>(at);
    if ((unit[at] >> 3 & 15) != kSequenceHeader) continue;
    return Bytes(begin, begin + static_cast<ptrdiff_t>(obu_size(unit, at)));
  }
  return {};
}

uint32_t count_slices(EncodeCodec codec, const Bytes& coded) {
  if (codec == EncodeCodec::kAv1) return 1;
  uint32_t count = 0;
  for (const size_t start : unit_starts(coded)) {
    if (is_slice(codec, unit_type(codec, coded, start))) count++;
  }
  return count;
}

}  // namespace cufsim
