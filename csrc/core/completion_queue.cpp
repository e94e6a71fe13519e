#include "core/completion_queue.h"

#include <utility>

namespace cuf {

void CompletionQueue::close() noexcept {
  std::lock_guard lock(mutex_);
  is_closed_ = true;
  callback_ = nullptr;
  completions_.clear();
  errors_.clear();
  condition_.notify_all();
}

void CompletionQueue::signal(std::unique_lock<std::mutex>& lock) {
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
  std::unique_lock lock(mutex_);
  if (is_closed_) return;
  completions_.push_back(completion);
  signal(lock);
}

void CompletionQueue::push_error(uint32_t ticket, const Error& error) {
  std::unique_lock lock(mutex_);
  if (is_closed_) return;
  errors_.insert_or_assign(ticket, error);
  completions_.push_back({.ticket = ticket, .status = error.status});
  signal(lock);
}

size_t CompletionQueue::poll(std::span<Completion> out) {
  std::lock_guard lock(mutex_);
  size_t count = 0;
  while (count < out.size() && !completions_.empty()) {
    out[count++] = completions_.front();
    completions_.pop_front();
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
  const auto found = errors_.find(ticket);
  if (found == errors_.end()) return false;
  out = found->second;
  errors_.erase(found);
  return true;
}

Ticket::~Ticket() {
  if (!is_done_) fail(Error(Status::aborted, "The work was dropped because its object was closed"));
}

void Ticket::complete(int64_t value, int64_t extra) {
  if (std::exchange(is_done_, true)) return;
  queue_->forget_ticket(id_);
  queue_->push({.ticket = id_, .value = value, .extra = extra});
}

void Ticket::fail(const Error& error) {
  if (std::exchange(is_done_, true)) return;
  queue_->forget_ticket(id_);
  queue_->push_error(id_, error);
}

void Ticket::report(double part) {
  const auto millionths = static_cast<int64_t>(part * 1e6);
  queue_->push({.ticket = id_, .kind = CompletionKind::progress, .value = millionths});
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

}  // namespace cuf
