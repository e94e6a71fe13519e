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
    case ObjectKind::muxer:
      return "muxer";
    case ObjectKind::sink:
      return "sink";
    case ObjectKind::encoder:
      return "encoder";
    case ObjectKind::frame:
      return "frame";
    case ObjectKind::answer:
    case ObjectKind::encoder_answer:
      return "answer";
    case ObjectKind::dlpack_capsule:
      return "DLPack capsule";
    case ObjectKind::transcoder:
      return "transcoder";
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
  if (free_count_ > kFreeBeforeReuse || slots_.size() > kSlotMask) {
    if (free_count_ == 0) {
      throw Error(Status::out_of_memory,
                  "More than a million objects are open; close some of them");
    }
    index = first_free_;
    first_free_ = slots_[index].next_free;
    --free_count_;
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
  slot->next_free = kNoSlot;
  const uint32_t index = handle & kSlotMask;
  if (free_count_++ == 0) {
    first_free_ = index;
  } else {
    slots_[last_free_].next_free = index;
  }
  last_free_ = index;
  return std::move(slot->object);
}

// The handle of an object that it owns, from the slot `index` on; 0: there are no more.
uint32_t Registry::next_owned_by(uint32_t handle, uint32_t& index) {
  for (; index < slots_.size(); ++index) {
    if (slots_[index].object && slots_[index].owner == handle) {
      return slots_[index].generation << kSlotBits | index;
    }
  }
  return 0;
}

void Registry::close_owned(uint32_t handle) {
  for (uint32_t index = 0;;) {
    std::shared_ptr<Object> object;
    uint32_t owned;
    {
      std::lock_guard lock(mutex_);
      owned = next_owned_by(handle, index);
      if (owned == 0) return;
      object = remove(owned);
    }
    object->close();
    if (object->kind == ObjectKind::device) close_owned(owned);
  }
}

void Registry::close(uint32_t handle) {
  std::shared_ptr<Object> object;
  {
    std::lock_guard lock(mutex_);
    object = remove(handle);
  }
  if (!object) {
    throw Error(Status::invalid_handle, "The handle names no open object; it was closed before");
  }
  object->close();
  // It is gone, so nothing more is added to what it owns.
  if (object->kind == ObjectKind::queue || object->kind == ObjectKind::device) close_owned(handle);
}

}  // namespace cuf
