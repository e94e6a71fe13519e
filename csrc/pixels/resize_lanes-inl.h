// Vector kernels of the resize, compiled once per Highway target by resize_simd.cpp.

#if defined(CUF_PIXELS_RESIZE_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CUF_PIXELS_RESIZE_LANES_INL_H_
#undef CUF_PIXELS_RESIZE_LANES_INL_H_
#else
#define CUF_PIXELS_RESIZE_LANES_INL_H_
#endif

#include <cstring>

#include "hwy/highway.h"
#include "pixels/resize.h"
#include "pixels/resize_math.h"
#include "pixels/rgb_emit-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {

// ---- Down: for each column, pairs of rows times pairs of weights in 32-bit lanes.

// Two rows as pairs in the halves of 32-bit lanes, in an order that words_of undoes.
#if HWY_ARCH_X86
template <class D, class V>
HWY_INLINE void pairs_of(D d, V a, V b, V& first, V& second) {
  first = hn::InterleaveLower(d, a, b);
  second = hn::InterleaveUpper(d, a, b);
}

template <class D, class V>
HWY_INLINE V add_products(D d, V sum, hn::VFromD<hn::RepartitionToNarrow<D>> a,
                          hn::VFromD<hn::RepartitionToNarrow<D>> b) {
  V unused = hn::Zero(d);  // on x86 each lane gets the sum of its own two products
  return hn::ReorderWidenMulAccumulate(d, a, b, sum, unused);
}

template <class D, class V>
HWY_INLINE auto words_of(D, V first, V second) {
  return hn::ReorderDemote2To(hn::RepartitionToNarrow<D>(), first, second);
}
#else
template <class D, class V>
HWY_INLINE void pairs_of(D d, V a, V b, V& first, V& second) {
  const hn::RepartitionToWide<hn::RebindToUnsigned<D>> d32;
  first = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<16>(hn::BitCast(d32, b))), a);
  second = hn::OddEven(b, hn::BitCast(d, hn::ShiftRight<16>(hn::BitCast(d32, a))));
}

template <class D, class V>
HWY_INLINE V add_products(D d, V sum, hn::VFromD<hn::RepartitionToNarrow<D>> a,
                          hn::VFromD<hn::RepartitionToNarrow<D>> b) {
  const V a32 = hn::BitCast(d, a);
  const V b32 = hn::BitCast(d, b);
  const V low = hn::Mul(hn::ShiftRight<16>(hn::ShiftLeft<16>(a32)),
                        hn::ShiftRight<16>(hn::ShiftLeft<16>(b32)));
  return hn::Add(sum, hn::Add(low, hn::Mul(hn::ShiftRight<16>(a32), hn::ShiftRight<16>(b32))));
}

template <class D, class V>
HWY_INLINE auto words_of(D d, V first, V second) {
  const hn::RepartitionToNarrow<D> d16;
  return hn::OddEven(hn::BitCast(d16, hn::ShiftLeft<16>(second)), hn::BitCast(d16, first));
}
#endif

// Rows of one output: `rows` and `weights` are padded to an even count with weights of 0.
struct Taps {
  const uint8_t* const* rows;
  const int16_t* weights;
  size_t count;
  int shift;
  int32_t centre;      // of the samples
  int32_t weight_sum;  // 1
};

// Samples of 16 bits are centred as they are loaded; for bytes the sum's start does it.
template <class Source, class D>
HWY_INLINE hn::Vec<D> tap(D d, const uint8_t* row, size_t i, hn::Vec<D> centre) {
  const hn::RebindToUnsigned<D> du;
  const auto v = hn::BitCast(d, load_integers<Source>(du, row, i));
  return sizeof(Source) == 1 ? v : hn::Sub(v, centre);
}

inline constexpr size_t kColumns = 64;  // of one round, at least two vectors

// `n` is a multiple of kColumns.
template <class Source>
void sum_down(Taps taps, size_t n, int16_t* out) {
  const hn::CappedTag<int16_t, kColumns / 2> d;
  const hn::RepartitionToWide<decltype(d)> d32;
  const size_t lanes = hn::Lanes(d);
  const auto centre = hn::Set(d, static_cast<int16_t>(taps.centre));
  const int32_t half = 1 << (taps.shift - 1);
  const auto start =
      hn::Set(d32, sizeof(Source) == 1 ? half - taps.centre * taps.weight_sum : half);
  for (size_t i = 0; i < n; i += 2 * lanes) {
    auto sum0 = start, sum1 = start, sum2 = start, sum3 = start;
    for (size_t k = 0; k < taps.count; k += 2) {
      int32_t pair;
      std::memcpy(&pair, taps.weights + k, sizeof pair);
      const auto w = hn::BitCast(d, hn::Set(d32, pair));
      const uint8_t* a = taps.rows[k];
      const uint8_t* b = taps.rows[k + 1];
      auto first = centre, second = centre;
      pairs_of(d, tap<Source>(d, a, i, centre), tap<Source>(d, b, i, centre), first, second);
      sum0 = add_products(d32, sum0, first, w);
      sum1 = add_products(d32, sum1, second, w);
      pairs_of(d, tap<Source>(d, a, i + lanes, centre), tap<Source>(d, b, i + lanes, centre), first,
               second);
      sum2 = add_products(d32, sum2, first, w);
      sum3 = add_products(d32, sum3, second, w);
    }
    const int s = taps.shift;
    hn::StoreU(words_of(d32, hn::ShiftRightSame(sum0, s), hn::ShiftRightSame(sum1, s)), d, out + i);
    hn::StoreU(words_of(d32, hn::ShiftRightSame(sum2, s), hn::ShiftRightSame(sum3, s)), d,
               out + i + lanes);
  }
}

// ---- Across: vectors along the row, four outputs at a time.

// Lane i of each block of four is the sum of that block of vector i.
template <class D, class V>
HWY_INLINE V block_sums(D d, V v0, V v1, V v2, V v3) {
  const hn::RepartitionToWide<D> pairs;
  const V even = hn::Add(hn::InterleaveLower(d, v0, v1), hn::InterleaveUpper(d, v0, v1));
  const V odd = hn::Add(hn::InterleaveLower(d, v2, v3), hn::InterleaveUpper(d, v2, v3));
  const auto even2 = hn::BitCast(pairs, even);
  const auto odd2 = hn::BitCast(pairs, odd);
  return hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, even2, odd2)),
                 hn::BitCast(d, hn::InterleaveUpper(pairs, even2, odd2)));
}

template <class D>
HWY_INLINE auto sum_of_blocks(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    return sum_of_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}

template <class D, class V32>
HWY_INLINE void add_dot(D d, const int16_t* samples, const int16_t* weights, V32& sum, V32& other) {
  const hn::RepartitionToWide<D> d32;
  sum =
      hn::ReorderWidenMulAccumulate(d32, hn::LoadU(d, samples), hn::LoadU(d, weights), sum, other);
}

// Reads up to axis.stride samples beyond the row, with weights of 0; writes up to the next multiple
// of kStep. kTaps divides axis.stride.
template <size_t kTaps>
void sum_across_by(const ResizeAxis& axis, const int16_t* row, int32_t* out) {
  const hn::CappedTag<int16_t, kTaps> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  const hn::CappedTag<int32_t, 4> d32;
  const auto taps = static_cast<size_t>(axis.stride);
  const auto last = static_cast<size_t>(axis.output) - 1;
  const int shift = horizontal_shift(axis.fraction_bits);
  const auto half = hn::Set(d32, 1 << (shift - 1));
  const auto centre = hn::Set(d32, kResizedCentre);
  for (size_t i = 0; i <= last; i += 4) {
    const size_t at[4] = {i, HWY_MIN(i + 1, last), HWY_MIN(i + 2, last), HWY_MIN(i + 3, last)};
    const int16_t* samples[4];
    const int16_t* weights[4];
    for (size_t j = 0; j < 4; ++j) {
      samples[j] = row + axis.first[at[j]];
      weights[j] = axis.weights.data() + at[j] * taps;
    }
    auto sum0 = hn::Zero(wide), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    auto other0 = sum0, other1 = sum0, other2 = sum0, other3 = sum0;
    for (size_t k = 0; k < taps; k += hn::Lanes(d)) {
      add_dot(d, samples[0] + k, weights[0] + k, sum0, other0);
      add_dot(d, samples[1] + k, weights[1] + k, sum1, other1);
      add_dot(d, samples[2] + k, weights[2] + k, sum2, other2);
      add_dot(d, samples[3] + k, weights[3] + k, sum3, other3);
    }
    const auto blocks = block_sums(wide, hn::Add(sum0, other0), hn::Add(sum1, other1),
                                   hn::Add(sum2, other2), hn::Add(sum3, other3));
    const auto sums = sum_of_blocks(wide, blocks);
    const auto value = hn::Add(hn::ShiftRightSame(hn::Add(sums, half), shift), centre);
    hn::StoreU(value, d32, out + i);
  }
}

// What sum_across_by makes of weights of 1: nothing is lost.
inline void widen(const int16_t* row, size_t n, int32_t* out) {
  const hn::CappedTag<int32_t, kStep / 4> d32;
  const hn::Rebind<int16_t, decltype(d32)> d16;
  const auto centre = hn::Set(d32, kResizedCentre);
  for (size_t i = 0; i < n; i += hn::Lanes(d32)) {
    const auto v = hn::PromoteTo(d32, hn::LoadU(d16, row + i));
    hn::StoreU(hn::Add(hn::ShiftLeft<8>(v), centre), d32, out + i);
  }
}

inline void sum_across(const ResizeAxis& axis, const int16_t* row, int32_t* out) {
  if (axis.output == axis.input) return widen(row, static_cast<size_t>(axis.output), out);
#if !HWY_HAVE_SCALABLE  // scalable vectors have no halves
  if (axis.stride % 32 == 0) return sum_across_by<32>(axis, row, out);
  if (axis.stride % 16 == 0) return sum_across_by<16>(axis, row, out);
#endif
  sum_across_by<8>(axis, row, out);
}

// ---- Emission.

// resized_integer of each value; `n` is a multiple of kStep / 2.
inline void round_values(const int32_t* values, size_t n, int bits, uint16_t* out) {
  const hn::CappedTag<int32_t, kStep / 4> d32;
  const hn::Rebind<uint16_t, decltype(d32)> d16;
  const auto half = hn::Set(d32, 1 << (23 - bits));
  for (size_t i = 0; i < n; i += hn::Lanes(d32)) {
    const auto sum = hn::Add(hn::LoadU(d32, values + i), half);
    hn::StoreU(hn::DemoteTo(d16, hn::ShiftRightSame(sum, 24 - bits)), d16, out + i);
  }
}

// Planes of uint16_t (integer targets) or of int32_t values to the target's elements.
template <Store kStore>
void emit_resized(Channels in, size_t n, const RgbTarget& target, int32_t max, Channels out) {
  switch (target.dtype) {
    case DType::u8:
      return emit_bytes<uint16_t, kStore>(in, n, out);
    case DType::u16:
      return emit_words<uint16_t, kStore>(in, n, max, out);
    case DType::f16:
      return emit_halves<int32_t, kStore>(in, n, target, out);
    case DType::f32:
      return emit_floats<int32_t, kStore>(in, n, target, out);
  }
}

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle
