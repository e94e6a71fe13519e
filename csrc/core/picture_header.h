#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace cuf {

// What a packet's headers say about its picture.
struct PictureFacts {
  bool is_known = false;      // the headers were there and made sense
  bool is_shown = true;       // a decoder that started earlier shows a frame for the packet
  bool is_droppable = false;  // no other picture needs it
  // Refers to pictures in front of its GOP's key picture: a decoder that starts at the key picture
  // does not show it.
  bool needs_earlier_gop = false;
  bool may_have_fields = false;  // H.264: its sequence allows fields and field macroblocks
  // Rank in display order, if the headers tell it.
  enum class Order { none, absolute, b_picture, anchor } order_kind = Order::none;
  int64_t order = 0;  // with absolute
};

// Reads packets in decode order; headers in the stream change how later ones are read. The bytes
// are untrusted. Needs those up to the first slice header, which kPictureHeadBytes nearly always
// hold, except VP9, whose superframes end in their table, AV1 with several frames in a packet, and
// interlaced H.264 with two fields in a packet: there a cut payload makes a picture unknown or
// hides that it is not droppable.
class PictureHeaderReader {
 public:
  virtual ~PictureHeaderReader() = default;
  virtual PictureFacts read(std::span<const uint8_t> payload) = 0;
};

inline constexpr size_t kPictureHeadBytes = 4096;

// codec is libav's short name and extradata as stored with the payloads: avcC or hvcC (payloads
// with lengths), Annex B, av1C. Null for codecs whose headers tell nothing that matters here: every
// packet shows a frame, none is droppable and the order is that of decoding.
std::unique_ptr<PictureHeaderReader> make_picture_header_reader(std::string_view codec,
                                                                std::span<const uint8_t> extradata);

// One per syntax.
std::unique_ptr<PictureHeaderReader> make_h264_header_reader(std::span<const uint8_t> extradata);
std::unique_ptr<PictureHeaderReader> make_hevc_header_reader(std::span<const uint8_t> extradata);
std::unique_ptr<PictureHeaderReader> make_av1_header_reader(std::span<const uint8_t> extradata);

}  // namespace cuf
