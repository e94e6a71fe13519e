// The parameter blocks of the CUDA kernels: filled by csrc/cuda/kernels, read on the device. Plain
// data of fixed width, the same bytes on both sides; addresses are of device memory, as integers,
// so that no host code can follow them by mistake.
#pragma once

#include <cstdint>
#include <type_traits>

#include "pixels/color_math.h"
#include "pixels/pixels.h"
#include "pixels/yuv_math.h"

namespace cuf::pixels {

// Threads of a block: a warp lies along a row.
inline constexpr int32_t kThreadsAcross = 32;
inline constexpr int32_t kThreadsDown = 4;
inline constexpr int32_t kThreads = kThreadsAcross * kThreadsDown;

// Pixels of a row that one thread of rgb.cu, of yuv.cu and of the first pass of resize.cu makes.
inline constexpr int32_t kThreadColumns = 4;
// Rows that one thread of rgb.cu and yuv.cu makes.
inline constexpr int32_t kThreadRows = 2;

// A pixels::Image in device memory. Addresses and strides of 16-bit containers are multiples of 2;
// where luma and chroma rows begin at multiples of 8 bytes, as in NVDEC's surfaces, loads are wide.
struct DeviceImage {
  uint64_t data[3];
  int64_t stride[3];  // bytes; may be negative
  int32_t width;
  int32_t height;
  uint8_t log2_chroma_width;
  uint8_t log2_chroma_height;
  uint8_t bit_depth;
  uint8_t shift;
  ChromaLayout chroma;
  uint8_t reserved[3];
};
static_assert(sizeof(DeviceImage) == 64 && std::is_trivially_copyable_v<DeviceImage>);

// A pixels::RgbTarget in device memory. Any address that is a multiple of the element will do;
// where rows begin at multiples of 16 bytes, stores are wide.
struct DeviceTarget {
  uint64_t data;
  int64_t row_stride;
  int64_t plane_stride;
  float scale[3];
  float bias[3];
  Order order;
  uint8_t channels;
  DType dtype;
  uint8_t reserved[5];
};
static_assert(sizeof(DeviceTarget) == 56 && std::is_trivially_copyable_v<DeviceTarget>);
static_assert(sizeof(RgbMath) == 44 && std::is_trivially_copyable_v<RgbMath>);

// rgb.cu: a crop to RGB of the same size.
struct RgbParameters {
  DeviceImage image;
  DeviceTarget target;
  RgbMath math;
  uint32_t alpha;  // bits of an opaque element
  int32_t crop_x;
  int32_t crop_y;
  int32_t width;
  int32_t height;
};

// Weights of one direction of a resize, as ResizeAxis has them, but weight k of output i lies at
// weights[k * outputs + i], so that neighbouring threads read neighbouring weights.
struct DeviceAxis {
  uint64_t first;    // int32_t[outputs]
  uint64_t count;    // int32_t[outputs]
  uint64_t weights;  // int16_t[taps * outputs]
  int32_t outputs;
  int32_t fraction_bits;
};

// Sums down: int16_t, the three planes of a row side by side, `stride` bytes each. Rows begin at
// column `image_x` of the picture, a multiple of kThreadColumns at or before the crop.
struct DeviceSums {
  uint64_t data;
  int64_t stride;  // a multiple of 8
};

// resize.cu, first pass: the rows of the crop to sums down.
struct ResizeDownParameters {
  DeviceImage image;
  DeviceAxis axis;
  DeviceSums sums;
  RgbMath math;
  int32_t bits;  // of the RGB integers
  int32_t image_x;
  int32_t image_y;
  int32_t columns;  // from image_x to the crop's end
};

// resize.cu, second pass: sums down to the target.
struct ResizeAcrossParameters {
  DeviceAxis axis;
  DeviceSums sums;
  DeviceTarget target;  // scale is that of the integers times resized_unit
  int32_t bits;
  uint32_t alpha;
  int32_t lead;  // columns between image_x and the crop
  int32_t height;
};

// A pixels::RgbImage in device memory. Any address and stride will do; where rows begin at
// multiples of 16 bytes, loads are wide.
struct DeviceRgb {
  uint64_t data[3];
  int64_t stride[3];  // bytes; may be negative
  int32_t width;
  int32_t height;
  RgbLayout layout;
  uint8_t reserved[7];
};

// The planes of a pixels::YuvTarget in device memory. Any address that is a multiple of the sample
// will do; where rows begin at multiples of 8 bytes, stores are wide.
struct DeviceYuv {
  uint64_t data[3];
  int64_t stride[3];  // bytes; may be negative
};

// yuv.cu.
struct YuvParameters {
  DeviceRgb image;
  DeviceYuv target;
  YuvMath math;
  int32_t is_full;  // 4:4:4 in three planes, not 4:2:0 in two
  int32_t reserved;
};

// yuv.cu: a plane in another depth: least(most, (sample * factor + half) / divisor). Any address
// and stride that are multiples of the sample will do.
struct DepthParameters {
  uint64_t from;
  uint64_t to;
  int64_t from_stride;  // bytes; may be negative
  int64_t to_stride;
  int32_t columns;  // samples
  int32_t rows;
  uint32_t factor;
  uint32_t half;
  uint32_t divisor;
  uint32_t most;
  uint32_t from_shift;  // of a sample in its word
  uint32_t to_shift;
};
static_assert(sizeof(DepthParameters) == 64 && std::is_trivially_copyable_v<DepthParameters>);

static_assert(sizeof(DeviceRgb) == 64 && std::is_trivially_copyable_v<DeviceRgb>);
static_assert(sizeof(YuvMath) == 40 && std::is_trivially_copyable_v<YuvMath>);
static_assert(sizeof(YuvParameters) == 160 && std::is_trivially_copyable_v<YuvParameters>);
static_assert(sizeof(RgbParameters) == 184 && std::is_trivially_copyable_v<RgbParameters>);
static_assert(sizeof(ResizeDownParameters) == 176);
static_assert(sizeof(ResizeAcrossParameters) == 120);
static_assert(std::is_trivially_copyable_v<ResizeDownParameters>);
static_assert(std::is_trivially_copyable_v<ResizeAcrossParameters>);

}  // namespace cuf::pixels
