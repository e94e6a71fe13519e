#include "libav/av_packet.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libav/errors.h"

namespace cuf::libav {
namespace {

constexpr size_t kMostHeldBytes = 64 << 10;
constexpr size_t kSkipSamplesBytes = 10;  // of AV_PKT_DATA_SKIP_SAMPLES

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
  if (packet.skipped_at_begin > 0 || packet.skipped_at_end > 0) {
    uint8_t* skipped =
        av_packet_new_side_data(out.get(), AV_PKT_DATA_SKIP_SAMPLES, kSkipSamplesBytes);
    std::memset(require(skipped, "a packet"), 0, kSkipSamplesBytes);
    AV_WL32(skipped, packet.skipped_at_begin);
    AV_WL32(skipped + 4, packet.skipped_at_end);
  }
  return out;
}

Bytes side_data(const std::shared_ptr<AVPacket>& packet, AVPacketSideDataType type) {
  size_t size = 0;
  const uint8_t* data = av_packet_get_side_data(packet.get(), type, &size);
  if (!data || size == 0) return {};
  return {packet, data, size};
}

StreamHints hints_of(const AVCodecParameters& parameters) {
  return {
      .coded_width = static_cast<uint32_t>(std::max(parameters.width, 0)),
      .coded_height = static_cast<uint32_t>(std::max(parameters.height, 0)),
      .codec_tag = parameters.codec_tag,
      .bits_per_coded_sample = static_cast<uint32_t>(std::max(parameters.bits_per_coded_sample, 0)),
      .pixel_format = static_cast<uint32_t>(std::max(parameters.format + 1, 0))};
}

Packet from_av_packet(const std::shared_ptr<AVPacket>& packet, AVRational time_base) {
  Packet out;
  out.payload = {packet, packet->data, static_cast<size_t>(std::max(packet->size, 0))};
  out.stream_index = static_cast<uint32_t>(packet->stream_index);
  out.pts = packet->pts;
  out.dts = packet->dts;
  out.duration = packet->duration;
  out.position = packet->pos;
  out.time_base = {time_base.num, time_base.den};
  out.is_key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
  out.is_discard = (packet->flags & AV_PKT_FLAG_DISCARD) != 0;
  out.is_corrupt = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
  const Bytes skipped = side_data(packet, AV_PKT_DATA_SKIP_SAMPLES);
  if (skipped.size >= kSkipSamplesBytes) {
    out.skipped_at_begin = AV_RL32(skipped.data);
    out.skipped_at_end = AV_RL32(skipped.data + 4);
  }
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
