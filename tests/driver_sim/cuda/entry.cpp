#include "cuda/entry.h"

namespace cufsim {

bool& is_thread_spared() {
  static thread_local bool is_spared = false;
  return is_spared;
}

Entry::Entry(const char* function, unsigned needs) : lock(driver().mutex), sim(driver()) {
  if (!is_thread_spared()) count(function, needs);
  if (refused_ || (needs & kPure) != 0) return;
  if (running() != nullptr) {
    sim.journal.problem(Problem::kCallFromCallback, function);
    forced_ = kNotPermitted;
    refused_ = true;
    return;
  }
  if ((needs & kInit) != 0 && !sim.initialized) {
    forced_ = kNotInitialized;
    refused_ = true;
    return;
  }
  look_at_context(function, needs);
}

void Entry::count(const char* function, unsigned needs) {
  sim.journal.count_call(function);
  if ((needs & kPure) != 0) return;
  const int64_t lose_after = sim.settings.number("lose_after", 0);
  if (lose_after > 0 && sim.journal.total_calls() == static_cast<uint64_t>(lose_after)) {
    for (const auto& device : sim.devices) sim.lose(device->ordinal, kUnknown);
  }
  const auto fault = sim.faults.next_call(function);
  if (!fault) return;
  forced_ = result(*fault);
  refused_ = (needs & kRelease) == 0;
  const ContextPtr current = context_stack().current();
  if (current != nullptr && breaks_context(*fault)) current->sticky = forced_;
}

void Entry::look_at_context(const char* function, unsigned needs) {
  context = context_stack().current();
  const bool wanted = (needs & kContext) == kContext;
  if (context == nullptr) {
    if (!wanted) return;
    forced_ = kInvalidContext;
    refused_ = true;
    return;
  }
  if (context->destroyed) {
    // Popping it is all that a thread can still do with it.
    if (!wanted) return;
    sim.journal.problem(Problem::kUseAfterDestroy,
                        std::string(function) + " with a destroyed context current");
    forced_ = kContextIsDestroyed;
    refused_ = true;
    return;
  }
  if (wanted && context->broken() != CUDA_SUCCESS && forced_ == CUDA_SUCCESS) {
    forced_ = context->broken();
    refused_ = (needs & kRelease) == 0;
  }
}

CUresult Entry::end(CUresult outcome) const {
  return forced_ != CUDA_SUCCESS ? forced_ : outcome;
}

StreamPtr stream_of(Entry& entry, CUstream handle) {
  if (handle == nullptr || handle == kLegacyStream) {
    return entry.context == nullptr ? nullptr : entry.context->default_stream;
  }
  if (handle == kPerThreadStream) {
    return entry.context == nullptr ? nullptr : entry.context->stream_of_this_thread();
  }
  StreamPtr stream = entry.sim.streams.find(handle);
  if (stream == nullptr && entry.sim.streams.was(handle)) {
    entry.sim.journal.problem(Problem::kUseAfterDestroy, "a destroyed stream");
  }
  return stream;
}

}  // namespace cufsim
