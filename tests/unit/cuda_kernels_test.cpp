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

size_t byte_length(const Resize& resize) {
  return static_cast<size_t>(resize.across().output) * 3 *
         static_cast<size_t>(resize.down().output);
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

  // The crop of `resize`, put on the stream behind whatever is there.
  std::shared_ptr<DeviceBlock> start(PictureKernels& pictures, const Resize& resize) {
    auto out = memory->allocate(byte_length(resize), stream.handle());
    outputs.push_back(out);
    const DeviceTarget target{.data = out->address(),
                              .row_stride = int64_t{resize.across().output} * 3,
                              .plane_stride = 0,
                              .scale = {},
                              .bias = {},
                              .order = Order::hwc,
                              .channels = 3,
                              .dtype = DType::u8,
                              .reserved = {}};
    pictures.to_rgb_resized(device_image, kColor, resize, target);
    return out;
  }

  std::vector<uint8_t> finish(const DeviceBlock& out, const Resize& resize) const {
    std::vector<uint8_t> bytes(byte_length(resize));
    const AtEnd wait{*this};
    check(context->cuda().cuMemcpyDtoHAsync(bytes.data(), out.address(), bytes.size(),
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
  std::vector<std::shared_ptr<DeviceBlock>> outputs;
  DeviceImage device_image;
  AtEnd at_end{*this};
};

std::vector<uint8_t> by_cpu(const Image& image, const Resize& resize) {
  std::vector<uint8_t> bytes(byte_length(resize));
  const RgbTarget target{.order = Order::hwc,
                         .channels = 3,
                         .dtype = DType::u8,
                         .data = bytes.data(),
                         .row_stride = ptrdiff_t{resize.across().output} * 3,
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
    const std::shared_ptr<const Context> context = Context::primary(driver(), 0);
    {
      GpuWithPicture gpu;
      const ContextScope scope(*context);
      uint64_t live_bytes = gpu.memory->live_bytes();
      {
        PictureKernels pictures(gpu.kernels.modules(), gpu.stream.handle());
        std::vector<Resize> resizes;
        // Scratch grows and tables are dropped while the stream still uses them.
        for (int32_t size = 8; size <= 200; size += 8) {
          resizes.emplace_back(Crop{0, 0, 90, 70}, size, size + 1);
        }
        resizes.emplace_back(Crop{1, 1, 89, 69}, 89, 69);
        for (const Resize& resize : resizes) gpu.start(pictures, resize);
        CHECK(cufsim_queued() > 0);
        CHECK(cufsim_calls("cuStreamSynchronize") == 0);
        CHECK(cufsim_calls("cuCtxSynchronize") == 0);
        for (size_t i = 0; i < resizes.size(); ++i) {
          live_bytes += gpu.outputs[i]->size();
          CHECK(gpu.finish(*gpu.outputs[i], resizes[i]) == by_cpu(gpu.picture.image(), resizes[i]));
        }
        CHECK(gpu.memory->live_bytes() > live_bytes);
      }
      CHECK(gpu.memory->live_bytes() == live_bytes);
      CHECK(cufsim_count("modules") == 2);
    }
    CHECK(cufsim_count("modules") == 0);
    CHECK(cufsim_count("allocations") == 0);
  }
  check_nothing_left();
}

TEST_CASE("What conversions gave back is not overwritten by other streams") {
  cufsim_reset();
  cufsim_set("stream_delay_us", 500);
  {
    GpuWithPicture gpu;
    const Stream other(gpu.context);
    const Resize resize({0, 0, 90, 70}, 40, 30);
    std::shared_ptr<DeviceBlock> out;
    const ContextScope scope(*gpu.context);
    {
      PictureKernels pictures(gpu.kernels.modules(), gpu.stream.handle());
      out = gpu.start(pictures, resize);
    }
    const uint64_t allocations = gpu.memory->allocations();
    std::vector<std::shared_ptr<DeviceBlock>> reused;
    for (const size_t bytes : {PictureKernels::scratch_bytes(resize), size_t{1}, size_t{1}}) {
      reused.push_back(gpu.memory->allocate(bytes, other.handle()));
      const DeviceBlock& block = *reused.back();
      check(
          gpu.context->cuda().cuMemsetD8Async(block.address(), 0xff, block.size(), other.handle()),
          "fill");
      reused.back()->note_use(reinterpret_cast<uint64_t>(other.handle()));
    }
    CHECK(gpu.memory->allocations() == allocations);
    CHECK(gpu.finish(*out, resize) == by_cpu(gpu.picture.image(), resize));
    other.synchronize();
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
      gpu.start(pictures, whole);
    } catch (const Error& error) {
      text = error.what();
      code = error.native_code;
    }
    CHECK(code == 222);
    CHECK(text.find("could not compile the kernels \"rgb\" (ptxas fatal") != std::string::npos);
    CHECK(text.find("CUDA_ERROR_UNSUPPORTED_PTX_VERSION") != std::string::npos);
    // Once it can, the same object goes on.
    cufsim_set("ptx_version", 90);
    CHECK(gpu.finish(*gpu.start(pictures, whole), whole) == by_cpu(gpu.picture.image(), whole));
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
        const auto out = gpu.start(pictures, resize);
        const std::vector<uint8_t> bytes = gpu.finish(*out, resize);
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
