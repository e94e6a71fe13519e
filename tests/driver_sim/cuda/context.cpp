#include "cuda/context.h"

#include <algorithm>

#include "cuda/driver.h"
#include "cuda/pool.h"

namespace cufsim {

void Context::for_each_stream(const std::function<void(const StreamPtr&)>& visit) const {
  visit(default_stream);
  for (const auto& [thread, stream] : per_thread) visit(stream);
  for (const StreamPtr& stream : streams) visit(stream);
}

StreamPtr Context::add_stream(unsigned stream_flags) {
  const auto ended = [](const StreamPtr& stream) { return stream->closed && stream->idle(); };
  streams.erase(std::remove_if(streams.begin(), streams.end(), ended), streams.end());
  Driver& sim = driver();
  auto stream = std::make_shared<Stream>(sim.next_timeline++, shared_from_this(), stream_flags);
  streams.push_back(stream);
  return stream;
}

StreamPtr Context::stream_of_this_thread() {
  StreamPtr& stream = per_thread[std::this_thread::get_id()];
  if (stream == nullptr) {
    stream = std::make_shared<Stream>(driver().next_timeline++, shared_from_this(), 0);
  }
  return stream;
}

void Context::synchronize(Lock& lock, bool host_learns) {
  std::vector<Moment> moments;
  for_each_stream([&](const StreamPtr& stream) { moments.push_back(stream->now()); });
  for (const Moment& moment : moments) {
    driver().changed.wait(lock, [&] { return moment.reached(); });
    if (host_learns) driver().order.host_learns(moment);
  }
}

ContextStack::~ContextStack() {
  if (entries_.empty()) return;
  Driver& sim = driver();
  Lock lock(sim.mutex);
  const auto pushed = std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.how == Pushed::kByPush;
  });
  if (pushed > 0) {
    sim.journal.problem(Problem::kContextLeftPushed,
                        "a thread ended with " + std::to_string(pushed) + " contexts pushed");
  }
  sim.journal.add("context_pushes", -static_cast<int64_t>(entries_.size()));
  entries_.clear();
}

void ContextStack::push(const ContextPtr& context, Pushed how) {
  entries_.push_back({context, how});
  driver().journal.add("context_pushes");
}

ContextPtr ContextStack::pop() {
  if (entries_.empty()) return nullptr;
  ContextPtr context = entries_.back().context;
  entries_.pop_back();
  driver().journal.add("context_pushes", -1);
  return context;
}

void ContextStack::set(const ContextPtr& context) {
  pop();
  if (context != nullptr) push(context, Pushed::kBySet);
}

ContextStack& context_stack() {
  static thread_local ContextStack stack;
  return stack;
}

ContextPtr create_context(Device& device, unsigned flags, bool primary) {
  Driver& sim = driver();
  auto context = std::make_shared<Context>();
  context->device = &device;
  context->primary = primary;
  context->flags = flags;
  context->limits = {{CU_LIMIT_STACK_SIZE, 1024},
                     {CU_LIMIT_PRINTF_FIFO_SIZE, 7340032},
                     {CU_LIMIT_MALLOC_HEAP_SIZE, 8388608},
                     {CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH, 0},
                     {CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT, 0}};
  context->default_stream = std::make_shared<Stream>(sim.next_timeline++, context, 0);
  context->handle = sim.contexts.add(context);
  sim.journal.add("contexts");
  return context;
}

void destroy_context(const ContextPtr& context, Lock& lock) {
  Driver& sim = driver();
  context->synchronize(lock, false);
  // Frees that were pending when their pool was destroyed are done now.
  trim_retired_pools();
  context->destroyed = true;
  if (context_stack().current() == context) context_stack().pop();
  size_t left = sim.end_objects_of(context);
  context->for_each_stream([](const StreamPtr& stream) {
    if (!stream->closed) stream->close();
  });
  // A destroyed primary context commonly has streams and memory left; an own one should not.
  if (left > 0 && !context->primary) {
    sim.journal.problem(Problem::kDestroyedWithLiveObjects,
                        "a context with " + std::to_string(left) + " objects alive in it");
  }
  sim.contexts.remove(context->handle);
  sim.journal.add("contexts", -1);
  sim.write_report_if_done();
}

}  // namespace cufsim
