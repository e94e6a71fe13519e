#include "core/input_times.h"

#include <algorithm>
#include <string>

#include "core/error.h"

namespace cuf {
namespace {

constexpr Rational kMicroseconds{1, 1000000};
// So far from the ends of int64_t that decode times can be counted back from it.
constexpr int64_t kFarthest = int64_t{1} << 60;

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(Status::invalid_argument, sentence);
}

bool is_same(Rational a, Rational b) {
  return int64_t{a.num} * b.den == int64_t{b.num} * a.den;
}

std::string text(Rational base) {
  return std::to_string(base.num) + "/" + std::to_string(base.den);
}

int64_t in_range(__int128 ticks) {
  if (ticks < -kFarthest || ticks > kFarthest) refuse("A picture's pts is beyond 2^60 ticks");
  return static_cast<int64_t>(ticks);
}

// Chunks tell their times in microseconds, too.
void require_microseconds(int64_t ticks, Rational base) {
  const __int128 scaled = static_cast<__int128>(ticks) * base.num * kMicroseconds.den / base.den;
  if (scaled < -kFarthest || scaled > kFarthest) {
    refuse("A picture's time is beyond 2^60 microseconds");
  }
}

// Throws unless it is exact.
int64_t rescaled(int64_t ticks, Rational from, Rational to) {
  const __int128 scaled = static_cast<__int128>(ticks) * from.num * to.den;
  const __int128 divisor = static_cast<__int128>(from.den) * to.num;
  if (scaled % divisor != 0) {
    refuse("A pts of " + std::to_string(ticks) + " in " + text(from) +
           " s is no whole number in the stream's time base, " + text(to) +
           " s; give all pictures one time base");
  }
  return in_range(scaled / divisor);
}

}  // namespace

int64_t InputTimes::ticks(int64_t pictures, Rational frame_rate, Rational time_base) {
  const __int128 scaled = static_cast<__int128>(pictures) * frame_rate.den * time_base.den;
  const __int128 divisor = static_cast<__int128>(frame_rate.num) * time_base.num;
  const __int128 rounded = (scaled + divisor / 2) / divisor;
  return static_cast<int64_t>(std::clamp<__int128>(rounded, 1, kFarthest));
}

InputTimes::Next InputTimes::next(const GivenTime& given, Rational frame_rate) const {
  Next next;
  Rational base = given.time_base;
  if (base.den == 0) {
    base =
        given.pts ? kMicroseconds : (has_begun_ ? base_ : Rational{frame_rate.den, frame_rate.num});
  }
  PictureTime& time = next.time;
  time.time_base = has_begun_ ? base_ : base;
  if (!given.pts && has_begun_) {
    const bool goes_on = is_same(frame_rate, counted_rate_);
    const int64_t from = goes_on ? anchor_ : last_;
    const int64_t count = goes_on ? counted_ + 1 : 1;
    time.pts = in_range(static_cast<__int128>(from) + ticks(count, frame_rate, base_));
    time.pts = std::max(time.pts, last_ + 1);
  } else if (given.pts) {
    const bool can_keep = !has_begun_ || is_same(base, base_);
    if (!can_keep && may_restart_) {
      time.time_base = base;
      next.begins_timeline = true;
    }
    time.pts = can_keep || may_restart_ ? in_range(*given.pts) : rescaled(*given.pts, base, base_);
  }
  if (has_begun_ && !next.begins_timeline && time.pts <= last_) {
    if (!may_restart_) {
      refuse("A pts of " + std::to_string(time.pts) + " is not behind the " +
             std::to_string(last_) + " of the picture before; pictures are encoded in the order " +
             "of display, so give it a later timestamp");
    }
    next.begins_timeline = true;
  }
  next.begins_timeline = next.begins_timeline || !has_begun_;
  const bool has_duration = given.duration > 0 && is_same(base, time.time_base);
  time.duration = has_duration ? given.duration : ticks(1, frame_rate, time.time_base);
  require_microseconds(time.pts, time.time_base);
  require_microseconds(time.duration, time.time_base);
  return next;
}

void InputTimes::commit(const Next& next, const GivenTime& given, Rational frame_rate) {
  const bool is_anchor = given.pts || !has_begun_;
  if (is_anchor) {
    anchor_ = next.time.pts;
    counted_ = 0;
  } else if (!is_same(frame_rate, counted_rate_)) {
    anchor_ = last_;
    counted_ = 1;
  } else {
    ++counted_;
  }
  counted_rate_ = frame_rate;
  base_ = next.time.time_base;
  last_ = next.time.pts;
  has_begun_ = true;
  may_restart_ = false;
}

}  // namespace cuf
