#include "pixels/pixels.h"

#include "pixels/color_math.h"
#include "pixels/rgb_simd.h"

namespace cuf::pixels {

Matrix default_matrix(int32_t height) {
  return height >= 720 ? Matrix::bt709 : Matrix::bt601;
}

void to_rgb(const Image& image, const ColorSpec& color, const RgbTarget& target) {
  to_rgb_rows(image, color, target, 0, image.height);
}

void to_rgb_rows(const Image& image, const ColorSpec& color, const RgbTarget& target,
                 int32_t row_begin, int32_t row_end) {
  const RgbMath math = rgb_math(color, image.bit_depth, image.shift, target.dtype != DType::u8);
  simd::to_rgb_rows(image, math, target, row_begin, row_end);
}

void normalization(int32_t depth, const float mean[3], const float deviation[3], float scale[3],
                   float bias[3]) {
  const double top = (1 << depth) - 1;
  for (int c = 0; c < 3; ++c) {
    const double s = deviation[c];
    scale[c] = static_cast<float>(1 / (top * s));
    bias[c] = static_cast<float>(-static_cast<double>(mean[c]) / s);
  }
}

}  // namespace cuf::pixels
