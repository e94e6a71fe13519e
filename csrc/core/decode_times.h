#pragma once

#include <cstdint>
#include <deque>

namespace cuf {

// Decode times of a stream whose encoder gives none. The n-th chunk's is the n-th time of display,
// delayed by as many pictures as decode order runs ahead; before the first time of display it
// counts back by one picture each. So they grow, and none is later than the chunk's time of
// display.
class DecodeTimes {
 public:
  // A picture was sent; times of display grow.
  void add(int64_t pts) { waiting_.push_back(pts); }
  // Of the next chunk. depth: Encoder::reorder_depth(); step: ticks of a picture, where there is
  // only one.
  int64_t next(int64_t pts, uint32_t depth, int64_t step);
  // The next picture begins another timeline.
  void restart() { *this = {}; }

 private:
  std::deque<int64_t> waiting_;  // times of display that are not taken yet
  uint32_t before_ = 0;          // chunks that still come before the first of them
  int64_t step_ = 0;
  int64_t last_ = 0;
  bool has_begun_ = false;
};

}  // namespace cuf
