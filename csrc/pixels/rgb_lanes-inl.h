// Vector kernels of the conversion to RGB, compiled once per Highway target by rgb_simd.cpp. Each
// works on one stretch of a row whose length is a multiple of kStep.

#if defined(CUF_PIXELS_RGB_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CUF_PIXELS_RGB_LANES_INL_H_
#undef CUF_PIXELS_RGB_LANES_INL_H_
#else
#define CUF_PIXELS_RGB_LANES_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "pixels/color_math.h"

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Samples per step of every kernel, at least as many as any vector has lanes.
inline constexpr size_t kStep = 64;

// How the chroma planes of a stretch lie: absent, one sample per two pixels, one per pixel; or the
// three planes are G, B, R.
enum class Chroma : uint8_t { none, half, full, identity };
enum class Store : uint8_t { planes, rgb, rgba };

struct Planes {
  const uint8_t* data[3];
};

struct Channels {
  uint8_t* data[3];  // R, G, B; packed stores use the first only
};

template <Store kStore, class D, class V, class T = hn::TFromD<D>>
HWY_INLINE void store(D d, V r, V g, V b, T opaque, const Channels& out, size_t i) {
  T* first = reinterpret_cast<T*>(out.data[0]);
  if constexpr (kStore == Store::planes) {
    hn::StoreU(r, d, first + i);
    hn::StoreU(g, d, reinterpret_cast<T*>(out.data[1]) + i);
    hn::StoreU(b, d, reinterpret_cast<T*>(out.data[2]) + i);
  } else if constexpr (kStore == Store::rgb) {
    hn::StoreInterleaved3(r, g, b, d, first + 3 * i);
  } else {
    hn::StoreInterleaved4(r, g, b, hn::Set(d, opaque), d, first + 4 * i);
  }
}

// ---- 8 bits in: 16-bit lanes, the even and the odd pixels of a vector of bytes apart.

template <class D, class V>
HWY_INLINE hn::Vec<D> even_q7(D d, V pairs) {
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::And(hn::ShiftLeft<7>(pairs), hn::Set(du, uint16_t{0x7f80})));
}

template <class D, class V>
HWY_INLINE hn::Vec<D> odd_q7(D d, V pairs) {
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::And(hn::ShiftRight<1>(pairs), hn::Set(du, uint16_t{0x7f80})));
}

template <class D>
HWY_INLINE hn::Vec<D> lanes_of(D d, int32_t v) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(v));
}

template <class D, class V>
HWY_INLINE V narrow_luma(D d, V q7, const RgbMath& m) {
  const V centred = hn::Sub(q7, lanes_of(d, m.y_offset * 128));
  return hn::Add(hn::MulFixedPoint15(centred, lanes_of(d, m.y)), lanes_of(d, 32));
}

#if HWY_ARCH_X86
// One instruction that clamps and packs, which Highway 1.0 does not offer for bytes; without it the
// conversion takes a quarter more time. Each 16 bytes of the result are 8 of `a`, then 8 of `b`.
#if HWY_TARGET <= HWY_AVX3
HWY_INLINE hn::Vec512<uint8_t> pack_blocks(hn::Vec512<int16_t> a, hn::Vec512<int16_t> b) {
  return hn::Vec512<uint8_t>{_mm512_packus_epi16(a.raw, b.raw)};
}
#elif HWY_TARGET == HWY_AVX2
HWY_INLINE hn::Vec256<uint8_t> pack_blocks(hn::Vec256<int16_t> a, hn::Vec256<int16_t> b) {
  return hn::Vec256<uint8_t>{_mm256_packus_epi16(a.raw, b.raw)};
}
#else
HWY_INLINE hn::Vec128<uint8_t> pack_blocks(hn::Vec128<int16_t> a, hn::Vec128<int16_t> b) {
  return hn::Vec128<uint8_t>{_mm_packus_epi16(a.raw, b.raw)};
}
#endif

// Q6 sums to bytes in the pixels' order.
template <class D, class V>
HWY_INLINE auto narrow_bytes(D d, V even, V odd) {
  const hn::Repartition<uint8_t, D> d8;
  alignas(16) static constexpr uint8_t kPixelOrder[16] = {0, 8,  1, 9,  2, 10, 3, 11,
                                                          4, 12, 5, 13, 6, 14, 7, 15};
  const auto packed = pack_blocks(hn::ShiftRight<6>(even), hn::ShiftRight<6>(odd));
  return hn::TableLookupBytes(packed, hn::LoadDup128(d8, kPixelOrder));
}
#else
template <class D, class V>
HWY_INLINE auto narrow_bytes(D d, V even, V odd) {
  const hn::RebindToUnsigned<D> du;
  const hn::Repartition<uint8_t, D> d8;
  const V zero = hn::Zero(d);
  const V top = lanes_of(d, (1 << 14) - 1);
  const auto low = hn::BitCast(du, hn::Min(hn::Max(even, zero), top));
  const auto high = hn::BitCast(du, hn::Min(hn::Max(odd, zero), top));
  return hn::BitCast(d8, hn::Or(hn::ShiftRight<6>(low),
                                hn::And(hn::ShiftLeft<2>(high), hn::Set(du, uint16_t{0xff00}))));
}
#endif

template <class D, class V>
HWY_INLINE auto narrow_red(D d, V y_even, V y_odd, V v_even, V v_odd, const RgbMath& m) {
  const V rv = lanes_of(d, m.rv);
  return narrow_bytes(d, hn::SaturatedAdd(y_even, hn::MulFixedPoint15(v_even, rv)),
                      hn::SaturatedAdd(y_odd, hn::MulFixedPoint15(v_odd, rv)));
}

template <class D, class V>
HWY_INLINE V narrow_green_part(D d, V u, V v, const RgbMath& m) {
  return hn::Add(hn::MulFixedPoint15(u, lanes_of(d, m.gu)),
                 hn::MulFixedPoint15(v, lanes_of(d, m.gv)));
}

// The coefficient of blue exceeds Q15: c = 1 + c' gives the same integers.
template <class D, class V>
HWY_INLINE V narrow_blue_part(D d, V u, const RgbMath& m) {
  return hn::Add(u, hn::MulFixedPoint15(u, lanes_of(d, m.bu - 32768)));
}

template <Chroma kChroma, class D8, class V8 = hn::Vec<D8>>
HWY_INLINE void narrow_vector(D8 d8, const Planes& in, size_t i, const RgbMath& m, V8& r, V8& g,
                              V8& b) {
  const hn::Repartition<int16_t, D8> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  using V = hn::Vec<decltype(d)>;
  const auto first = hn::BitCast(du, hn::LoadU(d8, in.data[0] + i));
  const V y_even = narrow_luma(d, even_q7(d, first), m);
  const V y_odd = narrow_luma(d, odd_q7(d, first), m);
  if constexpr (kChroma == Chroma::none) {
    r = g = b = narrow_bytes(d, y_even, y_odd);
    return;
  }
  if constexpr (kChroma == Chroma::half) {
    const hn::Rebind<uint8_t, decltype(d)> d8_half;
    const V centre = lanes_of(d, m.c_offset * 128);
    const auto u_plain = hn::PromoteTo(d, hn::LoadU(d8_half, in.data[1] + i / 2));
    const auto v_plain = hn::PromoteTo(d, hn::LoadU(d8_half, in.data[2] + i / 2));
    const V u = hn::Sub(hn::ShiftLeft<7>(u_plain), centre);
    const V v = hn::Sub(hn::ShiftLeft<7>(v_plain), centre);
    r = narrow_red(d, y_even, y_odd, v, v, m);
    const V green = narrow_green_part(d, u, v, m);
    g = narrow_bytes(d, hn::SaturatedSub(y_even, green), hn::SaturatedSub(y_odd, green));
    const V blue = narrow_blue_part(d, u, m);
    b = narrow_bytes(d, hn::SaturatedAdd(y_even, blue), hn::SaturatedAdd(y_odd, blue));
    return;
  }
  const auto second = hn::BitCast(du, hn::LoadU(d8, in.data[1] + i));
  const auto third = hn::BitCast(du, hn::LoadU(d8, in.data[2] + i));
  if constexpr (kChroma == Chroma::identity) {
    g = narrow_bytes(d, y_even, y_odd);
    b = narrow_bytes(d, narrow_luma(d, even_q7(d, second), m),
                     narrow_luma(d, odd_q7(d, second), m));
    r = narrow_bytes(d, narrow_luma(d, even_q7(d, third), m), narrow_luma(d, odd_q7(d, third), m));
    return;
  }
  const V centre = lanes_of(d, m.c_offset * 128);
  const V u_even = hn::Sub(even_q7(d, second), centre);
  const V u_odd = hn::Sub(odd_q7(d, second), centre);
  const V v_even = hn::Sub(even_q7(d, third), centre);
  const V v_odd = hn::Sub(odd_q7(d, third), centre);
  r = narrow_red(d, y_even, y_odd, v_even, v_odd, m);
  g = narrow_bytes(d, hn::SaturatedSub(y_even, narrow_green_part(d, u_even, v_even, m)),
                   hn::SaturatedSub(y_odd, narrow_green_part(d, u_odd, v_odd, m)));
  b = narrow_bytes(d, hn::SaturatedAdd(y_even, narrow_blue_part(d, u_even, m)),
                   hn::SaturatedAdd(y_odd, narrow_blue_part(d, u_odd, m)));
}

// By value: a copy whose address stays here lets the compiler keep its constants in registers,
// while stores of bytes might alias a reference.
template <Chroma kChroma, Store kStore>
void narrow_stretch(Planes in, size_t n, RgbMath m, Channels out) {
  const hn::CappedTag<uint8_t, kStep> d8;
  for (size_t i = 0; i < n; i += hn::Lanes(d8)) {
    auto r = hn::Zero(d8);
    auto g = r;
    auto b = r;
    narrow_vector<kChroma>(d8, in, i, m, r, g, b);
    store<kStore>(d8, r, g, b, uint8_t{255}, out, i);
  }
}

// ---- 9 to 16 bits in: 32-bit lanes, again the even and the odd pixels apart.

template <class D, class V>
HWY_INLINE V wide_sample(D d, V container, const RgbMath& m) {
  return hn::And(hn::ShiftRightSame(container, m.shift), lanes_of(d, m.mask));
}

template <class D>
HWY_INLINE void wide_pair(D d, const uint8_t* plane, size_t i, const RgbMath& m, hn::Vec<D>& even,
                          hn::Vec<D>& odd) {
  const hn::RebindToUnsigned<D> du;
  const hn::Repartition<uint16_t, D> d16;
  const auto both = hn::LoadU(d16, reinterpret_cast<const uint16_t*>(plane) + i);
  const auto pairs = hn::BitCast(du, wide_sample(d16, both, m));
  even = hn::BitCast(d, hn::And(pairs, hn::Set(du, 0xffffU)));
  odd = hn::BitCast(d, hn::ShiftRight<16>(pairs));
}

template <class D, class V>
HWY_INLINE V wide_luma(D d, V y, const RgbMath& m) {
  const V sum = hn::Mul(hn::Sub(y, lanes_of(d, m.y_offset)), lanes_of(d, m.y));
  return hn::Add(sum, lanes_of(d, 1 << (m.fraction_bits - 1)));
}

template <class D, class V>
HWY_INLINE auto wide_integers(D d, V even, V odd, const RgbMath& m) {
  const hn::Repartition<uint16_t, D> d16;
  const V zero = hn::Zero(d);
  const V top = lanes_of(d, m.max);
  const V low = hn::Min(hn::Max(hn::ShiftRightSame(even, m.fraction_bits), zero), top);
  const V high = hn::Min(hn::Max(hn::ShiftRightSame(odd, m.fraction_bits), zero), top);
  return hn::BitCast(d16, hn::Or(low, hn::ShiftLeft<16>(high)));
}

template <class D, class V>
HWY_INLINE V wide_green_part(D d, V u, V v, const RgbMath& m) {
  return hn::Add(hn::Mul(u, lanes_of(d, m.gu)), hn::Mul(v, lanes_of(d, m.gv)));
}

template <Chroma kChroma, class D16, class V16 = hn::Vec<D16>>
HWY_INLINE void wide_vector(D16, const Planes& in, size_t i, const RgbMath& m, V16& r, V16& g,
                            V16& b) {
  const hn::Repartition<int32_t, D16> d;
  using V = hn::Vec<decltype(d)>;
  V y_even = hn::Zero(d), y_odd = y_even, u_even = y_even, u_odd = y_even;
  wide_pair(d, in.data[0], i, m, y_even, y_odd);
  y_even = wide_luma(d, y_even, m);
  y_odd = wide_luma(d, y_odd, m);
  if constexpr (kChroma == Chroma::none) {
    r = g = b = wide_integers(d, y_even, y_odd, m);
    return;
  }
  V v_even = u_even, v_odd = u_even;
  if constexpr (kChroma == Chroma::half) {
    const hn::Rebind<uint16_t, decltype(d)> d16_half;
    const auto* u = reinterpret_cast<const uint16_t*>(in.data[1]) + i / 2;
    const auto* v = reinterpret_cast<const uint16_t*>(in.data[2]) + i / 2;
    u_even = u_odd = wide_sample(d, hn::PromoteTo(d, hn::LoadU(d16_half, u)), m);
    v_even = v_odd = wide_sample(d, hn::PromoteTo(d, hn::LoadU(d16_half, v)), m);
  } else {
    wide_pair(d, in.data[1], i, m, u_even, u_odd);
    wide_pair(d, in.data[2], i, m, v_even, v_odd);
  }
  if constexpr (kChroma == Chroma::identity) {
    g = wide_integers(d, y_even, y_odd, m);
    b = wide_integers(d, wide_luma(d, u_even, m), wide_luma(d, u_odd, m), m);
    r = wide_integers(d, wide_luma(d, v_even, m), wide_luma(d, v_odd, m), m);
    return;
  }
  const V centre = lanes_of(d, m.c_offset);
  u_even = hn::Sub(u_even, centre);
  u_odd = hn::Sub(u_odd, centre);
  v_even = hn::Sub(v_even, centre);
  v_odd = hn::Sub(v_odd, centre);
  const V rv = lanes_of(d, m.rv);
  const V bu = lanes_of(d, m.bu);
  r = wide_integers(d, hn::Add(y_even, hn::Mul(v_even, rv)), hn::Add(y_odd, hn::Mul(v_odd, rv)), m);
  g = wide_integers(d, hn::Sub(y_even, wide_green_part(d, u_even, v_even, m)),
                    hn::Sub(y_odd, wide_green_part(d, u_odd, v_odd, m)), m);
  b = wide_integers(d, hn::Add(y_even, hn::Mul(u_even, bu)), hn::Add(y_odd, hn::Mul(u_odd, bu)), m);
}

// Gives planes of 16-bit integers.
template <Chroma kChroma>
void wide_stretch(Planes in, size_t n, RgbMath m, Channels out) {
  const hn::CappedTag<uint16_t, kStep / 2> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    auto r = hn::Zero(d);
    auto g = r;
    auto b = r;
    wide_vector<kChroma>(d, in, i, m, r, g, b);
    store<Store::planes>(d, r, g, b, uint16_t{0}, out, i);
  }
}

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle
