// Planes of samples in another size, depth and place: what a picture needs to be encoded otherwise
// than it was decoded. Separable bilinear with antialias, as resize.h has it, on each plane alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pixels/resize.h"

namespace cuf::pixels {

// How the samples of a plane stand in memory.
struct PlaneLayout {
  int32_t width = 0;  // samples
  int32_t height = 0;
  int32_t step = 1;  // from one sample to the next; 2 of interleaved chroma
  uint8_t bit_depth = 8;
  uint8_t shift = 0;  // of a sample in its 16 bits
  // More than 8 bits stand in 16.
  int32_t sample_bytes() const { return bit_depth > 8 ? 2 : 1; }
};

// The tables of one pair of sizes: built once, then only read, by any number of threads.
class PlaneFit {
 public:
  PlaneFit(const PlaneLayout& from, const PlaneLayout& to, bool full_range);

  // `from_data` and `to_data`: of the first sample; strides in bytes.
  void apply(const uint8_t* from_data, ptrdiff_t from_stride, uint8_t* to_data, ptrdiff_t to_stride,
             ResizeScratch& scratch) const;

 private:
  template <typename From>
  void sum_rows(const uint8_t* from_data, ptrdiff_t from_stride, int32_t row, uint32_t* sums,
                uint16_t* out) const;
  template <typename To>
  void sum_columns(const uint16_t* row, To* out) const;
  uint32_t level(uint32_t sum, int fraction_bits) const;

  PlaneLayout from_;
  PlaneLayout to_;
  ResizeAxis across_;
  ResizeAxis down_;
  int dropped_bits_;   // of samples that have more than sums have room for
  int kept_bits_;      // of a sample in a sum
  int fraction_bits_;  // of what the vertical sums make
  bool is_scaled_;     // full range of one depth to that of another
};

}  // namespace cuf::pixels
