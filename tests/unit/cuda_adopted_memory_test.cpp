#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "core/encoder_format.h"
#include "cuda/memory.h"
#include "cuda_clips.h"

using namespace cuf;
using namespace cuf::cuda;
using cuda_clips::check_nothing_left;

namespace {

// An allocation of the caller's, and whether we let go of it.
struct Foreign {
  std::shared_ptr<const Context> context = Context::primary(require_driver(), 0);
  Stream stream{context};
  CUdeviceptr address = 0;
  std::atomic<bool> is_free = false;

  Foreign() {
    const ContextScope scope(*context);
    check(context->cuda().cuMemAlloc(&address, 48), "allocate");
  }
  ~Foreign() {
    const ContextScope scope(*context);
    context->cuda().cuMemFree(address);
  }
  void fill(uint8_t value) {
    const ContextScope scope(*context);
    check(context->cuda().cuMemsetD8Async(address, value, 48, stream.handle()), "fill");
  }
  // NV12 of 8 x 4.
  Picture picture() const {
    return picture_in(EncoderFormat::nv12, 8, 4, reinterpret_cast<const uint8_t*>(address), 48, 0);
  }
  std::shared_ptr<const void> owner() {
    return {this, [](Foreign* self) { self->is_free = true; }};
  }
};

uint64_t number(CUstream stream) {
  return reinterpret_cast<uint64_t>(stream);
}

std::string bytes_of(const Picture& picture) {
  return {reinterpret_cast<const char*>(picture.block), picture.block_bytes};
}

}  // namespace

TEST_CASE("Memory of the caller's is read behind the stream that fills it") {
  cufsim_reset();
  cufsim_set("stream_delay_us", 3000);
  {
    Foreign foreign;
    const auto gpu = cuda_clips::open_gpu();
    const auto memory = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
    foreign.fill(7);
    Picture picture = foreign.picture();
    gpu->adopt(picture, foreign.owner(), number(foreign.stream.handle()));
    CHECK(picture.device->context() == gpu->context());
    CHECK(bytes_of(picture.converter->to_host(picture, *memory)) == std::string(48, 7));
    CHECK(!foreign.is_free);
    picture = {};
    while (!foreign.is_free) std::this_thread::yield();
  }
  cufsim_reset();
  check_nothing_left();
}

TEST_CASE("The caller's memory is let go only when what reads it is done") {
  cufsim_reset();
  {
    Foreign foreign;
    const auto gpu = cuda_clips::open_gpu();
    Picture picture = foreign.picture();
    gpu->adopt(picture, foreign.owner(), 0);
    picture.device->wait();
    const Stream reader(foreign.context);
    cufsim_pause();
    {
      const ContextScope scope(*foreign.context);
      CUdeviceptr copy = 0;
      check(foreign.context->cuda().cuMemAlloc(&copy, 48), "allocate");
      check(foreign.context->cuda().cuMemcpyDtoDAsync(copy, foreign.address, 48, reader.handle()),
            "copy");
      picture.device->note_use(number(reader.handle()));
      picture = {};
      CHECK(!foreign.is_free);
      cufsim_resume();
      reader.synchronize();
      foreign.context->cuda().cuMemFree(copy);
    }
    while (!foreign.is_free) std::this_thread::yield();
  }
  check_nothing_left();
}

TEST_CASE("Memory is read behind its own stream and that of who encodes it") {
  cufsim_reset();
  {
    Foreign foreign;
    const auto gpu = cuda_clips::open_gpu();
    const auto memory = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
    const Stream own(foreign.context);
    Picture picture = foreign.picture();
    gpu->adopt(picture, foreign.owner(), number(own.handle()));
    cufsim_set("stream_delay_us", 3000);
    // So many that the last one is done long after what reads it was put on another stream.
    for (int i = 0; i < 10; ++i) foreign.fill(7);
    foreign.fill(8);
    picture.device->note_refill(number(foreign.stream.handle()));
    CHECK(bytes_of(picture.converter->to_host(picture, *memory)) == std::string(48, 8));
    picture = {};
    while (!foreign.is_free) std::this_thread::yield();
  }
  cufsim_reset();
  check_nothing_left();
}

TEST_CASE("Memory that is filled again is read behind that, and filled behind what reads it") {
  cufsim_reset();
  cufsim_set("stream_delay_us", 3000);
  // The stream is the memory's, or that of who encodes it.
  for (const bool is_its_own : {true, false}) {
    CAPTURE(is_its_own);
    Foreign foreign;
    const auto gpu = cuda_clips::open_gpu();
    const auto memory = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
    foreign.fill(7);
    Picture picture = foreign.picture();
    const uint64_t stream = number(foreign.stream.handle());
    gpu->adopt(picture, foreign.owner(), is_its_own ? stream : 0);
    foreign.fill(8);
    picture.device->note_refill(is_its_own ? 0 : stream);
    CHECK(bytes_of(picture.converter->to_host(picture, *memory)) == std::string(48, 8));
    const Stream reader(foreign.context);
    CUdeviceptr copy = 0;
    std::string bytes(48, 0);
    {
      const ContextScope scope(*foreign.context);
      const CudaFunctions& cuda = foreign.context->cuda();
      check(cuda.cuMemAlloc(&copy, 48), "allocate");
      check(cuda.cuMemcpyDtoDAsync(copy, foreign.address, 48, reader.handle()), "copy");
      picture.device->note_use(number(reader.handle()));
      picture.device->give_back(0);  // its own stream has a say before another
      foreign.fill(9);
      foreign.stream.synchronize();
      check(cuda.cuMemcpyDtoHAsync(bytes.data(), copy, 48, reader.handle()), "copy");
      reader.synchronize();
      cuda.cuMemFree(copy);
    }
    CHECK(bytes == std::string(48, 8));
    picture = {};
    while (!foreign.is_free) std::this_thread::yield();
  }
  cufsim_reset();
  check_nothing_left();
}
