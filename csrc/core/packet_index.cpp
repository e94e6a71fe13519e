#include "core/packet_index.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace cuf {
PacketIndex::PacketIndex(std::vector<IndexedPacket> packets, Rational time_base)
    : packets_(std::move(packets)), time_base_(time_base) {
  for (uint32_t i = 0; i < packets_.size(); ++i) {
    IndexedPacket& packet = packets_[i];
    if (packet.is_key) keys_.push_back(i);
    if (keys_.empty()) packet.is_shown = false;
    if (!packet.is_shown) continue;
    frames_.push_back(i);
    if (packet.pts == kNoTimestamp) has_all_pts_ = false;
  }
  sort_frames();
  frame_of_packet_.assign(packets_.size(), kNoFrame);
  for (uint32_t i = 0; i < frames_.size(); ++i) frame_of_packet_[frames_[i]] = i;
  if (has_all_pts_) {
    for (const uint32_t packet : frames_) pts_.push_back(packets_[packet].pts);
  } else {
    make_up_pts();
  }
}

// Whether a packet's picture comes earlier on the screen, even if it is not shown.
bool PacketIndex::is_before(uint32_t packet, uint32_t other) const {
  const IndexedPacket& a = packets_[packet];
  const IndexedPacket& b = packets_[other];
  if (has_all_pts_) return a.pts < b.pts;
  return a.display_order < b.display_order;
}

// Stable, so that equal times, and packets without any order, stay in decode order.
void PacketIndex::sort_frames() {
  std::stable_sort(frames_.begin(), frames_.end(),
                   [this](uint32_t a, uint32_t b) { return is_before(a, b); });
}

// Where a container has decoding times only, the n-th of them is the time of the n-th frame but for
// a constant. Otherwise known times are kept and the gaps are filled by durations.
void PacketIndex::make_up_pts() {
  std::vector<int64_t> dts;
  size_t known = 0;
  for (const uint32_t packet : frames_) {
    if (packets_[packet].dts != kNoTimestamp) dts.push_back(packets_[packet].dts);
    // The first packet's may be only where the demuxer begins to count.
    if (packet != 0 && packets_[packet].pts != kNoTimestamp) ++known;
  }
  if (known == 0 && dts.size() == frames_.size()) {
    std::sort(dts.begin(), dts.end());
    pts_ = std::move(dts);
    return;
  }
  pts_.assign(frames_.size(), 0);
  size_t first = 0;
  while (first < frames_.size() && packets_[frames_[first]].pts == kNoTimestamp) ++first;
  if (first == frames_.size()) first = 0;
  const auto step = [&](size_t frame) {
    return std::max<int64_t>(packets_[frames_[frame]].duration, 1);
  };
  for (size_t i = first; i < frames_.size(); ++i) {
    const int64_t next = i > first ? wrapping_sum(pts_[i - 1], step(i - 1)) : 0;
    const int64_t own = packets_[frames_[i]].pts;
    const bool is_usable = own != kNoTimestamp && (i == first || own > pts_[i - 1]);
    pts_[i] = is_usable ? own : next;
  }
  for (size_t i = first; i-- > 0;) pts_[i] = wrapping_difference(pts_[i + 1], step(i));
}

int64_t PacketIndex::duration_of_frame(uint32_t frame) const {
  if (frame + 1 < frames_.size()) return wrapping_difference(pts_[frame + 1], pts_[frame]);
  const int64_t own = packets_[frames_[frame]].duration;
  if (own > 0 || frame == 0) return own;
  return wrapping_difference(pts_[frame], pts_[frame - 1]);
}

int64_t PacketIndex::duration_us() const {
  if (frames_.empty()) return 0;
  const uint32_t last = frame_count() - 1;
  const int64_t end = wrapping_sum(to_microseconds(pts_[last], time_base_),
                                   to_microseconds(duration_of_frame(last), time_base_));
  return wrapping_difference(end, to_microseconds(pts_[0], time_base_));
}

uint32_t PacketIndex::gop_of_packet(uint32_t packet) const {
  const auto next = std::upper_bound(keys_.begin(), keys_.end(), packet);
  return next == keys_.begin() ? kNoGop : static_cast<uint32_t>(next - keys_.begin() - 1);
}

bool PacketIndex::is_leading(uint32_t packet) const {
  const uint32_t gop = gop_of_packet(packet);
  return gop != kNoGop && is_before(packet, keys_[gop]);
}

uint32_t PacketIndex::start_of_frame(uint32_t frame) const {
  const uint32_t packet = frames_[frame];
  const uint32_t gop = gop_of_packet(packet);
  return keys_[gop > 0 && is_leading(packet) ? gop - 1 : gop];
}

uint32_t PacketIndex::frame_at(int64_t ticks) const {
  const auto next = std::upper_bound(pts_.begin(), pts_.end(), ticks);
  return next == pts_.begin() ? 0 : static_cast<uint32_t>(next - pts_.begin() - 1);
}

void PacketIndex::note_droppable(uint32_t packet, bool is_droppable) {
  std::atomic_ref(packets_[packet].is_droppable).store(is_droppable, std::memory_order_relaxed);
}

bool PacketIndex::is_droppable(uint32_t packet) const {
  // atomic_ref of C++20 takes no const object.
  auto& flag = const_cast<bool&>(packets_[packet].is_droppable);
  return std::atomic_ref(flag).load(std::memory_order_relaxed);
}

size_t PacketIndex::byte_size() const {
  const auto bytes = [](const auto& list) { return list.capacity() * sizeof(list[0]); };
  return bytes(packets_) + bytes(keys_) + bytes(frames_) + bytes(frame_of_packet_) + bytes(pts_);
}

}  // namespace cuf
