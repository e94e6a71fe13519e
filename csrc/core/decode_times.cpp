#include "core/decode_times.h"

#include <algorithm>

namespace cuf {

int64_t DecodeTimes::next(int64_t pts, uint32_t depth, int64_t step) {
  const bool is_first = !has_begun_;
  if (is_first) {
    has_begun_ = true;
    before_ = depth;
    step_ = std::max<int64_t>(waiting_.size() > 1 ? waiting_[1] - waiting_[0] : step, 1);
  }
  int64_t dts = pts;
  if (before_ > 0) {
    dts = waiting_.front() - step_ * before_--;
  } else if (!waiting_.empty()) {
    dts = waiting_.front();
    waiting_.pop_front();
  }
  // An encoder made anew may reorder more than the one before.
  dts = std::min(dts, pts);
  if (!is_first) dts = std::max(dts, last_ + 1);
  return last_ = dts;
}

}  // namespace cuf
