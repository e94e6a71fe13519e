// Contexts and the stack of contexts that each thread has.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "cuda/device.h"
#include "cuda/stream.h"

namespace cufsim {

struct Context : std::enable_shared_from_this<Context> {
  Device* device = nullptr;
  bool primary = false;
  unsigned flags = 0;
  uint64_t handle = 0;
  bool destroyed = false;
  /** The first fault of an operation: every later call says it. */
  CUresult sticky = CUDA_SUCCESS;
  StreamPtr default_stream;
  std::map<std::thread::id, StreamPtr> per_thread;
  std::vector<StreamPtr> streams;
  /** Devices whose memory kernels and copies of this one may touch. */
  std::vector<const Device*> peers;
  std::map<int, size_t> limits;

  CUresult broken() const { return device->lost != CUDA_SUCCESS ? device->lost : sticky; }
  void for_each_stream(const std::function<void(const StreamPtr&)>& visit) const;
  StreamPtr stream_of_this_thread();
  StreamPtr add_stream(unsigned flags);
  /** Waits for all streams; the host then knows that they are done. */
  void synchronize(Lock& lock, bool host_learns);
};

using ContextPtr = std::shared_ptr<Context>;

/** How a context came onto a thread's stack. */
enum class Pushed { kByPush, kByCreate, kBySet };

/** The contexts of one thread; used under the driver's mutex. */
class ContextStack {
 public:
  ~ContextStack();

  ContextPtr current() const { return entries_.empty() ? nullptr : entries_.back().context; }
  void push(const ContextPtr& context, Pushed how);
  /** Null if the stack is empty. */
  ContextPtr pop();
  /** Replaces the top; null empties it. */
  void set(const ContextPtr& context);
  size_t depth() const { return entries_.size(); }

 private:
  struct Entry {
    ContextPtr context;
    Pushed how;
  };
  std::vector<Entry> entries_;
};

/** The stack of the calling thread. */
ContextStack& context_stack();

ContextPtr create_context(Device& device, unsigned flags, bool primary);
/** Waits for its work and ends everything that lives in it. */
void destroy_context(const ContextPtr& context, Lock& lock);

}  // namespace cufsim
