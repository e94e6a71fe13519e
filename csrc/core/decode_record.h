#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/ports.h"

namespace cuf {

// How a block was predicted; the numbers are NVDEC's.
enum class BlockType : uint8_t { intra = 0, inter = 1, skip = 2, pcm = 3, unknown = 7 };

// In quarter luma samples, from the block to what it is predicted from.
struct MotionVector {
  int16_t x = 0;
  int16_t y = 0;
  bool operator==(const MotionVector&) const = default;
};

// Writes what a decoder tells of the blocks of a picture, 16x16 luma samples each, row by row from
// the coded picture's upper left corner. The bytes are laid out as NVDEC's decode statistics are: a
// header of 32 bytes (byte 0 is 1 + 2 if there are vectors into list 1, bytes 4 to 7 are the number
// of blocks), then 12 bytes for each block (luma QP; 2 * type; two unused; vector into list 0;
// vector into list 1), all little endian.
class DecodeRecordWriter {
 public:
  static constexpr uint32_t kBlockSize = 16;
  static constexpr size_t kHeaderBytes = 32;
  static constexpr size_t kBlockBytes = 12;
  static size_t byte_length(uint32_t columns, uint32_t rows) {
    return kHeaderBytes + kBlockBytes * columns * rows;
  }

  // Of QP 0, unknown types and no vectors.
  DecodeRecordWriter(uint32_t columns, uint32_t rows);

  uint32_t columns() const { return columns_; }
  uint32_t rows() const { return rows_; }
  void set_qp(uint32_t column, uint32_t row, uint8_t qp) { block(column, row)[0] = qp; }
  void set_type(uint32_t column, uint32_t row, BlockType type) {
    block(column, row)[1] = static_cast<uint8_t>(static_cast<uint32_t>(type) << 1);
  }
  // list is 0 or 1.
  void set_vector(uint32_t column, uint32_t row, uint32_t list, MotionVector vector);

  // Once.
  std::vector<uint8_t> finish() { return std::move(bytes_); }

 private:
  uint8_t* block(uint32_t column, uint32_t row) {
    return bytes_.data() + kHeaderBytes +
           (static_cast<size_t>(row) * columns_ + column) * kBlockBytes;
  }

  const uint32_t columns_;
  const uint32_t rows_;
  std::vector<uint8_t> bytes_;
};

// The statistics of a picture. Thread-safe.
class DecodeRecord {
 public:
  using Fill = std::function<void(DecodeRecordWriter&)>;

  // The record is made when it is first asked for, since that costs as much as decoders take for
  // the export; `fill` is called once then, and freed.
  DecodeRecord(uint32_t columns, uint32_t rows, Fill fill)
      : columns_(columns), rows_(rows), fill_(std::move(fill)) {}

  // What a record is made of, until it is: libav exports 20 bytes for a block's quantiser and 40
  // for each of at most 8 vectors.
  static uint64_t most_source_bytes(uint64_t luma_samples) {
    constexpr uint64_t kBlockSamples = 16 * 16;
    return luma_samples * (20 + 8 * 40) / kBlockSamples;
  }

  uint32_t columns() const { return columns_; }
  size_t byte_length() const { return DecodeRecordWriter::byte_length(columns_, rows_); }
  const std::vector<uint8_t>& bytes() const;

 private:
  const uint32_t columns_;
  const uint32_t rows_;
  mutable std::mutex mutex_;
  mutable Fill fill_;
  mutable std::vector<uint8_t> bytes_;  // not changed once fill_ is empty
};

// One vector for the parts of a block, each with one: the vector of most parts by area, of equals
// the one that comes first. With may_lack_list a zero stands for "no vector into this list" as well
// as for no motion, so that it counts only where there is nothing else.
class BlockMotion {
 public:
  static constexpr size_t kMostParts = 4;

  void add(MotionVector vector, uint32_t area);
  bool is_empty() const { return count_ == 0; }
  MotionVector vector(bool may_lack_list) const;

 private:
  struct Part {
    MotionVector vector;
    uint32_t area = 0;
  };
  std::array<Part, kMostParts> parts_;
  size_t count_ = 0;
};

// Throws Error(unsupported) that names the codecs whose statistics there are.
void require_decode_stats(std::vector<std::string> codecs, const std::string& codec);

}  // namespace cuf
