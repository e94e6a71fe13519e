#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>

// The library's own threads. A job may block for as long as a source lets it wait, so the pool
// grows when no thread is idle instead of queueing behind a blocked one, and idle threads leave
// after a while. Nothing here is ever joined or destroyed: Deno runs static destructors while
// native threads are alive (facts of its exit paths).
namespace cuf {

using Job = std::function<void()>;

// Runs job on a thread of the library. Throws Error(out_of_memory) when no thread can be had.
void run_on_pool(Job job);

// Whether this is a thread of the library: what libav logs here is about our work.
bool is_pool_thread();

// Runs its jobs one after another, in order, on threads of the pool.
class Strand : public std::enable_shared_from_this<Strand> {
 public:
  void post(Job job);

 private:
  void drain();

  std::mutex mutex_;
  std::list<Job> jobs_;
  bool is_running_ = false;
};

}  // namespace cuf
