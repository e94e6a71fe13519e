#include "core/frame_memory.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kGranule = 4096;
// A batch of 32 RGB frames of 1080p. Frames of new memory cost a page fault every 4 KiB, a third of
// the time of their conversion.
constexpr uint64_t kMostPooledBytes = 256 << 20;

}  // namespace

size_t FrameMemory::block_bytes(size_t size) {
  return (size + kGranule - 1) / kGranule * kGranule;
}

FrameMemory::~FrameMemory() {
  trim();
}

FrameMemory::Stored FrameMemory::take_pooled(size_t rounded) {
  std::lock_guard lock(mutex_);
  const auto found = free_.find(rounded);
  if (found == free_.end() || found->second.empty()) return {};
  Stored block = std::move(found->second.back());
  found->second.pop_back();
  pooled_bytes_ -= rounded;
  return block;
}

Memory::Block FrameMemory::allocate(size_t size) {
  const size_t rounded = block_bytes(size);
  // Made first, so that nothing can fail once the block is there.
  auto stored = std::make_unique<Stored>();
  *stored = take_pooled(rounded);
  log(LogLevel::trace, "memory", stored->data ? "Reusing " : "Taking ", rounded, " bytes");
  if (!stored->data) {
    stored->charge = budget_->reserve(rounded);
    stored->data = static_cast<uint8_t*>(std::aligned_alloc(kAlignment, rounded));
  }
  if (!stored->data) {
    throw Error(Status::out_of_memory, "No memory for a frame of " + std::to_string(size) +
                                           " bytes; close frames that are no longer needed");
  }
  uint8_t* const data = stored->data;
  Stored* const block = stored.release();
  // On failure the deleter is called, too.
  auto owner =
      std::shared_ptr<const void>(data, [self = shared_from_this(), rounded, block](const void*) {
        const std::unique_ptr<Stored> holder(block);
        self->recycle(std::move(*holder), rounded);
      });
  return {.owner = std::move(owner), .data = data, .size = size};
}

std::shared_ptr<const void> FrameMemory::charge(size_t size) {
  return std::make_shared<MemoryBudget::Charge>(budget_->reserve(block_bytes(size)));
}

void FrameMemory::recycle(Stored block, size_t size) noexcept {
  try {
    std::lock_guard lock(mutex_);
    if (keeps_blocks_ && pooled_bytes_ + size <= kMostPooledBytes) {
      free_[size].push_back(std::move(block));
      pooled_bytes_ += size;
      return;
    }
  } catch (const std::bad_alloc&) {
  }
  std::free(block.data);
}

void FrameMemory::reclaim() noexcept {
  std::map<size_t, std::vector<Stored>> dropped;
  {
    std::lock_guard lock(mutex_);
    dropped.swap(free_);
    pooled_bytes_ = 0;
  }
  for (auto& [size, blocks] : dropped) {
    for (Stored& block : blocks) std::free(block.data);
  }
}

void FrameMemory::trim() {
  {
    std::lock_guard lock(mutex_);
    keeps_blocks_ = false;
  }
  reclaim();
}

namespace {

struct ChargedTwice {
  MemoryBudget::Charge charge;
  std::shared_ptr<const void> owner;
};

}  // namespace

Memory::Block BudgetedMemory::allocate(size_t size) {
  auto kept = std::make_shared<ChargedTwice>();
  // Only its own: the device's memory charges the device.
  kept->charge = budget_->reserve_own(FrameMemory::block_bytes(size));
  Block block = memory_->allocate(size);
  kept->owner = std::move(block.owner);
  block.owner = std::move(kept);
  return block;
}

std::shared_ptr<const void> BudgetedMemory::charge(size_t size) {
  auto kept = std::make_shared<ChargedTwice>();
  kept->charge = budget_->reserve_own(FrameMemory::block_bytes(size));
  kept->owner = memory_->charge(size);
  return kept;
}

}  // namespace cuf
