#pragma once

#include <cstdint>
#include <vector>

namespace cuf {

// Decode times of packets that have none, as Matroska's first ones: the least of the last times of
// display, as many of them as pictures are reordered by. So they grow, and none is later than its
// packet's time of display.
class MissingDecodeTimes {
 public:
  // Of every packet of the track, in decode order. depth: pictures by which decode order runs ahead
  // of display order; step: ticks of a picture.
  int64_t next(int64_t pts, uint32_t depth, int64_t step);

 private:
  std::vector<int64_t> latest_;  // in order
};

}  // namespace cuf
