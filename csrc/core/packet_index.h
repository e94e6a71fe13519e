#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/model.h"

namespace cuf {

// One packet of the video stream, as far as random access must know it.
struct IndexedPacket {
  int64_t pts = kNoTimestamp;  // in the stream's time base
  int64_t dts = kNoTimestamp;
  int64_t duration = 0;
  int64_t position = -1;  // byte in the file
  // Rank in display order among packets of which some have no pts; need not be dense.
  int64_t display_order = kNoTimestamp;
  uint32_t size = 0;
  // Decoding can start here (IDR, CRA, recovery point with leading pictures, ...).
  bool is_key = false;
  // Gives a displayed frame: not discarded by an edit list, not hidden (VP8/VP9 alt-ref), not the
  // second field of a frame.
  bool is_shown = true;
  // No other picture needs it: may be left out when its frame is not wanted.
  bool is_droppable = false;
};

// Every packet of a stream in decode order, and what follows from it. Immutable but for
// note_droppable, so that several decoders may share one.
class PacketIndex {
 public:
  // Sorts out display order and GOPs. Packets before the first key packet belong to no GOP and show
  // nothing.
  explicit PacketIndex(std::vector<IndexedPacket> packets, Rational time_base);

  // is_droppable of these is as it was when the index was built; is_droppable() knows more.
  std::span<const IndexedPacket> packets() const { return packets_; }
  Rational time_base() const { return time_base_; }

  // Frames in display order: frame -> ordinal of its packet.
  uint32_t frame_count() const { return static_cast<uint32_t>(frames_.size()); }
  uint32_t packet_of_frame(uint32_t frame) const { return frames_[frame]; }
  // kNoFrame for packets that show nothing.
  uint32_t frame_of_packet(uint32_t packet) const { return frame_of_packet_[packet]; }
  int64_t pts_of_frame(uint32_t frame) const { return pts_[frame]; }  // made up where there is none
  int64_t duration_of_frame(uint32_t frame) const;  // to the next frame's pts; the last one's own

  // Ordinals of key packets; GOP g is [keys[g], keys[g + 1]) in decode order.
  std::span<const uint32_t> keys() const { return keys_; }
  uint32_t gop_of_packet(uint32_t packet) const;  // kNoGop before the first key packet
  // Shown before the key picture of its GOP. Decoding that starts at this key picture must leave
  // the packet out: its references are missing, and libav's H.264 decoder ends its drain at a
  // picture that it holds for broken.
  bool is_leading(uint32_t packet) const;
  // The key packet from which the frame can be decoded right: its GOP's, or the one before for a
  // leading picture of an open GOP (shown before its key frame), which refers to the GOP before.
  uint32_t start_of_frame(uint32_t frame) const;

  // From the first frame's time to the end of the last one.
  int64_t duration_us() const;

  // The frame shown at a time (the last one with pts <= ticks); clamped to the first and last
  // frame, 0 without any.
  uint32_t frame_at(int64_t ticks) const;

  // For those who read the payload later than the index was built; safe from several threads.
  void note_droppable(uint32_t packet, bool is_droppable);
  bool is_droppable(uint32_t packet) const;

  size_t byte_size() const;  // memory held, about

  static constexpr uint32_t kNoFrame = UINT32_MAX;
  static constexpr uint32_t kNoGop = UINT32_MAX;

 private:
  void sort_frames();
  void make_up_pts();
  bool is_before(uint32_t packet, uint32_t other) const;

  std::vector<IndexedPacket> packets_;
  Rational time_base_;
  std::vector<uint32_t> keys_;
  std::vector<uint32_t> frames_;
  std::vector<uint32_t> frame_of_packet_;
  std::vector<int64_t> pts_;
  bool has_all_pts_ = true;
};

}  // namespace cuf
