#include "core/mp4_boxes.h"

#include <algorithm>

namespace cuf::mp4 {

std::optional<Box> Boxes::next() {
  if (cursor_.rest().size() < 8) return std::nullopt;
  uint64_t size = cursor_.u32();
  const uint32_t type = cursor_.u32();
  uint64_t header = 8;
  if (size == 1) {
    size = cursor_.u64();
    header = 16;
  } else if (size == 0) {
    // QuickTime ends a list of user data by a zero.
    if (type == 0) return std::nullopt;
    size = header + cursor_.rest().size();
  }
  if (size < header) throw Unusual();
  return Box{type, cursor_.take(size - header)};
}

std::optional<Box> find_box(std::span<const uint8_t> data, uint32_t type) {
  Boxes boxes(data);
  while (const auto box = boxes.next()) {
    if (box->type == type) return box;
  }
  return std::nullopt;
}

Box only_box(std::span<const uint8_t> data, uint32_t type) {
  std::optional<Box> found;
  Boxes boxes(data);
  while (const auto box = boxes.next()) {
    if (box->type != type) continue;
    if (found) throw Unusual();
    found = box;
  }
  if (!found) throw Unusual();
  return *found;
}

FileBoxes::FileBoxes(ByteSource& source) : source_(source), size_(source.size()) {
  if (size_ < 0 || !source.is_seekable()) throw Unusual();
}

void FileBoxes::read_at(int64_t position, std::span<uint8_t> out) {
  source_.seek(position);
  while (!out.empty()) {
    const size_t count = source_.read(out.data(), out.size());
    if (count == 0) throw Unusual();
    out = out.subspan(count);
  }
}

std::optional<FileBoxes::Entry> FileBoxes::next() {
  const int64_t left = size_ - at_;
  if (left < 8) return std::nullopt;
  uint8_t header[16];
  const size_t length = static_cast<size_t>(std::min<int64_t>(left, sizeof(header)));
  read_at(at_, std::span(header, length));
  Cursor cursor(std::span(header, length));
  uint64_t size = cursor.u32();
  Entry entry{.type = cursor.u32(), .position = at_, .body = at_ + 8};
  if (size == 1) {
    size = cursor.u64();
    entry.body += 8;
  } else if (size == 0) {
    size = static_cast<uint64_t>(left);
  }
  const auto least = static_cast<uint64_t>(entry.body - at_);
  if (size < least) throw Unusual();
  // A file that was cut off: what is there of the last box.
  size = std::min(size, static_cast<uint64_t>(left));
  if (size < least) return std::nullopt;
  at_ += static_cast<int64_t>(size);
  entry.end = at_;
  return entry;
}

std::vector<uint8_t> FileBoxes::read(const Entry& entry, int64_t limit) {
  if (entry.end - entry.body > limit) throw Unusual();
  std::vector<uint8_t> bytes(static_cast<size_t>(entry.end - entry.body));
  read_at(entry.body, bytes);
  return bytes;
}

}  // namespace cuf::mp4
