// Events: moments of streams.
#pragma once
#include <chrono>
#include <memory>

#include "cuda/context.h"

namespace cufsim {

class Event {
 public:
  Event(const ContextPtr& context, unsigned flags) : context(context), flags(flags) {}

  const std::weak_ptr<Context> context;
  const unsigned flags;
  /** Without a stream as long as it was not recorded. */
  Moment moment;
  /** When the stream came to the moment. */
  std::shared_ptr<std::chrono::steady_clock::time_point> time;
};

}  // namespace cufsim
