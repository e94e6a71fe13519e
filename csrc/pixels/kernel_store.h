// How the kernels write a target's elements. Elements travel as bit patterns in 32-bit words.
#pragma once

#include "pixels/device_code.h"
#include "pixels/kernel_parameters.h"

namespace cuf::pixels::device {

__device__ __forceinline__ uint32_t float_element(const DeviceTarget& target, int channel,
                                                  int32_t value) {
  const float v = scale_and_bias(value, target.scale[channel], target.bias[channel]);
  return target.dtype == DType::f16 ? float_to_half(v) : __builtin_bit_cast(uint32_t, v);
}

__device__ __forceinline__ bool has_float_elements(const DeviceTarget& target) {
  return target.dtype == DType::f16 || target.dtype == DType::f32;
}

// The first `count` of kCount neighbouring elements.
template <class T, int kCount>
__device__ __forceinline__ void store_run(uint64_t at, const uint32_t (&elements)[kCount],
                                          int32_t count) {
  constexpr int kBytes = kCount * static_cast<int>(sizeof(T));
  constexpr int kUnit = kBytes % 16 == 0 ? 16 : kBytes % 8 == 0 ? 8 : 4;
  constexpr int kPerWord = 4 / static_cast<int>(sizeof(T));
  if (count < kCount || at % kUnit != 0) {
    CUF_UNROLL for (int i = 0; i < kCount; ++i) {
      if (i < count) store<T>(at + i * sizeof(T), static_cast<T>(elements[i]));
    }
    return;
  }
  uint32_t words[kBytes / 4] = {};
  CUF_UNROLL for (int i = 0; i < kCount; ++i) {
    words[i / kPerWord] |= elements[i] << (i % kPerWord * 8 * static_cast<int>(sizeof(T)) % 32);
  }
  CUF_UNROLL for (int i = 0; i < kBytes / kUnit; ++i) {
    const uint64_t to = at + static_cast<uint64_t>(i) * kUnit;
    if constexpr (kUnit == 16) {
      store<Words4>(to, {{words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]}});
    } else if constexpr (kUnit == 8) {
      store<Words2>(to, {{words[2 * i], words[2 * i + 1]}});
    } else {
      store<uint32_t>(to, words[i]);
    }
  }
}

// The first `count` of four pixels, from column `x` of the row at `row`.
template <class T>
__device__ __forceinline__ void store_pixels(const DeviceTarget& target, uint64_t row, int32_t x,
                                             const uint32_t (&elements)[3][4], uint32_t alpha,
                                             int32_t count) {
  const auto column = static_cast<uint64_t>(x);
  if (target.order == Order::chw) {
    CUF_UNROLL for (int c = 0; c < 3; ++c) {
      store_run<T>(row + static_cast<uint64_t>(c * target.plane_stride) + column * sizeof(T),
                   elements[c], count);
    }
  } else if (target.channels == 3) {
    uint32_t run[12];
    CUF_UNROLL for (int i = 0; i < 12; ++i) run[i] = elements[i % 3][i / 3];
    store_run<T>(row + column * (3 * sizeof(T)), run, 3 * count);
  } else {
    uint32_t run[16];
    CUF_UNROLL for (int i = 0; i < 16; ++i) run[i] = i % 4 == 3 ? alpha : elements[i % 4][i / 4];
    store_run<T>(row + column * (4 * sizeof(T)), run, 4 * count);
  }
}

template <class T>
__device__ __forceinline__ void store_pixel(const DeviceTarget& target, uint64_t row, int32_t x,
                                            const uint32_t (&elements)[3], uint32_t alpha) {
  const bool is_hwc = target.order == Order::hwc;
  const uint64_t at = row + static_cast<uint64_t>(x) * (is_hwc ? target.channels : 1) * sizeof(T);
  const uint64_t step = is_hwc ? sizeof(T) : static_cast<uint64_t>(target.plane_stride);
  CUF_UNROLL for (int c = 0; c < 3; ++c) store<T>(at + c * step, static_cast<T>(elements[c]));
  if (target.channels == 4) store<T>(at + 3 * step, static_cast<T>(alpha));
}

}  // namespace cuf::pixels::device
