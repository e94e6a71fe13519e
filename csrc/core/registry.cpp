#include "core/registry.h"

#include <string>
#include <utility>

namespace cuf {
namespace {

constexpr uint32_t kSlotBits = 20;
constexpr uint32_t kSlotMask = (1u << kSlotBits) - 1;
constexpr uint32_t kGenerationMask = (1u << (32 - kSlotBits)) - 1;
constexpr size_t kFreeBeforeReuse = 4096;

const char* name_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::queue:
      return "queue";
    case ObjectKind::device:
      return "device";
    case ObjectKind::source:
      return "source";
    case ObjectKind::demuxer:
      return "demuxer";
    case ObjectKind::decoder:
      return "decoder";
    case ObjectKind::sampler:
      return "sampler";
    case ObjectKind::frame:
      return "frame";
    case ObjectKind::dlpack_capsule:
      return "DLPack capsule";
  }
  return "object";
}

}  // namespace

Registry& Registry::instance() {
  static Registry& registry = *new Registry;
  return registry;
}

Registry::Slot* Registry::find(uint32_t handle) {
  const uint32_t index = handle & kSlotMask;
  if (handle == 0 || index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  const bool is_current = slot.object && slot.generation == handle >> kSlotBits;
  return is_current ? &slot : nullptr;
}

uint32_t Registry::add(std::shared_ptr<Object> object, uint32_t owner) {
  std::lock_guard lock(mutex_);
  // An owner that was closed while this object was being made would never close it.
  if (owner != 0 && !find(owner)) {
    throw Error(Status::aborted, "The object's owner was closed while it was being made");
  }
  uint32_t index;
  if (free_.size() > kFreeBeforeReuse || slots_.size() > kSlotMask) {
    if (free_.empty()) {
      throw Error(Status::out_of_memory,
                  "More than a million objects are open; close some of them");
    }
    index = free_.front();
    free_.pop_front();
  } else {
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  }
  Slot& slot = slots_[index];
  slot.object = std::move(object);
  slot.owner = owner;
  return slot.generation << kSlotBits | index;
}

std::shared_ptr<Object> Registry::get(uint32_t handle, ObjectKind kind) {
  std::lock_guard lock(mutex_);
  const Slot* slot = find(handle);
  if (!slot || slot->object->kind != kind) {
    throw Error(Status::invalid_handle, std::string("The handle names no open ") + name_of(kind) +
                                            "; it was closed before");
  }
  return slot->object;
}

std::shared_ptr<Object> Registry::remove(uint32_t handle) {
  Slot* slot = find(handle);
  if (!slot) return nullptr;
  slot->generation = slot->generation == kGenerationMask ? 1 : slot->generation + 1;
  slot->owner = 0;
  free_.push_back(handle & kSlotMask);
  return std::move(slot->object);
}

void Registry::close(uint32_t handle) {
  std::vector<uint32_t> pending{handle};
  std::vector<std::shared_ptr<Object>> closed;
  {
    std::lock_guard lock(mutex_);
    if (!find(handle)) {
      throw Error(Status::invalid_handle, "The handle names no open object; it was closed before");
    }
    while (!pending.empty()) {
      const uint32_t current = pending.back();
      pending.pop_back();
      std::shared_ptr<Object> object = remove(current);
      const bool owns = object->kind == ObjectKind::queue || object->kind == ObjectKind::device;
      closed.push_back(std::move(object));
      if (!owns) continue;
      for (uint32_t index = 0; index < slots_.size(); ++index) {
        if (slots_[index].object && slots_[index].owner == current) {
          pending.push_back(slots_[index].generation << kSlotBits | index);
        }
      }
    }
  }
  for (const auto& object : closed) object->close();
}

}  // namespace cuf
