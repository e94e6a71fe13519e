#pragma once

#include <memory>

#include "cuda/context.h"
#include "cuda/memory.h"

namespace cuf::cuda {

// What everything on one GPU shares.
struct GpuResources {
  GpuResources(std::shared_ptr<const Context> context, uint64_t budget_bytes)
      : context(std::move(context)),
        memory(std::make_shared<DeviceMemory>(this->context, budget_bytes)),
        pinned(std::make_shared<PinnedMemory>(this->context)),
        events(std::make_shared<EventPool>(this->context)) {}

  const std::shared_ptr<const Context> context;
  const std::shared_ptr<DeviceMemory> memory;
  const std::shared_ptr<PinnedMemory> pinned;
  const std::shared_ptr<EventPool> events;
};

}  // namespace cuf::cuda
