#pragma once

#include <memory>

#include "cuda/context.h"
#include "cuda/memory.h"
#include "cuda/picture_converter.h"

namespace cuf::cuda {

// What everything on one GPU shares.
struct GpuResources {
  GpuResources(std::shared_ptr<const Context> context, uint64_t budget_bytes)
      : context(std::move(context)),
        memory(std::make_shared<DeviceMemory>(this->context, budget_bytes)),
        pinned(std::make_shared<PinnedMemory>(this->context)),
        events(std::make_shared<EventPool>(this->context)),
        lanes(std::make_shared<Lanes>(this->context, memory)),
        converter(std::make_shared<const GpuConverter>(this->context, lanes, pinned, events)) {
    memory->reclaim_from(lanes);
  }

  const std::shared_ptr<const Context> context;
  const std::shared_ptr<DeviceMemory> memory;
  const std::shared_ptr<PinnedMemory> pinned;
  const std::shared_ptr<EventPool> events;
  const std::shared_ptr<Lanes> lanes;
  const std::shared_ptr<const GpuConverter> converter;
};

}  // namespace cuf::cuda
