#include "pixels/resize_scalar.h"

#include <cstring>
#include <vector>

#include "pixels/resize_math.h"
#include "pixels/rgb_scalar.h"
#include "pixels/scalar_store.h"

namespace cuf::pixels::scalar {
namespace {

// The three channels of the rows of the crop, interleaved, centred.
std::vector<int32_t> centred_rgb(const Image& image, const RgbMath& math, const Crop& crop,
                                 int bits) {
  const auto width = static_cast<size_t>(image.width);
  std::vector<uint16_t> row(width * 3);
  const size_t row_bytes = row.size() * sizeof(row[0]);
  std::vector<int32_t> rgb;
  for (int32_t y = crop.y; y < crop.y + crop.height; ++y) {
    const RgbTarget target{
        .order = Order::hwc,
        .channels = 3,
        .dtype = DType::u16,
        .data = reinterpret_cast<uint8_t*>(row.data()) - static_cast<ptrdiff_t>(row_bytes) * y,
        .row_stride = static_cast<ptrdiff_t>(row_bytes),
        .plane_stride = 0,
        .scale = {},
        .bias = {}};
    to_rgb_rows(image, math, target, y, y + 1);
    for (int32_t i = crop.x * 3; i < (crop.x + crop.width) * 3; ++i) {
      rgb.push_back(row[static_cast<size_t>(i)] - (1 << (bits - 1)));
    }
  }
  return rgb;
}

// Sum of one output's samples, `step` apart, of which `at` is number 0.
int32_t weighted_sum(const ResizeAxis& axis, int32_t output, const int32_t* at, size_t step) {
  const auto i = static_cast<size_t>(output);
  const auto first = static_cast<size_t>(axis.first[i]);
  int32_t sum = 0;
  for (size_t k = 0; k < static_cast<size_t>(axis.count[i]); ++k) {
    sum += axis.weights[i * static_cast<size_t>(axis.stride) + k] * at[(first + k) * step];
  }
  return sum;
}

void store(const RgbTarget& target, int channel, int32_t value, int bits, uint8_t* at) {
  const float scale = target.scale[channel] * resized_unit(bits);
  switch (target.dtype) {
    case DType::u8:
      return put(at, static_cast<uint8_t>(resized_integer(value, bits)));
    case DType::u16:
      return put(at, static_cast<uint16_t>(resized_integer(value, bits)));
    case DType::f16:
      return put(at, float_to_half(scale_and_bias(value, scale, target.bias[channel])));
    case DType::f32:
      return put(at, scale_and_bias(value, scale, target.bias[channel]));
  }
}

void store_row(const RgbTarget& target, int32_t y, const ResizeAxis& across, const int32_t* between,
               const RgbMath& math, int bits) {
  const ptrdiff_t element = target.dtype == DType::u8 ? 1 : target.dtype == DType::f32 ? 4 : 2;
  const bool hwc = target.order == Order::hwc;
  const ptrdiff_t next_pixel = hwc ? element * target.channels : element;
  const ptrdiff_t next_channel = hwc ? element : target.plane_stride;
  uint8_t* at = target.data + target.row_stride * y;
  for (int32_t x = 0; x < across.output; ++x, at += next_pixel) {
    for (int c = 0; c < 3; ++c) {
      const int32_t sum = weighted_sum(across, x, between + c, 3);
      const int32_t value = rounded_shift(sum, horizontal_shift(across.fraction_bits));
      store(target, c, value + kResizedCentre, bits, at + c * next_channel);
    }
    if (target.channels == 4) store_alpha(target, math.max, at + 3 * next_channel);
  }
}

}  // namespace

void to_rgb_resized(const Image& image, const RgbMath& math, const Resize& resize,
                    const RgbTarget& target) {
  const int bits = target.dtype == DType::u8 ? 8 : image.bit_depth;
  const ResizeAxis& down = resize.down();
  const std::vector<int32_t> rgb = centred_rgb(image, math, resize.crop(), bits);
  const size_t row = static_cast<size_t>(resize.crop().width) * 3;
  std::vector<int32_t> between(row);
  for (int32_t y = 0; y < down.output; ++y) {
    for (size_t i = 0; i < row; ++i) {
      between[i] = rounded_shift(weighted_sum(down, y, rgb.data() + i, row),
                                 vertical_shift(down.fraction_bits, bits));
    }
    store_row(target, y, resize.across(), between.data(), math, bits);
  }
}

}  // namespace cuf::pixels::scalar
