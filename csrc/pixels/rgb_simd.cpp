#include "pixels/rgb_simd.h"

#include <algorithm>
#include <cstring>

#include "pixels/rgb_scalar.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pixels/rgb_simd.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "pixels/rgb_emit-inl.h"
#include "pixels/rgb_lanes-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

void rgb_rows(const Image& image, const RgbMath& math, const RgbTarget& target, int32_t row_begin,
              int32_t row_end) {
  scalar::to_rgb_rows(image, math, target, row_begin, row_end);
}

#else

// A row is converted in chunks whose intermediate planes stay in the first-level cache.
inline constexpr size_t kChunk = 1024;

// What stays the same for all rows of a call.
struct Plan {
  const Image& image;
  const RgbTarget& target;
  RgbMath math;
  Chroma chroma;
  Store store;
  bool chroma_is_direct;  // the kernels can read the chroma planes as they lie
  size_t sample_bytes;
  size_t element_bytes;
  int chroma_log2;  // log2 of pixels per chroma sample, as the kernel takes them
};

struct Scratch {
  alignas(64) uint8_t chroma[2][kChunk * 2];
  alignas(64) uint8_t rgb[3][kChunk * 2];
  alignas(64) uint8_t tail_in[3][kStep * 2];
  alignas(64) uint8_t tail_out[3][kStep * 16];
};

Chroma chroma_of(const Image& image, const RgbMath& math) {
  if (image.chroma == ChromaLayout::none) return Chroma::none;
  if (math.matrix == Matrix::identity) return Chroma::identity;
  return image.log2_chroma_width == 1 ? Chroma::half : Chroma::full;
}

Plan plan_of(const Image& image, const RgbMath& math, const RgbTarget& target) {
  const Chroma chroma = chroma_of(image, math);
  const int chroma_log2 = chroma == Chroma::half ? 1 : 0;
  return {.image = image,
          .target = target,
          .math = math,
          .chroma = chroma,
          .store = target.order == Order::chw ? Store::planes
                   : target.channels == 4     ? Store::rgba
                                              : Store::rgb,
          .chroma_is_direct =
              image.chroma == ChromaLayout::planar && image.log2_chroma_width == chroma_log2,
          .sample_bytes = image.bit_depth == 8 ? 1U : 2U,
          .element_bytes = target.dtype == DType::u8    ? 1U
                           : target.dtype == DType::f32 ? 4U
                                                        : 2U,
          .chroma_log2 = chroma_log2};
}

template <Store kStore>
void narrow_any(Chroma chroma, const Planes& in, size_t n, const RgbMath& m, const Channels& out) {
  switch (chroma) {
    case Chroma::none:
      return narrow_stretch<Chroma::none, kStore>(in, n, m, out);
    case Chroma::half:
      return narrow_stretch<Chroma::half, kStore>(in, n, m, out);
    case Chroma::full:
      return narrow_stretch<Chroma::full, kStore>(in, n, m, out);
    case Chroma::identity:
      return narrow_stretch<Chroma::identity, kStore>(in, n, m, out);
  }
}

void wide_any(Chroma chroma, const Planes& in, size_t n, const RgbMath& m, const Channels& out) {
  switch (chroma) {
    case Chroma::none:
      return wide_stretch<Chroma::none>(in, n, m, out);
    case Chroma::half:
      return wide_stretch<Chroma::half>(in, n, m, out);
    case Chroma::full:
      return wide_stretch<Chroma::full>(in, n, m, out);
    case Chroma::identity:
      return wide_stretch<Chroma::identity>(in, n, m, out);
  }
}

template <Store kStore>
void stretch(const Plan& plan, const Planes& in, size_t n, const Channels& out, Scratch& scratch) {
  const DType dtype = plan.target.dtype;
  const Channels between{scratch.rgb[0], scratch.rgb[1], scratch.rgb[2]};
  if (plan.image.bit_depth == 8) {
    if (dtype == DType::u8) return narrow_any<kStore>(plan.chroma, in, n, plan.math, out);
    narrow_any<Store::planes>(plan.chroma, in, n, plan.math, between);
    return emit<uint8_t, kStore>(between, n, plan.target, plan.math.max, out);
  }
  if (dtype == DType::u16 && kStore == Store::planes) {
    return wide_any(plan.chroma, in, n, plan.math, out);
  }
  wide_any(plan.chroma, in, n, plan.math, between);
  emit<uint16_t, kStore>(between, n, plan.target, plan.math.max, out);
}

// `n` is a multiple of kStep and at most kChunk.
void stretch_any(const Plan& plan, const Planes& in, size_t n, const Channels& out,
                 Scratch& scratch) {
  switch (plan.store) {
    case Store::planes:
      return stretch<Store::planes>(plan, in, n, out, scratch);
    case Store::rgb:
      return stretch<Store::rgb>(plan, in, n, out, scratch);
    case Store::rgba:
      return stretch<Store::rgba>(plan, in, n, out, scratch);
  }
}

// Splits interleaved pairs; reads and writes exactly `n` of them.
template <class T>
void split_pairs(const T* pairs, size_t n, T* u, T* v) {
  const hn::CappedTag<T, kStep / sizeof(T)> d;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    auto first = hn::Zero(d);
    auto second = first;
    hn::LoadInterleaved2(d, pairs + 2 * i, first, second);
    hn::StoreU(first, d, u + i);
    hn::StoreU(second, d, v + i);
  }
  for (; i < n; ++i) {
    u[i] = pairs[2 * i];
    v[i] = pairs[2 * i + 1];
  }
}

// Chroma that the kernels cannot read as it lies: interleaved, or one sample for four pixels.
template <class T>
void gather_chroma(const Plan& plan, const uint8_t* const rows[3], size_t x, size_t n,
                   Scratch& scratch) {
  const int log2 = plan.image.log2_chroma_width;
  const size_t count = (n + (1U << plan.chroma_log2) - 1) >> plan.chroma_log2;
  const bool pairs = plan.image.chroma == ChromaLayout::semi_planar;
  const T* u_row = reinterpret_cast<const T*>(rows[1]);
  const T* v_row = pairs ? u_row + 1 : reinterpret_cast<const T*>(rows[2]);
  T* u = reinterpret_cast<T*>(scratch.chroma[0]);
  T* v = reinterpret_cast<T*>(scratch.chroma[1]);
  if (pairs && log2 == plan.chroma_log2) return split_pairs(u_row + 2 * (x >> log2), count, u, v);
  const size_t step = pairs ? 2 : 1;
  for (size_t i = 0; i < count; ++i) {
    const size_t from = (((x >> plan.chroma_log2) + i) << plan.chroma_log2 >> log2) * step;
    u[i] = u_row[from];
    v[i] = v_row[from];
  }
}

// The last pixels of a row, fewer than a step: the vectors work on copies, so that nothing beside
// the row is read or written.
void tail(const Plan& plan, const Planes& in, size_t n, const Channels& out, Scratch& scratch) {
  const size_t chroma = (n + (1U << plan.chroma_log2) - 1) >> plan.chroma_log2;
  std::memcpy(scratch.tail_in[0], in.data[0], n * plan.sample_bytes);
  if (plan.chroma != Chroma::none) {
    std::memcpy(scratch.tail_in[1], in.data[1], chroma * plan.sample_bytes);
    std::memcpy(scratch.tail_in[2], in.data[2], chroma * plan.sample_bytes);
  }
  const Planes copies{scratch.tail_in[0], scratch.tail_in[1], scratch.tail_in[2]};
  const Channels results{scratch.tail_out[0], scratch.tail_out[1], scratch.tail_out[2]};
  stretch_any(plan, copies, kStep, results, scratch);
  if (plan.store == Store::planes) {
    for (int c = 0; c < 3; ++c) std::memcpy(out.data[c], results.data[c], n * plan.element_bytes);
  } else {
    std::memcpy(out.data[0], results.data[0], n * plan.element_bytes * plan.target.channels);
  }
}

void chunk(const Plan& plan, const uint8_t* const rows[3], size_t x, size_t n, uint8_t* out_row,
           Scratch& scratch) {
  const size_t chroma_at = (x >> plan.chroma_log2) * plan.sample_bytes;
  Planes in{rows[0] + x * plan.sample_bytes, nullptr, nullptr};
  if (plan.chroma != Chroma::none && plan.chroma_is_direct) {
    in.data[1] = rows[1] + chroma_at;
    in.data[2] = rows[2] + chroma_at;
  } else if (plan.chroma != Chroma::none) {
    if (plan.sample_bytes == 1) {
      gather_chroma<uint8_t>(plan, rows, x, n, scratch);
    } else {
      gather_chroma<uint16_t>(plan, rows, x, n, scratch);
    }
    in.data[1] = scratch.chroma[0];
    in.data[2] = scratch.chroma[1];
  }
  const bool planes = plan.store == Store::planes;
  const size_t pixel_bytes = plan.element_bytes * (planes ? 1 : plan.target.channels);
  Channels out{out_row + x * pixel_bytes, nullptr, nullptr};
  if (planes) {
    out.data[1] = out.data[0] + plan.target.plane_stride;
    out.data[2] = out.data[1] + plan.target.plane_stride;
  }
  const size_t whole = n - n % kStep;
  if (whole > 0) stretch_any(plan, in, whole, out, scratch);
  if (whole == n) return;
  for (int p = 0; p < 3 && in.data[p] != nullptr; ++p) {
    in.data[p] += (p == 0 ? whole : whole >> plan.chroma_log2) * plan.sample_bytes;
  }
  for (int c = 0; c < 3 && out.data[c] != nullptr; ++c) out.data[c] += whole * pixel_bytes;
  tail(plan, in, n - whole, out, scratch);
}

void rgb_rows(const Image& image, const RgbMath& math, const RgbTarget& target, int32_t row_begin,
              int32_t row_end) {
  const Plan plan = plan_of(image, math, target);
  const auto width = static_cast<size_t>(image.width);
  Scratch scratch{};
  for (int32_t y = row_begin; y < row_end; ++y) {
    const uint8_t* rows[3] = {image.data[0] + image.stride[0] * y, nullptr, nullptr};
    const int planes = image.chroma == ChromaLayout::none          ? 1
                       : image.chroma == ChromaLayout::semi_planar ? 2
                                                                   : 3;
    for (int p = 1; p < planes; ++p) {
      rows[p] = image.data[p] + image.stride[p] * (y >> image.log2_chroma_height);
    }
    uint8_t* out_row = target.data + target.row_stride * y;
    for (size_t x = 0; x < width; x += kChunk) {
      chunk(plan, rows, x, std::min(kChunk, width - x), out_row, scratch);
    }
  }
}

#endif

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cuf::pixels {
HWY_EXPORT(rgb_rows);

namespace simd {

void to_rgb_rows(const Image& image, const RgbMath& math, const RgbTarget& target,
                 int32_t row_begin, int32_t row_end) {
  if (math.sums_are_64_bit) {
    return scalar::to_rgb_rows(image, math, target, row_begin, row_end);
  }
  HWY_DYNAMIC_DISPATCH(rgb_rows)(image, math, target, row_begin, row_end);
}

}  // namespace simd

const char* vector_target() {
  // Of what was compiled and what runs here; the best target has the lowest bit.
  const int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(usable & -usable);
}

}  // namespace cuf::pixels
#endif
