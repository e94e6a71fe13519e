#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "core/h264_sps.h"

// Parameter sets and slice headers of ITU-T H.264, 7.3, of untrusted bytes.
namespace cuf::h264 {

inline constexpr int kSlice = 1;
inline constexpr int kPartitionA = 2;
inline constexpr int kIdr = 5;
inline constexpr int kSei = 6;
inline constexpr int kSps = 7;
inline constexpr int kPps = 8;

using Sps = H264Sps;

struct Pps {
  uint32_t sps = 0;
  bool has_bottom_delta = false;
};

struct Slice {
  uint32_t sps = 0;
  bool is_idr = false;
  bool is_reference = false;
  bool is_field = false;
  bool is_bottom = false;
  uint32_t frame_num = 0;
  uint32_t poc_lsb = 0;
  int32_t delta_bottom = 0;
  int32_t delta[2] = {};
};

// The parameter sets that came so far.
class ParameterSets {
 public:
  // Takes an SPS or PPS NAL unit; others are left alone.
  void read(std::span<const uint8_t> unit);
  // false: the slice's header is cut, or its parameter sets did not come.
  bool read_slice(std::span<const uint8_t> unit, Slice& out) const;
  const std::map<uint32_t, Sps>& sps() const { return sps_; }

 private:
  std::map<uint32_t, Sps> sps_;
  std::map<uint32_t, Pps> pps_;
};

// Pairs fields: those of one frame may come in two packets.
class FieldPairs {
 public:
  // Told the first slice of each picture, in decode order. true: a field that completes the frame
  // of the field before.
  bool completes_frame(const Slice& slice);
  void reset() { waits_ = false; }

 private:
  bool waits_ = false;
  Slice first_;
};

}  // namespace cuf::h264
