#include "pixels/plane_fit.h"

#include <algorithm>
#include <cmath>

namespace cuf::pixels {
namespace {

// Weights have at most 16 bits, and so have vertical sums one less: horizontal ones fit 32.
constexpr int kRowBits = 15;
constexpr int kMostKeptBits = 14;

bool is_identity(const ResizeAxis& axis) {
  return axis.input == axis.output;
}

}  // namespace

PlaneFit::PlaneFit(const PlaneLayout& from, const PlaneLayout& to, bool full_range)
    : from_(from),
      to_(to),
      across_(from.width, to.width),
      down_(from.height, to.height),
      dropped_bits_(std::max(0, from.bit_depth - kMostKeptBits)),
      kept_bits_(from.bit_depth - dropped_bits_),
      fraction_bits_(kRowBits - kept_bits_),
      is_scaled_(full_range && from.bit_depth != to.bit_depth) {}

// One row of the target's height and the source's width.
template <typename From>
void PlaneFit::sum_rows(const uint8_t* from_data, ptrdiff_t from_stride, int32_t row,
                        uint32_t* sums, uint16_t* out) const {
  const int32_t width = from_.width;
  const int32_t step = from_.step;
  const int right = from_.shift + dropped_bits_;
  const int32_t first = down_.first[row];
  const int16_t* weights = down_.weights.data() + ptrdiff_t{row} * down_.stride;
  std::fill_n(sums, width, 1u << (down_.fraction_bits - fraction_bits_ - 1));
  for (int32_t k = 0; k < down_.count[row]; ++k) {
    const auto* in = reinterpret_cast<const From*>(from_data + from_stride * (first + k));
    const auto weight = static_cast<uint32_t>(weights[k]);
    for (int32_t x = 0; x < width; ++x) {
      sums[x] += weight * (static_cast<uint32_t>(in[x * step]) >> right);
    }
  }
  const int lost = down_.fraction_bits - fraction_bits_;
  for (int32_t x = 0; x < width; ++x) out[x] = static_cast<uint16_t>(sums[x] >> lost);
}

// A sum of that many fraction bits as a sample of the target.
uint32_t PlaneFit::level(uint32_t sum, int fraction_bits) const {
  const uint32_t most = (1u << to_.bit_depth) - 1;
  if (is_scaled_) {
    const double unit = static_cast<double>(most) / ((1 << kept_bits_) - 1);
    return std::min(most, static_cast<uint32_t>(std::ldexp(sum * unit, -fraction_bits) + 0.5));
  }
  const int shift = fraction_bits + kept_bits_ - to_.bit_depth;
  if (shift <= 0) return std::min(most, sum << -shift);
  return std::min(most, (sum + (1u << (shift - 1))) >> shift);
}

template <typename To>
void PlaneFit::sum_columns(const uint16_t* row, To* out) const {
  const int32_t step = to_.step;
  const bool is_same = is_identity(across_);
  const int bits = fraction_bits_ + (is_same ? 0 : across_.fraction_bits);
  for (int32_t x = 0; x < to_.width; ++x) {
    uint32_t sum = row[x < from_.width ? x : 0];
    if (!is_same) {
      const int16_t* weights = across_.weights.data() + ptrdiff_t{x} * across_.stride;
      const uint16_t* in = row + across_.first[x];
      sum = 0;
      for (int32_t k = 0; k < across_.count[x]; ++k) {
        sum += static_cast<uint32_t>(weights[k]) * in[k];
      }
    }
    out[x * step] = static_cast<To>(level(sum, bits) << to_.shift);
  }
}

void PlaneFit::apply(const uint8_t* from_data, ptrdiff_t from_stride, uint8_t* to_data,
                     ptrdiff_t to_stride, ResizeScratch& scratch) const {
  const auto width = static_cast<size_t>(from_.width);
  uint8_t* memory = scratch.reserve(width * (sizeof(uint32_t) + sizeof(uint16_t)));
  auto* sums = reinterpret_cast<uint32_t*>(memory);
  auto* row = reinterpret_cast<uint16_t*>(memory + width * sizeof(uint32_t));
  for (int32_t y = 0; y < to_.height; ++y) {
    if (from_.sample_bytes() == 2) {
      sum_rows<uint16_t>(from_data, from_stride, y, sums, row);
    } else {
      sum_rows<uint8_t>(from_data, from_stride, y, sums, row);
    }
    uint8_t* out = to_data + to_stride * y;
    if (to_.sample_bytes() == 2) {
      sum_columns(row, reinterpret_cast<uint16_t*>(out));
    } else {
      sum_columns(row, out);
    }
  }
}

}  // namespace cuf::pixels
