#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace cuf {

// The parameters that a packet's picture is decoded with.
struct Sequence {
  uint32_t width = 0;  // for display; of AV1 the largest that the sequence allows
  uint32_t height = 0;
  uint64_t identity = 0;   // other parameters, another identity
  bool may_begin = false;  // decoding can start at this picture: other parameters are a new stream
};

// Reads the headers in front of pictures, packet by packet. The bytes are untrusted.
class SequenceReader {
 public:
  virtual ~SequenceReader() = default;
  // Headers that are kept beside the packets.
  virtual void read_headers(std::span<const uint8_t> extradata) = 0;
  // Nothing where the packet's headers do not tell: then the sequence goes on.
  virtual std::optional<Sequence> read(std::span<const uint8_t> payload) = 0;
  // Whether the packet that was read last holds parameter sets and no picture.
  virtual bool was_bare() const { return false; }
};

// codec is libav's short name. Null for codecs whose parameters are not in the packets, or not
// read.
std::unique_ptr<SequenceReader> make_sequence_reader(std::string_view codec);

// One per syntax.
std::unique_ptr<SequenceReader> make_h264_sequence_reader();
std::unique_ptr<SequenceReader> make_hevc_sequence_reader();
// An AV1 sequence header.
std::optional<Sequence> read_av1_sequence(std::span<const uint8_t> payload);

// FNV-1a.
class Fingerprint {
 public:
  Fingerprint& add(std::span<const uint8_t> bytes) {
    for (const uint8_t byte : bytes) value_ = (value_ ^ byte) * 0x100000001b3u;
    return *this;
  }
  Fingerprint& add(uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) {
      value_ = (value_ ^ (value >> shift & 0xff)) * 0x100000001b3u;
    }
    return *this;
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325u;
};

}  // namespace cuf
