#include "cuda/nvdec/packet_log.h"

#include <algorithm>

namespace cuf::cuda {
namespace {

// More than pictures can be under way: 32 surfaces of two fields.
constexpr size_t kMostEntries = 128;

}  // namespace

const PacketLog::Entry& PacketLog::add(const Packet& packet) {
  if (entries_.size() == kMostEntries) entries_.pop_front();
  has_times_of_decoding_ |= packet.pts == kNoTimestamp && packet.dts != kNoTimestamp;
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

int64_t PacketLog::time_of(const Entry* entry) {
  if (entry && entry->pts != kNoTimestamp && !has_times_of_decoding_) return entry->pts;
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
  const Entry* found = nullptr;
  if (!entries_.empty() && number >= entries_.front().number && number <= entries_.back().number) {
    found = &entries_[static_cast<size_t>(number - entries_.front().number)];
  }
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
  has_times_of_decoding_ = false;
  last_ = {};
}

}  // namespace cuf::cuda
