#include "pixels/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "pixels/color_math.h"
#include "pixels/resize_math.h"
#include "pixels/resize_simd.h"

namespace cuf::pixels {
namespace {

constexpr std::align_val_t kAlignment{64};

// The samples that one output takes and their real weights.
struct Window {
  int32_t first;
  std::vector<double> weights;  // sum 1
};

Window window_of(int32_t input, int32_t output, int32_t i) {
  const double step = static_cast<double>(input) / output;
  const double reach = std::max(step, 1.0);
  const double centre = step * (i + 0.5);
  const int32_t first = std::max(static_cast<int32_t>(centre - reach + 0.5), 0);
  const int32_t end = std::min(static_cast<int32_t>(centre + reach + 0.5), input);
  Window window{first, {}};
  double sum = 0;
  for (int32_t j = first; j < end; ++j) {
    const double weight = std::max(0.0, 1 - std::abs(j - centre + 0.5) / reach);
    if (weight == 0 && sum > 0) break;
    window.weights.push_back(weight);
    sum += weight;
  }
  for (double& weight : window.weights) weight /= sum;
  return window;
}

// Rounding the running sum makes the integers sum to one exactly and keeps their error out of the
// low frequencies.
bool quantize(const std::vector<double>& weights, int fraction_bits, int16_t* to) {
  const double one = 1 << fraction_bits;
  double sum = 0;
  int32_t before = 0;
  for (size_t k = 0; k < weights.size(); ++k) {
    sum += weights[k];
    const auto after = static_cast<int32_t>(std::lround(sum * one));
    if (after - before > INT16_MAX) return false;
    to[k] = static_cast<int16_t>(after - before);
    before = after;
  }
  return true;
}

}  // namespace

ResizeAxis::ResizeAxis(int32_t input_size, int32_t output_size)
    : input(input_size), output(output_size), stride(0), fraction_bits(kMaxWeightBits) {
  std::vector<Window> windows;
  for (int32_t i = 0; i < output; ++i) {
    windows.push_back(window_of(input, output, i));
    first.push_back(windows.back().first);
    count.push_back(static_cast<int32_t>(windows.back().weights.size()));
    stride = std::max(stride, count.back());
  }
  stride = stride <= 8 ? 8 : stride <= 16 ? 16 : (stride + 31) / 32 * 32;
  weights.resize(static_cast<size_t>(output) * static_cast<size_t>(stride));
  for (size_t i = 0; i < windows.size();) {
    if (quantize(windows[i].weights, fraction_bits, &weights[i * static_cast<size_t>(stride)])) {
      ++i;
    } else {
      --fraction_bits;
      i = 0;
    }
  }
}

Resize::Resize(const Crop& crop, int32_t width, int32_t height)
    : crop_(crop), across_(crop.width, width), down_(crop.height, height) {}

uint8_t* ResizeScratch::reserve(size_t bytes) {
  if (bytes > size_) {
    memory_.reset(static_cast<uint8_t*>(::operator new[](bytes, kAlignment)));
    std::memset(memory_.get(), 0, bytes);
    size_ = bytes;
  }
  return memory_.get();
}

void ResizeScratch::Free::operator()(uint8_t* memory) const {
  ::operator delete[](memory, kAlignment);
}

void to_rgb_resized(const Image& image, const ColorSpec& color, const Resize& resize,
                    const RgbTarget& target, ResizeScratch& scratch) {
  const RgbMath math = rgb_math(color, image.bit_depth, image.shift, target.dtype != DType::u8);
  simd::to_rgb_resized(image, math, resize, target, scratch);
}

}  // namespace cuf::pixels
