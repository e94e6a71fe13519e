#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

// Supplemental enhancement information: what packets tell about their pictures beside these. Values
// are those of cuframe.h. The bytes are untrusted: whatever is in them, reading goes on.
namespace cuf {

// Whose types and payloads a message has.
enum class SeiSyntax : uint32_t { h264, hevc, av1, mpeg2 };

// What the sequence parameter set says of H.264 picture timing, D.1.3; 0 bits: the field is absent.
struct PictureTimingSyntax {
  bool is_known = false;
  bool has_pic_struct = false;
  uint8_t cpb_removal_delay_bits = 0;
  uint8_t dpb_output_delay_bits = 0;
  uint8_t time_offset_bits = 24;
};

struct SeiMessage {
  uint32_t type = 0;
  uint32_t offset = 0;  // of its payload in SeiMessages::bytes
  uint32_t size = 0;
  bool is_suffix = false;
  bool is_malformed = false;   // cut off, or not framed as its specification says
  PictureTimingSyntax timing;  // of picture timing
};

// The messages of one picture in the order of the stream, without emulation prevention.
struct SeiMessages {
  // More are not kept: a packet of empty messages would be many times its own size.
  static constexpr size_t kMost = 4096;
  static constexpr size_t kMostBytes = 1 << 30;

  SeiSyntax syntax = SeiSyntax::h264;
  std::vector<SeiMessage> list;
  std::vector<uint8_t> bytes;  // of all payloads

  std::span<const uint8_t> payload(const SeiMessage& message) const {
    return {bytes.data() + message.offset, message.size};
  }
  void add(SeiMessage message, std::span<const uint8_t> payload);
  void append(const SeiMessages& others);
  bool contains(const SeiMessage& message, std::span<const uint8_t> payload) const;
};

// What one packet has, or completes.
struct SeiPacket {
  enum class Target { next_picture, this_picture, last_picture };
  SeiMessages messages;
  // Whose they are: of the packet's own picture; or of the last one, to which the packet is a
  // second field or a suffix. next_picture: no picture is there yet, and no message is given.
  Target target = Target::next_picture;
};

// Reads packets in decode order; headers in the stream change how later ones are read.
class SeiReader {
 public:
  virtual ~SeiReader() = default;
  SeiPacket read(std::span<const uint8_t> payload);
  void reset();  // packets of a new start follow

 protected:
  struct Scan {
    bool has_picture = false;
    bool completes_frame = false;  // the picture is the second field of the last one
    bool starts_sequence = false;  // what was in the codec headers is said again
  };
  explicit SeiReader(SeiSyntax syntax) : syntax_(syntax) {
    held_.syntax = headers_.syntax = syntax;
  }
  virtual Scan scan(std::span<const uint8_t> payload, SeiMessages& out) = 0;
  // Before messages are given.
  virtual void complete(SeiMessages&) {}
  virtual void forget_picture() {}
  void add_header(const SeiMessages& messages);

 private:
  void add_headers_to(SeiMessages& messages);

  SeiSyntax syntax_;
  SeiMessages headers_;  // those beside the parameter sets of the codec headers
  SeiMessages held_;     // of the next picture
  bool has_new_headers_ = true;
};

// codec is libav's short name and extradata as stored with the packets: avcC or hvcC (packets with
// lengths), Annex B, av1C. Null for codecs without such messages.
std::unique_ptr<SeiReader> make_sei_reader(std::string_view codec,
                                           std::span<const uint8_t> extradata);

}  // namespace cuf
