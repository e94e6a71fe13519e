// Logical time: which operations of which streams are known to come before another one.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace cufsim {

/** For each timeline (a stream) the number of its last operation that came before. */
class Clock {
 public:
  uint64_t at(uint32_t timeline) const {
    const auto found = find(timeline);
    return found == entries_.end() || found->first != timeline ? 0 : found->second;
  }
  void raise(uint32_t timeline, uint64_t number) {
    const auto found = entries_.begin() + (find(timeline) - entries_.cbegin());
    if (found == entries_.end() || found->first != timeline) {
      entries_.insert(found, {timeline, number});
    } else {
      found->second = std::max(found->second, number);
    }
  }
  void merge(const Clock& other) {
    for (const auto& [timeline, number] : other.entries_) raise(timeline, number);
  }
  void forget(uint32_t timeline) {
    const auto found = entries_.begin() + (find(timeline) - entries_.cbegin());
    if (found != entries_.end() && found->first == timeline) entries_.erase(found);
  }
  const std::vector<std::pair<uint32_t, uint64_t>>& entries() const { return entries_; }

 private:
  using Entries = std::vector<std::pair<uint32_t, uint64_t>>;
  Entries::const_iterator find(uint32_t timeline) const {
    return std::lower_bound(entries_.begin(), entries_.end(), timeline,
                            [](const auto& entry, uint32_t t) { return entry.first < t; });
  }
  Entries entries_;
};

using SharedClock = std::shared_ptr<const Clock>;

}  // namespace cufsim
