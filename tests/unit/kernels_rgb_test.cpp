// The CUDA kernels against the CPU code: the same bytes, and nothing beside the picture read or
// written.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "kernels_device.h"
#include "pixels/rgb_scalar.h"
#include "pixels_samples.h"

namespace cuf::pixels::testing {
namespace {

constexpr Matrix kMatrices[] = {Matrix::bt601, Matrix::bt709,     Matrix::bt2020_ncl,
                                Matrix::fcc,   Matrix::smpte240m, Matrix::identity};

// NVDEC's layouts (NV12, P010, P016 of 12 and of all bits, NV16, P210, P216, YUV444, YUV444_16),
// and what else an Image can be.
constexpr Shape kShapes[] = {{0, 0, 1, 1, 8, ChromaLayout::semi_planar},
                             {0, 0, 1, 1, 10, ChromaLayout::semi_planar, true},
                             {0, 0, 1, 1, 12, ChromaLayout::semi_planar, true},
                             {0, 0, 1, 1, 16, ChromaLayout::semi_planar},
                             {0, 0, 1, 0, 8, ChromaLayout::semi_planar},
                             {0, 0, 1, 0, 10, ChromaLayout::semi_planar, true},
                             {0, 0, 1, 0, 12, ChromaLayout::semi_planar, true},
                             {0, 0, 0, 0, 8, ChromaLayout::planar},
                             {0, 0, 0, 0, 10, ChromaLayout::planar, true},
                             {0, 0, 0, 0, 16, ChromaLayout::planar},
                             {0, 0, 1, 1, 8, ChromaLayout::planar},
                             {0, 0, 2, 0, 8, ChromaLayout::planar},
                             {0, 0, 0, 1, 15, ChromaLayout::planar},
                             {0, 0, 0, 0, 9, ChromaLayout::semi_planar},
                             {0, 0, 0, 0, 8, ChromaLayout::none},
                             {0, 0, 1, 1, 14, ChromaLayout::none, true}};

// The crop of the picture as the CPU makes it: by the plain code, which takes whole rows.
void by_cpu(const Image& image, const ColorSpec& color, const Crop& crop, const Kind& kind,
            Output& output) {
  const RgbMath math = rgb_math(color, image.bit_depth, image.shift, kind.dtype != DType::u8);
  Output whole(image.width, image.height, kind);
  scalar::to_rgb_rows(image, math, whole.target, 0, image.height);
  const ptrdiff_t element = kind.dtype == DType::u8 ? 1 : kind.dtype == DType::f32 ? 4 : 2;
  const ptrdiff_t pixel = element * (kind.order == Order::hwc ? kind.channels : 1);
  for (int c = 0; c < (kind.order == Order::hwc ? 1 : 3); ++c) {
    for (int32_t y = 0; y < crop.height; ++y) {
      std::memcpy(
          output.target.data + output.target.plane_stride * c + output.target.row_stride * y,
          whole.target.data + whole.target.plane_stride * c +
              whole.target.row_stride * (crop.y + y) + pixel * crop.x,
          static_cast<size_t>(pixel * crop.width));
    }
  }
}

struct Case {
  const Image& image;
  ColorSpec color;
  Crop crop;
};

// Kernels of one stream.
struct Kernels {
  explicit Kernels(KernelDevice& device) : device(device), modules(device) {}
  KernelDevice& device;
  cuda::KernelModules modules;
  cuda::PictureKernels pictures{modules, nullptr};
};

// Every kind of target, from a pitched and an unaligned surface, to aligned and unaligned rows.
void check_all_kinds(Kernels& kernels, const Case& c, int& compared) {
  KernelDevice& device = kernels.device;
  for (const bool is_aligned : {true, false}) {
    const Surface surface(device, c.image, is_aligned);
    for (const Kind& kind : all_kinds()) {
      Output expected(c.crop.width, c.crop.height, kind, !is_aligned, is_aligned ? 16 : 0);
      Output output(c.crop.width, c.crop.height, kind, !is_aligned, is_aligned ? 16 : 0);
      by_cpu(c.image, c.color, c.crop, kind, expected);
      Target target(device, output);
      kernels.pictures.to_rgb(surface.image(), c.color, c.crop, target.target());
      target.download();
      ++compared;
      if (output.bytes == expected.bytes && device.problems().empty()) continue;
      FAIL_CHECK(description_of(c.image, c.color, kind)
                 << " aligned " << is_aligned << description_of(c.crop) << first_problem(device));
    }
  }
}

}  // namespace

TEST_CASE("kernels: every layout, matrix, range and target gives the CPU's bytes") {
  for_each_device([](KernelDevice& device) {
    Kernels kernels(device);
    int compared = 0;
    uint32_t seed = 1;
    for (Shape shape : kShapes) {
      shape.width = 23;
      shape.height = 5;
      ++seed;
      const Picture picture(shape, seed, seed % 3 == 0);
      for (const Matrix matrix : kMatrices) {
        for (const bool full_range : {false, true}) {
          check_all_kinds(kernels, {picture.image(), {matrix, full_range}, {0, 0, 23, 5}},
                          compared);
        }
      }
    }
    CHECK(compared == 16 * 6 * 2 * 12 * 2);
    CHECK(device.modules() == 1);
  });
}

TEST_CASE("kernels: every size and crop to the last odd row and column") {
  struct Geometry {
    int32_t width;
    int32_t height;
    Crop crop;
  };
  constexpr Geometry kGeometries[] = {
      {1, 1, {0, 0, 1, 1}},       {2, 2, {0, 0, 2, 2}},       {3, 5, {0, 0, 3, 5}},
      {4, 4, {3, 3, 1, 1}},       {16, 4, {0, 0, 16, 4}},     {17, 9, {1, 1, 16, 8}},
      {17, 9, {2, 1, 15, 7}},     {33, 10, {4, 4, 28, 6}},    {33, 10, {3, 3, 29, 7}},
      {129, 17, {0, 0, 129, 17}}, {264, 18, {1, 0, 260, 17}}, {264, 18, {127, 7, 137, 11}}};
  for_each_device([&](KernelDevice& device) {
    Kernels kernels(device);
    int compared = 0;
    uint32_t seed = 1000;
    for (Shape shape : kShapes) {
      for (const Geometry& g : kGeometries) {
        shape.width = g.width;
        shape.height = g.height;
        const Picture picture(shape, ++seed);
        const ColorSpec color{Matrix::bt709, seed % 2 == 0};
        check_all_kinds(kernels, {picture.image(), color, g.crop}, compared);
      }
    }
    CHECK(compared == 16 * 12 * 12 * 2);
  });
}

TEST_CASE("kernels: rows that begin at each multiple of an element") {
  const Picture picture({.width = 16,
                         .height = 4,
                         .log2_chroma_width = 1,
                         .log2_chroma_height = 1,
                         .depth = 8,
                         .chroma = ChromaLayout::semi_planar},
                        3);
  const ColorSpec color{Matrix::bt709, false};
  for_each_device([&](KernelDevice& device) {
    Kernels kernels(device);
    const Surface surface(device, picture.image(), true);
    int compared = 0;
    for (const Kind& kind : all_kinds()) {
      Output by_cpu(16, 4, kind, false, 16);
      to_rgb(picture.image(), color, by_cpu.target);
      const ptrdiff_t element = kind.dtype == DType::u8 ? 1 : kind.dtype == DType::f32 ? 4 : 2;
      for (ptrdiff_t shift = 0; shift < 16; shift += element) {
        Output output(16, 4, kind, false, 16);
        // The CPU's bytes, moved: canaries are alike everywhere.
        std::vector<uint8_t> expected = output.bytes;
        std::copy(by_cpu.bytes.begin(), by_cpu.bytes.end() - shift, expected.begin() + shift);
        output.target.data += shift;
        Target target(device, output);
        kernels.pictures.to_rgb(surface.image(), color, {0, 0, 16, 4}, target.target());
        target.download();
        CHECK(output.bytes == expected);
        ++compared;
      }
    }
    CHECK(device.problems().empty());
    CHECK(compared == 3 * (16 + 8 + 8 + 4));
  });
}

TEST_CASE("kernels: planes of which some are aligned") {
  const Picture picture({.width = 64,
                         .height = 4,
                         .log2_chroma_width = 0,
                         .log2_chroma_height = 0,
                         .depth = 8,
                         .chroma = ChromaLayout::planar},
                        3);
  const ColorSpec color{Matrix::bt709, false};
  Output expected(64, 4, {Order::chw, 3, DType::u8}, false, 16);
  to_rgb(picture.image(), color, expected.target);
  for_each_device([&](KernelDevice& device) {
    Kernels kernels(device);
    for (unsigned i = 0; i < 8; ++i) {
      const Surface surface(device, picture.image(), {(i & 1) != 0, (i & 2) != 0, (i & 4) != 0});
      Output output(64, 4, {Order::chw, 3, DType::u8}, false, 16);
      Target target(device, output);
      kernels.pictures.to_rgb(surface.image(), color, {0, 0, 64, 4}, target.target());
      target.download();
      CHECK(output.bytes == expected.bytes);
      CHECK(device.problems().empty());
    }
  });
}

// Not a number has other bits on a GPU.
bool are_same_halves(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  const auto is_nan = [](uint16_t v) { return (v & 0x7fff) > 0x7c00; };
  size_t wrong = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; wrong == 0 && i + 1 < a.size(); i += 2) {
    uint16_t x;
    uint16_t y;
    std::memcpy(&x, &a[i], 2);
    std::memcpy(&y, &b[i], 2);
    if (x != y && !(is_nan(x) && is_nan(y))) ++wrong;
  }
  return wrong == 0;
}

TEST_CASE("kernels: every kind of half is rounded as the CPU rounds it") {
  const Picture picture({.width = 333,
                         .height = 3,
                         .log2_chroma_width = 0,
                         .log2_chroma_height = 0,
                         .depth = 12,
                         .chroma = ChromaLayout::planar},
                        9);
  constexpr float kScales[][2] = {
      {1e-8F, 0}, {1e-9F, -3e-8F}, {-33.0F, 1e4F},    {1e38F, -1e38F},
      {1, NAN},   {-1, -NAN},      {INFINITY, -1e4F}, {INFINITY, -INFINITY}};
  const ColorSpec color{Matrix::bt709, true};
  for_each_device([&](KernelDevice& device) {
    Kernels kernels(device);
    const Surface surface(device, picture.image(), true);
    for (const auto& scale : kScales) {
      Output expected(333, 3, {Order::chw, 3, DType::f16});
      Output output(333, 3, {Order::chw, 3, DType::f16});
      for (Output* each : {&expected, &output}) {
        std::fill_n(each->target.scale, 3, scale[0]);
        std::fill_n(each->target.bias, 3, scale[1]);
      }
      to_rgb(picture.image(), color, expected.target);
      Target target(device, output);
      kernels.pictures.to_rgb(surface.image(), color, {0, 0, 333, 3}, target.target());
      target.download();
      INFO("scale " << scale[0] << " bias " << scale[1]);
      CHECK(are_same_halves(output.bytes, expected.bytes));
    }
  });
}

TEST_CASE("kernels: every value of 16 bits becomes the CPU's float and half") {
  const Picture picture({.width = 256,
                         .height = 256,
                         .log2_chroma_width = 0,
                         .log2_chroma_height = 0,
                         .depth = 16,
                         .chroma = ChromaLayout::none},
                        9);
  std::vector<uint16_t> samples(65536);
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<uint16_t>(i);
  Image image = picture.image();
  image.data[0] = reinterpret_cast<const uint8_t*>(samples.data());
  image.stride[0] = 512;
  const ColorSpec color{Matrix::bt709, true};
  for_each_device([&](KernelDevice& device) {
    Kernels kernels(device);
    const Surface surface(device, image, true);
    for (const DType dtype : {DType::u16, DType::f16, DType::f32}) {
      Output expected(256, 256, {Order::hwc, 4, dtype});
      Output output(256, 256, {Order::hwc, 4, dtype});
      to_rgb(image, color, expected.target);
      Target target(device, output);
      kernels.pictures.to_rgb(surface.image(), color, {0, 0, 256, 256}, target.target());
      target.download();
      CHECK(output.bytes == expected.bytes);
    }
  });
}

TEST_CASE("kernels: an access outside of the memory is noticed") {
  const auto device = cuf::testing::host_kernel_device();
  Kernels kernels(*device);
  const Picture picture({.width = 8,
                         .height = 4,
                         .log2_chroma_width = 1,
                         .log2_chroma_height = 1,
                         .depth = 8,
                         .chroma = ChromaLayout::semi_planar},
                        1);
  const Surface surface(*device, picture.image(), true);
  Output output(8, 4, {Order::hwc, 3, DType::u8});
  const Target target(*device, output);
  const ColorSpec color{Matrix::bt709, false};
  kernels.pictures.to_rgb(surface.image(), color, {0, 0, 8, 4}, target.target());
  CHECK(device->problems().empty());
  DeviceImage taller = surface.image();
  taller.height += 4;
  kernels.pictures.to_rgb(taller, color, {0, 2, 8, 4}, target.target());
  CHECK(device->problems().size() == 1);
}

TEST_CASE("kernels: more rows than a grid has are refused") {
  const auto device = cuf::testing::host_kernel_device();
  Kernels kernels(*device);
  DeviceImage image{};
  image.width = 1;
  image.height = 600'000;
  image.bit_depth = 8;
  const Resize resize({0, 0, 1, 4}, 1, 270'000);
  const ColorSpec color{Matrix::bt709, false};
  CHECK_THROWS_AS(kernels.pictures.to_rgb(image, color, {0, 0, 1, 600'000}, {}), Error);
  CHECK_THROWS_AS(kernels.pictures.to_rgb_resized(image, color, resize, {}), Error);
  CHECK(device->launches() == 0);
}

}  // namespace cuf::pixels::testing
