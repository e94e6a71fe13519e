#include "core/missing_decode_times.h"

#include <algorithm>

#include "core/model.h"

namespace cuf {

int64_t MissingDecodeTimes::next(int64_t pts, uint32_t depth, int64_t step) {
  if (latest_.empty()) {
    for (uint32_t i = 0; i < depth; ++i) {
      const auto pictures = static_cast<uint64_t>(depth - i);
      latest_.push_back(
          wrapping_difference(pts, static_cast<int64_t>(static_cast<uint64_t>(step) * pictures)));
    }
  } else {
    latest_.erase(latest_.begin());
  }
  latest_.insert(std::ranges::upper_bound(latest_, pts), pts);
  return latest_.front();
}

}  // namespace cuf
