#include "core/completion_queue.h"

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

// Of a caller that never asks for them.
constexpr size_t kMostErrors = 4096;

// Made when the library is loaded, since a ticket is dropped where memory may be short.
const Error& dropped =
    *new Error(Status::aborted, "The work was dropped because its object was closed");

}  // namespace

void CompletionQueue::close() noexcept {
  std::lock_guard lock(mutex_);
  is_closed_ = true;
  callback_ = nullptr;
  completions_.clear();
  failed_.clear();
  condition_.notify_all();
}

bool CompletionQueue::is_closed() {
  std::lock_guard lock(mutex_);
  return is_closed_;
}

void CompletionQueue::signal(std::unique_lock<std::mutex>& lock) noexcept {
  if (!is_armed_) return;
  is_armed_ = false;
  is_signaled_ = true;
  // Called under the mutex, so that close() and set_wake(nullptr) are a fence after which the
  // callback is not entered. It only posts to the event loop.
  if (callback_) callback_();
  condition_.notify_all();
  lock.unlock();
}

void CompletionQueue::push(const Completion& completion) {
  PendingCompletions record;
  record.push_back({.completion = completion, .error = std::nullopt});
  push(std::move(record));
}

void CompletionQueue::push(PendingCompletions records) noexcept {
  std::unique_lock lock(mutex_);
  if (is_closed_) return;
  completions_.splice(completions_.end(), records);
  signal(lock);
}

size_t CompletionQueue::poll(std::span<Completion> out) {
  std::lock_guard lock(mutex_);
  size_t count = 0;
  while (count < out.size() && !completions_.empty()) {
    const PendingCompletion& record = completions_.front();
    out[count++] = record.completion;
    if (record.error) {
      failed_.splice(failed_.end(), completions_, completions_.begin());
      if (failed_.size() > kMostErrors) failed_.pop_front();
    } else {
      completions_.pop_front();
    }
  }
  is_armed_ = count == 0;
  return count;
}

void CompletionQueue::wait() {
  std::unique_lock lock(mutex_);
  condition_.wait(lock, [&] { return is_signaled_ || is_closed_; });
  is_signaled_ = false;
}

void CompletionQueue::wake() {
  std::lock_guard lock(mutex_);
  is_signaled_ = true;
  condition_.notify_all();
}

void CompletionQueue::set_wake(void (*callback)()) {
  std::lock_guard lock(mutex_);
  callback_ = callback;
}

std::shared_ptr<Ticket> CompletionQueue::open_ticket(uint32_t id) {
  auto ticket = std::make_shared<Ticket>(shared_from_this(), id);
  std::lock_guard lock(mutex_);
  tickets_.insert_or_assign(id, ticket);
  return ticket;
}

void CompletionQueue::forget_ticket(uint32_t id) {
  std::lock_guard lock(mutex_);
  tickets_.erase(id);
}

void CompletionQueue::cancel(uint32_t id) {
  std::shared_ptr<Ticket> ticket;
  {
    std::lock_guard lock(mutex_);
    const auto found = tickets_.find(id);
    if (found != tickets_.end()) ticket = found->second.lock();
  }
  if (ticket) ticket->cancel();
}

bool CompletionQueue::take_error(uint32_t ticket, Error& out) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(failed_.begin(), failed_.end(), [&](const auto& record) {
    return record.completion.ticket == ticket;
  });
  if (found == failed_.end()) return false;
  out = *found->error;
  failed_.erase(found);
  return true;
}

Ticket::~Ticket() {
  fail(dropped);
}

PendingCompletions Ticket::take_outcome() noexcept {
  PendingCompletions outcome;
  std::lock_guard lock(outcome_mutex_);
  outcome.swap(outcome_);
  return outcome;
}

void Ticket::push_outcome(PendingCompletions outcome) noexcept {
  queue_->forget_ticket(id_);
  queue_->push(std::move(outcome));
}

bool Ticket::complete(int64_t value, int64_t extra) noexcept {
  PendingCompletions outcome = take_outcome();
  if (outcome.empty()) return false;
  outcome.front().completion = {.ticket = id_, .value = value, .extra = extra};
  push_outcome(std::move(outcome));
  return true;
}

void Ticket::fail(const Error& error) noexcept {
  PendingCompletions outcome = take_outcome();
  if (outcome.empty()) return;
  if (error.status != Status::aborted) log(LogLevel::error, "library", error.what());
  outcome.front() = {.completion = {.ticket = id_, .status = error.status}, .error = error};
  push_outcome(std::move(outcome));
}

void Ticket::report(double part) noexcept {
  const auto millionths = static_cast<int64_t>(part * 1e6);
  try {
    queue_->push({.ticket = id_, .kind = CompletionKind::progress, .value = millionths});
  } catch (const std::bad_alloc&) {  // the next report tells more
  }
}

bool Ticket::is_cancelled() {
  std::lock_guard lock(mutex_);
  return is_cancelled_;
}

void Ticket::cancel() {
  std::lock_guard lock(mutex_);
  if (std::exchange(is_cancelled_, true)) return;
  if (action_) action_();
}

void Ticket::on_cancel(std::function<void()> action) {
  std::lock_guard lock(mutex_);
  action_ = std::move(action);
  if (is_cancelled_ && action_) action_();
}

std::function<void(double)> progress_to(const std::shared_ptr<Ticket>& ticket) {
  return [ticket, told = -1](double part) mutable {
    const auto percent = static_cast<int>(part * 100);
    if (percent <= told) return;
    told = percent;
    ticket->report(part);
  };
}

}  // namespace cuf
