#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cuf {

// Offset of the next start code 00 00 01 at or behind `from`, or the size.
size_t find_start_code(std::span<const uint8_t> data, size_t from);

// What lies between the start codes 00 00 01 of MPEG streams, never empty.
class StartCodeUnits {
 public:
  explicit StartCodeUnits(std::span<const uint8_t> data)
      : data_(data), at_(find_start_code(data, 0)) {}

  std::optional<std::span<const uint8_t>> next() {
    while (at_ < data_.size()) {
      const size_t begin = at_ + 3;
      at_ = find_start_code(data_, begin);
      if (begin < at_) return data_.subspan(begin, at_ - begin);
    }
    return std::nullopt;
  }

 private:
  std::span<const uint8_t> data_;
  size_t at_;
};

// NAL units behind start codes, or behind big-endian lengths of length_size bytes if that is not 0.
class NalUnits {
 public:
  NalUnits(std::span<const uint8_t> data, size_t length_size)
      : rest_(data),
        length_size_(length_size),
        codes_(length_size ? std::span<const uint8_t>() : data) {}

  std::optional<std::span<const uint8_t>> next() {
    if (length_size_ == 0) return codes_.next();
    while (rest_.size() > length_size_) {
      size_t size = 0;
      for (size_t i = 0; i < length_size_; ++i) size = size << 8 | rest_[i];
      size = std::min(size, rest_.size() - length_size_);
      const auto unit = rest_.subspan(length_size_, size);
      rest_ = rest_.subspan(length_size_ + size);
      if (!unit.empty()) return unit;
    }
    return std::nullopt;
  }

 private:
  std::span<const uint8_t> rest_;
  size_t length_size_;
  StartCodeUnits codes_;
};

// As NalUnits, one after another without a look for their ends: slices are long, and those who want
// the headers in front of them stop there.
class LeadingUnits {
 public:
  LeadingUnits(std::span<const uint8_t> data, size_t length_size)
      : data_(data), length_size_(length_size) {}

  // Moves to the next unit. false: there is none.
  bool next();
  // From its first byte to the end of the data.
  std::span<const uint8_t> head() const { return data_.subspan(begin_); }
  std::span<const uint8_t> whole() const { return data_.subspan(begin_, end() - begin_); }

 private:
  size_t end() const;

  std::span<const uint8_t> data_;
  size_t length_size_;
  size_t begin_ = 0;
  size_t size_ = 0;  // of the unit, behind a length
};

// ISO/IEC 14496-15: the length size and the parameter sets of an avcC or hvcC record; anything else
// is taken for Annex B.
struct NalConfiguration {
  size_t length_size = 0;
  std::vector<std::span<const uint8_t>> units;
};
NalConfiguration read_avcc(std::span<const uint8_t> extradata);
NalConfiguration read_hvcc(std::span<const uint8_t> extradata);

}  // namespace cuf
