#include "libav/picture_pool.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "libav/errors.h"

extern "C" {
#include <libavutil/imgutils.h>
}

namespace cuf::libav {
namespace {

// For vector loads, as wide as any that libav has.
constexpr size_t kAlignment = 64;
// Vector code reads over the end of a plane.
constexpr size_t kOverread = 16 + kAlignment;

// A plane's memory. Not cleared by hand, which would touch every page of a picture that claims to
// be huge.
struct Plane {
  void* memory = nullptr;
  MemoryBudget::Charge charge;
  ~Plane() { std::free(memory); }
};

void free_plane(void* plane, uint8_t*) {
  delete static_cast<Plane*>(plane);
}

uint8_t* aligned(void* memory) {
  const auto address = reinterpret_cast<uintptr_t>(memory);
  return reinterpret_cast<uint8_t*>((address + kAlignment - 1) & ~uintptr_t{kAlignment - 1});
}

}  // namespace

// What the buffers of one pool share; they may outlive the PicturePool.
struct PicturePool::Origin {
  std::shared_ptr<MemoryBudget> budget;
  std::shared_ptr<std::optional<Error>> refusal;
};

// Tells reclaim() whether its own thread holds the mutex: reserving memory may come back to it.
class PicturePool::Lock {
 public:
  explicit Lock(PicturePool& pool) : pool_(pool), lock_(pool.mutex_) { hold(); }
  Lock(PicturePool& pool, std::try_to_lock_t) : pool_(pool), lock_(pool.mutex_, std::try_to_lock) {
    if (lock_) hold();
  }
  ~Lock() {
    if (lock_) pool_.holder_ = std::thread::id();
  }
  explicit operator bool() const { return lock_.owns_lock(); }

 private:
  void hold() { pool_.holder_ = std::this_thread::get_id(); }
  PicturePool& pool_;
  std::unique_lock<std::mutex> lock_;
};

// A pool that is at work keeps what it has: two that waited for each other would never end.
void PicturePool::reclaim() noexcept {
  if (holder_.load() == std::this_thread::get_id()) return;
  const Lock lock(*this, std::try_to_lock);
  if (!lock) return;
  drop_buffers();
  try {
    make_buffers();
    // The packets that are being decoded count on these.
    if (expected_ > 0) has_room(expected_);
  } catch (...) {
    shape_ = {};
  }
}

AVBufferRef* PicturePool::allocate(void* from, size_t size) noexcept {
  Origin& origin = *static_cast<Origin*>(from);
  try {
    auto plane = std::make_unique<Plane>();
    plane->charge = origin.budget->reserve(size);
    plane->memory = std::calloc(size + kAlignment, 1);
    if (!plane->memory) throw std::bad_alloc();
    AVBufferRef* buffer =
        av_buffer_create(aligned(plane->memory), size, free_plane, plane.get(), 0);
    if (buffer) plane.release();
    return buffer;
  } catch (...) {
    *origin.refusal = current_error();
    return nullptr;
  }
}

void PicturePool::free_origin(void* origin) noexcept {
  delete static_cast<Origin*>(origin);
}

void PicturePool::drop_buffers() noexcept {
  for (AVBufferPool*& pool : buffers_) av_buffer_pool_uninit(&pool);
}

void PicturePool::make_buffers() {
  for (int i = 0; i < kMostPlanes && sizes_[i] > 0; ++i) {
    auto origin = std::make_unique<Origin>(Origin{budget_, refusal_});
    buffers_[i] = require(av_buffer_pool_init2(sizes_[i], origin.get(), allocate, free_origin),
                          "a pool of pictures");
    origin.release();
  }
}

int PicturePool::shape_buffers(AVCodecContext& context, const Shape& shape) {
  drop_buffers();
  shape_ = {};
  int width = shape.width;
  int height = shape.height;
  int alignment[AV_NUM_DATA_POINTERS] = {};
  avcodec_align_dimensions2(&context, &width, &height, alignment);
  const auto format = static_cast<AVPixelFormat>(shape.format);
  // Each stride must be aligned, and all come from one width: widen it until they are.
  for (bool is_aligned = false; !is_aligned; width += width & -width) {
    const int result = av_image_fill_linesizes(strides_, format, width);
    if (result < 0) return result;
    is_aligned = true;
    for (int i = 0; i < kMostPlanes; ++i)
      is_aligned &= strides_[i] % std::max(alignment[i], 1) == 0;
  }
  ptrdiff_t strides[kMostPlanes];
  for (int i = 0; i < kMostPlanes; ++i) strides[i] = strides_[i];
  const int result = av_image_fill_plane_sizes(sizes_, format, height, strides);
  if (result < 0) return result;
  uint64_t total = 0;
  for (size_t& size : sizes_) total += size += size > 0 ? kOverread : 0;
  try {
    // Of a picture that never fits, the first planes are not to drive out others.
    budget_->require_possible(total);
  } catch (...) {
    *refusal_ = current_error();
    return AVERROR(ENOMEM);
  }
  make_buffers();
  shape_ = shape;
  return 0;
}

// All or none.
bool PicturePool::get_planes(Planes& planes) {
  planes = {};
  for (int i = 0; i < kMostPlanes && buffers_[i]; ++i) {
    planes[i] = av_buffer_pool_get(buffers_[i]);
    if (planes[i]) continue;
    for (AVBufferRef*& plane : planes) av_buffer_unref(&plane);
    return false;
  }
  return true;
}

int PicturePool::get(AVCodecContext& context, AVFrame& frame) noexcept {
  try {
    const Lock lock(*this);
    const Shape shape = {frame.format, frame.width, frame.height};
    if (!(shape == shape_)) {
      const int result = shape_buffers(context, shape);
      if (result < 0) return result;
    }
    Planes planes;
    if (!get_planes(planes)) return AVERROR(ENOMEM);
    if (expected_ > 0) --expected_;
    for (int i = 0; i < AV_NUM_DATA_POINTERS; ++i) {
      AVBufferRef* plane = i < kMostPlanes ? planes[i] : nullptr;
      frame.buf[i] = plane;
      frame.data[i] = plane ? plane->data : nullptr;
      frame.linesize[i] = plane ? strides_[i] : 0;
    }
    frame.extended_data = frame.data;
    return 0;
  } catch (...) {
    return AVERROR(ENOMEM);
  }
}

// What it gets is idle from then on, until the decoder takes it.
bool PicturePool::has_room(size_t pictures) {
  Planes planes;
  if (!get_planes(planes)) return false;
  const bool has_rest = pictures <= 1 || has_room(pictures - 1);
  for (AVBufferRef*& plane : planes) av_buffer_unref(&plane);
  return has_rest;
}

void PicturePool::require_room(size_t threads) {
  const Lock lock(*this);
  const size_t expected = std::min(expected_ + 1, std::max<size_t>(threads, 1));
  if (has_room(expected)) {
    expected_ = expected;
    return;
  }
  std::optional<Error> refusal = std::exchange(*refusal_, std::nullopt);
  throw refusal ? *refusal : out_of_memory("a picture");
}

void PicturePool::restart() {
  const Lock lock(*this);
  expected_ = 0;
}

std::optional<Error> PicturePool::take_refusal() {
  const Lock lock(*this);
  return std::exchange(*refusal_, std::nullopt);
}

}  // namespace cuf::libav
