#include "core/encoded_packet.h"

#include <utility>
#include <vector>

namespace cuf {

Packet encoded_packet(EncodedPicture picture, const PictureTime& time, int64_t dts) {
  const size_t size = picture.data.size();
  auto bytes = std::make_shared<std::vector<uint8_t>>(std::move(picture.data));
  bytes->resize(size + kPacketPadding);
  Packet packet;
  packet.payload = {.owner = bytes, .data = bytes->data(), .size = size};
  packet.pts = time.pts;
  packet.dts = dts;
  packet.duration = time.duration;
  packet.time_base = time.time_base;
  packet.is_key = picture.is_key;
  return packet;
}

}  // namespace cuf
