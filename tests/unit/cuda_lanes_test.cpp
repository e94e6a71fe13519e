// Lanes of conversions on the simulated GPU, and the order between them: streams that lag behind
// show what was not waited for.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "cuda/picture_converter.h"
#include "cuda_converter.h"

using namespace cuf;
using namespace cuda_clips;

namespace {

// A converter with memory and lanes of its own, and a stream that it does not know.
struct Bench {
  std::shared_ptr<const cuda::Context> context = cuda::Context::primary(cuda::require_driver(), 0);
  std::shared_ptr<cuda::DeviceMemory> memory = std::make_shared<cuda::DeviceMemory>(context, 0);
  std::shared_ptr<cuda::Lanes> lanes = std::make_shared<cuda::Lanes>(context, memory);
  std::shared_ptr<cuda::PinnedMemory> pinned = std::make_shared<cuda::PinnedMemory>(context);
  std::shared_ptr<const cuda::GpuConverter> converter = std::make_shared<const cuda::GpuConverter>(
      context, lanes, pinned, std::make_shared<cuda::EventPool>(context));
  cuda::Stream other{context};
  cuda::ContextScope scope{*context};

  // What is put on the stream next runs later than on others.
  void delay(CUstream stream) {
    const auto block = memory->allocate(1, stream);
    for (int i = 0; i < 60; ++i) {
      cuda::check(context->cuda().cuMemsetD8Async(block->address(), 0, 1, stream), "delay");
    }
    block->mark_filled(stream);
  }
  // The lane that the next conversion of one thread is put on.
  void delay_lane() {
    cuda::LaneUse lane(*lanes);
    delay(lane.stream());
    lane.done();
  }

  // Takes memory that was just given back, fills it on a stream of its own and looks at it when
  // all is done.
  void check_is_free(size_t bytes) {
    const uint64_t allocations = memory->allocations();
    const auto block = memory->allocate(bytes, other.handle());
    CHECK(memory->allocations() == allocations);
    cuda::check(context->cuda().cuMemsetD8Async(block->address(), 7, bytes, other.handle()),
                "fill");
    block->mark_filled(other.handle());
    cuda::check(context->cuda().cuCtxSynchronize(), "wait");
    std::string found(bytes, '\0');
    cuda::check(
        context->cuda().cuMemcpyDtoHAsync(found.data(), block->address(), bytes, other.handle()),
        "read");
    other.synchronize();
    CHECK(found == std::string(bytes, 7));
  }
};

Picture finished(TensorTarget& target, const TensorShape& shape, uint32_t count) {
  Picture tensor;
  shape.describe(tensor);
  tensor.frames = count;
  target.finish(tensor);
  return tensor;
}

}  // namespace

TEST_CASE("Lanes are as many as are used at once, and bounded") {
  cufsim_reset();
  {
    Bench bench;
    const uint64_t streams = cufsim_count("streams");
    for (int round = 0; round < 3; ++round) cuda::LaneUse{*bench.lanes}.done();
    CHECK(cufsim_count("streams") == streams + 1);
    std::vector<std::unique_ptr<cuda::LaneUse>> taken;
    for (size_t i = 0; i < cuda::Lanes::kMost; ++i) {
      taken.push_back(std::make_unique<cuda::LaneUse>(*bench.lanes));
      for (size_t before = 0; before < i; ++before) {
        CHECK(taken[before]->stream() != taken[i]->stream());
      }
    }
    std::atomic<bool> is_taken = false;
    std::thread waiting([&] {
      const cuda::ContextScope its_scope(*bench.context);
      cuda::LaneUse lane(*bench.lanes);
      lane.done();
      is_taken = true;
    });
    CHECK(!is_taken);
    taken.pop_back();
    waiting.join();
    CHECK(is_taken);
    CHECK(cufsim_count("streams") == streams + cuda::Lanes::kMost);
  }
  check_nothing_left();
}

TEST_CASE("A lane that cannot be made is made later") {
  cufsim_reset();
  {
    Bench bench;
    cufsim_fail("cuStreamCreate", 1, 2);
    CHECK_THROWS_AS(cuda::LaneUse{*bench.lanes}, Error);
    std::vector<std::unique_ptr<cuda::LaneUse>> taken;
    for (size_t i = 0; i < cuda::Lanes::kMost; ++i) {
      taken.push_back(std::make_unique<cuda::LaneUse>(*bench.lanes));
    }
    CHECK(cufsim_calls("cuStreamCreate") == cuda::Lanes::kMost + 3);  // 2 of the bench
  }
  check_nothing_left();
}

TEST_CASE("A batch is complete when all lanes that wrote into it are") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 3);
    const std::vector<std::string> wanted = twins.tensors_on_cpu(kModelInput);
    const TensorShape shape = twins.shape(kModelInput);
    pixels::ResizeScratch scratch;
    for (const bool repeats : {false, true}) {
      INFO(repeats);
      Bench bench;
      const auto target = bench.converter->tensors(shape, 3);
      bench.delay_lane();
      target->write(0, twins.on_gpu[0], shape, scratch);
      {
        // The first lane is busy.
        cuda::LaneUse first(*bench.lanes);
        target->write(1, twins.on_gpu[1], shape, scratch);
        if (repeats) {
          target->repeat(0, 2);
        } else {
          target->write(2, twins.on_gpu[2], shape, scratch);
        }
        const Picture tensor = finished(*target, shape, 3);
        CHECK(bytes_of(tensor) == wanted[0] + wanted[1] + wanted[repeats ? 0 : 2]);
        first.done();
      }
    }
  }
  check_nothing_left();
}

TEST_CASE("No lane writes into a batch before its memory is free") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 2);
    const std::string wanted = tensor_on_cpu(twins.on_cpu[1], kModelInput);
    const TensorShape shape = twins.shape(kModelInput);
    pixels::ResizeScratch scratch;
    for (const bool is_on_gpu : {true, false}) {
      INFO(is_on_gpu);
      Bench bench;
      // Another stream writes into the memory, late.
      {
        const auto block = bench.memory->allocate(shape.byte_length(), bench.other.handle());
        bench.delay(bench.other.handle());
        cuda::check(bench.context->cuda().cuMemsetD8Async(block->address(), 9, block->size(),
                                                          bench.other.handle()),
                    "fill");
        block->mark_filled(bench.other.handle());
      }
      const uint64_t allocations = bench.memory->allocations();
      const auto target = bench.converter->tensors(shape, 1);
      CHECK(bench.memory->allocations() == allocations);
      cuda::LaneUse first(*bench.lanes);
      target->write(0, (is_on_gpu ? twins.on_gpu : twins.on_cpu)[1], shape, scratch);
      CHECK(bytes_of(finished(*target, shape, 1)) == wanted);
      first.done();
    }
  }
  check_nothing_left();
}

TEST_CASE("A batch that is given up is not used anew before its lanes are done") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 2);
    const TensorShape shape = twins.shape({});
    pixels::ResizeScratch scratch;
    Bench bench;
    auto target = bench.converter->tensors(shape, 3);
    bench.delay_lane();
    target->write(0, twins.on_gpu[0], shape, scratch);
    target->repeat(0, 2);
    {
      cuda::LaneUse first(*bench.lanes);
      bench.delay_lane();
      target->write(1, twins.on_gpu[1], shape, scratch);
      first.done();
    }
    target.reset();
    bench.check_is_free(3 * shape.byte_length());
  }
  check_nothing_left();
}

TEST_CASE("Memory that a failed conversion writes is not used anew before that is done") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 1);
    const TensorShape shape = twins.shape({});
    Bench bench;
    bench.converter->to_tensor(twins.on_gpu[0], shape);
    bench.delay_lane();
    // Behind that of the allocation: the kernel was started.
    const uint64_t kernels = cufsim_calls("cuLaunchKernel");
    cufsim_fail("cuEventRecord", 2, 999);
    CHECK_THROWS_AS(bench.converter->to_tensor(twins.on_gpu[0], shape), Error);
    CHECK(cufsim_calls("cuLaunchKernel") == kernels + 1);
    bench.check_is_free(shape.byte_length());
  }
  check_nothing_left();
}

TEST_CASE("Host memory that a failed copy writes is not used anew before that is done") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 1);
    Bench bench;
    const auto memory = host_memory();
    const uint8_t* const data = bench.converter->to_host(twins.on_gpu[0], *memory).block;
    for (const char* name : {"cuEventSynchronize", "cuEventRecord"}) {
      INFO(std::string(name));
      bench.delay_lane();
      cufsim_fail(name, 1, 999);
      CHECK_THROWS_AS(bench.converter->to_host(twins.on_gpu[0], *memory), Error);
      CHECK(!cufsim_fault_pending());
      const Memory::Block block = bench.pinned->allocate(twins.on_gpu[0].block_bytes);
      REQUIRE(block.data == data);
      std::fill_n(block.data, block.size, 7);
      cuda::check(bench.context->cuda().cuCtxSynchronize(), "wait");
      CHECK(std::string(reinterpret_cast<char*>(block.data), block.size) ==
            std::string(block.size, 7));
    }
  }
  check_nothing_left();
}

TEST_CASE("Copies to the host wait for the picture") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 1);
    Bench bench;
    const TensorShape shape = twins.shape(kModelInput);
    bench.converter->to_tensor(twins.on_gpu[0], shape);
    bench.delay_lane();
    const Picture tensor = bench.converter->to_tensor(twins.on_gpu[0], shape);
    cuda::LaneUse first(*bench.lanes);
    const Picture copy = bench.converter->to_host(tensor, *host_memory());
    CHECK(bytes_of(copy) == tensor_on_cpu(twins.on_cpu[0], kModelInput));
    first.done();
  }
  check_nothing_left();
}

TEST_CASE("Working memory whose use cannot be noted is not used anew before that is done") {
  const Setting setting("stream_delay_us", "100");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 1);
    Bench bench;
    TensorOptions options = kModelInput;
    options.width = options.height = 32;
    const TensorShape small = twins.shape(options);
    options.width = options.height = 90;
    const TensorShape large = twins.shape(options);
    bench.converter->to_tensor(twins.on_gpu[0], small);
    bench.delay_lane();
    const Picture tensor = bench.converter->to_tensor(twins.on_gpu[0], small);
    // Behind that of the allocation: the small one's working memory is given back.
    cufsim_fail("cuEventRecord", 2, 999);
    bench.converter->to_tensor(twins.on_gpu[0], large);
    CHECK(!cufsim_fault_pending());
    const size_t bytes = cuda::PictureKernels::scratch_bytes(*small.resize());
    const auto block = bench.memory->allocate(bytes, bench.other.handle());
    cuda::check(
        bench.context->cuda().cuMemsetD8Async(block->address(), 0xee, bytes, bench.other.handle()),
        "fill");
    block->mark_filled(bench.other.handle());
    options.width = options.height = 32;
    CHECK(bytes_of(tensor) == tensor_on_cpu(twins.on_cpu[0], options));
  }
  check_nothing_left();
}
