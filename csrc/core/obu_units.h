#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

namespace cuf {

// AV1 bitstream specification 4.10.5, of untrusted bytes: moves `at` behind the number, or behind
// the last byte there is.
inline uint64_t read_leb128(std::span<const uint8_t> data, size_t& at) {
  uint64_t value = 0;
  for (int shift = 0; shift < 56 && at < data.size(); shift += 7) {
    const uint8_t byte = data[at++];
    value |= uint64_t{byte & 0x7fu} << shift;
    if (!(byte & 0x80)) break;
  }
  return value;
}

struct Obu {
  int type = 0;
  uint32_t temporal_layer = 0;
  uint32_t spatial_layer = 0;
  bool is_cut = false;  // the body is shorter than its header says
  std::span<const uint8_t> body;
};

// The open bitstream units of a packet in the low-overhead format, 5.3.
class ObuUnits {
 public:
  explicit ObuUnits(std::span<const uint8_t> data) : data_(data) {}

  std::optional<Obu> next() {
    if (at_ >= data_.size()) return std::nullopt;
    Obu out;
    const uint8_t header = data_[at_++];
    out.type = header >> 3 & 15;
    if (header & 4) {
      if (at_ == data_.size()) return std::nullopt;
      out.temporal_layer = data_[at_] >> 5;
      out.spatial_layer = data_[at_] >> 3 & 3;
      ++at_;
    }
    uint64_t size = data_.size() - at_;
    if (header & 2) size = read_leb128(data_, at_);
    out.is_cut = size > data_.size() - at_;
    out.body = data_.subspan(at_, std::min<uint64_t>(size, data_.size() - at_));
    at_ += out.body.size();
    return out;
  }

 private:
  std::span<const uint8_t> data_;
  size_t at_ = 0;
};

}  // namespace cuf
