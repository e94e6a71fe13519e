// Crop and resize fused with the conversion to RGB: separable bilinear with antialias, the same
// filter as torch.nn.functional.interpolate(mode="bilinear", antialias=True, align_corners=False).
//
// Definition, all in integers (resize_math.h has the formulas, ResizeAxis the weights):
// 1. The crop becomes RGB exactly as to_rgb gives it for the target's dtype: 0..255 for u8, else
//    0..2^depth - 1.
// 2. Vertical sums, rounded to 16 bits (for 8-bit samples: 8 fraction bits).
// 3. Horizontal sums of those, rounded to 24 bits (16 fraction bits for 8-bit samples).
// 4. u8 and u16: rounded to integers. f16 and f32: that value with its fraction, which a float
//    holds exactly, times scale plus bias, rounded as in to_rgb.
// The result before step 4 is off the real-valued filter by at most (taps - 1) *
// 2^(7 - fraction_bits) steps of 8 bits for each direction and 2^-9 for step 2: in all 0.02 when
// growing, 0.06 for 1920x1080 to 224x224. A target of the crop's size equals to_rgb byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pixels/pixels.h"

namespace cuf::pixels {

// Luma samples of the picture, any parity.
struct Crop {
  int32_t x;
  int32_t y;
  int32_t width;   // at least 1
  int32_t height;  // at least 1
};

// Weights of one direction: output i is the sum over k < count[i] of
// weights[i * stride + k] * input[first[i] + k], over 2^fraction_bits.
struct ResizeAxis {
  ResizeAxis(int32_t input, int32_t output);

  int32_t input;
  int32_t output;
  int32_t stride;  // 8, 16 or a multiple of 32, at least every count; weights beyond count are 0
  int32_t fraction_bits;  // 14..16, the most with which every weight fits 16 bits
  std::vector<int32_t> first;
  std::vector<int32_t> count;
  std::vector<int16_t> weights;  // not negative; those of one output sum to 2^fraction_bits
};

// The tables of one crop and target size: built once, then only read, by any number of threads.
class Resize {
 public:
  // `width` and `height` are the target's, at least 1.
  Resize(const Crop& crop, int32_t width, int32_t height);

  const Crop& crop() const { return crop_; }
  const ResizeAxis& across() const { return across_; }
  const ResizeAxis& down() const { return down_; }

 private:
  Crop crop_;
  ResizeAxis across_;
  ResizeAxis down_;
};

// Working memory, kept from frame to frame so that nothing is allocated in steady state: about
// count + 1 rows of RGB, where count is the most that an output takes of them. One thread at a
// time.
class ResizeScratch {
 public:
  // At least `bytes`, aligned to 64; what it holds is old, but never uninitialized.
  uint8_t* reserve(size_t bytes);

 private:
  struct Free {
    void operator()(uint8_t* memory) const;
  };
  std::unique_ptr<uint8_t[], Free> memory_;
  size_t size_ = 0;
};

// The crop lies within the image; the target has the size that `resize` was made for.
void to_rgb_resized(const Image& image, const ColorSpec& color, const Resize& resize,
                    const RgbTarget& target, ResizeScratch& scratch);

}  // namespace cuf::pixels
