#include "core/decode_record.h"

#include <algorithm>

namespace cuf {
namespace {

constexpr uint8_t kIsValid = 1;
constexpr uint8_t kHasSecondList = 2;
constexpr size_t kCountOffset = 4;
constexpr size_t kCountBytes = 4;
constexpr size_t kVectorsOffset = 4;
constexpr size_t kVectorBytes = 4;

void put_little_endian(uint8_t* out, uint32_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

DecodeRecordWriter::DecodeRecordWriter(uint32_t columns, uint32_t rows)
    : columns_(columns), rows_(rows), bytes_(byte_length(columns, rows)) {
  bytes_[0] = kIsValid;
  put_little_endian(bytes_.data() + kCountOffset, columns * rows, kCountBytes);
  for (uint32_t row = 0; row < rows; ++row) {
    for (uint32_t column = 0; column < columns; ++column) set_type(column, row, BlockType::unknown);
  }
}

void DecodeRecordWriter::set_vector(uint32_t column, uint32_t row, uint32_t list,
                                    MotionVector vector) {
  uint8_t* out = block(column, row) + kVectorsOffset + kVectorBytes * list;
  put_little_endian(out, static_cast<uint16_t>(vector.x), kVectorBytes / 2);
  put_little_endian(out + kVectorBytes / 2, static_cast<uint16_t>(vector.y), kVectorBytes / 2);
  if (list == 1) bytes_[0] |= kHasSecondList;
}

const std::vector<uint8_t>& DecodeRecord::bytes() const {
  std::lock_guard lock(mutex_);
  if (fill_) {
    DecodeRecordWriter writer(columns_, rows_);
    fill_(writer);
    bytes_ = writer.finish();
    fill_ = nullptr;
  }
  return bytes_;
}

void BlockMotion::add(MotionVector vector, uint32_t area) {
  for (size_t i = 0; i < count_; ++i) {
    if (parts_[i].vector != vector) continue;
    parts_[i].area += area;
    return;
  }
  if (count_ < kMostParts) parts_[count_++] = {.vector = vector, .area = area};
}

MotionVector BlockMotion::vector(bool may_lack_list) const {
  const Part* best = nullptr;
  for (size_t i = 0; i < count_; ++i) {
    const Part& part = parts_[i];
    if (may_lack_list && part.vector == MotionVector{} && count_ > 1) continue;
    if (!best || part.area > best->area) best = &part;
  }
  return best ? best->vector : MotionVector{};
}

void require_decode_stats(std::vector<std::string> codecs, const std::string& codec) {
  if (std::find(codecs.begin(), codecs.end(), codec) != codecs.end()) return;
  std::sort(codecs.begin(), codecs.end());
  codecs.erase(std::unique(codecs.begin(), codecs.end()), codecs.end());
  std::string names;
  for (const std::string& name : codecs) names += (names.empty() ? "" : ", ") + name;
  throw Error(Status::unsupported, "There are no decode statistics of " + codec +
                                       " on this backend; leave enableDecodeStats out. It has " +
                                       (names.empty() ? "none" : "those of " + names));
}

}  // namespace cuf
