// cuStream*, cuEvent* and cuLaunchHostFunc.
#include <chrono>

#include "cuda/entry.h"
#include "cuda/event.h"
#include "cuda/pool.h"

using namespace cufsim;

namespace {

using WallClock = std::chrono::steady_clock;

CUresult wait_for(Entry& entry, const Moment& moment) {
  entry.sim.changed.wait(entry.lock, [&] { return moment.reached(); });
  entry.sim.order.host_learns(moment);
  if (moment.stream == nullptr) return CUDA_SUCCESS;
  const ContextPtr owner = moment.stream->context.lock();
  if (owner == nullptr) return CUDA_SUCCESS;
  trim_pools(*owner->device);
  return owner->broken();
}

std::shared_ptr<Event> event_of(Entry& entry, CUevent handle) {
  auto event = entry.sim.events.find(handle);
  if (event == nullptr && entry.sim.events.was(handle)) {
    entry.sim.journal.problem(Problem::kUseAfterDestroy, "a destroyed event");
  }
  return event;
}

/** What a driver answers to a handle that is none. With a destroyed stream it crashes. */
CUresult no_event(Entry& entry, CUevent handle) {
  return entry.sim.events.was(handle) ? kContextIsDestroyed : kInvalidHandle;
}

CUresult create_stream(const char* function, CUstream* out, unsigned flags, int priority) {
  return call(function, kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr || flags > CU_STREAM_NON_BLOCKING) return kInvalidValue;
    const StreamPtr stream = entry.context->add_stream(flags);
    stream->priority = priority;
    stream->handle = entry.sim.streams.add(stream);
    entry.sim.journal.add("streams");
    *out = reinterpret_cast<CUstream>(stream->handle);
    return CUDA_SUCCESS;
  });
}

template <class Body>
CUresult with_stream(const char* function, CUstream handle, Body&& body) {
  // The default streams belong to the current context, others may be used without it.
  const bool own = handle != nullptr && handle != kLegacyStream && handle != kPerThreadStream;
  return call(function, own ? kInit : kContext, [&](Entry& entry) -> CUresult {
    const StreamPtr stream = stream_of(entry, handle);
    if (stream == nullptr) return kInvalidHandle;
    const ContextPtr owner = stream->context.lock();
    if (owner == nullptr) return kInvalidHandle;
    if (owner->broken() != CUDA_SUCCESS) return owner->broken();
    return body(entry, stream, owner);
  });
}

}  // namespace

CUFSIM_EXPORT CUresult cuStreamCreate(CUstream* out, unsigned flags) {
  return create_stream("cuStreamCreate", out, flags, 0);
}

CUFSIM_EXPORT CUresult cuStreamCreateWithPriority(CUstream* out, unsigned flags, int priority) {
  return create_stream("cuStreamCreateWithPriority", out, flags, priority);
}

CUFSIM_EXPORT CUresult cuStreamDestroy_v2(CUstream handle) {
  return call("cuStreamDestroy", kInit | kRelease, [&](Entry& entry) -> CUresult {
    const StreamPtr stream = entry.sim.streams.find(handle);
    if (stream == nullptr) {
      if (entry.sim.streams.was(handle)) {
        entry.sim.journal.problem(Problem::kReleasedTwice, "a stream");
      }
      return kInvalidHandle;
    }
    entry.sim.streams.remove(stream->handle);
    stream->close();
    entry.sim.journal.add("streams", -1);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuStreamQuery(CUstream handle) {
  return with_stream("cuStreamQuery", handle, [](Entry& entry, StreamPtr stream, ContextPtr) {
    if (!stream->now().reached()) return kNotReady;
    entry.sim.order.host_learns(stream->now());
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuStreamSynchronize(CUstream handle) {
  return with_stream("cuStreamSynchronize", handle, [](Entry& entry, StreamPtr stream, ContextPtr) {
    return wait_for(entry, stream->now());
  });
}

CUFSIM_EXPORT CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned flags) {
  return with_stream("cuStreamWaitEvent", handle,
                     [&](Entry& entry, StreamPtr stream, ContextPtr) -> CUresult {
                       const auto found = event_of(entry, event);
                       if (found == nullptr) return no_event(entry, event);
                       if (flags > CU_EVENT_WAIT_EXTERNAL) return kInvalidValue;
                       if (found->moment.stream == nullptr) return CUDA_SUCCESS;
                       stream->enqueue({.what = "event wait"}, {found->moment});
                       return CUDA_SUCCESS;
                     });
}

CUFSIM_EXPORT CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback* callback, void* data,
                                           unsigned flags) {
  return with_stream("cuStreamAddCallback", handle,
                     [&](Entry&, StreamPtr stream, ContextPtr owner) -> CUresult {
                       if (callback == nullptr || flags != 0) return kInvalidValue;
                       Work work{.what = "callback", .tells_host = true, .always = true};
                       work.run = [callback, handle, data, owner]() -> CUresult {
                         callback(handle, owner->broken(), data);
                         return CUDA_SUCCESS;
                       };
                       stream->enqueue(std::move(work));
                       return CUDA_SUCCESS;
                     });
}

CUFSIM_EXPORT CUresult cuLaunchHostFunc(CUstream handle, CUhostFn* function, void* data) {
  return with_stream("cuLaunchHostFunc", handle,
                     [&](Entry&, StreamPtr stream, ContextPtr) -> CUresult {
                       if (function == nullptr) return kInvalidValue;
                       Work work{.what = "host function", .tells_host = true};
                       work.run = [function, data]() -> CUresult {
                         function(data);
                         return CUDA_SUCCESS;
                       };
                       stream->enqueue(std::move(work));
                       return CUDA_SUCCESS;
                     });
}

CUFSIM_EXPORT CUresult cuStreamGetCtx(CUstream handle, CUcontext* out) {
  return with_stream("cuStreamGetCtx", handle,
                     [&](Entry&, StreamPtr, ContextPtr owner) -> CUresult {
                       if (out == nullptr) return kInvalidValue;
                       *out = reinterpret_cast<CUcontext>(owner->handle);
                       return CUDA_SUCCESS;
                     });
}

CUFSIM_EXPORT CUresult cuStreamGetFlags(CUstream handle, unsigned* out) {
  return with_stream("cuStreamGetFlags", handle,
                     [&](Entry&, StreamPtr stream, ContextPtr) -> CUresult {
                       if (out == nullptr) return kInvalidValue;
                       *out = stream->flags;
                       return CUDA_SUCCESS;
                     });
}

CUFSIM_EXPORT CUresult cuStreamGetPriority(CUstream handle, int* out) {
  return with_stream("cuStreamGetPriority", handle,
                     [&](Entry&, StreamPtr stream, ContextPtr) -> CUresult {
                       if (out == nullptr) return kInvalidValue;
                       *out = stream->priority;
                       return CUDA_SUCCESS;
                     });
}

CUFSIM_EXPORT CUresult cuEventCreate(CUevent* out, unsigned flags) {
  return call("cuEventCreate", kContext, [&](Entry& entry) -> CUresult {
    if (out == nullptr || flags > 7) return kInvalidValue;
    const auto event = std::make_shared<Event>(entry.context, flags);
    *out = reinterpret_cast<CUevent>(entry.sim.events.add(event));
    entry.sim.journal.add("events");
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuEventDestroy_v2(CUevent handle) {
  return call("cuEventDestroy", kInit | kRelease, [&](Entry& entry) -> CUresult {
    if (entry.sim.events.find(handle) == nullptr) {
      if (entry.sim.events.was(handle)) {
        entry.sim.journal.problem(Problem::kReleasedTwice, "an event");
      }
      return no_event(entry, handle);
    }
    entry.sim.events.remove(reinterpret_cast<uint64_t>(handle));
    entry.sim.journal.add("events", -1);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuEventRecord(CUevent handle, CUstream stream) {
  return with_stream("cuEventRecord", stream,
                     [&](Entry& entry, StreamPtr on, ContextPtr owner) -> CUresult {
                       const auto event = event_of(entry, handle);
                       if (event == nullptr) return no_event(entry, handle);
                       if (event->context.lock() != owner) {
                         entry.sim.journal.problem(Problem::kWrongContext,
                                                   "an event recorded on another context's stream");
                         return kInvalidHandle;
                       }
                       auto time = std::make_shared<WallClock::time_point>();
                       event->time = time;
                       Work work{.what = "event", .always = true};
                       work.run = [time]() -> CUresult {
                         *time = WallClock::now();
                         return CUDA_SUCCESS;
                       };
                       event->moment = on->enqueue(std::move(work));
                       return CUDA_SUCCESS;
                     });
}

CUFSIM_EXPORT CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags) {
  return flags > 1 ? kInvalidValue : cuEventRecord(event, stream);
}

CUFSIM_EXPORT CUresult cuEventQuery(CUevent handle) {
  return call("cuEventQuery", kInit, [&](Entry& entry) -> CUresult {
    const auto event = event_of(entry, handle);
    if (event == nullptr) return no_event(entry, handle);
    const ContextPtr owner = event->context.lock();
    if (owner != nullptr && owner->broken() != CUDA_SUCCESS) return owner->broken();
    if (!event->moment.reached()) return kNotReady;
    entry.sim.order.host_learns(event->moment);
    return CUDA_SUCCESS;
  });
}

CUFSIM_EXPORT CUresult cuEventSynchronize(CUevent handle) {
  return call("cuEventSynchronize", kInit, [&](Entry& entry) -> CUresult {
    const auto event = event_of(entry, handle);
    return event == nullptr ? no_event(entry, handle) : wait_for(entry, event->moment);
  });
}

CUFSIM_EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return call("cuEventElapsedTime", kInit, [&](Entry& entry) -> CUresult {
    const auto first = event_of(entry, start);
    const auto second = event_of(entry, end);
    if (milliseconds == nullptr) return kInvalidValue;
    if (first == nullptr || second == nullptr) return kInvalidHandle;
    const bool timed = ((first->flags | second->flags) & CU_EVENT_DISABLE_TIMING) == 0;
    if (!timed || first->time == nullptr || second->time == nullptr) return kInvalidHandle;
    if (!first->moment.reached() || !second->moment.reached()) return kNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(*second->time - *first->time).count();
    return CUDA_SUCCESS;
  });
}
