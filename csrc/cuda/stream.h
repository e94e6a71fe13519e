#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/context.h"

namespace cuf::cuda {

// The default stream of the current context.
inline CUstream legacy_stream() {
  return reinterpret_cast<CUstream>(1);
}

// A point in a stream that others wait for. Without timing, which would cost.
class Event {
 public:
  explicit Event(std::shared_ptr<const Context> context);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  CUevent handle() const { return handle_; }
  // These need the event's context to be current.
  void record(CUstream stream);
  // Work put on `stream` from now on waits for what was recorded; the host does not.
  void order_before(CUstream stream) const;

  // These enter the context themselves.
  bool is_done() const;
  void wait() const;  // blocks the host

 private:
  const std::shared_ptr<const Context> context_;
  CUevent handle_ = nullptr;
};

// Events for many short uses, since creating one is a call of the driver.
class EventPool {
 public:
  explicit EventPool(std::shared_ptr<const Context> context) : context_(std::move(context)) {}

  std::unique_ptr<Event> take();
  void give_back(std::unique_ptr<Event> event) noexcept;
  void clear();

 private:
  const std::shared_ptr<const Context> context_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Event>> idle_;
};

// Where several streams were, the latest point of each.
struct StreamPoint {
  CUstream stream;
  std::unique_ptr<Event> event;
};
using StreamPoints = std::vector<StreamPoint>;

// The point where `stream` is now; `make` gives the event of one that has no point yet. Needs the
// context.
void note_point(StreamPoints& points, CUstream stream,
                const std::function<std::unique_ptr<Event>()>& make);
// The events of all, so that who waits for them does not hold the mutex that guards the points.
std::vector<const Event*> events_of(const StreamPoints& points, std::mutex& mutex);

// A queue of work of the GPU: an own one, that waits for no other, or the caller's.
class Stream {
 public:
  explicit Stream(std::shared_ptr<const Context> context);
  // The caller keeps it alive while it is in use. kLegacyStream and kPerThreadStream are streams.
  Stream(std::shared_ptr<const Context> context, CUstream borrowed);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const std::shared_ptr<const Context>& context() const { return context_; }
  CUstream handle() const { return handle_; }
  void synchronize() const;  // blocks the host; enters the context itself

 private:
  const std::shared_ptr<const Context> context_;
  CUstream handle_ = nullptr;
  bool is_own_;
};

}  // namespace cuf::cuda
