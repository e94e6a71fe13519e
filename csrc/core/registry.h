#pragma once

#include <cstdint>
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
    uint32_t next_free = kNoSlot;
  };
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  Slot* find(uint32_t handle);
  std::shared_ptr<Object> remove(uint32_t handle);
  uint32_t next_owned_by(uint32_t handle, uint32_t& index);
  void close_owned(uint32_t handle);

  std::mutex mutex_;
  std::vector<Slot> slots_;
  // A queue through the slots themselves: closing must not need memory.
  uint32_t first_free_ = kNoSlot;
  uint32_t last_free_ = kNoSlot;
  size_t free_count_ = 0;
};

template <typename T>
std::shared_ptr<T> object_of(uint32_t handle) {
  return std::static_pointer_cast<T>(Registry::instance().get(handle, T::kKind));
}

}  // namespace cuf
