// Device memory: addresses that the host cannot touch, and what lies behind them.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda/clock.h"
#include "cuda/driver_api.h"

namespace cufsim {

struct Context;
class Device;
struct MemoryPool;

/** Bytes of one allocation that an operation touches: `rows` spans of `width`, `pitch` apart. */
struct Span {
  uint64_t begin = 0;
  uint64_t width = 0;
  uint64_t pitch = 0;
  uint64_t rows = 1;

  uint64_t end() const { return begin + (rows - 1) * pitch + width; }
  bool overlaps(const Span& other) const;
  bool covers(const Span& other) const;
};

/** That an operation touched a span, for telling which operations are not ordered. */
struct Touch {
  uint32_t timeline;
  uint64_t number;
  SharedClock clock;
  Span span;
  bool writes;
  const char* what;
};

enum class MemoryKind { kDevice, kPool, kSurface, kPinned, kRegistered, kManaged };

struct Allocation {
  uint64_t address;
  uint64_t size;
  MemoryKind kind;
  Device* device;
  std::weak_ptr<Context> context;
  std::shared_ptr<MemoryPool> pool;
  uint64_t id = 0;
  unsigned flags = 0;
  /** Freed in stream order: still there for what was enqueued before. */
  bool freed = false;
  std::vector<Touch> touches;

  uint64_t end() const { return address + size; }
  bool is_host() const { return kind >= MemoryKind::kPinned; }
};

using AllocationPtr = std::shared_ptr<Allocation>;

/**
 * The addresses of all GPUs. Two reservations of equal size: no access to the first, whose
 * addresses are handed out, so a host dereference faults; the bytes lie at the same offset of the
 * second. Addresses are handed out once only while there are fresh ones.
 */
class AddressSpace {
 public:
  AddressSpace();

  /** Poisoned device memory; null when the addresses are used up. */
  AllocationPtr allocate(uint64_t size, uint64_t alignment, MemoryKind kind);
  /** Host memory that the GPU sees at the same address. */
  AllocationPtr adopt(void* host, uint64_t size, MemoryKind kind);
  void release(const AllocationPtr& allocation);

  /** The allocation that contains the address; null if none does. */
  AllocationPtr find(uint64_t address) const;
  /** Whether the address belongs to the GPUs, allocated or not. */
  bool is_device(uint64_t address) const {
    return address >= handed_out_ && address < handed_out_ + kSize;
  }
  /** Where the bytes of a device address lie; host addresses stay. */
  unsigned char* bytes(uint64_t address) const {
    return reinterpret_cast<unsigned char*>(is_device(address) ? address + shift_ : address);
  }
  /** An address at which nothing is, for a handle: a client that looks into it faults. */
  uint64_t next_handle();

  static void poison(unsigned char* bytes, uint64_t size);

 private:
  static constexpr uint64_t kSize = uint64_t{1} << 38;
  static constexpr uint64_t kHandles = uint64_t{1} << 30;

  uint64_t handed_out_;
  uint64_t shift_;
  uint64_t fresh_ = 0;
  uint64_t next_id_ = 1;
  uint64_t next_handle_;
  uint64_t gap(uint64_t size, uint64_t alignment) const;
  std::map<uint64_t, AllocationPtr> allocations_;
};

}  // namespace cufsim
