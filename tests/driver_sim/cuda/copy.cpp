#include "cuda/copy.h"

#include <cstring>
#include <memory>

namespace cufsim {

namespace {

CUresult refuse(Entry& entry, Problem kind, const char* text) {
  entry.sim.journal.problem(kind, text);
  return kInvalidValue;
}

/** Finds out what lies at an address and whether `width` times `rows` bytes of it may be touched.
 */
CUresult locate(Entry& entry, const Side& side, uint64_t width, uint64_t rows, Place& place) {
  if (side.address == 0) return kInvalidValue;
  const uint64_t last = (rows - 1) * side.pitch + width;
  AddressSpace& memory = entry.sim.memory;
  place.allocation = memory.find(side.address);
  place.pitch = side.pitch;
  place.bytes = memory.bytes(side.address);
  if (place.allocation == nullptr) {
    if (memory.is_device(side.address)) {
      return refuse(entry, Problem::kUseAfterFree, "a copy at an address that is not allocated");
    }
    return side.claim == Claim::kDevice ? kInvalidValue : CUDA_SUCCESS;
  }
  if (place.allocation->freed) {
    return refuse(entry, Problem::kUseAfterFree, "a copy of memory freed by cuMemFreeAsync");
  }
  // A driver with unified addresses lets this pass, so only a test tells.
  if (side.claim == Claim::kHost && !place.allocation->is_host()) {
    return refuse(entry, Problem::kForeignPointer, "device memory given as host memory");
  }
  if (side.address + last > place.allocation->end()) return kInvalidValue;
  place.span = {side.address - place.allocation->address, width, side.pitch, rows};
  return CUDA_SUCCESS;
}

void copy_rows(unsigned char* to, uint64_t to_pitch, const unsigned char* from, uint64_t from_pitch,
               uint64_t width, uint64_t rows) {
  for (uint64_t row = 0; row < rows; row++) {
    std::memmove(to + row * to_pitch, from + row * from_pitch, width);
  }
}

/** A copy of pageable memory as it is now, since the client may change it at once. */
std::shared_ptr<std::vector<unsigned char>> stage(const Place& from, uint64_t width,
                                                  uint64_t rows) {
  auto staged = std::make_shared<std::vector<unsigned char>>(width * rows);
  copy_rows(staged->data(), width, from.bytes, from.pitch, width, rows);
  return staged;
}

}  // namespace

CUresult enqueue_copy(Entry& entry, const Copy& copy, const StreamPtr& stream, bool synchronous) {
  if (stream == nullptr) return kInvalidHandle;
  if (copy.width == 0 || copy.rows == 0) return CUDA_SUCCESS;
  Place to;
  Place from;
  CUresult code = locate(entry, copy.to, copy.width, copy.rows, to);
  if (code == CUDA_SUCCESS) code = locate(entry, copy.from, copy.width, copy.rows, from);
  if (code != CUDA_SUCCESS) return code;
  Work work{.what = "copy"};
  if (!to.pageable()) work.accesses.push_back({to.allocation, to.span, true});
  if (!from.pageable()) work.accesses.push_back({from.allocation, from.span, false});
  std::shared_ptr<std::vector<unsigned char>> staged;
  if (from.pageable()) {
    staged = stage(from, copy.width, copy.rows);
    from.bytes = staged->data();
    from.pitch = copy.width;
  }
  work.run = [to = to.bytes, to_pitch = to.pitch, from = from.bytes, from_pitch = from.pitch,
              width = copy.width, rows = copy.rows, staged]() -> CUresult {
    copy_rows(to, to_pitch, from, from_pitch, width, rows);
    return CUDA_SUCCESS;
  };
  entry.sim.journal.add("copies");
  const Moment done = stream->enqueue(std::move(work));
  // Not for device to device, and not from pageable memory, of which there is a copy by now.
  const bool waits = synchronous && (to.on_host() || (from.on_host() && !from.pageable()));
  if (!waits) return CUDA_SUCCESS;
  entry.sim.changed.wait(entry.lock, [&] { return done.reached(); });
  entry.sim.order.host_learns(done);
  const ContextPtr owner = stream->context.lock();
  return owner == nullptr ? CUDA_SUCCESS : owner->broken();
}

CUresult enqueue_fill(Entry& entry, const Side& to, uint32_t value, unsigned unit, uint64_t width,
                      uint64_t rows, const StreamPtr& stream) {
  if (stream == nullptr) return kInvalidHandle;
  if (width == 0 || rows == 0) return CUDA_SUCCESS;
  if (to.address % unit != 0 || (rows > 1 && to.pitch % unit != 0)) return kInvalidValue;
  if (rows > 1 && to.pitch < width * unit) return kInvalidValue;
  Place place;
  const CUresult code = locate(entry, to, width * unit, rows, place);
  if (code != CUDA_SUCCESS) return code;
  Work work{.what = "fill", .accesses = {{place.allocation, place.span, true}}};
  work.run = [bytes = place.bytes, pitch = place.pitch, value, unit, width, rows]() -> CUresult {
    for (uint64_t row = 0; row < rows; row++) {
      for (uint64_t i = 0; i < width; i++)
        std::memcpy(bytes + row * pitch + i * unit, &value, unit);
    }
    return CUDA_SUCCESS;
  };
  stream->enqueue(std::move(work));
  return CUDA_SUCCESS;
}

}  // namespace cufsim
