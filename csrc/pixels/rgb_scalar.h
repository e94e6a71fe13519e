// The plain form of to_rgb_rows: one pixel after another by color_math.h. It is what the Highway
// code is tested against, and what runs where no vector form exists.
#pragma once

#include "pixels/color_math.h"
#include "pixels/pixels.h"

namespace cuf::pixels::scalar {

void to_rgb_rows(const Image& image, const RgbMath& math, const RgbTarget& target,
                 int32_t row_begin, int32_t row_end);

}  // namespace cuf::pixels::scalar
