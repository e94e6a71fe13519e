#include "libav/av_packet.h"

#include <cstring>
#include <utility>

#include "libav/errors.h"

namespace cuf::libav {
namespace {

constexpr size_t kMostHeldBytes = 64 << 10;

void release_owner(void* owner, uint8_t*) {
  delete static_cast<std::shared_ptr<const void>*>(owner);
}

// Those bytes, unless there are none.
Bytes replaced(const Bytes& bytes, std::vector<uint8_t> others) {
  if (others.empty()) return bytes;
  const size_t size = others.size();
  others.resize(size + kPacketPadding);
  const auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(others));
  return {.owner = owner, .data = owner->data(), .size = size};
}

}  // namespace

Owned<AVPacket> to_av_packet(const Packet& packet) {
  if (packet.payload.size > INT32_MAX - kPacketPadding) {
    throw Error(Status::invalid_argument, "A packet must be smaller than 2 GiB");
  }
  Owned<AVPacket> out(require(av_packet_alloc(), "a packet"));
  auto owner = std::make_unique<std::shared_ptr<const void>>(packet.payload.owner);
  auto* data = const_cast<uint8_t*>(packet.payload.data);
  out->buf = require(av_buffer_create(data, packet.payload.size + kPacketPadding, release_owner,
                                      owner.get(), AV_BUFFER_FLAG_READONLY),
                     "a packet");
  owner.release();
  out->data = data;
  out->size = static_cast<int>(packet.payload.size);
  out->pts = packet.pts;
  out->dts = packet.dts;
  out->duration = packet.duration;
  out->pos = packet.position;
  if (packet.is_key) out->flags |= AV_PKT_FLAG_KEY;
  if (packet.is_discard) out->flags |= AV_PKT_FLAG_DISCARD;
  if (packet.is_corrupt) out->flags |= AV_PKT_FLAG_CORRUPT;
  return out;
}

void add_side_data(AVPacket& packet, AVPacketSideDataType type, const Bytes& bytes) {
  uint8_t* data = av_packet_new_side_data(&packet, type, bytes.size);
  std::memcpy(require(data, "a packet"), bytes.data, bytes.size);
}

Packet silenced(Packet packet, ReorderWatch& watch) {
  const Bytes& payload = packet.payload;
  packet.payload = replaced(payload, watch.silenced_packet({payload.data, payload.size}));
  const Bytes& headers = packet.extradata;
  packet.extradata = replaced(headers, watch.silenced_headers({headers.data, headers.size}));
  return packet;
}

void HeldHeaders::hold(const Bytes& bytes) {
  if (bytes_.size() + bytes.size > kMostHeldBytes) bytes_.clear();
  bytes_.insert(bytes_.end(), bytes.data, bytes.data + bytes.size);
}

Packet HeldHeaders::put_before(Packet packet) {
  if (bytes_.empty()) return packet;
  std::vector<uint8_t> bytes = std::exchange(bytes_, {});
  bytes.insert(bytes.end(), packet.payload.data, packet.payload.data + packet.payload.size);
  packet.payload = replaced(packet.payload, std::move(bytes));
  return packet;
}

}  // namespace cuf::libav
