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

  // is_mpeg: pictures that others are predicted from are shown when the next one is decoded, as in
  // MPEG-1, 2 and 4.
  explicit PacketLog(bool is_mpeg) : is_mpeg_(is_mpeg) {}

  // The new packet's entry, numbered.
  const Entry& add(const Packet& packet);
  // Of the picture that is shown now, with its time: that of its packet; in containers that keep
  // only decoding times the earliest that no picture has; else counted on.
  Entry take(int64_t number);
  void clear();

 private:
  Entry* find(int64_t number);
  void note_reference(const Packet& packet, int64_t number);
  int64_t time_of(const Entry* entry);

  const bool is_mpeg_;

  std::deque<Entry> entries_;
  int64_t next_number_ = 1;
  int64_t untimed_ = 0;   // number of the last reference, which has no time to be shown yet
  bool has_pts_ = false;  // some packet has
  int64_t last_pts_ = kNoTimestamp;
  int64_t last_duration_ = 0;
  Entry last_;
};

}  // namespace cuf::cuda
