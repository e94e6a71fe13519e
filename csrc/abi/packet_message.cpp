#include "abi/packet_message.h"

#include "abi/boundary.h"

namespace cuf::abi {

// One allocation for payload and headers; both are followed by the zero padding that bit readers
// need.
Packet packet_of(const CufPacketInfo& info, const uint8_t* data, uint32_t length) {
  const auto fits = [&](uint32_t offset, uint32_t size) {
    return size == 0 || (offset <= length && size <= length - offset);
  };
  require(fits(info.data_offset, info.data_size), "The packet's bytes lie outside its buffer");
  require(fits(info.extradata_offset, info.extradata_size),
          "The packet's headers lie outside its buffer");
  require(info.time_base.num >= 0 && info.time_base.den >= 0, "The packet's time base is negative");
  const size_t payload_space = info.data_size + kPacketPadding;
  const size_t total = payload_space + info.extradata_size + kPacketPadding;
  std::shared_ptr<uint8_t[]> bytes(new uint8_t[total]());
  if (info.data_size > 0) std::memcpy(bytes.get(), data + info.data_offset, info.data_size);
  if (info.extradata_size > 0) {
    std::memcpy(bytes.get() + payload_space, data + info.extradata_offset, info.extradata_size);
  }
  Packet packet;
  packet.payload = {.owner = bytes, .data = bytes.get(), .size = info.data_size};
  if (info.extradata_size > 0) {
    packet.extradata = {
        .owner = bytes, .data = bytes.get() + payload_space, .size = info.extradata_size};
  }
  packet.pts = info.flags & CUF_PACKET_HAS_PTS ? info.pts : kNoTimestamp;
  packet.dts = info.flags & CUF_PACKET_HAS_DTS ? info.dts : kNoTimestamp;
  packet.duration = info.duration;
  packet.position = info.position_bytes;
  if (info.time_base.den > 0) packet.time_base = {info.time_base.num, info.time_base.den};
  packet.rotation = info.rotation;
  packet.hints = {.coded_width = info.coded_width,
                  .coded_height = info.coded_height,
                  .codec_tag = info.codec_tag,
                  .bits_per_coded_sample = info.bits_per_coded_sample,
                  .pixel_format = info.pixel_format};
  packet.stream_index = info.stream_index;
  packet.skipped_at_begin = info.skipped_at_begin;
  packet.skipped_at_end = info.skipped_at_end;
  packet.is_key = info.flags & CUF_PACKET_KEY;
  packet.is_discard = info.flags & CUF_PACKET_DISCARD;
  packet.is_corrupt = info.flags & CUF_PACKET_CORRUPT;
  packet.ends_stream = info.flags & CUF_PACKET_END_OF_STREAM;
  packet.is_discontinuity = info.flags & CUF_PACKET_DISCONTINUITY;
  return packet;
}

}  // namespace cuf::abi
