#include "pixels/plane_fit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

using cuf::pixels::PlaneFit;
using cuf::pixels::PlaneLayout;
using cuf::pixels::ResizeScratch;

namespace {

// A plane without padding, each sample the bytes of which the layout says.
std::vector<uint8_t> made(const PlaneLayout& layout, const std::vector<uint32_t>& samples) {
  std::vector<uint8_t> bytes;
  for (const uint32_t sample : samples) {
    const uint32_t word = sample << layout.shift;
    bytes.push_back(static_cast<uint8_t>(word));
    if (layout.sample_bytes() == 2) bytes.push_back(static_cast<uint8_t>(word >> 8));
  }
  return bytes;
}

std::vector<uint32_t> fitted(const PlaneLayout& from, const std::vector<uint32_t>& samples,
                             const PlaneLayout& to, bool full_range = false) {
  const std::vector<uint8_t> in = made(from, samples);
  const int bytes = to.sample_bytes();
  const ptrdiff_t stride = ptrdiff_t{to.width} * to.step * bytes;
  std::vector<uint8_t> out(static_cast<size_t>(stride) * static_cast<size_t>(to.height), 0xEE);
  ResizeScratch scratch;
  PlaneFit(from, to, full_range)
      .apply(in.data(), ptrdiff_t{from.width} * from.step * from.sample_bytes(), out.data(), stride,
             scratch);
  std::vector<uint32_t> result;
  for (int32_t i = 0; i < to.width * to.height; ++i) {
    const uint8_t* at = out.data() + ptrdiff_t{i} * to.step * bytes;
    const uint32_t word = bytes == 2 ? at[0] | static_cast<uint32_t>(at[1]) << 8 : at[0];
    result.push_back(word >> to.shift);
  }
  return result;
}

std::vector<uint32_t> ramp(size_t count, uint32_t most) {
  std::vector<uint32_t> samples;
  for (size_t i = 0; i < count; ++i) {
    samples.push_back(static_cast<uint32_t>(i * 2654435761u >> 7) % (most + 1));
  }
  return samples;
}

}  // namespace

TEST_CASE("a plane of the same size and depth stays as it is, however it stands in memory") {
  const PlaneLayout eight{.width = 37, .height = 5};
  const auto samples = ramp(37 * 5, 255);
  CHECK(fitted(eight, samples, eight) == samples);
  PlaneLayout joined = eight;
  joined.step = 2;
  CHECK(fitted(eight, samples, joined) == samples);
  const PlaneLayout ten{.width = 37, .height = 5, .step = 1, .bit_depth = 10, .shift = 0};
  PlaneLayout upper = ten;
  upper.shift = 6;
  const auto deep = ramp(37 * 5, 1023);
  CHECK(fitted(ten, deep, upper) == deep);
  CHECK(fitted(upper, deep, ten) == deep);
}

TEST_CASE("another depth is the same level, rounded") {
  const PlaneLayout eight{.width = 16, .height = 16};
  const PlaneLayout ten{.width = 16, .height = 16, .step = 1, .bit_depth = 10, .shift = 6};
  const auto deep = ramp(256, 1023);
  const auto flat = fitted(ten, deep, eight);
  const auto flat_full = fitted(ten, deep, eight, true);
  for (size_t i = 0; i < deep.size(); ++i) {
    CHECK(flat[i] == std::min(255u, (deep[i] + 2) / 4));
    CHECK(flat_full[i] == static_cast<uint32_t>(deep[i] * 255.0 / 1023 + 0.5));
  }
  const auto shallow = ramp(256, 255);
  const auto raised = fitted(eight, shallow, ten);
  const auto raised_full = fitted(eight, shallow, ten, true);
  for (size_t i = 0; i < shallow.size(); ++i) {
    CHECK(raised[i] == shallow[i] * 4);
    CHECK(raised_full[i] == static_cast<uint32_t>(shallow[i] * 1023.0 / 255 + 0.5));
  }
}

TEST_CASE("another size is what the filter of resize.h makes of each plane") {
  const PlaneLayout from{.width = 61, .height = 47, .step = 1, .bit_depth = 12, .shift = 4};
  const auto samples = ramp(61 * 47, 4095);
  for (const auto& [width, height] : {std::pair{20, 15}, std::pair{100, 80}, std::pair{61, 20}}) {
    const PlaneLayout to{.width = width, .height = height, .step = 1, .bit_depth = 8, .shift = 0};
    const auto out = fitted(from, samples, to);
    const cuf::pixels::ResizeAxis across(61, width);
    const cuf::pixels::ResizeAxis down(47, height);
    for (int32_t y = 0; y < height; ++y) {
      for (int32_t x = 0; x < width; ++x) {
        double sum = 0;
        for (int32_t i = 0; i < down.count[y]; ++i) {
          for (int32_t k = 0; k < across.count[x]; ++k) {
            sum += std::ldexp(down.weights[y * down.stride + i], -down.fraction_bits) *
                   std::ldexp(across.weights[x * across.stride + k], -across.fraction_bits) *
                   samples[static_cast<size_t>((down.first[y] + i) * 61 + across.first[x] + k)];
          }
        }
        CHECK(std::abs(out[static_cast<size_t>(y * width + x)] - std::min(sum / 16, 255.0)) < 0.55);
      }
    }
  }
}
