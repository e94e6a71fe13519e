#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace cuf {

// Who keeps memory only for reuse.
class Reclaimable {
 public:
  virtual ~Reclaimable() = default;
  // Frees it; called from any thread, also one that is reserving for this very object.
  virtual void reclaim() noexcept = 0;
};

// A cap on the memory of pictures, wherever they are: in frames, kept for reuse, inside decoders.
// What is charged to a decoder's budget is charged to its device's, too.
class MemoryBudget : public std::enable_shared_from_this<MemoryBudget> {
 public:
  // Gives its bytes back when it dies.
  class Charge {
   public:
    Charge() = default;
    Charge(Charge&& from) noexcept
        : budget_(std::move(from.budget_)), bytes_(from.bytes_), is_own_(from.is_own_) {}
    Charge& operator=(Charge&& from) noexcept {
      std::swap(budget_, from.budget_);
      std::swap(bytes_, from.bytes_);
      std::swap(is_own_, from.is_own_);
      return *this;
    }
    ~Charge() {
      if (budget_) budget_->release(bytes_, is_own_);
    }

   private:
    friend MemoryBudget;
    Charge(std::shared_ptr<MemoryBudget> budget, uint64_t bytes, bool is_own)
        : budget_(std::move(budget)), bytes_(bytes), is_own_(is_own) {}
    std::shared_ptr<MemoryBudget> budget_;
    uint64_t bytes_ = 0;
    bool is_own_ = false;
  };

  // `name` as in "the device's memoryBudgetBytes"; then what frees some of it, and what raises it.
  MemoryBudget(uint64_t limit, std::string name, std::string relief, std::string remedy,
               std::shared_ptr<MemoryBudget> parent = nullptr);
  static std::shared_ptr<MemoryBudget> of_device(uint64_t limit);
  static std::shared_ptr<MemoryBudget> of_decoder(uint64_t limit,
                                                  std::shared_ptr<MemoryBudget> device);

  // Throws Error(out_of_memory), which says what to close or raise. Thread-safe.
  Charge reserve(uint64_t bytes);
  // Of this budget alone, for memory that is charged to its parent elsewhere.
  Charge reserve_own(uint64_t bytes);
  // Throws as reserve() does if there will never be so many.
  void require_possible(uint64_t bytes) const;
  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_; }
  // The least limit of this and its parents.
  uint64_t most() const;

  // What it keeps, charged here, is freed before a reservation fails.
  void reclaim_from(std::weak_ptr<Reclaimable> keeper);

 private:
  bool try_add(uint64_t bytes);
  void reclaim();
  void add(uint64_t bytes, bool is_own);
  void release(uint64_t bytes, bool is_own) noexcept;
  [[noreturn]] void refuse(uint64_t bytes) const;

  const uint64_t limit_;
  const std::string name_;
  const std::string relief_;
  const std::string remedy_;
  const std::shared_ptr<MemoryBudget> parent_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Reclaimable>> keepers_;
  std::atomic<uint64_t> used_ = 0;
};

}  // namespace cuf
