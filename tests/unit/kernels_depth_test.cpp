// The CUDA kernels of planes in another depth against the CPU code: the same bytes, and nothing
// beside the plane read or written.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "kernels_device.h"
#include "pixels/plane_fit.h"

namespace cuf::pixels::testing {
namespace {

constexpr int32_t kRows = 7;

// Every code of the depth, and others, in rows of `width` samples that begin every `stride` bytes.
std::vector<uint8_t> codes(const PlaneLayout& layout, ptrdiff_t stride, uint32_t seed) {
  const auto bytes = static_cast<size_t>(layout.sample_bytes());
  const size_t row = static_cast<size_t>(layout.width) * bytes;
  std::vector<uint8_t> plane(static_cast<size_t>(stride) * (kRows - 1) + row, 0xEE);
  uint32_t next = seed;
  for (int32_t y = 0; y < kRows; ++y) {
    for (int32_t x = 0; x < layout.width; ++x) {
      const uint32_t word = next++ % (1u << layout.bit_depth) << layout.shift;
      uint8_t* at = plane.data() + stride * y + ptrdiff_t{x} * layout.sample_bytes();
      at[0] = static_cast<uint8_t>(word);
      if (bytes == 2) at[1] = static_cast<uint8_t>(word >> 8);
    }
  }
  return plane;
}

PlaneLayout layout_of(int32_t width, uint32_t bits) {
  return {.width = width,
          .height = kRows,
          .step = 1,
          .bit_depth = static_cast<uint8_t>(bits),
          .shift = static_cast<uint8_t>(bits > 8 ? 16 - bits : 0)};
}

void check(KernelDevice& device, int32_t width, uint32_t from_bits, uint32_t to_bits,
           bool full_range) {
  CAPTURE(width);
  CAPTURE(from_bits);
  CAPTURE(to_bits);
  CAPTURE(full_range);
  const PlaneLayout from = layout_of(width, from_bits);
  const PlaneLayout to = layout_of(width, to_bits);
  cuda::KernelModules modules(device);
  cuda::PictureKernels kernels(modules, nullptr);
  for (const ptrdiff_t padding : {0, 6}) {
    const ptrdiff_t from_stride = ptrdiff_t{width} * from.sample_bytes() + padding;
    const ptrdiff_t to_stride = ptrdiff_t{width} * to.sample_bytes() + padding;
    const std::vector<uint8_t> in = codes(from, from_stride, static_cast<uint32_t>(width));
    std::vector<uint8_t> wanted = codes(to, to_stride, 0);
    const DeviceBytes source(device, in);
    const DeviceBytes target(device, wanted);
    ResizeScratch scratch;
    PlaneFit(from, to, full_range).apply(in.data(), from_stride, wanted.data(), to_stride, scratch);
    DepthParameters plane{};
    plane.from = source.address();
    plane.to = target.address();
    plane.from_stride = from_stride;
    plane.to_stride = to_stride;
    plane.columns = width;
    plane.rows = kRows;
    kernels.to_depth(plane, from_bits, to_bits, full_range);
    std::vector<uint8_t> found(wanted.size());
    target.download(found);
    CHECK(found == wanted);
  }
}

}  // namespace

TEST_CASE("planes in another depth on the GPU are the CPU's") {
  for_each_device([](KernelDevice& device) {
    for (const bool full_range : {false, true}) {
      for (const int32_t width : {1, 3, 64, 150}) {
        for (const uint32_t deep : {10u, 12u}) {
          check(device, width, deep, 8, full_range);
          check(device, width, 8, deep, full_range);
        }
      }
    }
    CHECK(device.problems().empty());
  });
}

}  // namespace cuf::pixels::testing
