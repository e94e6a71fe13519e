// Decode engines of GPUs: each decodes one picture after the other, for all of its sessions.
#pragma once
#include <functional>

#include "cuda/device.h"

namespace cufsim {

/** Takes the engine with the fewest sessions; under the driver's mutex. */
int take_engine(Device& device);
void leave_engine(Device& device, int engine);

/** Runs `work` on an engine after what was given to it before; without the driver's mutex. */
void run_on_engine(int gpu, int engine, std::function<void()> work);

/** Nanoseconds of processor time of the calling thread. */
int64_t thread_time_ns();

}  // namespace cufsim
