// Highway form of to_rgb_resized.
#pragma once

#include "pixels/color_math.h"
#include "pixels/pixels.h"
#include "pixels/resize.h"

namespace cuf::pixels::simd {

void to_rgb_resized(const Image& image, const RgbMath& math, const Resize& resize,
                    const RgbTarget& target, ResizeScratch& scratch);

}  // namespace cuf::pixels::simd
