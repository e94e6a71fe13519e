// The Highway form of to_yuv_rows, for the widest vectors of the machine it runs on. Same bytes as
// yuv_scalar.h.
#pragma once

#include "pixels/yuv.h"
#include "pixels/yuv_math.h"

namespace cuf::pixels::simd {

void to_yuv_rows(const RgbImage& image, const YuvMath& math, const YuvTarget& target,
                 int32_t row_begin, int32_t row_end);

}  // namespace cuf::pixels::simd
