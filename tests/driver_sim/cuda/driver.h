// The one state of the simulated driver, behind one mutex.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cuda/context.h"
#include "cuda/faults.h"
#include "cuda/journal.h"
#include "cuda/memory.h"
#include "cuda/order.h"
#include "cuda/settings.h"
#include "cuda/stream.h"

namespace cufsim {

class Event;
struct Module;
struct Function;

/** Objects by handles that are never used twice, so that a stale one is always recognised. */
template <class T>
class Handles {
 public:
  explicit Handles(AddressSpace& addresses) : addresses_(addresses) {}
  uint64_t add(const std::shared_ptr<T>& object) {
    const uint64_t handle = addresses_.next_handle();
    alive_[handle] = object;
    return handle;
  }
  std::shared_ptr<T> find(const void* handle) const {
    const auto found = alive_.find(reinterpret_cast<uint64_t>(handle));
    return found == alive_.end() ? nullptr : found->second;
  }
  void remove(uint64_t handle) {
    if (alive_.erase(handle) > 0) dead_.insert(handle);
  }
  bool was(const void* handle) const { return dead_.count(reinterpret_cast<uint64_t>(handle)) > 0; }
  const std::map<uint64_t, std::shared_ptr<T>>& alive() const { return alive_; }

 private:
  AddressSpace& addresses_;
  std::map<uint64_t, std::shared_ptr<T>> alive_;
  std::set<uint64_t> dead_;
};

class Driver {
 public:
  Driver();

  std::mutex mutex;
  /** Notified whenever an operation was added or ended. */
  std::condition_variable changed;

  Settings settings;
  Journal journal;
  Faults faults;
  Order order;
  AddressSpace memory;
  bool initialized = false;
  bool paused = false;
  uint64_t queued = 0;
  uint32_t next_timeline = 1;
  std::vector<std::unique_ptr<Device>> devices;

  Handles<Context> contexts{memory};
  Handles<Stream> streams{memory};
  Handles<Event> events{memory};
  Handles<Module> modules{memory};
  Handles<Function> functions{memory};
  Handles<MemoryPool> pools{memory};
  /** Destroyed, with blocks whose free was not reached then. */
  std::vector<std::shared_ptr<MemoryPool>> retired_pools;
  std::set<AllocationPtr> allocations;

  void reset();
  void make_devices();
  Device* device(int ordinal) const;
  void lose(int ordinal, CUresult code);
  /** Ends streams, events, modules and memory of a context; returns how many there were. */
  size_t end_objects_of(const ContextPtr& context);
  void forget_memory_of_devices();
  std::string report() const;
  void write_report_if_done();
  void write_report() const;
  /** Set by the simulated libnvcuvid: ends the decoders of a context; returns how many. */
  std::function<size_t(const ContextPtr&)> end_decoders_of;
  /** The same of the simulated libnvidia-encode. */
  std::function<size_t(const ContextPtr&)> end_encoders_of;
  /** What clients of NVENC passed, by what it is; the last is first. */
  std::map<std::string, std::deque<std::vector<unsigned char>>> encode_records;
};

Driver& driver();

}  // namespace cufsim
