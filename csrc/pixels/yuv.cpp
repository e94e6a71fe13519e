#include "pixels/yuv.h"

#include "pixels/yuv_math.h"
#include "pixels/yuv_simd.h"

namespace cuf::pixels {

void to_yuv(const RgbImage& image, const ColorSpec& color, const YuvTarget& target) {
  to_yuv_rows(image, color, target, 0, image.height);
}

void to_yuv_rows(const RgbImage& image, const ColorSpec& color, const YuvTarget& target,
                 int32_t row_begin, int32_t row_end) {
  const YuvMath math = yuv_math(color, rgb_bit_depth(image.layout));
  simd::to_yuv_rows(image, math, target, row_begin, row_end);
}

}  // namespace cuf::pixels
