#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "core/source.h"

namespace cuf {

// Ranges asked of the script, one at a time. The last ones stay, since several readers of a file
// take turns, and the reader of a container goes to and fro.
class SeekableSource final : public Source {
 public:
  SeekableSource(std::shared_ptr<Device> device, uint64_t size, uint32_t event_ticket)
      : Source(std::move(device), event_ticket), size_(static_cast<int64_t>(size)) {}

  size_t write(const uint8_t* data, size_t length) override;
  void finish() override;
  void set_suspended(bool is_suspended) override;
  bool would_block() override;
  size_t read(uint8_t* out, size_t capacity) override;
  size_t read_at(int64_t position, uint8_t* out, size_t capacity, const StopTest& stop) override;
  bool is_seekable() const override { return true; }
  int64_t size() const override { return size_; }
  void seek(int64_t position) override;

 private:
  struct Range {
    int64_t start = 0;
    std::vector<uint8_t> bytes = {};
    int64_t end() const { return start + static_cast<int64_t>(bytes.size()); }
  };
  struct Request {
    Range range;
    size_t wanted = 0;
  };

  const Range* find(int64_t position);
  void ask(int64_t position, size_t capacity);
  void wait_for_answer(std::unique_lock<std::mutex>& lock, const StopTest& stop);

  const int64_t size_;
  int64_t position_ = 0;
  std::list<Range> ranges_;  // most recently used first
  std::optional<Request> request_;
  uint64_t requests_ = 0;
  uint64_t answers_ = 0;
  bool is_suspended_ = false;
};

}  // namespace cuf
