// What RGB conversions write to in the pixel tests.
#pragma once

#include <cstdint>
#include <vector>

#include "pixels/pixels.h"

namespace cuf::pixels::testing {

struct Kind {
  Order order;
  uint8_t channels;
  DType dtype;
};

inline std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (const DType dtype : {DType::u8, DType::u16, DType::f16, DType::f32}) {
    kinds.push_back({Order::hwc, 3, dtype});
    kinds.push_back({Order::hwc, 4, dtype});
    kinds.push_back({Order::chw, 3, dtype});
  }
  return kinds;
}

// A target whose rows lie between canaries: comparing whole buffers also proves that nothing beside
// the rows was written. Rows begin anywhere, or at multiples of `alignment` bytes, up to 16.
struct Output {
  Output(int32_t width, int32_t height, const Kind& kind, bool flipped = false,
         ptrdiff_t alignment = 0) {
    constexpr uint8_t kCanary = 0xa5;
    const ptrdiff_t element = kind.dtype == DType::u8 ? 1 : kind.dtype == DType::f32 ? 4 : 2;
    const ptrdiff_t row = element * width * (kind.order == Order::hwc ? kind.channels : 1);
    const ptrdiff_t beside = alignment > 0 ? 2 * alignment - row % alignment : 3 * element;
    const ptrdiff_t stride = row + beside;
    const ptrdiff_t plane = stride * height + (alignment > 0 ? alignment : 5 * element);
    const ptrdiff_t lead = alignment > 0 ? alignment : element;
    bytes.assign(static_cast<size_t>(kind.order == Order::hwc ? plane : 3 * plane) + 64, kCanary);
    target = {.order = kind.order,
              .channels = kind.channels,
              .dtype = kind.dtype,
              .data = bytes.data() + lead + (flipped ? stride * (height - 1) : 0),
              .row_stride = flipped ? -stride : stride,
              .plane_stride = plane,
              .scale = {0.0171F, 0.0175F, 0.0174F},
              .bias = {-2.118F, -2.036F, -1.804F}};
  }
  Output(const Image& image, Order order, uint8_t channels, DType dtype, bool flipped = false)
      : Output(image.width, image.height, {order, channels, dtype}, flipped) {}
  Output(const Output&) = delete;  // the target would be the other's
  Output& operator=(const Output&) = delete;

  std::vector<uint8_t> bytes;
  RgbTarget target;
};

}  // namespace cuf::pixels::testing
