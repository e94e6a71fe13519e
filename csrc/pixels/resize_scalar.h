// The plain form of to_rgb_resized: the whole crop to RGB, then one output after another by
// resize_math.h. It is what the Highway code is tested against, and what runs where no vector form
// exists.
#pragma once

#include "pixels/color_math.h"
#include "pixels/pixels.h"
#include "pixels/resize.h"

namespace cuf::pixels::scalar {

void to_rgb_resized(const Image& image, const RgbMath& math, const Resize& resize,
                    const RgbTarget& target);

}  // namespace cuf::pixels::scalar
