#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace cuf {

// Makes packets self-contained, as decoders of bare streams want them, whether they come as a
// container stores them (NAL units behind lengths, headers beside the packets) or are so already.
class SelfContained {
 public:
  // codec is libav's short name; headers are avcC, hvcC, av1C or the codec's own, or nothing.
  SelfContained(std::string_view codec, std::span<const uint8_t> headers);

  // Other headers come into force.
  void set_headers(std::span<const uint8_t> headers);
  // The next packet is the first that a decoder sees: the headers go in front of it.
  void restart() { needs_headers_ = !headers_.empty(); }

  // Valid until the next call, and no longer than the payload.
  std::span<const uint8_t> convert(std::span<const uint8_t> payload);

 private:
  enum class Syntax { h264, hevc, av1, vc1, mpeg2, mpeg4, other };
  static Syntax syntax_of(std::string_view codec);
  void append_units(std::span<const uint8_t> payload);
  bool holds_headers(std::span<const uint8_t> payload, bool has_lengths) const;

  const Syntax syntax_;
  std::vector<uint8_t> headers_;
  size_t length_size_ = 0;  // 0: start codes
  bool needs_headers_ = false;
  std::vector<uint8_t> out_;
};

}  // namespace cuf
