#include "core/frame_memory.h"

#include <cstdlib>
#include <string>
#include <utility>

namespace cuf {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kGranule = 4096;
// A batch of 32 RGB frames of 1080p. Frames of new memory cost a page fault every 4 KiB, a third of
// the time of their conversion.
constexpr uint64_t kMostPooledBytes = 256 << 20;

}  // namespace

FrameMemory::~FrameMemory() {
  trim();
}

Memory::Block FrameMemory::allocate(size_t size) {
  const size_t rounded = (size + kGranule - 1) / kGranule * kGranule;
  uint8_t* data = nullptr;
  {
    std::lock_guard lock(mutex_);
    const auto found = free_.find(rounded);
    if (found != free_.end() && !found->second.empty()) {
      data = found->second.back();
      found->second.pop_back();
      pooled_bytes_ -= rounded;
    }
  }
  if (!data) data = static_cast<uint8_t*>(std::aligned_alloc(kAlignment, rounded));
  if (!data) {
    throw Error(Status::out_of_memory, "No memory for a frame of " + std::to_string(size) +
                                           " bytes; close frames that are no longer needed");
  }
  auto owner =
      std::shared_ptr<const void>(data, [self = shared_from_this(), rounded](const void* block) {
        self->recycle(static_cast<uint8_t*>(const_cast<void*>(block)), rounded);
      });
  return {.owner = std::move(owner), .data = data, .size = size};
}

void FrameMemory::recycle(uint8_t* data, size_t size) {
  {
    std::lock_guard lock(mutex_);
    if (keeps_blocks_ && pooled_bytes_ + size <= kMostPooledBytes) {
      free_[size].push_back(data);
      pooled_bytes_ += size;
      return;
    }
  }
  std::free(data);
}

void FrameMemory::trim() {
  std::lock_guard lock(mutex_);
  keeps_blocks_ = false;
  for (auto& [size, blocks] : free_) {
    for (uint8_t* block : blocks) std::free(block);
  }
  free_.clear();
  pooled_bytes_ = 0;
}

}  // namespace cuf
