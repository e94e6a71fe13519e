#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

#include "core/error.h"
#include "core/object.h"

namespace cuf {

enum class CompletionKind : uint32_t {
  done,
  source_space,
  source_read,
  source_closed,
  progress,
  source_cancel,
  log,
  device_lost,
  device_gone,
  sink_data,
};

struct Completion {
  uint32_t ticket = 0;
  Status status = Status::ok;
  CompletionKind kind = CompletionKind::done;
  int64_t value = 0;
  int64_t extra = 0;
};

class Ticket;

// A record on its way. Outcomes have theirs from the start, so that work that runs out of memory
// still completes.
struct PendingCompletion {
  Completion completion;
  std::optional<Error> error;
};
using PendingCompletions = std::list<PendingCompletion>;

// Outcomes on their way to one JS thread. The thread polls; when a poll finds nothing the queue is
// armed, and the next outcome signals once: signals coalesce, one for each drain and not one for
// each outcome.
class CompletionQueue : public Object, public std::enable_shared_from_this<CompletionQueue> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::queue;

  CompletionQueue() : Object(kKind) {}
  void close() noexcept override;

  void push(const Completion& completion);
  void push(PendingCompletions records) noexcept;
  size_t poll(std::span<Completion> out);
  void wait();  // until something was pushed while armed, or wake, or close
  void wake();
  void set_wake(void (*callback)());
  bool is_closed();

  std::shared_ptr<Ticket> open_ticket(uint32_t id);
  void forget_ticket(uint32_t id);
  void cancel(uint32_t id);
  bool take_error(uint32_t ticket, Error& out);

 private:
  void signal(std::unique_lock<std::mutex>& lock) noexcept;

  std::mutex mutex_;
  std::condition_variable condition_;
  PendingCompletions completions_;
  PendingCompletions failed_;  // told of, and their errors not asked for yet
  std::unordered_map<uint32_t, std::weak_ptr<Ticket>> tickets_;
  void (*callback_)() = nullptr;
  bool is_armed_ = false;
  bool is_signaled_ = false;
  bool is_closed_ = false;
};

// One piece of asynchronous work. It completes exactly once; a ticket that is dropped completes as
// aborted.
class Ticket {
 public:
  Ticket(std::shared_ptr<CompletionQueue> queue, uint32_t id)
      : queue_(std::move(queue)), id_(id), outcome_(1) {}
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  uint32_t id() const { return id_; }
  // From any thread, as fail(). False: it had completed already.
  bool complete(int64_t value = 0, int64_t extra = 0) noexcept;
  void fail(const Error& error) noexcept;
  void report(double part) noexcept;  // how much is done, 0 to 1; before it completes
  // Runs what completes it; what that throws fails it.
  template <typename Work>
  void attempt(Work&& work) noexcept {
    try {
      work();
    } catch (...) {
      fail(current_error());
    }
  }

  bool is_cancelled();
  void cancel();
  // What else must happen at cancel, such as waking a blocked read. Runs at once if cancelled
  // already; null removes it.
  void on_cancel(std::function<void()> action);

 private:
  PendingCompletions take_outcome() noexcept;
  void push_outcome(PendingCompletions outcome) noexcept;

  std::shared_ptr<CompletionQueue> queue_;
  const uint32_t id_;
  std::mutex mutex_;  // held while action_ runs, which may complete the ticket
  std::function<void()> action_;
  bool is_cancelled_ = false;
  std::mutex outcome_mutex_;
  PendingCompletions outcome_;  // one record, until it is pushed
};

// Reports whole percents, so that few records wait for a script that is busy.
std::function<void(double)> progress_to(const std::shared_ptr<Ticket>& ticket);

}  // namespace cuf
