#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/ports.h"

namespace cuf {

// Host memory for pictures. Blocks are reused by size: fresh pages of a 6 MB frame cost more to
// fault in than the conversion that fills them.
class FrameMemory : public Memory, public std::enable_shared_from_this<FrameMemory> {
 public:
  ~FrameMemory() override;
  Block allocate(size_t size) override;  // throws Error(out_of_memory)
  void trim();                           // frees what is kept for reuse, now and from now on
  uint64_t pooled_bytes() const { return pooled_bytes_; }

 private:
  void recycle(uint8_t* data, size_t size);

  std::mutex mutex_;
  std::map<size_t, std::vector<uint8_t*>> free_;
  std::atomic<uint64_t> pooled_bytes_ = 0;
  bool keeps_blocks_ = true;
};

}  // namespace cuf
