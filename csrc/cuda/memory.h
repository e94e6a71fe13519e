#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/memory_budget.h"
#include "core/model.h"
#include "core/ports.h"
#include "cuda/stream.h"

namespace cuf::cuda {

class DeviceMemory;

// A range of a GPU's memory that goes back for reuse when its last owner lets go. What comes then
// waits, on the GPU, for the work that is noted here.
class DeviceBlock : public DeviceMemoryInfo {
 public:
  // Made by DeviceMemory::allocate().
  DeviceBlock(std::shared_ptr<DeviceMemory> memory, CUdeviceptr address, size_t size,
              std::unique_ptr<Event> filled);
  ~DeviceBlock() override;
  DeviceBlock(const DeviceBlock&) = delete;
  DeviceBlock& operator=(const DeviceBlock&) = delete;

  CUdeviceptr address() const { return address_; }
  size_t size() const { return size_; }
  // The address as Picture holds it.
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(address_); }

  // What is now on `stream`, which it was allocated for, fills the block. Before it is shared;
  // needs the context.
  void mark_filled(CUstream stream);
  // Work on this stream up to the moment when the block is let go reads it: the caller's stream,
  // which must be alive then. Before the block is shared.
  void set_consumer(CUstream stream) { consumer_ = stream; }
  CUstream consumer() const { return consumer_; }
  // For a block that several streams fill, each of which is noted by note_use(): work put on
  // `stream` from now on finds what they have done so far. Needs the context.
  void order_behind_uses(CUstream stream) const;
  // The same, and that is what fills the block. Before it is shared; needs the context.
  void mark_filled_by_uses(CUstream stream);

  int32_t gpu() const override;
  uint64_t context() const override;
  void order_before(uint64_t stream) const override;
  void note_use(uint64_t stream) const override;
  void share() const override { is_shared_ = true; }
  void wait() const override;
  void note_refill(uint64_t stream) const override;

 private:
  friend class DeviceMemory;
  void note_consumer();
  void note(StreamPoints& points, uint64_t stream) const;

  const std::shared_ptr<DeviceMemory> memory_;
  const CUdeviceptr address_;
  const size_t size_;
  std::unique_ptr<Event> filled_;
  CUstream consumer_ = nullptr;
  mutable std::mutex mutex_;
  mutable StreamPoints uses_;
  mutable StreamPoints refills_;  // by streams of the caller's
  mutable std::atomic<bool> is_shared_ = false;
};

// Memory of one context, from a stream-ordered pool of its own; where the driver has none, from
// cuMemAlloc. Blocks that were let go are kept by size, so that frames in a steady state cost no
// allocation.
class DeviceMemory : public std::enable_shared_from_this<DeviceMemory> {
 public:
  // budget_bytes 0: as much as the GPU has.
  DeviceMemory(std::shared_ptr<const Context> context, uint64_t budget_bytes);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  // Memory for work that is put on `stream` from now on, aligned to 256 bytes. Throws
  // Error(out_of_memory). Enters the context itself.
  std::shared_ptr<DeviceBlock> allocate(size_t size, CUstream stream);

  // Counts memory of the driver that is not allocated here (decode surfaces) against the budget.
  // Throws Error(out_of_memory), and then counts nothing.
  void reserve(uint64_t bytes);
  void unreserve(uint64_t bytes) noexcept;

  // Who gives memory back before it is said to be full. Before it is in use.
  void reclaim_from(std::weak_ptr<Reclaimable> keeper) { keepers_.push_back(std::move(keeper)); }

  // Frees what is kept for reuse.
  void trim() noexcept;

  const std::shared_ptr<const Context>& context() const { return context_; }
  bool has_pool() const { return pool_ != nullptr; }
  uint64_t budget_bytes() const { return budget_bytes_; }
  uint64_t live_bytes() const { return live_bytes_; }          // in blocks that are held
  uint64_t kept_bytes() const { return kept_bytes_; }          // for reuse
  uint64_t reserved_bytes() const { return reserved_bytes_; }  // see reserve()
  uint64_t peak_bytes() const { return peak_bytes_; }          // of the sum of the three
  uint64_t allocations() const { return allocations_; }        // calls of the driver

 private:
  friend class DeviceBlock;
  struct Kept {
    CUdeviceptr address;
    std::vector<std::unique_ptr<Event>> pending;  // the memory is in use until these have passed
  };

  void recycle(Kept block, size_t size) noexcept;
  static void recycle_shared(std::shared_ptr<DeviceMemory> memory, Kept block,
                             size_t size) noexcept;
  bool reuse(size_t size, CUstream stream, CUdeviceptr& address);
  CUdeviceptr allocate_new(size_t size, CUstream stream);
  CUresult call_allocate(CUdeviceptr& address, size_t size, CUstream stream);
  void free_now(Kept block) noexcept;
  void free_kept() noexcept;
  void reclaim() noexcept;
  void add(std::atomic<uint64_t>& counter, uint64_t bytes);
  void check_budget(uint64_t bytes);
  Error over_budget(uint64_t bytes) const;

  const std::shared_ptr<const Context> context_;
  const uint64_t budget_bytes_;
  EventPool events_;
  Stream frees_;  // a stream of the caller's may be gone when a block is freed
  MemoryPool pool_ = nullptr;
  std::vector<std::weak_ptr<Reclaimable>> keepers_;

  std::mutex mutex_;
  std::map<size_t, std::deque<Kept>> kept_;  // oldest first: its readers are done the soonest

  std::atomic<uint64_t> live_bytes_ = 0;
  std::atomic<uint64_t> kept_bytes_ = 0;
  std::atomic<uint64_t> reserved_bytes_ = 0;
  std::atomic<uint64_t> peak_bytes_ = 0;
  std::atomic<uint64_t> allocations_ = 0;
};

// Host memory that the GPU copies to and from at full speed and without staging, kept by size.
class PinnedMemory : public Memory, public std::enable_shared_from_this<PinnedMemory> {
 public:
  explicit PinnedMemory(std::shared_ptr<const Context> context) : context_(std::move(context)) {}
  ~PinnedMemory() override;

  // Let go of a block only when no copy to or from it is under way.
  Block allocate(size_t size) override;  // throws Error(out_of_memory)
  std::shared_ptr<const void> charge(size_t) override { return nullptr; }
  void trim() noexcept;  // frees what is kept for reuse
  uint64_t kept_bytes() const { return kept_bytes_; }

 private:
  void recycle(uint8_t* data, size_t size) noexcept;
  void free_now(uint8_t* data) noexcept;

  const std::shared_ptr<const Context> context_;
  std::mutex mutex_;
  std::map<size_t, std::vector<uint8_t*>> kept_;
  std::atomic<uint64_t> kept_bytes_ = 0;
};

}  // namespace cuf::cuda
