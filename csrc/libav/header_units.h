#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "libav/compat.h"

namespace cuf::libav {

// A piece of a packet in front of its first coded picture.
struct HeaderUnit {
  enum class Kind { delimiter, header, optional_header, other };
  Kind kind = Kind::other;
  int type = 0;  // the codec's own number
  size_t begin = 0;
  size_t end = 0;
};

// How a codec keeps its headers in the stream; nullptr if they are always outside, or there are
// none.
struct HeaderSyntax {
  HeaderUnit::Kind (*kind_of)(int type);
  int main_type;  // SPS or sequence header: with it a new set of headers begins
  enum class Framing { start_code, nal, obu } framing;
  int (*type_of)(const uint8_t* unit, size_t size);  // -1: the first coded picture
};
const HeaderSyntax* header_syntax(AVCodecID codec);

// The units from the start of data to its first picture (or its end).
std::vector<HeaderUnit> scan_headers(const HeaderSyntax& syntax, std::span<const uint8_t> data);

// The headers in force, repeated at key packets that lack them: open-GOP key frames, which are no
// IDR, often do.
class HeaderRepeater {
 public:
  HeaderRepeater(AVCodecID codec, std::span<const uint8_t> extradata);
  void set_headers(std::span<const uint8_t> extradata);
  // Learns the packet's headers; puts those that a key packet lacks in front.
  void process(AVPacket& packet);

 private:
  struct Header {
    int type;
    bool is_optional;
    std::vector<uint8_t> bytes;
  };
  void learn(const std::vector<HeaderUnit>& units, std::span<const uint8_t> data);
  bool lacks_headers(const std::vector<HeaderUnit>& units) const;
  void insert(AVPacket& packet, size_t offset) const;

  const HeaderSyntax* syntax_;
  std::vector<Header> headers_;
};

}  // namespace cuf::libav
