#include "cuda/stream.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "cuda/context.h"
#include "cuda/driver.h"
#include "cuda/order.h"

namespace cufsim {

namespace {

thread_local const Running* tl_running = nullptr;

/** Runs the work, which touches simulated memory. */
CUresult run_now(const Work& work) {
#ifdef __SANITIZE_THREAD__
  // Unordered accesses to device memory are the client's mistake and Order's to report, not a race
  // of this program. What work and threads of the client do to host memory stays visible.
  static std::mutex* const one_at_a_time = new std::mutex;
  std::unique_lock<std::mutex> lock(*one_at_a_time, std::defer_lock);
  if (!work.tells_host) lock.lock();
#endif
  return work.run();
}

}  // namespace

const Running* running() {
  return tl_running;
}

bool Moment::reached() const {
  return stream == nullptr || stream->completed >= number;
}

Stream::Stream(uint32_t timeline, const std::shared_ptr<Context>& context, unsigned flags)
    : timeline(timeline), context(context), flags(flags) {}

Moment Stream::now() const {
  return {std::const_pointer_cast<Stream>(shared_from_this()), enqueued, clock_};
}

void Stream::order_with_default(std::vector<Moment>& waits, Clock& clock) const {
  const std::shared_ptr<Context> owner = context.lock();
  if (owner == nullptr || !blocking()) return;
  const auto after = [&](const StreamPtr& other) {
    if (other == nullptr || other.get() == this || !other->blocking()) return;
    waits.push_back(other->now());
    clock.merge(*other->clock_);
  };
  if (owner->default_stream.get() == this) {
    owner->for_each_stream(after);
  } else {
    after(owner->default_stream);
  }
}

Moment Stream::enqueue(Work work, std::vector<Moment> waits) {
  Driver& sim = driver();
  Clock clock = *clock_;
  clock.merge(sim.order.host());
  for (const Moment& moment : waits) {
    if (moment.clock != nullptr) clock.merge(*moment.clock);
  }
  order_with_default(waits, clock);
  sim.order.prune(clock);
  const uint64_t number = ++enqueued;
  clock.raise(timeline, number);
  clock_ = std::make_shared<const Clock>(std::move(clock));
  // In a broken context nothing runs, so nothing meets anything.
  const std::shared_ptr<Context> owner = context.lock();
  const bool runs = owner != nullptr && owner->broken() == CUDA_SUCCESS;
  for (const Access& access : work.accesses) {
    if (!runs) break;
    sim.order.touch(*access.allocation,
                    {timeline, number, clock_, access.span, access.writes, work.what});
  }
  queue_.push_back({number, std::move(work), std::move(waits), clock_});
  sim.queued++;
  if (!serving_) start_thread();
  sim.changed.notify_all();
  return now();
}

void Stream::close() {
  closed = true;
  driver().order.retire(now());
  driver().changed.notify_all();
}

void Stream::start_thread() {
  serving_ = true;
  // Detached, and holding the stream: a client may destroy it, or exit, while work is pending.
  std::thread([self = shared_from_this()] { self->serve(); }).detach();
}

bool Stream::ready() const {
  if (queue_.empty() || driver().paused) return false;
  return std::all_of(queue_.front().waits.begin(), queue_.front().waits.end(),
                     [](const Moment& moment) { return moment.reached(); });
}

void Stream::serve() {
  Driver& sim = driver();
  Lock lock(sim.mutex);
  for (;;) {
    sim.changed.wait(lock, [&] { return ready() || (closed && queue_.empty()); });
    if (!ready()) break;
    const int64_t delay = sim.settings.number("stream_delay_us", 0);
    if (delay > 0) {
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::microseconds(delay));
      lock.lock();
    }
    run_first(lock);
  }
  serving_ = false;
}

void Stream::run_first(Lock& lock) {
  Driver& sim = driver();
  Operation operation = std::move(queue_.front());
  queue_.pop_front();
  const std::shared_ptr<Context> owner = context.lock();
  const bool broken = owner == nullptr || owner->broken() != CUDA_SUCCESS;
  if (operation.work.tells_host) sim.order.host_learns({nullptr, 0, operation.clock});
  CUresult outcome = CUDA_SUCCESS;
  if (operation.work.run && (!broken || operation.work.always)) {
    const Running now{shared_from_this(), operation.number, operation.clock, operation.work.what};
    lock.unlock();
    tl_running = &now;
    outcome = run_now(operation.work);
    // Before the lock: what the closure holds may need it.
    operation.work.run = nullptr;
    tl_running = nullptr;
    lock.lock();
  }
  if (outcome != CUDA_SUCCESS && owner != nullptr && owner->sticky == CUDA_SUCCESS) {
    owner->sticky = outcome;
  }
  completed = operation.number;
  sim.queued--;
  sim.changed.notify_all();
}

}  // namespace cufsim
