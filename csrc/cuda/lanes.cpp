#include "cuda/lanes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cuf::cuda {

Lanes::Lanes(std::shared_ptr<const Context> context, std::shared_ptr<DeviceMemory> memory)
    : context_(std::move(context)), memory_(std::move(memory)), kernels_(context_, memory_) {
  idle_.reserve(kMost);
}

Lanes::~Lanes() {
  const ContextScope scope(*context_, std::nothrow);
  for (const auto& lane : idle_) {
    // A module is not unloaded under a kernel that runs.
    if (scope) context_->cuda().cuStreamSynchronize(lane->stream.handle());
    lane->kernels.reset();
  }
}

void Lanes::prepare() {
  for (const Kernel one_of_a_module : {Kernel::rgb_narrow, Kernel::resize_across}) {
    kernels_.modules().function_of(one_of_a_module);
  }
}

std::unique_ptr<Lanes::Lane> Lanes::take() {
  {
    std::unique_lock lock(mutex_);
    is_given_back_.wait(lock, [this] { return !idle_.empty() || made_ < kMost; });
    if (!idle_.empty()) {
      std::unique_ptr<Lane> lane = std::move(idle_.back());
      idle_.pop_back();
      return lane;
    }
    ++made_;
  }
  try {
    return std::make_unique<Lane>(context_);
  } catch (...) {
    {
      std::lock_guard lock(mutex_);
      --made_;
    }
    is_given_back_.notify_one();
    throw;
  }
}

void Lanes::give_back(std::unique_ptr<Lane> lane) noexcept {
  {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(lane));
  }
  is_given_back_.notify_one();
}

void Lanes::reclaim() noexcept {
  std::array<std::unique_ptr<Lane>, kMost> taken;
  {
    std::lock_guard lock(mutex_);
    std::move(idle_.begin(), idle_.end(), taken.begin());
    idle_.clear();
  }
  const ContextScope scope(*context_, std::nothrow);
  for (auto& lane : taken) {
    if (!lane) continue;
    lane->kernels.reset();
    give_back(std::move(lane));
  }
}

LaneUse::~LaneUse() {
  if (!is_done_) lanes_.context_->cuda().cuStreamSynchronize(stream());
  lanes_.give_back(std::move(lane_));
}

std::shared_ptr<DeviceBlock> LaneUse::allocate(size_t size) {
  try {
    return lanes_.memory_->allocate(size, stream());
  } catch (const Error& error) {
    if (error.status != Status::out_of_memory || !lane_->kernels) throw;
  }
  // All idle lanes have given theirs.
  lane_->kernels.reset();
  return lanes_.memory_->allocate(size, stream());
}

PictureKernels& LaneUse::kernels() {
  if (!lane_->kernels) lane_->kernels.emplace(lanes_.kernels_.modules(), stream());
  return *lane_->kernels;
}

}  // namespace cuf::cuda
