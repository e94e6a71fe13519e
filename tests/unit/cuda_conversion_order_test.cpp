// What conversions on the simulated GPU ask of the driver, and the caller's stream.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/tensor_batch.h"
#include "cuda/memory.h"
#include "cuda_converter.h"

using namespace cuf;
using namespace cuda_clips;

namespace {

// Calls that allocate, that block the host, and that copy through it.
constexpr const char* kCostly[] = {
    "cuMemAlloc",       "cuMemAllocFromPoolAsync", "cuMemFree",           "cuMemFreeAsync",
    "cuMemHostAlloc",   "cuMemFreeHost",           "cuEventCreate",       "cuEventDestroy",
    "cuStreamCreate",   "cuModuleLoadDataEx",      "cuModuleGetFunction", "cuStreamSynchronize",
    "cuCtxSynchronize", "cuEventSynchronize",      "cuMemcpyHtoDAsync",   "cuMemcpyDtoHAsync"};

void check_free_of_cost(int rounds, const std::function<void()>& work) {
  for (int round = 0; round < 5; ++round) work();
  cufsim_reset();
  for (int round = 0; round < rounds; ++round) work();
  for (const char* name : kCostly) CHECK_MESSAGE(cufsim_calls(name) == 0, std::string(name));
  CHECK(cufsim_count("context_pushes") == 0);
}

// Page-locked memory and a stream, as a caller has them.
struct Caller {
  explicit Caller(size_t size) : pinned(std::make_shared<cuda::PinnedMemory>(context)) {
    host = pinned->allocate(size);
  }
  // Without asking for any order, and later than others would write.
  void read(const Picture& picture) {
    const cuda::ContextScope scope(*context);
    for (int i = 0; i < 20; ++i) {
      cuda::check(context->cuda().cuMemsetD8Async(idle->address(), 0, 1, stream.handle()), "wait");
    }
    cuda::check(context->cuda().cuMemcpyDtoHAsync(host.data + used,
                                                  reinterpret_cast<CUdeviceptr>(picture.block),
                                                  picture.block_bytes, stream.handle()),
                "read");
    used += picture.block_bytes;
  }
  std::string found() {
    stream.synchronize();
    return {reinterpret_cast<const char*>(host.data), used};
  }
  uint64_t number() const { return reinterpret_cast<uint64_t>(stream.handle()); }

  std::shared_ptr<const cuda::Context> context = cuda::Context::primary(cuda::require_driver(), 0);
  cuda::Stream stream{context};
  std::shared_ptr<cuda::DeviceMemory> memory = std::make_shared<cuda::DeviceMemory>(context, 0);
  std::shared_ptr<cuda::DeviceBlock> idle = memory->allocate(1, stream.handle());
  std::shared_ptr<cuda::PinnedMemory> pinned;
  Memory::Block host;
  size_t used = 0;
};

}  // namespace

TEST_CASE("In a steady state conversions allocate nothing, wait for nothing and copy nothing") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 2);
    const auto memory = host_memory();
    const uint64_t allocations = [&] {
      check_free_of_cost(50, [&] { convert_to_tensor(twins.on_gpu[0], kModelInput, *memory); });
      return gpu->memory_stats().allocations;
    }();
    CHECK(cufsim_calls("cuLaunchKernel") == 100);
    CHECK(cufsim_calls("cuMemcpy2DAsync") == 0);
    check_free_of_cost(50, [&] { convert_to_tensor(twins.on_gpu[1], kModelInput, *memory); });
    CHECK(gpu->memory_stats().allocations == allocations);
    const TensorShape shape = twins.shape(kModelInput);
    pixels::ResizeScratch scratch;
    check_free_of_cost(10, [&] {
      TensorBatch batch(shape, {0, 1, 0, 1}, *memory);
      batch.put(0, twins.on_gpu[0], scratch);
      batch.put(1, twins.on_gpu[1], scratch);
      batch.finish();
    });
  }
  check_nothing_left();
}

TEST_CASE("Decoding and converting costs the driver no allocation for a frame") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const auto demuxer = clips::open(b_frames(), true);
    const auto packets = clips::packets(*demuxer);
    const auto decoder = gpu->create_decoder(options_for(*demuxer));
    const auto memory = host_memory();
    check_free_of_cost(2, [&] {
      for (const Packet& packet : packets) {
        decoder->send(packet);
        for (Picture picture; decoder->receive(picture); picture = {}) {
          convert_to_tensor(picture, kModelInput, *memory);
        }
      }
      decoder->reset();
    });
  }
  check_nothing_left();
}

TEST_CASE("The caller's stream finds tensors complete, and may read until they are let go") {
  const Setting setting("stream_delay_us", "300");
  {
    const auto gpu = open_gpu();
    const size_t count = 12;
    const std::vector<Picture> cpu = pictures_on_cpu(b_frames(), count);
    std::string wanted;
    for (const Picture& picture : cpu) wanted += tensor_on_cpu(picture, kModelInput);
    Caller caller(wanted.size());
    std::vector<Picture> pictures = pictures_on_gpu(*gpu, b_frames(), count, caller.number());
    const auto memory = host_memory();
    for (Picture& picture : pictures) {
      caller.read(convert_to_tensor(picture, kModelInput, *memory));
      picture = {};
    }
    CHECK(caller.found() == wanted);
  }
  check_nothing_left();
}

TEST_CASE("The caller's stream finds batches complete, and may read until they are let go") {
  const Setting setting("stream_delay_us", "300");
  {
    const auto gpu = open_gpu();
    const std::vector<Picture> cpu = pictures_on_cpu(b_frames(), 12);
    std::string wanted;
    for (const Picture& picture : cpu) wanted += tensor_on_cpu(picture, kModelInput);
    Caller caller(wanted.size());
    const std::vector<Picture> pictures = pictures_on_gpu(*gpu, b_frames(), 12, caller.number());
    const auto memory = host_memory();
    const TensorShape shape(kModelInput, pictures[0].width, pictures[0].height);
    pixels::ResizeScratch scratch;
    for (uint32_t first = 0; first < 12; first += 3) {
      TensorBatch batch(shape, {0, 1, 2}, *memory);
      for (uint32_t i = 0; i < 3; ++i) batch.put(i, pictures[first + i], scratch);
      caller.read(batch.finish());
    }
    CHECK(caller.found() == wanted);
  }
  check_nothing_left();
}
