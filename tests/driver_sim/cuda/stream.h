// Streams: operations that run later, one after the other, on the stream's own thread.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/clock.h"
#include "cuda/memory.h"

namespace cufsim {

using Lock = std::unique_lock<std::mutex>;

class Stream;
using StreamPtr = std::shared_ptr<Stream>;

/** A moment on a stream: all up to its operation `number` has ended. */
struct Moment {
  StreamPtr stream;
  uint64_t number = 0;
  SharedClock clock;

  bool reached() const;
};

/** Memory that an operation touches, known when it is enqueued. */
struct Access {
  AllocationPtr allocation;
  Span span;
  bool writes = false;
};

/** What is enqueued. */
struct Work {
  const char* what = "";
  std::vector<Access> accesses = {};
  /** Without the driver's mutex; an error makes the context unusable. */
  std::function<CUresult()> run = {};
  /** The host learns that everything before is done, as from a callback. */
  bool tells_host = false;
  /** Runs even when the context is broken or the GPU lost: it gives something back. */
  bool always = false;
};

/** Which operation runs, for what it touches while it runs. */
struct Running {
  StreamPtr stream;
  uint64_t number = 0;
  SharedClock clock;
  const char* what = "";
};

/** Used under the driver's mutex. */
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(uint32_t timeline, const std::shared_ptr<Context>& context, unsigned flags);

  /** Appends work that begins after `waits` have been reached too; returns its moment. */
  Moment enqueue(Work work, std::vector<Moment> waits = {});
  /** The moment of what was enqueued last. */
  Moment now() const;
  /** Nothing will be enqueued any more; what was still runs. */
  void close();

  bool blocking() const { return (flags & CU_STREAM_NON_BLOCKING) == 0; }
  bool idle() const { return completed == enqueued; }

  const uint32_t timeline;
  const std::weak_ptr<Context> context;
  const unsigned flags;
  int priority = 0;
  uint64_t handle = 0;
  uint64_t enqueued = 0;
  uint64_t completed = 0;
  bool closed = false;

 private:
  struct Operation {
    uint64_t number;
    Work work;
    std::vector<Moment> waits;
    SharedClock clock;
  };
  void start_thread();
  void serve();
  bool ready() const;
  void run_first(Lock& lock);
  void order_with_default(std::vector<Moment>& waits, Clock& clock) const;

  std::deque<Operation> queue_;
  SharedClock clock_ = std::make_shared<Clock>();
  bool serving_ = false;
};

/** The operation that this thread runs; null on threads of the client. */
const Running* running();

}  // namespace cufsim
