#pragma once

#include <cstdint>
#include <optional>

#include "core/model.h"

namespace cuf {

struct PictureTime {
  int64_t pts = 0;
  int64_t duration = 0;
  Rational time_base;
};

// What is known of a picture's time.
struct GivenTime {
  std::optional<int64_t> pts;
  int64_t duration = 0;         // 0: a picture of the frame rate
  Rational time_base = {0, 0};  // 0/0: microseconds with a pts, else the stream's
};

// Times of the pictures that an encoder is sent, in one time base: the first picture's. What is
// given is kept exactly; what is not is counted on by the frame rate.
class InputTimes {
 public:
  struct Next {
    PictureTime time;
    bool begins_timeline = false;  // not behind the picture before
  };
  // Of the next picture. Throws Error(invalid_argument) for a time that is not behind the last one,
  // unless a stream ended there, and for one that the time base does not have.
  Next next(const GivenTime& given, Rational frame_rate) const;
  // That picture was sent.
  void commit(const Next& next, const GivenTime& given, Rational frame_rate);
  // The next picture begins a stream, which may be at any time.
  void end_stream() { may_restart_ = true; }

  // Ticks of one picture, at least 1.
  static int64_t ticks(int64_t pictures, Rational frame_rate, Rational time_base);

 private:
  bool has_begun_ = false;
  bool may_restart_ = true;
  Rational base_;
  int64_t last_ = 0;
  // Pictures without a time are counted from the last one that had one.
  int64_t anchor_ = 0;
  int64_t counted_ = 0;
  Rational counted_rate_;
};

}  // namespace cuf
