// How the scalar forms write values of a target's dtype.
#pragma once

#include <cstdint>
#include <cstring>

#include "pixels/color_math.h"
#include "pixels/pixels.h"

namespace cuf::pixels::scalar {

template <class T>
void put(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

inline void store_alpha(const RgbTarget& target, int32_t max, uint8_t* at) {
  switch (target.dtype) {
    case DType::u8:
      return put(at, static_cast<uint8_t>(max));
    case DType::u16:
      return put(at, static_cast<uint16_t>(max));
    case DType::f16:
      return put(at, float_to_half(1.0F));
    case DType::f32:
      return put(at, 1.0F);
  }
}

}  // namespace cuf::pixels::scalar
