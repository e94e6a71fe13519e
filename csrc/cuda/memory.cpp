#include "cuda/memory.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/executor.h"

namespace cuf::cuda {
namespace {

constexpr size_t kGranule = 4096;
// About 170 NV12 frames of 1080p.
constexpr uint64_t kMostKeptBytes = 512 << 20;

size_t rounded(size_t size) {
  return (std::max<size_t>(size, 1) + kGranule - 1) / kGranule * kGranule;
}

CUstream to_stream(uint64_t handle) {
  return reinterpret_cast<CUstream>(handle);
}

MemoryPool make_pool(const Context& context) {
  const CudaFunctions& cuda = context.cuda();
  int is_supported = 0;
  if (!cuda.cuMemPoolCreate || !cuda.cuMemFreeAsync || !cuda.cuMemAllocFromPoolAsync ||
      !cuda.cuMemPoolSetAttribute || !cuda.cuMemPoolTrimTo || !cuda.cuMemPoolDestroy ||
      cuda.cuDeviceGetAttribute(&is_supported, kAttributeMemoryPoolsSupported, context.gpu()) !=
          CUDA_SUCCESS ||
      !is_supported) {
    return nullptr;
  }
  const MemoryPoolProperties properties = {.allocation_type = 1,
                                           .handle_types = 0,
                                           .location_type = 1,
                                           .location_id = context.gpu(),
                                           .security_attributes = nullptr,
                                           .max_size = 0,
                                           .usage = 0,
                                           .reserved = {}};
  MemoryPool pool = nullptr;
  check(cuda.cuMemPoolCreate(&pool, &properties), "Could not create a pool of GPU memory");
  // The default gives memory back at every synchronization; trim() does it on purpose.
  uint64_t threshold = UINT64_MAX;
  cuda.cuMemPoolSetAttribute(pool, kPoolReleaseThreshold, &threshold);
  return pool;
}

}  // namespace

DeviceBlock::DeviceBlock(std::shared_ptr<DeviceMemory> memory, CUdeviceptr address, size_t size,
                         std::unique_ptr<Event> filled)
    : memory_(std::move(memory)), address_(address), size_(size), filled_(std::move(filled)) {}

DeviceBlock::~DeviceBlock() {
  note_consumer();
  DeviceMemory::Kept kept{.address = address_, .pending = {}};
  try {
    kept.pending.reserve(uses_.size() + refills_.size() + 1);
    kept.pending.push_back(std::move(filled_));
    for (StreamPoint& use : uses_) kept.pending.push_back(std::move(use.event));
    for (StreamPoint& refill : refills_) kept.pending.push_back(std::move(refill.event));
  } catch (...) {
    // Without its events the memory cannot be used again in order; it is lost until the pool goes.
    return;
  }
  if (is_shared_) {
    DeviceMemory::recycle_shared(memory_, std::move(kept), size_);
  } else {
    memory_->recycle(std::move(kept), size_);
  }
}

void DeviceBlock::note_consumer() {
  if (!consumer_) return;
  try {
    note_use(reinterpret_cast<uint64_t>(consumer_));
  } catch (...) {
    // The context is gone, and the memory with it.
  }
}

void DeviceBlock::mark_filled(CUstream stream) {
  filled_->record(stream);
}

int32_t DeviceBlock::gpu() const {
  return memory_->context_->gpu();
}

uint64_t DeviceBlock::context() const {
  return reinterpret_cast<uint64_t>(memory_->context_->handle());
}

void DeviceBlock::order_before(uint64_t stream) const {
  const ContextScope scope(*memory_->context_);
  filled_->order_before(to_stream(stream));
  for (const Event* refill : events_of(refills_, mutex_)) refill->order_before(to_stream(stream));
}

void DeviceBlock::note(StreamPoints& points, uint64_t stream) const {
  const ContextScope scope(*memory_->context_);
  std::lock_guard lock(mutex_);
  note_point(points, to_stream(stream), [&] { return memory_->events_.take(); });
}

void DeviceBlock::note_use(uint64_t stream) const {
  note(uses_, stream);
}

void DeviceBlock::note_refill(uint64_t stream) const {
  if (stream != 0) note(refills_, stream);
}

void DeviceBlock::order_behind_uses(CUstream stream) const {
  std::lock_guard lock(mutex_);
  for (const StreamPoint& use : uses_) {
    if (use.stream != stream) use.event->order_before(stream);
  }
}

void DeviceBlock::mark_filled_by_uses(CUstream stream) {
  order_behind_uses(stream);
  mark_filled(stream);
}

void DeviceBlock::wait() const {
  filled_->wait();
  for (const Event* refill : events_of(refills_, mutex_)) refill->wait();
}

DeviceMemory::DeviceMemory(std::shared_ptr<const Context> context, uint64_t budget_bytes)
    : context_(std::move(context)),
      budget_bytes_(budget_bytes),
      events_(context_),
      frees_(context_) {
  const ContextScope scope(*context_);
  pool_ = make_pool(*context_);
}

DeviceMemory::~DeviceMemory() {
  free_kept();
  const ContextScope scope(*context_, std::nothrow);
  const SessionLock lock;
  if (scope && pool_) context_->cuda().cuMemPoolDestroy(pool_);
}

void DeviceMemory::add(std::atomic<uint64_t>& counter, uint64_t bytes) {
  counter += bytes;
  const uint64_t sum = live_bytes_ + kept_bytes_ + reserved_bytes_;
  uint64_t peak = peak_bytes_;
  while (sum > peak && !peak_bytes_.compare_exchange_weak(peak, sum)) {
  }
}

Error DeviceMemory::over_budget(uint64_t bytes) const {
  return Error(Status::out_of_memory,
               "The GPU memory budget of " + std::to_string(budget_bytes_) +
                   " bytes does not allow " + std::to_string(bytes) + " more: open frames hold " +
                   std::to_string(live_bytes_.load()) + " and decoders " +
                   std::to_string(reserved_bytes_.load()) +
                   "; close frames and decoders that are no longer needed, or set "
                   "requestDevice({ memoryBudgetBytes }) higher");
}

void DeviceMemory::check_budget(uint64_t bytes) {
  if (budget_bytes_ == 0) return;
  if (live_bytes_ + kept_bytes_ + reserved_bytes_ + bytes > budget_bytes_) free_kept();
  if (live_bytes_ + reserved_bytes_ + bytes > budget_bytes_) reclaim();
  if (live_bytes_ + reserved_bytes_ + bytes > budget_bytes_) throw over_budget(bytes);
}

void DeviceMemory::reserve(uint64_t bytes) {
  check_budget(bytes);
  add(reserved_bytes_, bytes);
}

void DeviceMemory::unreserve(uint64_t bytes) noexcept {
  reserved_bytes_ -= bytes;
}

bool DeviceMemory::reuse(size_t size, CUstream stream, CUdeviceptr& address) {
  Kept block{};
  {
    std::lock_guard lock(mutex_);
    const auto found = kept_.find(size);
    if (found == kept_.end() || found->second.empty()) return false;
    block = std::move(found->second.front());
    found->second.pop_front();
    kept_bytes_ -= size;
  }
  try {
    for (const auto& event : block.pending) event->order_before(stream);
  } catch (...) {
    free_now(std::move(block));
    throw;
  }
  for (auto& event : block.pending) events_.give_back(std::move(event));
  address = block.address;
  return true;
}

CUresult DeviceMemory::call_allocate(CUdeviceptr& address, size_t size, CUstream stream) {
  ++allocations_;
  if (pool_) return context_->cuda().cuMemAllocFromPoolAsync(&address, size, pool_, stream);
  return context_->cuda().cuMemAlloc(&address, size);
}

CUdeviceptr DeviceMemory::allocate_new(size_t size, CUstream stream) {
  check_budget(size);
  CUdeviceptr address = 0;
  CUresult result = call_allocate(address, size, stream);
  if (status_of(result) == Status::out_of_memory) {
    reclaim();
    // What was freed comes back when the work before it is done.
    if (pool_) context_->cuda().cuStreamSynchronize(frees_.handle());
    if (pool_) context_->cuda().cuMemPoolTrimTo(pool_, 0);
    result = call_allocate(address, size, stream);
  }
  if (result != CUDA_SUCCESS) {
    throw make_error(result, "No GPU memory for " + std::to_string(size) + " bytes");
  }
  return address;
}

std::shared_ptr<DeviceBlock> DeviceMemory::allocate(size_t size, CUstream stream) {
  const size_t bytes = rounded(size);
  const ContextScope scope(*context_);
  CUdeviceptr address = 0;
  if (!reuse(bytes, stream, address)) address = allocate_new(bytes, stream);
  add(live_bytes_, bytes);
  try {
    // The memory is this stream's until then, also for a block that is let go unused.
    std::unique_ptr<Event> ready = events_.take();
    ready->record(stream);
    return std::make_shared<DeviceBlock>(shared_from_this(), address, bytes, std::move(ready));
  } catch (...) {
    live_bytes_ -= bytes;
    if (pool_) context_->cuda().cuMemFreeAsync(address, stream);
    if (!pool_) context_->cuda().cuMemFree(address);
    throw;
  }
}

void DeviceMemory::recycle(Kept block, size_t size) noexcept {
  live_bytes_ -= size;
  try {
    std::lock_guard lock(mutex_);
    if (kept_bytes_ + size <= kMostKeptBytes) {
      kept_[size].push_back(std::move(block));
      kept_bytes_ += size;
      return;
    }
  } catch (...) {
  }
  free_now(std::move(block));
}

// With a pool in the order of the frees' stream; cuMemFree waits for the GPU by itself.
void DeviceMemory::free_now(Kept block) noexcept {
  const ContextScope scope(*context_, std::nothrow);
  if (!scope) return;
  const CudaFunctions& cuda = context_->cuda();
  if (!pool_) {
    cuda.cuMemFree(block.address);
    return;
  }
  for (const auto& event : block.pending) {
    const CUresult result = cuda.cuStreamWaitEvent(frees_.handle(), event->handle(), 0);
    if (result != CUDA_SUCCESS) cuda.cuEventSynchronize(event->handle());
  }
  cuda.cuMemFreeAsync(block.address, frees_.handle());
}

void DeviceMemory::free_kept() noexcept {
  std::map<size_t, std::deque<Kept>> kept;
  {
    std::lock_guard lock(mutex_);
    kept.swap(kept_);
    kept_bytes_ = 0;
  }
  for (auto& [size, blocks] : kept) {
    for (Kept& block : blocks) free_now(std::move(block));
  }
}

void DeviceMemory::reclaim() noexcept {
  for (const auto& one : keepers_) {
    if (const auto keeper = one.lock()) keeper->reclaim();
  }
  free_kept();
}

void DeviceMemory::trim() noexcept {
  reclaim();
  events_.clear();
  const ContextScope scope(*context_, std::nothrow);
  if (scope && pool_) context_->cuda().cuMemPoolTrimTo(pool_, 0);
}

// Freeing, or a consumer's deleter, does not wait for the consumer's kernels; the GPU's whole queue
// is waited for where nobody else has to.
void DeviceMemory::recycle_shared(std::shared_ptr<DeviceMemory> memory, Kept block,
                                  size_t size) noexcept {
  const auto recycle = [memory, size](Kept& kept) {
    {
      const ContextScope scope(*memory->context_, std::nothrow);
      if (scope) memory->context_->cuda().cuCtxSynchronize();
    }
    memory->recycle(std::move(kept), size);
  };
  std::shared_ptr<Kept> kept;
  try {
    kept = std::make_shared<Kept>();
    kept->address = block.address;
    kept->pending.swap(block.pending);
    run_on_pool([recycle, kept] { recycle(*kept); });
  } catch (...) {
    recycle(kept ? *kept : block);
  }
}

PinnedMemory::~PinnedMemory() {
  trim();
}

Memory::Block PinnedMemory::allocate(size_t size) {
  const size_t bytes = rounded(size);
  uint8_t* data = nullptr;
  {
    std::lock_guard lock(mutex_);
    const auto found = kept_.find(bytes);
    if (found != kept_.end() && !found->second.empty()) {
      data = found->second.back();
      found->second.pop_back();
      kept_bytes_ -= bytes;
    }
  }
  if (!data) {
    const ContextScope scope(*context_);
    void* address = nullptr;
    const CUresult result = context_->cuda().cuMemHostAlloc(&address, bytes, kHostAllocPortable);
    if (result != CUDA_SUCCESS) {
      throw make_error(result,
                       "No page-locked host memory for " + std::to_string(bytes) + " bytes");
    }
    data = static_cast<uint8_t*>(address);
  }
  auto owner =
      std::shared_ptr<const void>(data, [self = shared_from_this(), bytes](const void* block) {
        self->recycle(static_cast<uint8_t*>(const_cast<void*>(block)), bytes);
      });
  return {.owner = std::move(owner), .data = data, .size = size};
}

void PinnedMemory::recycle(uint8_t* data, size_t size) noexcept {
  try {
    std::lock_guard lock(mutex_);
    if (kept_bytes_ + size <= kMostKeptBytes) {
      kept_[size].push_back(data);
      kept_bytes_ += size;
      return;
    }
  } catch (...) {
  }
  free_now(data);
}

void PinnedMemory::free_now(uint8_t* data) noexcept {
  const ContextScope scope(*context_, std::nothrow);
  if (scope) context_->cuda().cuMemFreeHost(data);
}

void PinnedMemory::trim() noexcept {
  std::map<size_t, std::vector<uint8_t*>> kept;
  {
    std::lock_guard lock(mutex_);
    kept.swap(kept_);
    kept_bytes_ = 0;
  }
  for (const auto& [size, blocks] : kept) {
    for (uint8_t* block : blocks) free_now(block);
  }
}

}  // namespace cuf::cuda
