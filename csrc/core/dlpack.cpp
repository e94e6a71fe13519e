#include "core/dlpack.h"

#include <array>
#include <atomic>
#include <initializer_list>
#include <string>

namespace cuf::dlpack {
namespace {

constexpr size_t kMostDimensions = 4;

struct Shape {
  const uint8_t* data = nullptr;
  int32_t dimensions = 0;
  std::array<int64_t, kMostDimensions> lengths{};
  std::array<int64_t, kMostDimensions> strides{};  // in elements
};

struct Dimension {
  int64_t length;
  int64_t stride;
};

Shape shape_of(const uint8_t* data, std::initializer_list<Dimension> dimensions) {
  Shape shape;
  shape.data = data;
  for (const auto& [length, stride] : dimensions) {
    shape.lengths[shape.dimensions] = length;
    shape.strides[shape.dimensions++] = stride;
  }
  return shape;
}

DataType data_type_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::uint8:
      return {TypeCode::unsigned_integer, 8, 1};
    case Dtype::uint16:
      return {TypeCode::unsigned_integer, 16, 1};
    case Dtype::float16:
      return {TypeCode::floating, 16, 1};
    case Dtype::float32:
      return {TypeCode::floating, 32, 1};
  }
  throw Error(Status::internal, "Unknown sample type");
}

Device device_of(const Picture& picture) {
  if (!picture.device) return {DeviceType::cpu, 0};
  return {DeviceType::cuda, picture.device->gpu()};
}

bool is_semi_planar(Format format) {
  switch (format) {
    case Format::nv12:
    case Format::p010:
    case Format::p016:
    case Format::nv16:
    case Format::p210:
    case Format::p216:
      return true;
    default:
      return false;
  }
}

// Samples of a pixel that lie side by side in a plane.
uint32_t interleaved_samples(const Picture& picture, uint32_t plane) {
  if (picture.format == Format::rgb) return 3;
  if (picture.format == Format::rgba || picture.format == Format::bgra) return 4;
  return plane == 1 && is_semi_planar(picture.format) ? 2 : 1;
}

[[noreturn]] void fail_whole(const char* reason) {
  throw Error(Status::unsupported, std::string("The planes of this frame form no single array: ") +
                                       reason + "; export them one by one with plane");
}

int64_t element_bytes(const Picture& picture) {
  return data_type_of(picture.dtype).bits / 8;
}

int64_t row_stride(const Picture& picture, const Plane& plane) {
  if (plane.stride % element_bytes(picture) != 0) {
    throw Error(Status::unsupported,
                "The rows of this frame do not start at whole samples; copy it by copyTo()");
  }
  return plane.stride / element_bytes(picture);
}

// [rows, samples], and [rows, pixels, samples of a pixel] where they are interleaved.
Shape plane_shape(const Picture& picture, uint32_t index) {
  const Plane& plane = picture.planes[index];
  const int64_t stride = row_stride(picture, plane);
  const int64_t samples = plane.row_bytes / element_bytes(picture);
  const int64_t depth = interleaved_samples(picture, index);
  if (depth == 1) return shape_of(plane.data, {{plane.rows, stride}, {samples, 1}});
  return shape_of(plane.data, {{plane.rows, stride}, {samples / depth, depth}, {depth, 1}});
}

// [N, C, H, W] or [N, H, W, C], without gaps.
Shape batch_shape(const Picture& picture) {
  const int64_t width = picture.width;
  const int64_t height = picture.height;
  const int64_t all = picture.planes[0].row_bytes / element_bytes(picture);
  const int64_t channels = all / (width * height);
  const uint8_t* data = picture.planes[0].data;
  if (picture.format == Format::rgbp) {
    return shape_of(
        data, {{picture.frames, all}, {channels, width * height}, {height, width}, {width, 1}});
  }
  return shape_of(
      data, {{picture.frames, all}, {height, width * channels}, {width, channels}, {channels, 1}});
}

// The same shapes as those of the script's frames: [H*3/2, W] for NV12, [3, H, W] for planes of one
// size, and so on.
Shape picture_shape(const Picture& picture) {
  if (picture.frames > 0) return batch_shape(picture);
  if (picture.plane_count == 1) return plane_shape(picture, 0);
  if (!picture.block) fail_whole("they lie apart in memory");
  const Plane& first = picture.planes[0];
  const int64_t stride = row_stride(picture, first);
  const int64_t samples = first.row_bytes / element_bytes(picture);
  const ptrdiff_t distance = picture.planes[1].data - first.data;
  int64_t rows = 0;
  for (uint32_t i = 0; i < picture.plane_count; ++i) {
    const Plane& plane = picture.planes[i];
    if (plane.row_bytes != first.row_bytes || plane.stride != first.stride) {
      fail_whole("their rows differ in length");
    }
    if (plane.data - first.data != distance * static_cast<ptrdiff_t>(i)) {
      fail_whole("they lie at different distances");
    }
    rows += plane.rows;
  }
  if (is_semi_planar(picture.format)) {
    if (distance != first.stride * static_cast<ptrdiff_t>(first.rows)) {
      fail_whole("there is a gap between them");
    }
    return shape_of(first.data, {{rows, stride}, {samples, 1}});
  }
  if (rows != static_cast<int64_t>(first.rows) * picture.plane_count) {
    fail_whole("their numbers of rows differ");
  }
  return shape_of(first.data, {{picture.plane_count, distance / element_bytes(picture)},
                               {first.rows, stride},
                               {samples, 1}});
}

Shape exported_shape(const Picture& picture, int32_t plane) {
  if (plane == kWholePicture) return picture_shape(picture);
  if (plane < 0 || static_cast<uint32_t>(plane) >= picture.plane_count) {
    throw Error(Status::invalid_argument, "The frame has no plane " + std::to_string(plane) +
                                              "; it has " + std::to_string(picture.plane_count) +
                                              " from 0 on");
  }
  return plane_shape(picture, static_cast<uint32_t>(plane));
}

}  // namespace

// The array and what it needs, on the heap until both sides are done with it: the consumer by the
// deleter, the exporter by the end of its capsule. So a close() after the deleter finds it freed.
class Export {
 public:
  Export(const Frame& frame, const Shape& shape, Version version)
      : shape_(shape), version_(version), device_(frame.device), picture_(frame.picture) {
    Array array{};
    // The protocol has no const; consumers may not write to what is flagged as read-only.
    array.data = const_cast<uint8_t*>(shape.data);
    array.device = device_of(*picture_);
    array.dimensions = shape.dimensions;
    array.dtype = data_type_of(picture_->dtype);
    array.shape = shape_.lengths.data();
    array.strides = shape_.strides.data();
    versioned_ = {.major = 1,
                  .minor = 0,
                  .context = this,
                  .deleter = &delete_array<VersionedArray>,
                  .flags = picture_->is_read_only ? kFlagReadOnly : 0,
                  .array = array};
    legacy_ = {.array = array, .context = this, .deleter = &delete_array<ManagedArray>};
    ++device_->counters.live_capsules;
  }

  // The first caller gives the memory back, also if the consumer and a capsule's close() meet.
  void free() noexcept {
    if (is_freed_.exchange(true)) return;
    picture_.reset();
    --device_->counters.live_capsules;
    drop();
  }

  void drop() noexcept {
    if (--holders_ == 0) delete this;
  }

  const void* address() const {
    return version_ == Version::legacy ? static_cast<const void*>(&legacy_) : &versioned_;
  }

 private:
  ~Export() = default;

  template <typename Managed>
  static void delete_array(Managed* managed) noexcept {
    static_cast<Export*>(managed->context)->free();
  }

  VersionedArray versioned_{};
  ManagedArray legacy_{};
  Shape shape_;
  const Version version_;
  const std::shared_ptr<cuf::Device> device_;
  std::shared_ptr<const Picture> picture_;
  std::atomic<bool> is_freed_ = false;
  std::atomic<int> holders_ = 2;
};

Capsule::Capsule(const Frame& frame, int32_t plane, Version version) : Object(kKind) {
  const Picture& picture = *frame.picture;
  if (picture.is_read_only && version == Version::legacy) {
    throw Error(Status::unsupported,
                "The planes of a raw frame are the decoder's and read-only, which the legacy "
                "capsule cannot say; export the versioned one, or native frames");
  }
  exported_ = new Export(frame, exported_shape(picture, plane), version);
}

Capsule::~Capsule() {
  exported_->drop();
}

void Capsule::close() noexcept {
  if (!is_released_) exported_->free();
}

const void* Capsule::address() const {
  return exported_->address();
}

}  // namespace cuf::dlpack
