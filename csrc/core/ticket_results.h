#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cuf {

// What completed work made, kept until the script fetches it by its ticket.
template <typename T>
class TicketResults {
 public:
  void keep(uint32_t ticket, std::vector<T> results) {
    std::lock_guard lock(mutex_);
    if (!is_closed_ && !results.empty()) results_.insert_or_assign(ticket, std::move(results));
  }

  // Empty for an unknown ticket.
  std::vector<T> take(uint32_t ticket) {
    std::lock_guard lock(mutex_);
    const auto found = results_.find(ticket);
    if (found == results_.end()) return {};
    std::vector<T> results = std::move(found->second);
    results_.erase(found);
    return results;
  }

  // Drops everything, now and from now on.
  void close() {
    std::lock_guard lock(mutex_);
    is_closed_ = true;
    results_.clear();
  }

 private:
  std::mutex mutex_;
  std::unordered_map<uint32_t, std::vector<T>> results_;
  bool is_closed_ = false;
};

}  // namespace cuf
