// The plain form of to_yuv_rows: one pixel after another by yuv_math.h. It is what the Highway code
// is tested against, and what runs where no vector form exists.
#pragma once

#include "pixels/yuv.h"
#include "pixels/yuv_math.h"

namespace cuf::pixels::scalar {

void to_yuv_rows(const RgbImage& image, const YuvMath& math, const YuvTarget& target,
                 int32_t row_begin, int32_t row_end);

}  // namespace cuf::pixels::scalar
