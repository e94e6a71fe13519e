#include "cuda/memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cufsim {

namespace {

// Between allocations, so that running off one never lands in the next.
constexpr uint64_t kGuard = 4096;

uint64_t reserve(uint64_t size, int protection) {
  void* address =
      mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    std::perror("cufsim: address space");
    std::abort();
  }
  madvise(address, size, MADV_DONTDUMP);
  return reinterpret_cast<uint64_t>(address);
}

uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

bool Span::overlaps(const Span& other) const {
  if (width == 0 || other.width == 0 || begin >= other.end() || other.begin >= end()) return false;
  const bool grid = rows > 1 && other.rows > 1 && pitch == other.pitch && pitch > 0;
  if (!grid || width > pitch || other.width > pitch) return true;
  // Columns of the same grid, of which the second may begin to the left of the first.
  const uint64_t shift = begin > other.begin ? (begin - other.begin) % pitch
                                             : (pitch - (other.begin - begin) % pitch) % pitch;
  return shift < other.width || shift + width > pitch;
}

bool Span::covers(const Span& other) const {
  if (begin > other.begin || end() < other.end()) return false;
  const bool solid = rows == 1 || width == pitch;
  return solid || (begin == other.begin && width == other.width && pitch == other.pitch);
}

AddressSpace::AddressSpace()
    : handed_out_(reserve(kSize, PROT_NONE)),
      shift_(reserve(kSize, PROT_READ | PROT_WRITE) - handed_out_),
      next_handle_(reserve(kHandles, PROT_NONE)) {}

void AddressSpace::poison(unsigned char* bytes, uint64_t size) {
  std::memset(bytes, 0xDB, size);
}

uint64_t AddressSpace::gap(uint64_t size, uint64_t alignment) const {
  uint64_t start = handed_out_;
  for (auto it = allocations_.lower_bound(handed_out_); it != allocations_.end(); ++it) {
    if (!is_device(it->first)) break;
    if (it->first >= start + size + kGuard) break;
    start = align_up(it->second->end() + kGuard, alignment);
  }
  return start + size + kGuard <= handed_out_ + kSize ? start : 0;
}

AllocationPtr AddressSpace::allocate(uint64_t size, uint64_t alignment, MemoryKind kind) {
  uint64_t address = align_up(handed_out_ + fresh_ + kGuard, alignment);
  if (address + size + kGuard > handed_out_ + kSize) address = gap(size, alignment);
  if (address == 0) return nullptr;
  fresh_ = std::max(fresh_, address + size - handed_out_);
  auto allocation = std::make_shared<Allocation>();
  allocation->address = address;
  allocation->size = size;
  allocation->kind = kind;
  allocation->id = next_id_++;
  poison(bytes(address), size);
  allocations_[address] = allocation;
  return allocation;
}

AllocationPtr AddressSpace::adopt(void* host, uint64_t size, MemoryKind kind) {
  auto allocation = std::make_shared<Allocation>();
  allocation->address = reinterpret_cast<uint64_t>(host);
  allocation->size = size;
  allocation->kind = kind;
  allocation->id = next_id_++;
  allocations_[allocation->address] = allocation;
  return allocation;
}

void AddressSpace::release(const AllocationPtr& allocation) {
  allocations_.erase(allocation->address);
  if (allocation->is_host()) return;
  const uint64_t begin = reinterpret_cast<uint64_t>(bytes(allocation->address)) & ~uint64_t{4095};
  const uint64_t end = align_up(reinterpret_cast<uint64_t>(bytes(allocation->end())), 4096);
  // The guard before and after means that no other allocation shares these pages.
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

AllocationPtr AddressSpace::find(uint64_t address) const {
  auto next = allocations_.upper_bound(address);
  if (next == allocations_.begin()) return nullptr;
  --next;
  return address < next->second->end() ? next->second : nullptr;
}

uint64_t AddressSpace::next_handle() {
  const uint64_t handle = next_handle_;
  next_handle_ += 64;
  return handle;
}

}  // namespace cufsim
