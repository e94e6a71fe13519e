#include "libav/ordinary_threads.h"

#include <pthread.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

namespace cuf::libav {
namespace {

// Empty where the system does not tell.
std::set<int> threads_of_process() {
  std::set<int> threads;
  std::error_code ignored;
  std::filesystem::directory_iterator entry("/proc/self/task", ignored);
  for (; !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    const std::string name = entry->path().filename();
    int id = 0;
    std::from_chars(name.data(), name.data() + name.size(), id);
    threads.insert(id);
  }
  return threads;
}

}  // namespace

OrdinaryThreads::OrdinaryThreads() : known_(threads_of_process()) {
  pthread_getschedparam(pthread_self(), &policy_, &priority_);
}

OrdinaryThreads::~OrdinaryThreads() {
  pthread_setschedparam(pthread_self(), policy_, &priority_);
  try {
    for (const int thread : threads_of_process()) {
      const bool is_urgent = sched_getscheduler(thread) == SCHED_FIFO;
      if (!is_urgent || known_.contains(thread)) continue;
      const sched_param ordinary{};
      sched_setscheduler(thread, SCHED_OTHER, &ordinary);
    }
  } catch (...) {
    // No memory for the list: they stay what they are.
  }
}

}  // namespace cuf::libav
