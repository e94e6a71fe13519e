#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/error.h"
#include "core/object.h"

namespace cuf {

// Maps handles to objects. A handle is slot + generation, so a stale or doubled close is an error
// and never touches another object; freed slots wait in a queue, which makes the generations last
// for millions of handles.
class Registry {
 public:
  static Registry& instance();

  // owner: the handle whose closing closes this object too; 0 = none.
  uint32_t add(std::shared_ptr<Object> object, uint32_t owner);
  void close(uint32_t handle);  // throws Error(invalid_handle)

  // Throws Error(invalid_handle) for a closed handle and for one of another kind of object.
  std::shared_ptr<Object> get(uint32_t handle, ObjectKind kind);

 private:
  struct Slot {
    std::shared_ptr<Object> object;
    uint32_t owner = 0;
    uint32_t generation = 1;
  };

  Slot* find(uint32_t handle);
  std::shared_ptr<Object> remove(uint32_t handle);

  std::mutex mutex_;
  std::vector<Slot> slots_;
  std::deque<uint32_t> free_;
};

template <typename T>
std::shared_ptr<T> object_of(uint32_t handle) {
  return std::static_pointer_cast<T>(Registry::instance().get(handle, T::kKind));
}

}  // namespace cuf
