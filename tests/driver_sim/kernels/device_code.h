// The seam of a kernel source: the same text for nvcc and, with the simulated driver, for the host.
#pragma once

#ifdef __CUDACC__
template <class T>
using DevicePointer = T*;
template <class To, class From>
__device__ inline To* device_cast(From* pointer) {
  return reinterpret_cast<To*>(pointer);
}
#else
#include "kernels/host_kernel.h"
#endif
