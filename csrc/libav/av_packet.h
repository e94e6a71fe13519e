#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/model.h"
#include "core/reorder_watch.h"
#include "libav/compat.h"
#include "libav/handles.h"

namespace cuf::libav {

// The packet over the same bytes.
Owned<AVPacket> to_av_packet(const Packet& packet);

// What the model knows of every packet, over the same bytes.
Packet from_av_packet(const std::shared_ptr<AVPacket>& packet, AVRational time_base);

// Empty: there is none of the type.
Bytes side_data(const std::shared_ptr<AVPacket>& packet, AVPacketSideDataType type);

StreamHints hints_of(const AVCodecParameters& parameters);

void add_side_data(AVPacket& packet, AVPacketSideDataType type, const Bytes& bytes);

// The packet, in which no header announces that frames are out of order.
Packet silenced(Packet packet, ReorderWatch& watch);

// Parameter sets in packets of their own go with the picture that they are for: libav finds no
// picture in them, and it may be that of a stream for which a decoder is opened anew.
class HeldHeaders {
 public:
  void hold(const Bytes& bytes);
  Packet put_before(Packet packet);
  void clear() { bytes_.clear(); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace cuf::libav
