#include "core/memory_budget.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"

namespace cuf {

namespace {

constexpr const char* kClosing = "close frames and decoders that are no longer needed";

}  // namespace

MemoryBudget::MemoryBudget(uint64_t limit, std::string name, std::string relief, std::string remedy,
                           std::shared_ptr<MemoryBudget> parent)
    : limit_(limit),
      name_(std::move(name)),
      relief_(std::move(relief)),
      remedy_(std::move(remedy)),
      parent_(std::move(parent)) {}

std::shared_ptr<MemoryBudget> MemoryBudget::of_device(uint64_t limit) {
  return std::make_shared<MemoryBudget>(limit, "device's memoryBudgetBytes", kClosing,
                                        "requestDevice({ memoryBudgetBytes }) higher");
}

std::shared_ptr<MemoryBudget> MemoryBudget::of_decoder(uint64_t limit,
                                                       std::shared_ptr<MemoryBudget> device) {
  return std::make_shared<MemoryBudget>(limit, "decoder's memoryBudgetBytes", kClosing,
                                        "createDecoder({ memoryBudgetBytes }) higher",
                                        std::move(device));
}

uint64_t MemoryBudget::most() const {
  return parent_ ? std::min(limit_, parent_->most()) : limit_;
}

void MemoryBudget::require_possible(uint64_t bytes) const {
  if (bytes > limit_) refuse(bytes);
  if (parent_) parent_->require_possible(bytes);
}

bool MemoryBudget::try_add(uint64_t bytes) {
  uint64_t used = used_;
  do {
    if (bytes > limit_ || used > limit_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes));
  return true;
}

void MemoryBudget::refuse(uint64_t bytes) const {
  const std::string what = std::to_string(bytes) + " bytes for a picture are ";
  const std::string limit = "the " + name_ + ", which is " + std::to_string(limit_);
  const std::string text = bytes > limit_
                               ? what + "more than " + limit + "; set " + remedy_
                               : what + "not left of " + limit + ", " + std::to_string(used_) +
                                     " in use; " + relief_ + ", or set " + remedy_;
  log(LogLevel::warn, "memory", text);
  throw Error(Status::out_of_memory, text);
}

void MemoryBudget::reclaim_from(std::weak_ptr<Reclaimable> keeper) {
  std::lock_guard lock(mutex_);
  std::erase_if(keepers_, [](const auto& gone) { return gone.expired(); });
  keepers_.push_back(keeper);
  if (parent_) parent_->reclaim_from(std::move(keeper));
}

void MemoryBudget::reclaim() {
  log(LogLevel::debug, "memory", "The ", name_, " of ", limit_,
      " bytes is used up: freeing what is kept for reuse");
  std::vector<std::shared_ptr<Reclaimable>> keepers;
  {
    std::lock_guard lock(mutex_);
    for (const auto& weak : keepers_) {
      if (auto keeper = weak.lock()) keepers.push_back(std::move(keeper));
    }
  }
  for (const auto& keeper : keepers) keeper->reclaim();
}

void MemoryBudget::add(uint64_t bytes, bool is_own) {
  if (!try_add(bytes)) {
    if (bytes <= limit_) reclaim();
    if (!try_add(bytes)) refuse(bytes);
  }
  if (!parent_ || is_own) return;
  try {
    parent_->add(bytes, false);
  } catch (...) {
    used_ -= bytes;
    throw;
  }
}

MemoryBudget::Charge MemoryBudget::reserve(uint64_t bytes) {
  add(bytes, false);
  return Charge(shared_from_this(), bytes, false);
}

MemoryBudget::Charge MemoryBudget::reserve_own(uint64_t bytes) {
  add(bytes, true);
  return Charge(shared_from_this(), bytes, true);
}

void MemoryBudget::release(uint64_t bytes, bool is_own) noexcept {
  used_ -= bytes;
  if (parent_ && !is_own) parent_->release(bytes, false);
}

}  // namespace cuf
