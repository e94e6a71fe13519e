#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/decode_times.h"
#include "core/error.h"
#include "core/input_times.h"

using namespace cuf;

namespace {

using Times = std::vector<int64_t>;

// All pictures are sent before the first chunk comes; `order`: places in decode order.
Times decode_times(const Times& pts, const std::vector<size_t>& order, uint32_t depth) {
  DecodeTimes times;
  for (const int64_t time : pts) times.add(time);
  Times result;
  for (const size_t place : order) result.push_back(times.next(pts[place], depth, 40));
  for (size_t i = 0; i < result.size(); ++i) {
    CHECK(result[i] <= pts[order[i]]);
    if (i > 0) CHECK(result[i] > result[i - 1]);
  }
  return result;
}

}  // namespace

TEST_CASE("decode times are those of display, delayed by the reordering") {
  CHECK(decode_times({0, 40, 80}, {0, 1, 2}, 0) == Times{0, 40, 80});
  CHECK(decode_times({0, 40, 80, 120}, {0, 3, 1, 2}, 1) == Times{-40, 0, 40, 80});
  // A pyramid: 0 4 2 1 3.
  CHECK(decode_times({0, 1, 2, 3, 4}, {0, 4, 2, 1, 3}, 2) == Times{-2, -1, 0, 1, 2});
}

TEST_CASE("decode times of variable rates and negative times stay in order") {
  CHECK(decode_times({-1000, -7, 5, 6, 900}, {0, 4, 2, 1, 3}, 2) ==
        Times{-2986, -1993, -1000, -7, 5});
  // One picture only: the frame rate's step.
  CHECK(decode_times({7}, {0}, 2) == Times{-73});
}

TEST_CASE("an encoder that reorders more than the one before it still gives times that grow") {
  DecodeTimes times;
  for (int64_t pts = 0; pts < 40; pts += 10) times.add(pts);
  CHECK(times.next(0, 0, 10) == 0);
  CHECK(times.next(10, 0, 10) == 10);
  CHECK(times.next(30, 1, 10) == 20);
  CHECK(times.next(20, 1, 10) > 20);
}

TEST_CASE("times at the ends of the range are refused, not wrapped") {
  InputTimes times;
  for (const int64_t far :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    CHECK_THROWS_WITH(times.next({.pts = far, .duration = 0, .time_base = {1, 1000}}, {30, 1}),
                      "A picture's pts is beyond 2^60 ticks");
  }
}

TEST_CASE("so are times that microseconds do not count") {
  InputTimes times;
  const int64_t years = int64_t{1} << 50;
  CHECK_THROWS_WITH(times.next({.pts = years, .duration = 0, .time_base = {1000, 1}}, {30, 1}),
                    "A picture's time is beyond 2^60 microseconds");
  CHECK_THROWS_WITH(times.next({.pts = 0, .duration = years, .time_base = {1000, 1}}, {30, 1}),
                    "A picture's time is beyond 2^60 microseconds");
  CHECK(times.next({.pts = years, .duration = 0, .time_base = {1, 1000}}, {30, 1}).time.pts ==
        years);
}

TEST_CASE("a duration that is given is kept; others are a picture of the frame rate") {
  InputTimes times;
  const GivenTime given{.pts = 3, .duration = 7, .time_base = {1, 90000}};
  auto next = times.next(given, {25, 1});
  CHECK(next.time.duration == 7);
  CHECK(next.begins_timeline);
  times.commit(next, given, {25, 1});
  next = times.next({}, {25, 1});
  CHECK(next.time.pts == 3603);
  CHECK(next.time.duration == 3600);
  CHECK(!next.begins_timeline);
  times.commit(next, {}, {25, 1});
  // Another frame rate counts from there.
  CHECK(times.next({}, {50, 1}).time.pts == 3603 + 1800);
  // Half a tick is rounded, and a rate above the time base's still goes on.
  CHECK(InputTimes::ticks(1, {1000000, 1}, {1, 25}) == 1);
}
