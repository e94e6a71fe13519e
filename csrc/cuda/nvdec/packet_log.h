#pragma once

#include <cstdint>
#include <deque>

#include "core/model.h"

namespace cuf::cuda {

// What is known of packets whose pictures may still come. The parser carries one number for each
// packet; this is what it stands for.
class PacketLog {
 public:
  struct Entry {
    int64_t number = 0;
    int64_t pts = kNoTimestamp;
    int64_t dts = kNoTimestamp;
    int64_t duration = 0;
    Rational time_base{1, 1000000};
    int32_t rotation = 0;
    bool is_key = false;
    bool is_wanted = true;
    bool has_given_dts = false;

    int64_t timestamp_us() const {
      return to_microseconds(pts != kNoTimestamp ? pts : dts, time_base);
    }
  };

  // The new packet's entry, numbered.
  const Entry& add(const Packet& packet);
  // Of the picture that is shown now, with its time: that of its packet; in containers that keep
  // only decoding times the earliest that no picture has; else counted on.
  Entry take(int64_t number);
  void clear();

 private:
  int64_t time_of(const Entry* entry);

  std::deque<Entry> entries_;
  int64_t next_number_ = 1;
  bool has_times_of_decoding_ = false;  // AVI tells when pictures are shown of some only
  int64_t last_pts_ = kNoTimestamp;
  int64_t last_duration_ = 0;
  Entry last_;
};

}  // namespace cuf::cuda
