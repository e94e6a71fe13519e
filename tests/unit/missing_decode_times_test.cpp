#include <doctest/doctest.h>

#include <vector>

#include "core/missing_decode_times.h"

using namespace cuf;

namespace {

std::vector<int64_t> decode_times(const std::vector<int64_t>& shown, uint32_t depth) {
  MissingDecodeTimes times;
  std::vector<int64_t> out;
  for (const int64_t pts : shown) out.push_back(times.next(pts, depth, 40));
  return out;
}

}  // namespace

TEST_CASE("pictures in the order of display are decoded when they are shown") {
  CHECK(decode_times({0, 40, 80}, 0) == std::vector<int64_t>{0, 40, 80});
}

TEST_CASE("decode times grow, and none is behind its time of display") {
  CHECK(decode_times({0, 160, 80, 40, 120, 320, 240}, 2) ==
        std::vector<int64_t>{-80, -40, 0, 40, 80, 120, 160});
  CHECK(decode_times({100, 279, 208, 150}, 1) == std::vector<int64_t>{60, 100, 208, 150});
}
