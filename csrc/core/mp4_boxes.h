#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ports.h"

// ISO/IEC 14496-12 boxes of untrusted files. Whatever is malformed, or not understood though it
// would matter, throws Unusual.
namespace cuf::mp4 {

struct Unusual {};

constexpr uint32_t fourcc(const char (&name)[5]) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(name[i]);
  return value;
}

class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> data) : data_(data) {}

  uint64_t number(size_t bytes) {
    if (bytes > data_.size()) throw Unusual();
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | data_[i];
    data_ = data_.subspan(bytes);
    return value;
  }
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint32_t u24() { return static_cast<uint32_t>(number(3)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  int32_t s32() { return static_cast<int32_t>(u32()); }
  uint64_t u64() { return number(8); }
  std::span<const uint8_t> take(uint64_t bytes) {
    if (bytes > data_.size()) throw Unusual();
    const auto taken = data_.first(bytes);
    data_ = data_.subspan(bytes);
    return taken;
  }
  void skip(uint64_t bytes) { take(bytes); }
  std::span<const uint8_t> rest() const { return data_; }

  // The number of entries of a table, each of at least entry_bytes.
  uint32_t count(size_t entry_bytes) {
    const uint32_t count = u32();
    if (uint64_t{count} * entry_bytes > data_.size()) throw Unusual();
    return count;
  }

 private:
  std::span<const uint8_t> data_;
};

struct Box {
  uint32_t type = 0;
  std::span<const uint8_t> body;
};

// The boxes side by side in data; stray bytes too few for a box are passed over.
class Boxes {
 public:
  explicit Boxes(std::span<const uint8_t> data) : cursor_(data) {}
  std::optional<Box> next();

 private:
  Cursor cursor_;
};

// The first box of that type; nothing if there is none.
std::optional<Box> find_box(std::span<const uint8_t> data, uint32_t type);
// The only box of that type.
Box only_box(std::span<const uint8_t> data, uint32_t type);

// The boxes of a file, of which only those asked for are read.
class FileBoxes {
 public:
  // source knows its size and can be seeked in.
  explicit FileBoxes(ByteSource& source);

  struct Entry {
    uint32_t type = 0;
    int64_t position = 0;  // of the header
    int64_t body = 0;
    int64_t end = 0;
  };
  std::optional<Entry> next();
  // More than `limit` bytes are unusual.
  std::vector<uint8_t> read(const Entry& entry, int64_t limit);
  int64_t size() const { return size_; }

 private:
  void read_at(int64_t position, std::span<uint8_t> out);

  ByteSource& source_;
  int64_t size_;
  int64_t at_ = 0;
};

}  // namespace cuf::mp4
