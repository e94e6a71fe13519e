// Vector kernels of the conversion to YUV, compiled once per Highway target by yuv_simd.cpp. Each
// works on one stretch of a row, or of two rows for 4:2:0, whose length is a multiple of kYuvStep.
// Sums fit 16-bit lanes as yuv_math.h says: none is negative, and a saturated one gives the
// greatest sample, so no bounds are needed.

#if defined(CUF_PIXELS_YUV_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CUF_PIXELS_YUV_LANES_INL_H_
#undef CUF_PIXELS_YUV_LANES_INL_H_
#else
#define CUF_PIXELS_YUV_LANES_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "pixels/yuv_math.h"

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Pixels per step of every kernel, at least as many as any vector has lanes.
inline constexpr size_t kYuvStep = 64;

// A row of pixels: R, G, B for rgbp, else the first only.
struct RgbRow {
  const uint8_t* data[3];
};

// Where a stretch goes. 4:2:0: luma of both rows, then UV. 4:4:4: Y, U, V.
struct YuvRows {
  uint8_t* data[3];
};

// R, G and B of some pixels, shifted as yuv_math.h has them.
template <class V>
struct Lanes3 {
  V r;
  V g;
  V b;
};

template <class D, class V>
HWY_INLINE V product(D d, V samples, int16_t weight) {
  return hn::MulFixedPoint15(samples, hn::Set(d, weight));
}

template <class D, class V>
HWY_INLINE V y_sum(D d, const Lanes3<V>& s, const YuvMath& m) {
  const V base = hn::Set(d, static_cast<int16_t>(m.y_base));
  return hn::Add(hn::Add(product(d, s.r, m.y.r), product(d, s.b, m.y.b)),
                 hn::Add(product(d, s.g, m.y.g), base));
}

// The positive product comes last: only then can the sum exceed the lane.
template <class D, class V>
HWY_INLINE V u_sum(D d, const Lanes3<V>& s, const YuvMath& m) {
  const V base = hn::Set(d, static_cast<int16_t>(m.c_base));
  const V part = hn::Add(hn::Add(base, product(d, s.g, m.u.g)), product(d, s.r, m.u.r));
  return hn::SaturatedAdd(part, product(d, s.b, m.u.b));
}

template <class D, class V>
HWY_INLINE V v_sum(D d, const Lanes3<V>& s, const YuvMath& m) {
  const V base = hn::Set(d, static_cast<int16_t>(m.c_base));
  const V part = hn::Add(hn::Add(base, product(d, s.g, m.v.g)), product(d, s.b, m.v.b));
  return hn::SaturatedAdd(part, product(d, s.r, m.v.r));
}

// ---- 8 bits: Q7, the even and the odd pixels of a vector of bytes apart.

template <class V>
struct EvenOdd {
  Lanes3<V> even;
  Lanes3<V> odd;
};

template <class D, class V8>
HWY_INLINE hn::Vec<D> even_lanes(D d, V8 bytes) {
  const hn::RebindToUnsigned<D> du;
  const auto pairs = hn::BitCast(du, bytes);
  return hn::BitCast(d, hn::And(hn::ShiftLeft<7>(pairs), hn::Set(du, uint16_t{0x7f80})));
}

template <class D, class V8>
HWY_INLINE hn::Vec<D> odd_lanes(D d, V8 bytes) {
  const hn::RebindToUnsigned<D> du;
  const auto pairs = hn::BitCast(du, bytes);
  return hn::BitCast(d, hn::And(hn::ShiftRight<1>(pairs), hn::Set(du, uint16_t{0x7f80})));
}

template <RgbLayout kLayout, class D8, class D>
HWY_INLINE EvenOdd<hn::Vec<D>> load_bytes(D8 d8, D d, const RgbRow& row, size_t i) {
  auto r = hn::Zero(d8);
  auto g = r;
  auto b = r;
  auto a = r;
  if constexpr (kLayout == RgbLayout::rgbp) {
    r = hn::LoadU(d8, row.data[0] + i);
    g = hn::LoadU(d8, row.data[1] + i);
    b = hn::LoadU(d8, row.data[2] + i);
  } else if constexpr (kLayout == RgbLayout::rgb) {
    hn::LoadInterleaved3(d8, row.data[0] + 3 * i, r, g, b);
  } else if constexpr (kLayout == RgbLayout::rgba) {
    hn::LoadInterleaved4(d8, row.data[0] + 4 * i, r, g, b, a);
  } else {
    hn::LoadInterleaved4(d8, row.data[0] + 4 * i, b, g, r, a);
  }
  return {{even_lanes(d, r), even_lanes(d, g), even_lanes(d, b)},
          {odd_lanes(d, r), odd_lanes(d, g), odd_lanes(d, b)}};
}

// Two vectors of Q7 sums to bytes, in turn.
template <class D, class V>
HWY_INLINE auto bytes_of(D d, V first, V second) {
  const hn::RebindToUnsigned<D> du;
  const hn::Repartition<uint8_t, D> d8;
  const auto low = hn::ShiftRight<7>(hn::BitCast(du, first));
  const auto high = hn::ShiftLeft<1>(hn::BitCast(du, second));
  return hn::BitCast(d8, hn::Or(low, hn::And(high, hn::Set(du, uint16_t{0xff00}))));
}

// Sums of four pixels in Q5. Two of Q7 fit 16 bits without a sign.
template <class D, class V>
HWY_INLINE V sum_of_four(D d, V a, V b, V c, V e) {
  const hn::RebindToUnsigned<D> du;
  const auto first = hn::ShiftRight<1>(hn::BitCast(du, hn::Add(a, b)));
  const auto second = hn::ShiftRight<1>(hn::BitCast(du, hn::Add(c, e)));
  return hn::BitCast(d, hn::ShiftRight<1>(hn::Add(first, second)));
}

// Parameters by value: a copy whose address stays here lets the compiler keep its constants in
// registers, while stores of bytes might alias a reference.
template <RgbLayout kLayout>
void narrow_420(RgbRow upper, RgbRow lower, size_t n, YuvMath m, YuvRows out) {
  const hn::CappedTag<uint8_t, kYuvStep> d8;
  const hn::Repartition<int16_t, decltype(d8)> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d8)) {
    const auto a = load_bytes<kLayout>(d8, d, upper, i);
    const auto b = load_bytes<kLayout>(d8, d, lower, i);
    hn::StoreU(bytes_of(d, y_sum(d, a.even, m), y_sum(d, a.odd, m)), d8, out.data[0] + i);
    hn::StoreU(bytes_of(d, y_sum(d, b.even, m), y_sum(d, b.odd, m)), d8, out.data[1] + i);
    const Lanes3<hn::Vec<decltype(d)>> sum = {sum_of_four(d, a.even.r, a.odd.r, b.even.r, b.odd.r),
                                              sum_of_four(d, a.even.g, a.odd.g, b.even.g, b.odd.g),
                                              sum_of_four(d, a.even.b, a.odd.b, b.even.b, b.odd.b)};
    hn::StoreU(bytes_of(d, u_sum(d, sum, m), v_sum(d, sum, m)), d8, out.data[2] + i);
  }
}

template <RgbLayout kLayout>
void narrow_444(RgbRow row, size_t n, YuvMath m, YuvRows out) {
  const hn::CappedTag<uint8_t, kYuvStep> d8;
  const hn::Repartition<int16_t, decltype(d8)> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d8)) {
    const auto a = load_bytes<kLayout>(d8, d, row, i);
    hn::StoreU(bytes_of(d, y_sum(d, a.even, m), y_sum(d, a.odd, m)), d8, out.data[0] + i);
    hn::StoreU(bytes_of(d, u_sum(d, a.even, m), u_sum(d, a.odd, m)), d8, out.data[1] + i);
    hn::StoreU(bytes_of(d, v_sum(d, a.even, m), v_sum(d, a.odd, m)), d8, out.data[2] + i);
  }
}

// ---- 10 bits: Q5, in the pixels' order.

// The field at bit kBit of the words of even and of odd pixels.
template <int kBit, class D, class V32>
HWY_INLINE hn::Vec<D> field_lanes(D d, V32 even, V32 odd) {
  const hn::Repartition<uint32_t, D> d32;
  const auto low = [&]() HWY_ATTR {
    if constexpr (kBit < 5) return hn::ShiftLeft<5 - kBit>(even);
    if constexpr (kBit >= 5) return hn::ShiftRight<kBit - 5>(even);
  }();
  const auto high = hn::ShiftLeft<21 - kBit>(odd);
  return hn::BitCast(
      d, hn::Or(hn::And(low, hn::Set(d32, 0x7fe0U)), hn::And(high, hn::Set(d32, 0x7fe00000U))));
}

template <RgbLayout kLayout, class D>
HWY_INLINE Lanes3<hn::Vec<D>> load_words(D d, const RgbRow& row, size_t i) {
  const hn::Repartition<uint32_t, D> d32;
  auto even = hn::Zero(d32);
  auto odd = even;
  hn::LoadInterleaved2(d32, reinterpret_cast<const uint32_t*>(row.data[0]) + i, even, odd);
  const auto low = field_lanes<0>(d, even, odd);
  const auto middle = field_lanes<10>(d, even, odd);
  const auto high = field_lanes<20>(d, even, odd);
  if constexpr (kLayout == RgbLayout::rgb10) {
    return {low, middle, high};
  } else {
    return {high, middle, low};
  }
}

// Q5 sums to MSB-aligned samples.
template <class D, class V>
HWY_INLINE auto containers_of(D d, V sum) {
  const hn::RebindToUnsigned<D> du;
  return hn::And(hn::ShiftLeft<1>(hn::BitCast(du, sum)), hn::Set(du, uint16_t{0xffc0}));
}

template <class D, class V>
HWY_INLINE void store_words(D d, V sum, uint8_t* row, size_t i) {
  const hn::RebindToUnsigned<D> du;
  hn::StoreU(containers_of(d, sum), du, reinterpret_cast<uint16_t*>(row) + i);
}

// Sums of four pixels in Q3, in the even lanes; the others are 0.
template <class D, class V>
HWY_INLINE V sum_of_pairs(D d, V upper, V lower) {
  const hn::RebindToUnsigned<D> du;
  const hn::Repartition<uint32_t, D> d32;
  const auto down = hn::ShiftRight<1>(hn::BitCast(du, hn::Add(upper, lower)));
  const auto pairs = hn::BitCast(d32, down);
  const auto across = hn::Add(hn::And(pairs, hn::Set(d32, 0xffffU)), hn::ShiftRight<16>(pairs));
  return hn::BitCast(d, hn::ShiftRight<1>(across));
}

template <class D, class V>
HWY_INLINE void store_pairs(D d, V u, V v, uint8_t* row, size_t i) {
  const hn::RebindToUnsigned<D> du;
  const hn::Repartition<uint32_t, D> d32;
  const auto low = hn::And(hn::BitCast(d32, containers_of(d, u)), hn::Set(d32, 0xffffU));
  const auto high = hn::ShiftLeft<16>(hn::BitCast(d32, containers_of(d, v)));
  hn::StoreU(hn::BitCast(du, hn::Or(low, high)), du, reinterpret_cast<uint16_t*>(row) + i);
}

template <RgbLayout kLayout>
void wide_420(RgbRow upper, RgbRow lower, size_t n, YuvMath m, YuvRows out) {
  const hn::CappedTag<int16_t, kYuvStep / 2> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto a = load_words<kLayout>(d, upper, i);
    const auto b = load_words<kLayout>(d, lower, i);
    store_words(d, y_sum(d, a, m), out.data[0], i);
    store_words(d, y_sum(d, b, m), out.data[1], i);
    const Lanes3<hn::Vec<decltype(d)>> sum = {sum_of_pairs(d, a.r, b.r), sum_of_pairs(d, a.g, b.g),
                                              sum_of_pairs(d, a.b, b.b)};
    store_pairs(d, u_sum(d, sum, m), v_sum(d, sum, m), out.data[2], i);
  }
}

template <RgbLayout kLayout>
void wide_444(RgbRow row, size_t n, YuvMath m, YuvRows out) {
  const hn::CappedTag<int16_t, kYuvStep / 2> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto a = load_words<kLayout>(d, row, i);
    store_words(d, y_sum(d, a, m), out.data[0], i);
    store_words(d, u_sum(d, a, m), out.data[1], i);
    store_words(d, v_sum(d, a, m), out.data[2], i);
  }
}

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle
