// The roundings of a resize, shared by the CPU code, its Highway form and the CUDA kernels. `bits`
// is the width of the RGB integers: 8, or the depth where it is kept.
#pragma once

#include <cstdint>

#include "pixels/color_math.h"

namespace cuf::pixels {

// Weights may have 16 fraction bits at most: then sums of centred 16-bit values fit 32 bits.
inline constexpr int kMaxWeightBits = 16;

// Vertical sums take samples centred at 2^(bits - 1), so that what they make fits int16_t; they
// lose this many bits.
CUF_HD constexpr int vertical_shift(int fraction_bits, int bits) {
  return fraction_bits + bits - 16;
}

// Horizontal sums lose this many bits and gain the centre: 0..2^24 - 1 is then the whole range.
CUF_HD constexpr int horizontal_shift(int fraction_bits) {
  return fraction_bits - 8;
}
inline constexpr int32_t kResizedCentre = 1 << 23;

CUF_HD constexpr int32_t rounded_shift(int32_t sum, int shift) {
  return (sum + (1 << (shift - 1))) >> shift;
}

CUF_HD constexpr int32_t resized_integer(int32_t value, int bits) {
  return rounded_shift(value, 24 - bits);
}

// A power of two, so that a float of the value times scale * this is the float of the integer
// times scale, bit for bit, where the value is whole.
CUF_HD constexpr float resized_unit(int bits) {
  return 1.0F / static_cast<float>(1 << (24 - bits));
}

}  // namespace cuf::pixels
