#include "pixels/yuv_simd.h"

#include <algorithm>
#include <cstring>

#include "pixels/yuv_scalar.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pixels/yuv_simd.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "pixels/yuv_lanes-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

void yuv_rows(const RgbImage& image, const YuvMath& math, const YuvTarget& target,
              int32_t row_begin, int32_t row_end) {
  scalar::to_yuv_rows(image, math, target, row_begin, row_end);
}

#else

// `n` is a multiple of kYuvStep. `lower` is for 4:2:0 only.
using Kernel = void (*)(const RgbRow& upper, const RgbRow& lower, size_t n, const YuvMath& m,
                        const YuvRows& out);

template <RgbLayout kLayout, bool kIsFull>
void stretch(const RgbRow& upper, const RgbRow& lower, size_t n, const YuvMath& m,
             const YuvRows& out) {
  if constexpr (rgb_bit_depth(kLayout) == 8) {
    if constexpr (kIsFull) return narrow_444<kLayout>(upper, n, m, out);
    return narrow_420<kLayout>(upper, lower, n, m, out);
  } else {
    if constexpr (kIsFull) return wide_444<kLayout>(upper, n, m, out);
    return wide_420<kLayout>(upper, lower, n, m, out);
  }
}

template <bool kIsFull>
Kernel kernel_of(RgbLayout layout) {
  switch (layout) {
    case RgbLayout::rgb:
      return stretch<RgbLayout::rgb, kIsFull>;
    case RgbLayout::rgbp:
      return stretch<RgbLayout::rgbp, kIsFull>;
    case RgbLayout::bgra:
      return stretch<RgbLayout::bgra, kIsFull>;
    case RgbLayout::rgba:
      return stretch<RgbLayout::rgba, kIsFull>;
    case RgbLayout::bgr10:
      return stretch<RgbLayout::bgr10, kIsFull>;
    case RgbLayout::rgb10:
      break;
  }
  return stretch<RgbLayout::rgb10, kIsFull>;
}

// What stays the same for all rows of a call.
struct Plan {
  const YuvMath& math;
  Kernel kernel;
  size_t width;
  size_t pixel_bytes;   // in each plane of the picture
  size_t sample_bytes;  // in each row of the target, for a pixel
  int planes;           // of the picture
};

// The last pixels of a row, fewer than a step, on copies: nothing beside the row is read or
// written.
struct Tail {
  alignas(64) uint8_t in[2][3][kYuvStep * 4];
  alignas(64) uint8_t out[3][kYuvStep * 2];
};

// An odd width's last pixel counts twice.
RgbRow tail_row(const Plan& plan, const RgbRow& row, size_t x, uint8_t (&copy)[3][kYuvStep * 4]) {
  const size_t n = plan.width - x;
  RgbRow result{};
  for (int p = 0; p < plan.planes; ++p) {
    const uint8_t* from = row.data[p] + x * plan.pixel_bytes;
    const size_t bytes = n * plan.pixel_bytes;
    std::memcpy(copy[p], from, bytes);
    std::memcpy(copy[p] + bytes, from + bytes - plan.pixel_bytes, plan.pixel_bytes);
    result.data[p] = copy[p];
  }
  return result;
}

void convert(const Plan& plan, const RgbRow& upper, const RgbRow& lower, const YuvRows& out,
             const size_t (&out_pixels)[3], Tail& tail) {
  const size_t whole = plan.width - plan.width % kYuvStep;
  if (whole > 0) plan.kernel(upper, lower, whole, plan.math, out);
  if (whole == plan.width) return;
  const RgbRow a = tail_row(plan, upper, whole, tail.in[0]);
  const RgbRow b = tail_row(plan, lower, whole, tail.in[1]);
  plan.kernel(a, b, kYuvStep, plan.math, {{tail.out[0], tail.out[1], tail.out[2]}});
  for (int i = 0; i < 3; ++i) {
    std::memcpy(out.data[i] + whole * plan.sample_bytes, tail.out[i],
                (out_pixels[i] - whole) * plan.sample_bytes);
  }
}

RgbRow row_of(const RgbImage& image, const Plan& plan, int32_t y) {
  RgbRow row{};
  for (int p = 0; p < plan.planes; ++p) row.data[p] = image.data[p] + image.stride[p] * y;
  return row;
}

void yuv_rows(const RgbImage& image, const YuvMath& math, const YuvTarget& target,
              int32_t row_begin, int32_t row_end) {
  const bool is_full =
      target.format == NativeFormat::yuv444 || target.format == NativeFormat::yuv444_16;
  const bool is_planar = image.layout == RgbLayout::rgbp;
  const auto width = static_cast<size_t>(image.width);
  const Plan plan{
      .math = math,
      .kernel = is_full ? kernel_of<true>(image.layout) : kernel_of<false>(image.layout),
      .width = width,
      .pixel_bytes = is_planar                        ? 1U
                     : image.layout == RgbLayout::rgb ? 3U
                                                      : 4U,
      .sample_bytes = rgb_bit_depth(image.layout) == 8 ? 1U : 2U,
      .planes = is_planar ? 3 : 1};
  const size_t out_pixels[3] = {width, width, is_full ? width : width + width % 2};
  const auto out_row = [&](int plane, int32_t y) {
    return target.data[plane] + target.stride[plane] * y;
  };
  Tail tail{};
  for (int32_t y = row_begin; y < row_end; y += is_full ? 1 : 2) {
    // An odd height's last row counts twice, and is written twice.
    const int32_t below = is_full ? y : std::min(y + 1, image.height - 1);
    const YuvRows out = is_full ? YuvRows{{out_row(0, y), out_row(1, y), out_row(2, y)}}
                                : YuvRows{{out_row(0, y), out_row(0, below), out_row(1, y / 2)}};
    convert(plan, row_of(image, plan, y), row_of(image, plan, below), out, out_pixels, tail);
  }
}

#endif

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cuf::pixels {
HWY_EXPORT(yuv_rows);

namespace simd {

void to_yuv_rows(const RgbImage& image, const YuvMath& math, const YuvTarget& target,
                 int32_t row_begin, int32_t row_end) {
  HWY_DYNAMIC_DISPATCH(yuv_rows)(image, math, target, row_begin, row_end);
}

}  // namespace simd
}  // namespace cuf::pixels
#endif
