#include "cuda/stream.h"

#include <algorithm>
#include <utility>

namespace cuf::cuda {

Event::Event(std::shared_ptr<const Context> context) : context_(std::move(context)) {
  const ContextScope scope(*context_);
  check(context_->cuda().cuEventCreate(&handle_, CU_EVENT_DISABLE_TIMING | CU_EVENT_BLOCKING_SYNC),
        "Could not create a GPU event");
}

Event::~Event() {
  const ContextScope scope(*context_, std::nothrow);
  if (scope) context_->cuda().cuEventDestroy(handle_);
}

void Event::record(CUstream stream) {
  check(context_->cuda().cuEventRecord(handle_, stream), "Could not record a GPU event");
}

void Event::order_before(CUstream stream) const {
  check(context_->cuda().cuStreamWaitEvent(stream, handle_, 0),
        "Could not order a stream behind a GPU event");
}

bool Event::is_done() const {
  const ContextScope scope(*context_);
  const CUresult result = context_->cuda().cuEventQuery(handle_);
  if (result != CUDA_ERROR_NOT_READY) check(result, "Work of the GPU failed");
  return result == CUDA_SUCCESS;
}

void Event::wait() const {
  const ContextScope scope(*context_);
  check(context_->cuda().cuEventSynchronize(handle_), "Work of the GPU failed");
}

std::unique_ptr<Event> EventPool::take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Event> event = std::move(idle_.back());
      idle_.pop_back();
      return event;
    }
  }
  return std::make_unique<Event>(context_);
}

void EventPool::give_back(std::unique_ptr<Event> event) noexcept {
  try {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(event));
  } catch (...) {
  }
}

void EventPool::clear() {
  std::vector<std::unique_ptr<Event>> destroyed;
  std::lock_guard lock(mutex_);
  destroyed.swap(idle_);
}

void note_point(StreamPoints& points, CUstream stream,
                const std::function<std::unique_ptr<Event>()>& make) {
  auto found = std::ranges::find(points, stream, &StreamPoint::stream);
  if (found == points.end()) found = points.insert(found, {stream, make()});
  found->event->record(stream);
}

std::vector<const Event*> events_of(const StreamPoints& points, std::mutex& mutex) {
  std::lock_guard lock(mutex);
  std::vector<const Event*> events;
  for (const StreamPoint& point : points) events.push_back(point.event.get());
  return events;
}

Stream::Stream(std::shared_ptr<const Context> context)
    : context_(std::move(context)), is_own_(true) {
  const ContextScope scope(*context_);
  const SessionLock lock;
  check(context_->cuda().cuStreamCreate(&handle_, CU_STREAM_NON_BLOCKING),
        "Could not create a GPU stream");
}

Stream::Stream(std::shared_ptr<const Context> context, CUstream borrowed)
    : context_(std::move(context)), handle_(borrowed), is_own_(false) {}

Stream::~Stream() {
  if (!is_own_) return;
  const ContextScope scope(*context_, std::nothrow);
  const SessionLock lock;
  // What is on it still runs; the driver frees it then.
  if (scope) context_->cuda().cuStreamDestroy(handle_);
}

void Stream::synchronize() const {
  const ContextScope scope(*context_);
  check(context_->cuda().cuStreamSynchronize(handle_), "Work of the GPU failed");
}

}  // namespace cuf::cuda
