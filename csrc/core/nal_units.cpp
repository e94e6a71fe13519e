#include "core/nal_units.h"

#include <cstring>

namespace cuf {
namespace {

using Bytes = std::span<const uint8_t>;

bool is_record(Bytes data) {
  if (data.size() < 7) return false;
  return data[0] == 1 || (data[0] == 0 && (data[1] != 0 || data[2] > 1));
}

NalConfiguration annex_b(Bytes data) {
  NalConfiguration out;
  StartCodeUnits units(data);
  while (const auto unit = units.next()) out.units.push_back(*unit);
  return out;
}

// Takes `count` units of 16-bit lengths off the front; false where the bytes end too early.
bool take_units(Bytes& data, size_t count, std::vector<Bytes>& units) {
  while (count-- > 0) {
    if (data.size() < 2) return false;
    const size_t size = size_t{data[0]} << 8 | data[1];
    if (data.size() - 2 < size) return false;
    if (size > 0) units.push_back(data.subspan(2, size));
    data = data.subspan(2 + size);
  }
  return true;
}

}  // namespace

size_t find_start_code(std::span<const uint8_t> data, size_t from) {
  // Zeros are rare in what is coded, and looked for in many bytes at once.
  for (size_t at = from; at + 3 <= data.size();) {
    const void* zero = std::memchr(&data[at], 0, data.size() - at - 2);
    if (!zero) break;
    at = static_cast<size_t>(static_cast<const uint8_t*>(zero) - data.data());
    if (data[at + 1] != 0) {
      at += 2;
    } else if (data[at + 2] == 1) {
      return at;
    } else {
      at += data[at + 2] == 0 ? 1 : 3;
    }
  }
  return data.size();
}

bool LeadingUnits::next() {
  if (length_size_ == 0) {
    begin_ = std::min(find_start_code(data_, begin_) + 3, data_.size());
    return begin_ < data_.size();
  }
  size_t at = end();
  if (data_.size() - at <= length_size_) return false;
  size_ = 0;
  for (size_t i = 0; i < length_size_; ++i) size_ = size_ << 8 | data_[at++];
  begin_ = at;
  return true;
}

size_t LeadingUnits::end() const {
  if (length_size_ == 0) return find_start_code(data_, begin_);
  return begin_ + std::min(size_, data_.size() - begin_);
}

NalConfiguration read_avcc(Bytes extradata) {
  if (!is_record(extradata)) return annex_b(extradata);
  NalConfiguration out;
  out.length_size = (extradata[4] & 3) + 1;
  Bytes rest = extradata.subspan(6);
  if (!take_units(rest, extradata[5] & 31, out.units) || rest.empty()) return out;
  const size_t pictures = rest[0];
  rest = rest.subspan(1);
  take_units(rest, pictures, out.units);
  return out;
}

NalConfiguration read_hvcc(Bytes extradata) {
  if (!is_record(extradata) || extradata.size() < 23) return annex_b(extradata);
  NalConfiguration out;
  out.length_size = (extradata[21] & 3) + 1;
  Bytes rest = extradata.subspan(23);
  for (size_t arrays = extradata[22]; arrays > 0 && rest.size() >= 3; --arrays) {
    const size_t count = size_t{rest[1]} << 8 | rest[2];
    rest = rest.subspan(3);
    if (!take_units(rest, count, out.units)) break;
  }
  return out;
}

}  // namespace cuf
