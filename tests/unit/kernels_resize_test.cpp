// Crop, resize and conversion by the CUDA kernels against the CPU code.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "kernels_device.h"
#include "pixels/resize.h"
#include "pixels_samples.h"

namespace cuf::pixels::testing {
namespace {

struct Geometry {
  int32_t width;
  int32_t height;
  Crop crop;
  int32_t target_width;
  int32_t target_height;
};

// Growing, shrinking, both, one direction only, neither; crops at every parity and column modulo 4;
// more than a block of threads both ways.
constexpr Geometry kGeometries[] = {
    {1, 1, {0, 0, 1, 1}, 1, 1},       {1, 1, {0, 0, 1, 1}, 7, 3},
    {17, 9, {16, 8, 1, 1}, 4, 4},     {64, 36, {0, 0, 64, 36}, 64, 36},
    {65, 37, {1, 1, 63, 35}, 63, 35}, {67, 35, {3, 2, 63, 33}, 21, 11},
    {67, 35, {2, 3, 50, 31}, 133, 9}, {67, 35, {5, 5, 60, 30}, 9, 70},
    {67, 35, {4, 5, 60, 30}, 60, 13}, {67, 35, {7, 0, 60, 30}, 23, 30},
    {321, 41, {0, 0, 321, 41}, 1, 1}, {1291, 19, {130, 0, 1161, 19}, 97, 8}};

constexpr Shape kShapes[] = {{0, 0, 1, 1, 8, ChromaLayout::semi_planar},
                             {0, 0, 1, 1, 10, ChromaLayout::semi_planar, true},
                             {0, 0, 1, 1, 16, ChromaLayout::semi_planar},
                             {0, 0, 1, 0, 8, ChromaLayout::semi_planar},
                             {0, 0, 1, 0, 12, ChromaLayout::semi_planar, true},
                             {0, 0, 0, 0, 8, ChromaLayout::planar},
                             {0, 0, 0, 0, 16, ChromaLayout::planar, true},
                             {0, 0, 2, 2, 8, ChromaLayout::planar},
                             {0, 0, 0, 0, 8, ChromaLayout::none}};

void check_all_kinds(KernelDevice& device, cuda::PictureKernels& kernels, const Image& image,
                     const ColorSpec& color, const Geometry& g, int& compared) {
  const Resize resize(g.crop, g.target_width, g.target_height);
  ResizeScratch scratch;
  for (const bool is_aligned : {true, false}) {
    const Surface surface(device, image, is_aligned);
    for (const Kind& kind : all_kinds()) {
      Output expected(g.target_width, g.target_height, kind, !is_aligned, is_aligned ? 16 : 0);
      Output output(g.target_width, g.target_height, kind, !is_aligned, is_aligned ? 16 : 0);
      to_rgb_resized(image, color, resize, expected.target, scratch);
      Target target(device, output);
      kernels.to_rgb_resized(surface.image(), color, resize, target.target());
      target.download();
      ++compared;
      if (output.bytes == expected.bytes && device.problems().empty()) continue;
      FAIL_CHECK(description_of(image, color, kind)
                 << " aligned " << is_aligned << description_of(g.crop) << " to " << g.target_width
                 << "x" << g.target_height << first_problem(device));
    }
  }
}

const ColorSpec kColor{Matrix::bt709, false};

Shape nv12(int32_t width, int32_t height) {
  return {width, height, 1, 1, 8, ChromaLayout::semi_planar};
}

}  // namespace

TEST_CASE("kernels: a resize gives the CPU's bytes") {
  for_each_device([](KernelDevice& device) {
    cuda::KernelModules modules(device);
    cuda::PictureKernels kernels(modules, nullptr);
    int compared = 0;
    uint32_t seed = 1;
    for (Shape shape : kShapes) {
      for (const Geometry& g : kGeometries) {
        shape.width = g.width;
        shape.height = g.height;
        ++seed;
        const Picture picture(shape, seed, seed % 3 == 0);
        const ColorSpec color{static_cast<Matrix>(seed % 6), seed % 2 == 0};
        check_all_kinds(device, kernels, picture.image(), color, g, compared);
      }
    }
    CHECK(compared == 9 * 12 * 12 * 2);
  });
}

TEST_CASE("kernels: a repeated resize allocates and uploads nothing") {
  const Picture picture(nv12(90, 70), 3);
  for_each_device([&](KernelDevice& device) {
    cuda::KernelModules modules(device);
    cuda::PictureKernels kernels(modules, nullptr);
    const Surface surface(device, picture.image(), true);
    Output output(40, 30, {Order::chw, 3, DType::f16});
    const Target target(device, output);
    const size_t allocations = device.allocations();
    const size_t uploads = device.uploads();
    for (int i = 0; i < 5; ++i) {
      const Resize resize({i, 3, 80, 60}, 40, 30);
      kernels.to_rgb_resized(surface.image(), kColor, resize, target.target());
      CHECK(device.allocations() == allocations + 3);  // two tables and the sums
      CHECK(device.uploads() == uploads + 2);
    }
    CHECK(device.launches() == 10);
  });
}

TEST_CASE("kernels: tables of many sizes are bounded, and all memory is given back") {
  const Picture picture(nv12(90, 70), 3);
  for_each_device([&](KernelDevice& device) {
    {
      cuda::KernelModules modules(device);
      cuda::PictureKernels kernels(modules, nullptr);
      const Surface surface(device, picture.image(), true);
      const size_t before = device.allocations();
      for (int i = 0; i < 60; ++i) {
        const int32_t size = 1 + i % 40;
        const Resize resize({0, 0, 90, 70}, size, 90 - size);
        Output expected(size, 90 - size, {Order::hwc, 3, DType::u8});
        Output output(size, 90 - size, {Order::hwc, 3, DType::u8});
        ResizeScratch scratch;
        to_rgb_resized(picture.image(), kColor, resize, expected.target, scratch);
        Target target(device, output);
        kernels.to_rgb_resized(surface.image(), kColor, resize, target.target());
        target.download();
        CHECK(output.bytes == expected.bytes);
        CHECK(device.allocations() <= before + 1 + cuda::ResizeTables::kKept + 1);
      }
      CHECK(device.modules() == 1);
    }
    CHECK(device.allocations() == 0);
    CHECK(device.modules() == 0);
    CHECK(device.problems().empty());
  });
}

TEST_CASE("kernels: scratch is what the header says") {
  CHECK(cuda::PictureKernels::scratch_bytes(Resize({0, 0, 1920, 1080}, 224, 224)) ==
        1920 * 224 * 6);
  CHECK(cuda::PictureKernels::scratch_bytes(Resize({3, 0, 62, 10}, 5, 7)) == 128 * 7 * 6);
}

}  // namespace cuf::pixels::testing
