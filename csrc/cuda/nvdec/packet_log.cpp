#include "cuda/nvdec/packet_log.h"

#include <algorithm>

namespace cuf::cuda {
namespace {

// More than pictures can be under way: 32 surfaces of two fields.
constexpr size_t kMostEntries = 128;

}  // namespace

const PacketLog::Entry& PacketLog::add(const Packet& packet) {
  if (entries_.size() == kMostEntries) entries_.pop_front();
  has_pts_ |= packet.pts != kNoTimestamp;
  note_reference(packet, next_number_);
  entries_.push_back({.number = next_number_++,
                      .pts = packet.pts,
                      .dts = packet.dts,
                      .duration = packet.duration,
                      .time_base = packet.time_base,
                      .rotation = packet.rotation,
                      .is_key = packet.is_key,
                      .is_wanted = packet.is_wanted && !packet.is_discard,
                      .has_given_dts = false});
  return entries_.back();
}

PacketLog::Entry* PacketLog::find(int64_t number) {
  if (entries_.empty() || number < entries_.front().number || number > entries_.back().number) {
    return nullptr;
  }
  return &entries_[static_cast<size_t>(number - entries_.front().number)];
}

// AVI and program streams leave out when some pictures are shown.
void PacketLog::note_reference(const Packet& packet, int64_t number) {
  const bool has_pts = packet.pts != kNoTimestamp;
  if (!is_mpeg_ || packet.dts == kNoTimestamp || (has_pts && packet.pts <= packet.dts)) return;
  if (Entry* last = find(untimed_)) last->pts = packet.dts;
  untimed_ = has_pts ? 0 : number;
}

int64_t PacketLog::time_of(const Entry* entry) {
  if (entry && entry->pts != kNoTimestamp) return entry->pts;
  if (has_pts_ && last_pts_ != kNoTimestamp) return last_pts_ + last_duration_;
  const auto earliest = std::find_if(entries_.begin(), entries_.end(), [](const Entry& other) {
    return !other.has_given_dts && other.dts != kNoTimestamp;
  });
  if (entry && earliest != entries_.end()) {
    earliest->has_given_dts = true;
    return earliest->dts;
  }
  return last_pts_ == kNoTimestamp ? kNoTimestamp : last_pts_ + last_duration_;
}

PacketLog::Entry PacketLog::take(int64_t number) {
  const Entry* found = find(number);
  // A second picture of a packet has no number of its own.
  Entry result = found ? *found : last_;
  result.pts = time_of(found);
  last_pts_ = result.pts;
  if (result.duration > 0) last_duration_ = result.duration;
  last_ = result;
  return result;
}

void PacketLog::clear() {
  entries_.clear();
  last_pts_ = kNoTimestamp;
  last_duration_ = 0;
  untimed_ = 0;
  has_pts_ = false;
  last_ = {};
}

}  // namespace cuf::cuda
