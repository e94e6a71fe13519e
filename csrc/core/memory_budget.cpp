#include "core/memory_budget.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"

namespace cuf {

MemoryBudget::MemoryBudget(uint64_t limit, std::string name, std::string remedy,
                           std::shared_ptr<MemoryBudget> parent)
    : limit_(limit),
      name_(std::move(name)),
      remedy_(std::move(remedy)),
      parent_(std::move(parent)) {}

std::shared_ptr<MemoryBudget> MemoryBudget::of_device(uint64_t limit) {
  return std::make_shared<MemoryBudget>(limit, "device",
                                        "requestDevice({ memoryBudgetBytes }) higher");
}

std::shared_ptr<MemoryBudget> MemoryBudget::of_decoder(uint64_t limit,
                                                       std::shared_ptr<MemoryBudget> device) {
  return std::make_shared<MemoryBudget>(
      limit, "decoder", "createDecoder({ memoryBudgetBytes }) higher", std::move(device));
}

uint64_t MemoryBudget::most() const {
  return parent_ ? std::min(limit_, parent_->most()) : limit_;
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
  const std::string limit =
      "the " + name_ + "'s memoryBudgetBytes, which is " + std::to_string(limit_);
  const std::string text =
      bytes > limit_
          ? what + "more than " + limit + "; set " + remedy_
          : what + "not left of " + limit + ", " + std::to_string(used_) +
                " in use; close frames and decoders that are no longer needed, or set " + remedy_;
  log(LogLevel::warn, "memory", text);
  throw Error(Status::out_of_memory, text);
}

void MemoryBudget::add(uint64_t bytes, bool is_own) {
  if (!try_add(bytes)) {
    if (reclaim_ && bytes <= limit_) {
      log(LogLevel::debug, "memory", "The ", name_, "'s budget of ", limit_,
          " bytes is used up: freeing what is kept for reuse");
      reclaim_();
    }
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
