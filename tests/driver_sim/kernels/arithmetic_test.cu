// Kernels that test the simulated driver: the source from which both nvcc makes PTX (regenerate
// arithmetic_test.ptx here with `nvcc -arch=sm_75 -ptx -I.. arithmetic_test.cu`) and the host
// compiler makes what runs on the simulated GPU.
#include "kernels/device_code.h"

/** A block of parameters by value, with padding inside. */
struct Scaling {
  unsigned char factor;
  unsigned offset;
  DevicePointer<const unsigned short> from;
  DevicePointer<unsigned short> to;
};

extern "C" __global__ void sim_test_scale(Scaling scaling, unsigned count) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  scaling.to[i] = static_cast<unsigned short>(scaling.from[i] * scaling.factor + scaling.offset);
}

/** Each thread writes where it stands in the grid. */
extern "C" __global__ void sim_test_index(DevicePointer<unsigned> to, unsigned width) {
  const unsigned x = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < width) to[static_cast<long long>(y) * width + x] = y * 1000 + x;
}

/** Reads 32 bits at any address. */
extern "C" __global__ void sim_test_read(DevicePointer<const unsigned char> from,
                                         DevicePointer<unsigned> to) {
  *to = device_cast<const unsigned>(from)[0];
}

#ifndef __CUDACC__
CUFSIM_KERNEL(sim_test_scale);
CUFSIM_KERNEL(sim_test_index);
CUFSIM_KERNEL(sim_test_read);
#endif
