// The CUDA kernels of csrc/pixels for this machine, under the names that their PTX has.
#include "kernels/host_kernel.h"

// Behind what stands in for nvcc.
#include "pixels/resize.cu"
#include "pixels/rgb.cu"
#include "pixels/yuv.cu"

CUFSIM_KERNEL(cuf_rgb_narrow);
CUFSIM_KERNEL(cuf_rgb_wide);
CUFSIM_KERNEL(cuf_rgb_wide_64);
CUFSIM_KERNEL(cuf_resize_down_narrow);
CUFSIM_KERNEL(cuf_resize_down_wide);
CUFSIM_KERNEL(cuf_resize_down_wide_64);
CUFSIM_KERNEL(cuf_resize_across);
CUFSIM_KERNEL(cuf_yuv_narrow);
CUFSIM_KERNEL(cuf_yuv_wide);
CUFSIM_KERNEL(cuf_depth_narrow);
CUFSIM_KERNEL(cuf_depth_wide);
