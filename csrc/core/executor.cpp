#include "core/executor.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>

#include "core/error.h"

namespace cuf {
namespace {

constexpr auto kIdleTime = std::chrono::seconds(5);

struct Pool {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> jobs;
  size_t idle = 0;
};

thread_local bool is_ours = false;

Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

void run_quietly(Job& job) noexcept {
  // Jobs report their own errors through tickets; what gets here is a failed allocation while
  // reporting one.
  try {
    job();
  } catch (...) {
  }
  job = nullptr;
}

void work(Job job) {
  is_ours = true;
  pthread_setname_np(pthread_self(), "cuframe");
  Pool& shared = pool();
  for (;;) {
    run_quietly(job);
    std::unique_lock lock(shared.mutex);
    ++shared.idle;
    const bool has_job =
        shared.wake.wait_for(lock, kIdleTime, [&] { return !shared.jobs.empty(); });
    --shared.idle;
    if (!has_job) return;
    job = std::move(shared.jobs.front());
    shared.jobs.pop_front();
  }
}

// The runtime's signal handlers expect the runtime's threads, so ours block all signals.
void start_thread(Job job) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(work, std::move(job)).detach();
  } catch (const std::system_error& failure) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw Error(
        Status::out_of_memory,
        "No thread could be started; close other decoders or raise the process's limit of threads",
        failure.code().value());
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void run_on_pool(Job job) {
  Pool& shared = pool();
  {
    std::lock_guard lock(shared.mutex);
    if (shared.idle > shared.jobs.size()) {
      shared.jobs.push_back(std::move(job));
      shared.wake.notify_one();
      return;
    }
  }
  start_thread(std::move(job));
}

bool is_pool_thread() {
  return is_ours;
}

void Strand::post(Job job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (is_running_) return;
    is_running_ = true;
  }
  try {
    run_on_pool([self = shared_from_this()] { self->drain(); });
  } catch (...) {
    // With those that others posted meanwhile: nobody would run them.
    std::list<Job> dropped;
    std::lock_guard lock(mutex_);
    is_running_ = false;
    dropped.swap(jobs_);
    throw;
  }
}

void Strand::drain() {
  for (;;) {
    Job job;
    {
      std::lock_guard lock(mutex_);
      if (jobs_.empty()) {
        is_running_ = false;
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    run_quietly(job);
  }
}

}  // namespace cuf
