#include "pixels/rgb_scalar.h"

#include <cstring>

#include "pixels/scalar_store.h"

namespace cuf::pixels::scalar {
namespace {

int32_t sample(const Image& image, const RgbMath& math, const uint8_t* row, int32_t x) {
  if (image.bit_depth == 8) return row[x];
  uint16_t container;
  std::memcpy(&container, row + ptrdiff_t{x} * 2, sizeof container);
  return container >> math.shift & math.mask;
}

Rgb pixel(const Image& image, const RgbMath& math, int32_t x, int32_t row) {
  const int32_t y = sample(image, math, image.data[0] + image.stride[0] * row, x);
  if (image.chroma == ChromaLayout::none) {
    const int32_t no_color = math.matrix == Matrix::identity ? y : math.c_offset;
    return yuv_to_rgb(math, y, no_color, no_color);
  }
  const int32_t cx = x >> image.log2_chroma_width;
  const int32_t cy = row >> image.log2_chroma_height;
  const uint8_t* u_row = image.data[1] + image.stride[1] * cy;
  if (image.chroma == ChromaLayout::semi_planar) {
    return yuv_to_rgb(math, y, sample(image, math, u_row, 2 * cx),
                      sample(image, math, u_row, 2 * cx + 1));
  }
  const uint8_t* v_row = image.data[2] + image.stride[2] * cy;
  return yuv_to_rgb(math, y, sample(image, math, u_row, cx), sample(image, math, v_row, cx));
}

void store(const RgbTarget& target, int channel, int32_t v, uint8_t* at) {
  switch (target.dtype) {
    case DType::u8:
      return put(at, static_cast<uint8_t>(v));
    case DType::u16:
      return put(at, static_cast<uint16_t>(v));
    case DType::f16:
      return put(at, float_to_half(scale_and_bias(v, target.scale[channel], target.bias[channel])));
    case DType::f32:
      return put(at, scale_and_bias(v, target.scale[channel], target.bias[channel]));
  }
}

}  // namespace

void to_rgb_rows(const Image& image, const RgbMath& math, const RgbTarget& target,
                 int32_t row_begin, int32_t row_end) {
  const ptrdiff_t element = target.dtype == DType::u8 ? 1 : target.dtype == DType::f32 ? 4 : 2;
  const bool hwc = target.order == Order::hwc;
  const ptrdiff_t next_pixel = hwc ? element * target.channels : element;
  const ptrdiff_t next_channel = hwc ? element : target.plane_stride;
  for (int32_t row = row_begin; row < row_end; ++row) {
    uint8_t* at = target.data + target.row_stride * row;
    for (int32_t x = 0; x < image.width; ++x, at += next_pixel) {
      const Rgb rgb = pixel(image, math, x, row);
      store(target, 0, rgb.r, at);
      store(target, 1, rgb.g, at + next_channel);
      store(target, 2, rgb.b, at + 2 * next_channel);
      if (target.channels == 4) store_alpha(target, math.max, at + 3 * next_channel);
    }
  }
}

}  // namespace cuf::pixels::scalar
