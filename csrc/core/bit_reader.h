#pragma once

#include <cstdint>
#include <span>

namespace cuf {

// Bits of untrusted bytes, most significant first. Behind the end it reads zeros and says so.
class BitReader {
 public:
  enum class Escapes { none, nal };  // nal: 00 00 03 stands for 00 00
  explicit BitReader(std::span<const uint8_t> data, Escapes escapes = Escapes::none)
      : data_(data), has_escapes_(escapes == Escapes::nal) {}

  uint32_t bit() {
    if (left_ == 0) load();
    --left_;
    return byte_ >> left_ & 1;
  }
  bool flag() { return bit() != 0; }
  uint32_t bits(int count) {
    uint32_t value = 0;
    while (count-- > 0) value = value << 1 | bit();
    return value;
  }
  void skip(int count) {
    while (count-- > 0) bit();
  }
  // Exp-Golomb codes of H.264 and HEVC, section 9.
  uint32_t ue() {
    int zeros = 0;
    while (!has_overrun_ && bit() == 0) ++zeros;
    if (zeros > 31) {
      has_overrun_ = true;
      return 0;
    }
    return (uint32_t{1} << zeros) - 1 + bits(zeros);
  }
  int32_t se() {
    const uint32_t code = ue();
    const auto half = static_cast<int32_t>(code / 2 + (code & 1));
    return code & 1 ? half : -half;
  }
  bool has_overrun() const { return has_overrun_; }
  // Where the bit that was read last stands: in which byte, and how far from its lowest bit.
  size_t last_byte() const { return at_ - 1; }
  int last_shift() const { return left_; }

 private:
  void load() {
    if (has_escapes_ && zeros_ >= 2 && at_ < data_.size() && data_[at_] == 3) {
      ++at_;
      zeros_ = 0;
    }
    if (at_ >= data_.size()) has_overrun_ = true;
    byte_ = at_ < data_.size() ? data_[at_++] : 0;
    zeros_ = byte_ == 0 ? zeros_ + 1 : 0;
    left_ = 8;
  }

  std::span<const uint8_t> data_;
  size_t at_ = 0;
  uint32_t byte_ = 0;
  int left_ = 0;
  int zeros_ = 0;
  bool has_escapes_;
  bool has_overrun_ = false;
};

}  // namespace cuf
