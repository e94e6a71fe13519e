#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/memory_budget.h"
#include "core/ports.h"

namespace cuf {

// Host memory for pictures. Blocks are reused by size: fresh pages of a 6 MB frame cost more to
// fault in than the conversion that fills them.
class FrameMemory : public Memory,
                    public Reclaimable,
                    public std::enable_shared_from_this<FrameMemory> {
 public:
  explicit FrameMemory(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}
  ~FrameMemory() override;
  Block allocate(size_t size) override;  // throws Error(out_of_memory)
  std::shared_ptr<const void> charge(size_t size) override;
  void reclaim() noexcept override;
  void trim();  // frees what is kept for reuse, now and from now on
  uint64_t pooled_bytes() const { return pooled_bytes_; }
  // What a block of this size takes.
  static size_t block_bytes(size_t size);

 private:
  struct Stored {
    uint8_t* data = nullptr;
    MemoryBudget::Charge charge;
  };
  Stored take_pooled(size_t rounded);
  void recycle(Stored block, size_t size) noexcept;

  const std::shared_ptr<MemoryBudget> budget_;
  std::mutex mutex_;
  std::map<size_t, std::vector<Stored>> free_;
  std::atomic<uint64_t> pooled_bytes_ = 0;
  bool keeps_blocks_ = true;
};

// The same memory with a budget of its own beside the device's.
class BudgetedMemory : public Memory {
 public:
  BudgetedMemory(std::shared_ptr<Memory> memory, std::shared_ptr<MemoryBudget> budget)
      : memory_(std::move(memory)), budget_(std::move(budget)) {}
  Block allocate(size_t size) override;
  std::shared_ptr<const void> charge(size_t size) override;

 private:
  const std::shared_ptr<Memory> memory_;
  const std::shared_ptr<MemoryBudget> budget_;
};

}  // namespace cuf
