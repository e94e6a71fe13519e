// Conversions by the backend's own context, streams and memory, on the simulated driver.
#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cuda/gpu_kernels.h"
#include "cuda/kernels/picture_kernels.h"
#include "cufsim.h"
#include "pixels_output.h"
#include "pixels_samples.h"

using cuf::Error;
using namespace cuf::cuda;
using namespace cuf::pixels;
using namespace cuf::pixels::testing;

namespace {

// The functions of the simulated libcuda alone: conversions need no other library.
const Driver& driver() {
  static const Driver functions = [] {
    Driver d;
#define CUF_FIND(member, type, name) \
  d.cuda.member = reinterpret_cast<type*>(dlsym(RTLD_DEFAULT, name));
    CUF_CUDA_FUNCTIONS(CUF_FIND)
    CUF_CUDA_POOL_FUNCTIONS(CUF_FIND)
#undef CUF_FIND
    check(d.cuda.cuInit(0), "cuInit");
    d.gpu_count = 1;
    return d;
  }();
  return functions;
}

const ColorSpec kColor{Matrix::bt709, false};

Picture make_picture() {
  return Picture({.width = 90,
                  .height = 70,
                  .log2_chroma_width = 1,
                  .log2_chroma_height = 1,
                  .depth = 8,
                  .chroma = ChromaLayout::semi_planar},
                 3);
}

// A GPU with a picture on it.
struct GpuWithPicture {
  GpuWithPicture()
      : context(Context::primary(driver(), 0)),
        memory(std::make_shared<DeviceMemory>(context, 0)),
        kernels(context, memory),
        stream(context) {
    const Image& image = picture.image();
    device_image = {.data = {},
                    .stride = {image.stride[0], image.stride[1], 0},
                    .width = image.width,
                    .height = image.height,
                    .log2_chroma_width = 1,
                    .log2_chroma_height = 1,
                    .bit_depth = 8,
                    .shift = 0,
                    .chroma = image.chroma,
                    .reserved = {}};
    for (int p = 0; p < 2; ++p) {
      const auto bytes = static_cast<size_t>(image.stride[p]) * (p == 0 ? 70 : 35) - 5;
      blocks.push_back(memory->allocate(bytes, stream.handle()));
      const ContextScope scope(*context);
      check(context->cuda().cuMemcpyHtoDAsync(blocks.back()->address(), image.data[p], bytes,
                                              stream.handle()),
            "upload");
      device_image.data[p] = blocks.back()->address();
    }
  }

  // The crop of `resize` on the stream, after whatever is there.
  std::vector<uint8_t> convert(PictureKernels& pictures, const Resize& resize) {
    const auto width = static_cast<size_t>(resize.across().output);
    std::vector<uint8_t> bytes(width * 3 * static_cast<size_t>(resize.down().output));
    const auto out = memory->allocate(bytes.size(), stream.handle());
    const DeviceTarget target{.data = out->address(),
                              .row_stride = static_cast<int64_t>(width) * 3,
                              .plane_stride = 0,
                              .scale = {},
                              .bias = {},
                              .order = Order::hwc,
                              .channels = 3,
                              .dtype = DType::u8,
                              .reserved = {}};
    const ContextScope scope(*context);
    const AtEnd wait{*this};
    const uint64_t waits = cufsim_calls("cuStreamSynchronize");
    pictures.to_rgb_resized(device_image, kColor, resize, target);
    CHECK(cufsim_calls("cuStreamSynchronize") == waits);
    CHECK(cufsim_calls("cuCtxSynchronize") == 0);
    check(context->cuda().cuMemcpyDtoHAsync(bytes.data(), out->address(), bytes.size(),
                                            stream.handle()),
          "download");
    check(context->cuda().cuStreamSynchronize(stream.handle()), "wait");
    return bytes;
  }

  // The memory is let go when nothing uses it, also after an error.
  struct AtEnd {
    const GpuWithPicture& gpu;
    ~AtEnd() {
      const ContextScope scope(*gpu.context, std::nothrow);
      gpu.context->cuda().cuStreamSynchronize(gpu.stream.handle());
    }
  };

  Picture picture = make_picture();
  std::shared_ptr<const Context> context;
  std::shared_ptr<DeviceMemory> memory;
  GpuKernels kernels;
  Stream stream;
  std::vector<std::shared_ptr<DeviceBlock>> blocks;
  DeviceImage device_image;
  AtEnd at_end{*this};
};

std::vector<uint8_t> by_cpu(const Image& image, const Resize& resize) {
  const auto width = static_cast<size_t>(resize.across().output);
  std::vector<uint8_t> bytes(width * 3 * static_cast<size_t>(resize.down().output));
  const RgbTarget target{.order = Order::hwc,
                         .channels = 3,
                         .dtype = DType::u8,
                         .data = bytes.data(),
                         .row_stride = static_cast<ptrdiff_t>(width) * 3,
                         .plane_stride = 0,
                         .scale = {},
                         .bias = {}};
  ResizeScratch scratch;
  to_rgb_resized(image, kColor, resize, target, scratch);
  return bytes;
}

void check_nothing_left() {
  for (const char* what : {"contexts", "streams", "events", "modules", "allocations", "pools",
                           "context_pushes", "problems"}) {
    INFO("count of " << std::string(what));
    CHECK(cufsim_count(what) == 0);
  }
  char text[256];
  for (uint32_t i = 0; cufsim_problem(i, text, sizeof text) > 0; ++i) FAIL_CHECK(std::string(text));
}

}  // namespace

TEST_CASE("Conversions on a slow stream wait for nothing and leave nothing") {
  cufsim_reset();
  cufsim_set("stream_delay_us", 500);
  {
    GpuWithPicture gpu;
    {
      const ContextScope scope(*gpu.context);
      PictureKernels pictures(gpu.kernels.modules(), gpu.stream.handle());
      // Growing scratch and tables on the way: what is given back is still in use on the stream.
      for (const int32_t size : {8, 40, 90, 41, 200}) {
        const Resize resize({0, 0, 90, 70}, size, size);
        CHECK(gpu.convert(pictures, resize) == by_cpu(gpu.picture.image(), resize));
      }
      const Resize whole({1, 1, 89, 69}, 89, 69);
      CHECK(gpu.convert(pictures, whole) == by_cpu(gpu.picture.image(), whole));
    }
    CHECK(cufsim_count("modules") == 2);
  }
  check_nothing_left();
}

TEST_CASE("A driver that is too old for the kernels is named") {
  cufsim_reset();
  cufsim_set("ptx_version", 63);
  {
    GpuWithPicture gpu;
    const ContextScope scope(*gpu.context);
    PictureKernels pictures(gpu.kernels.modules(), gpu.stream.handle());
    const Resize whole({0, 0, 90, 70}, 90, 70);
    std::string text;
    int32_t code = 0;
    try {
      gpu.convert(pictures, whole);
    } catch (const Error& error) {
      text = error.what();
      code = error.native_code;
    }
    CHECK(code == 222);
    CHECK(text.find("could not compile the kernels \"rgb\" (ptxas fatal") != std::string::npos);
    CHECK(text.find("CUDA_ERROR_UNSUPPORTED_PTX_VERSION") != std::string::npos);
    // Once it can, the same object goes on.
    cufsim_set("ptx_version", 90);
    CHECK(gpu.convert(pictures, whole) == by_cpu(gpu.picture.image(), whole));
  }
  check_nothing_left();
}

TEST_CASE("Every failing call of a conversion is an error, and what it had is given back") {
  const Resize resize({2, 2, 80, 60}, 40, 30);
  int failed = 0;
  for (uint64_t nth = 1;; ++nth) {
    cufsim_reset();
    bool is_done = false;
    {
      GpuWithPicture gpu;
      const ContextScope scope(*gpu.context);
      PictureKernels pictures(gpu.kernels.modules(), gpu.stream.handle());
      cufsim_fail("*", nth, 999);
      try {
        const auto bytes = gpu.convert(pictures, resize);
        CHECK(bytes == by_cpu(gpu.picture.image(), resize));
        is_done = cufsim_fault_pending() != 0;
      } catch (const Error&) {
        ++failed;
      }
      cufsim_reset();
    }
    check_nothing_left();
    if (is_done) break;
    REQUIRE(nth < 100);
  }
  CHECK(failed >= 10);
}
