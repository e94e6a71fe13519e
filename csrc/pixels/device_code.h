// What the kernel sources take from the compiler: nvcc, or a C++ compiler that makes the form which
// the simulated driver runs. The latter has included a stand-in for CUDA's built-in names and for
// pointers into device memory before (tests/driver_sim/kernels).
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define CUF_UNROLL _Pragma("unroll")
#define CUF_KEEP_LOOP _Pragma("unroll 1")
#else
#define CUF_UNROLL
#define CUF_KEEP_LOOP
#endif

namespace cuf::pixels::device {

// Several words that one instruction loads or stores.
struct alignas(8) Words2 {
  uint32_t word[2];
};
struct alignas(16) Words4 {
  uint32_t word[4];
};

#ifdef __CUDACC__

// Global memory that no thread of this launch writes.
template <class T>
__device__ __forceinline__ T load(uint64_t address) {
  if constexpr (sizeof(T) == 1) {
    return static_cast<T>(__ldg(reinterpret_cast<const unsigned char*>(address)));
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__ldg(reinterpret_cast<const unsigned short*>(address)));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<T>(__ldg(reinterpret_cast<const unsigned int*>(address)));
  } else if constexpr (sizeof(T) == 8) {
    const uint2 v = __ldg(reinterpret_cast<const uint2*>(address));
    return T{{v.x, v.y}};
  } else {
    const uint4 v = __ldg(reinterpret_cast<const uint4*>(address));
    return T{{v.x, v.y, v.z, v.w}};
  }
}

// The cast tells nvcc that the address is global, which it does not see by itself.
template <class T>
__device__ __forceinline__ void store(uint64_t address, const T& value) {
  *static_cast<T*>(__cvta_global_to_generic(address)) = value;
}

#else

template <class T>
T load(uint64_t address) {
  return *DevicePointer<const T>(address);
}

template <class T>
void store(uint64_t address, const T& value) {
  *DevicePointer<T>(address) = value;
}

#endif

}  // namespace cuf::pixels::device
