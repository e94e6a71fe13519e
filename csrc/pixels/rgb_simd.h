// The Highway form of to_rgb_rows, for the widest vectors of the machine it runs on. Same bytes as
// rgb_scalar.h. Sums of 64 bits (15 and 16 bits kept) are left to the scalar form.
#pragma once

#include "pixels/color_math.h"
#include "pixels/pixels.h"

namespace cuf::pixels::simd {

void to_rgb_rows(const Image& image, const RgbMath& math, const RgbTarget& target,
                 int32_t row_begin, int32_t row_end);

}  // namespace cuf::pixels::simd
