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
  for (size_t& size : sizes_) size += size > 0 ? kOverread : 0;
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
    std::lock_guard lock(mutex_);
    const Shape shape = {frame.format, frame.width, frame.height};
    if (!(shape == shape_)) {
      const int result = shape_buffers(context, shape);
      if (result < 0) return result;
    }
    Planes planes;
    if (!get_planes(planes)) return AVERROR(ENOMEM);
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

void PicturePool::require_room() {
  std::lock_guard lock(mutex_);
  Planes planes;
  const bool has_room = get_planes(planes);
  // Idle from here on, until the decoder takes them.
  for (AVBufferRef*& plane : planes) av_buffer_unref(&plane);
  if (has_room) return;
  std::optional<Error> refusal = std::exchange(*refusal_, std::nullopt);
  throw refusal ? *refusal : out_of_memory("a picture");
}

std::optional<Error> PicturePool::take_refusal() {
  std::lock_guard lock(mutex_);
  return std::exchange(*refusal_, std::nullopt);
}

}  // namespace cuf::libav
