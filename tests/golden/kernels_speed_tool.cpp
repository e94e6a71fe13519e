// Times the CUDA kernels on a GPU: conversions of one picture in device memory, one behind the
// other, with nothing in between.
//   kernels_speed_tool [LIBCUDA [REPEATS]]   (libcuda.so.1, 1000)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "cuda/kernels/picture_kernels.h"
#include "support/kernel_device.h"

using namespace cuf;
using namespace cuf::pixels;

namespace {

struct Case {
  const char* name;
  int32_t width;
  int32_t height;
  uint8_t depth;
  Order order;
  DType dtype;
  int32_t target_width;
  int32_t target_height;
};

constexpr Case kCases[] = {
    {"NV12 1080p to RGB u8 HWC", 1920, 1080, 8, Order::hwc, DType::u8, 1920, 1080},
    {"NV12 1080p to RGB u8 CHW", 1920, 1080, 8, Order::chw, DType::u8, 1920, 1080},
    {"NV12 1080p to RGB f16 CHW", 1920, 1080, 8, Order::chw, DType::f16, 1920, 1080},
    {"NV12 1080p to RGB f32 CHW", 1920, 1080, 8, Order::chw, DType::f32, 1920, 1080},
    {"P010 1080p to RGB u8 HWC", 1920, 1080, 10, Order::hwc, DType::u8, 1920, 1080},
    {"NV12 2160p to RGB u8 HWC", 3840, 2160, 8, Order::hwc, DType::u8, 3840, 2160},
    {"NV12 854x480 to RGB u8 HWC", 854, 480, 8, Order::hwc, DType::u8, 854, 480},
    {"NV12 1080p to 224x224 f16 CHW", 1920, 1080, 8, Order::chw, DType::f16, 224, 224},
    {"NV12 1080p to 640x640 f32 CHW", 1920, 1080, 8, Order::chw, DType::f32, 640, 640},
    {"NV12 2160p to 224x224 f16 CHW", 3840, 2160, 8, Order::chw, DType::f16, 224, 224},
    {"P010 1080p to 224x224 f16 CHW", 1920, 1080, 10, Order::chw, DType::f16, 224, 224},
    {"NV12 480p to 1080p u8 HWC", 854, 480, 8, Order::hwc, DType::u8, 1920, 1080}};

double microseconds_of(testing::KernelDevice& device, cuda::PictureKernels& kernels, const Case& c,
                       int repeats) {
  const int64_t sample = c.depth > 8 ? 2 : 1;
  const int64_t pitch = (c.width * sample + 511) / 512 * 512;
  const int64_t element = c.dtype == DType::u8 ? 1 : c.dtype == DType::f32 ? 4 : 2;
  const int64_t row = c.target_width * element * (c.order == Order::hwc ? 3 : 1);
  const std::vector<uint8_t> samples(static_cast<size_t>(pitch * c.height * 3 / 2), 99);
  const cuda::StreamMemory in(device, nullptr, samples.size());
  const cuda::StreamMemory out(device, nullptr,
                               static_cast<size_t>(element * c.target_width * c.target_height * 3));
  device.upload(in.address(), samples.data(), samples.size(), nullptr);
  DeviceImage image{};
  image.data[0] = in.address();
  image.data[1] = in.address() + static_cast<uint64_t>(pitch * c.height);
  image.stride[0] = image.stride[1] = pitch;
  image.width = c.width;
  image.height = c.height;
  image.log2_chroma_width = image.log2_chroma_height = 1;
  image.bit_depth = c.depth;
  image.shift = static_cast<uint8_t>(c.depth > 8 ? 16 - c.depth : 0);
  image.chroma = ChromaLayout::semi_planar;
  const DeviceTarget target{.data = out.address(),
                            .row_stride = row,
                            .plane_stride = row * c.target_height,
                            .scale = {0.017F, 0.017F, 0.017F},
                            .bias = {-2, -2, -2},
                            .order = c.order,
                            .channels = 3,
                            .dtype = c.dtype,
                            .reserved = {}};
  const Resize resize({0, 0, c.width, c.height}, c.target_width, c.target_height);
  const auto run = [&](int count) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      kernels.to_rgb_resized(image, {Matrix::bt709, false}, resize, target);
    }
    uint8_t last = 0;
    device.download(&last, out.address(), 1);
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - start;
    return spent.count() / count;
  };
  run(repeats / 10 + 1);  // modules, tables, clock speed
  return run(repeats);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto device = testing::driver_kernel_device(argc > 1 ? argv[1] : "libcuda.so.1");
    const int repeats = argc > 2 ? std::atoi(argv[2]) : 1000;
    cuda::KernelModules modules(*device);
    cuda::PictureKernels kernels(modules, nullptr);
    for (const Case& c : kCases) {
      std::printf("%-32s %8.2f us\n", c.name, microseconds_of(*device, kernels, c, repeats));
    }
    for (const std::string& problem : device->problems())
      std::fprintf(stderr, "%s\n", problem.c_str());
    return device->problems().empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
