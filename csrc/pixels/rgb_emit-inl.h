// Second stage of the conversions that are not 8-bit to 8-bit: planes of integers (bytes or 16-bit,
// one stretch, in cache) to the target's element type and order. Compiled once per Highway target.

#if defined(CUF_PIXELS_RGB_EMIT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CUF_PIXELS_RGB_EMIT_INL_H_
#undef CUF_PIXELS_RGB_EMIT_INL_H_
#else
#define CUF_PIXELS_RGB_EMIT_INL_H_
#endif

#include "hwy/highway.h"
#include "pixels/rgb_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {

// Integers of a plane in the lanes of D: Source is uint8_t or uint16_t.
template <class Source, class D>
HWY_INLINE hn::Vec<D> load_integers(D d, const uint8_t* plane, size_t i) {
  using Lane = hn::TFromD<D>;
  const auto* from = reinterpret_cast<const Source*>(plane) + i;
  if constexpr (sizeof(Lane) == sizeof(Source)) {
    return hn::LoadU(d, from);
  } else if constexpr (sizeof(Lane) > sizeof(Source)) {
    const hn::Rebind<Source, D> narrow;
    return hn::PromoteTo(d, hn::LoadU(narrow, from));
  } else {
    const hn::Rebind<Source, D> wide;
    const hn::RebindToSigned<decltype(wide)> signed_wide;
    return hn::DemoteTo(d, hn::BitCast(signed_wide, hn::LoadU(wide, from)));
  }
}

template <class Source, class D>
HWY_INLINE hn::Vec<D> load_floats(D d, const uint8_t* plane, size_t i, float scale, float bias) {
  const hn::Rebind<int32_t, D> d32;
  const auto value = hn::ConvertTo(d, load_integers<Source>(d32, plane, i));
  return hn::Add(hn::Mul(value, hn::Set(d, scale)), hn::Set(d, bias));
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2 && !defined(HWY_DISABLE_F16C)
// float_to_half of color_math.h: the instruction differs from it in the bits of a NaN only.
template <class D, class V>
HWY_INLINE auto half_bits(D d, V value) {
  const hn::Rebind<hwy::float16_t, D> d_half;
  const hn::Rebind<uint16_t, D> d16;
  const hn::RebindToUnsigned<D> du;
  const auto nan = hn::CopySign(hn::BitCast(d, hn::Set(du, kFloatQuietNan)), value);
  return hn::BitCast(d16, hn::DemoteTo(d_half, hn::IfThenElse(hn::IsNaN(value), nan, value)));
}
#else
// float_to_half of color_math.h.
template <class D, class V>
HWY_INLINE auto half_bits(D d, V value) {
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  const hn::Rebind<uint16_t, D> d16;
  const auto bits = hn::BitCast(di, value);
  const auto magnitude = hn::And(bits, hn::Set(di, 0x7fffffff));
  const auto at = [di](uint32_t v) HWY_ATTR { return hn::Set(di, static_cast<int32_t>(v)); };
  const auto special =
      hn::IfThenElse(hn::Gt(magnitude, at(kFloatInfinity)), at(0x7e00), at(0x7c00));
  const auto magic = hn::BitCast(d, at(kHalfMagic));
  const auto small =
      hn::Sub(hn::BitCast(di, hn::Add(hn::BitCast(d, magnitude), magic)), at(kHalfMagic));
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), at(1));
  const auto sum = hn::Add(hn::Add(magnitude, at(kHalfRebias)), odd);
  const auto normal = hn::BitCast(di, hn::ShiftRight<13>(hn::BitCast(du, sum)));
  const auto finite = hn::IfThenElse(hn::Lt(magnitude, at(kHalfSubnormal)), small, normal);
  const auto half = hn::IfThenElse(hn::Lt(magnitude, at(kHalfOverflow)), finite, special);
  const auto sign = hn::And(hn::BitCast(di, hn::ShiftRight<16>(hn::BitCast(du, bits))), at(0x8000));
  return hn::DemoteTo(d16, hn::Or(half, sign));
}
#endif

template <class Source, Store kStore>
void emit_bytes(Channels in, size_t n, Channels out) {
  const hn::CappedTag<uint16_t, kStep / 2> wide;
  const hn::Rebind<uint8_t, decltype(wide)> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    store<kStore>(d, load_integers<Source>(d, in.data[0], i),
                  load_integers<Source>(d, in.data[1], i), load_integers<Source>(d, in.data[2], i),
                  uint8_t{255}, out, i);
  }
}

template <class Source, Store kStore>
void emit_words(Channels in, size_t n, int32_t max, Channels out) {
  const hn::CappedTag<uint16_t, kStep / 2> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    store<kStore>(d, load_integers<Source>(d, in.data[0], i),
                  load_integers<Source>(d, in.data[1], i), load_integers<Source>(d, in.data[2], i),
                  static_cast<uint16_t>(max), out, i);
  }
}

template <class Source, Store kStore>
void emit_floats(Channels in, size_t n, const RgbTarget& target, Channels out) {
  const hn::CappedTag<float, kStep / 4> d;
  const float s[3] = {target.scale[0], target.scale[1], target.scale[2]};
  const float t[3] = {target.bias[0], target.bias[1], target.bias[2]};
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    store<kStore>(d, load_floats<Source>(d, in.data[0], i, s[0], t[0]),
                  load_floats<Source>(d, in.data[1], i, s[1], t[1]),
                  load_floats<Source>(d, in.data[2], i, s[2], t[2]), 1.0F, out, i);
  }
}

template <class Source, Store kStore>
void emit_halves(Channels in, size_t n, const RgbTarget& target, Channels out) {
  const hn::CappedTag<float, kStep / 4> d;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const float s[3] = {target.scale[0], target.scale[1], target.scale[2]};
  const float t[3] = {target.bias[0], target.bias[1], target.bias[2]};
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    store<kStore>(d16, half_bits(d, load_floats<Source>(d, in.data[0], i, s[0], t[0])),
                  half_bits(d, load_floats<Source>(d, in.data[1], i, s[1], t[1])),
                  half_bits(d, load_floats<Source>(d, in.data[2], i, s[2], t[2])),
                  float_to_half(1.0F), out, i);
  }
}

template <class Source, Store kStore>
void emit(Channels in, size_t n, const RgbTarget& target, int32_t max, Channels out) {
  switch (target.dtype) {
    case DType::u8:
      return emit_bytes<Source, kStore>(in, n, out);
    case DType::u16:
      return emit_words<Source, kStore>(in, n, max, out);
    case DType::f16:
      return emit_halves<Source, kStore>(in, n, target, out);
    case DType::f32:
      return emit_floats<Source, kStore>(in, n, target, out);
  }
}

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle
