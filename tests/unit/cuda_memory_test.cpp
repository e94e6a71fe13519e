#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "cuda/memory.h"
#include "cuda_clips.h"

using namespace cuf;
using namespace cuf::cuda;
using cuda_clips::check_nothing_left;

namespace {

std::shared_ptr<const Context> context_of_gpu() {
  return Context::primary(require_driver(), 0);
}

uint64_t number(CUstream stream) {
  return reinterpret_cast<uint64_t>(stream);
}

void fill(const Context& context, const DeviceBlock& block, uint8_t value, CUstream stream) {
  const ContextScope scope(context);
  check(context.cuda().cuMemsetD8Async(block.address(), value, block.size(), stream), "fill");
}

// The block's bytes, read on a stream that was ordered behind nothing but what the block knows.
std::string read(const Context& context, const DeviceBlock& block, const Stream& stream) {
  std::string bytes(block.size(), '\0');
  block.order_before(number(stream.handle()));
  const ContextScope scope(context);
  check(context.cuda().cuMemcpyDtoHAsync(bytes.data(), block.address(), bytes.size(),
                                         stream.handle()),
        "read");
  block.note_use(number(stream.handle()));
  stream.synchronize();
  return bytes;
}

}  // namespace

TEST_CASE("Memory that was let go is used again without a call of the driver") {
  cufsim_reset();
  {
    const auto context = context_of_gpu();
    const Stream stream(context);
    const auto memory = std::make_shared<DeviceMemory>(context, 0);
    CHECK(memory->has_pool());
    CUdeviceptr first = 0;
    for (int round = 0; round < 5; ++round) {
      const auto block = memory->allocate(5000, stream.handle());
      if (round == 0) first = block->address();
      CHECK(block->address() == first);
      CHECK(block->address() % 256 == 0);
      CHECK(memory->live_bytes() == 8192);
      fill(*context, *block, 1, stream.handle());
      const ContextScope scope(*context);
      block->mark_filled(stream.handle());
    }
    CHECK(memory->allocations() == 1);
    CHECK(memory->live_bytes() == 0);
    CHECK(memory->kept_bytes() == 8192);
    CHECK(memory->peak_bytes() == 8192);
    memory->trim();
    CHECK(memory->kept_bytes() == 0);
  }
  check_nothing_left();
}

TEST_CASE("A block that is let go while it is read is not overwritten") {
  cufsim_reset();
  cufsim_set("stream_delay_us", 3000);
  {
    const auto context = context_of_gpu();
    const Stream writer(context);
    const Stream reader(context);
    const Stream other(context);
    const auto memory = std::make_shared<DeviceMemory>(context, 0);
    const auto pinned = std::make_shared<PinnedMemory>(context);
    const Memory::Block host = pinned->allocate(8192);
    auto block = memory->allocate(8192, writer.handle());
    const CUdeviceptr address = block->address();
    fill(*context, *block, 7, writer.handle());
    {
      const ContextScope scope(*context);
      block->mark_filled(writer.handle());
      block->order_before(number(reader.handle()));
      check(context->cuda().cuMemcpyDtoHAsync(host.data, address, 8192, reader.handle()), "read");
      block->note_use(number(reader.handle()));
    }
    block.reset();
    const auto next = memory->allocate(8192, other.handle());
    REQUIRE(next->address() == address);
    fill(*context, *next, 9, other.handle());
    other.synchronize();
    reader.synchronize();
    CHECK(std::string(reinterpret_cast<const char*>(host.data), 8192) == std::string(8192, 7));
    CHECK(cufsim_count("problems") == 0);
    {
      const ContextScope scope(*context);
      next->mark_filled(other.handle());
    }
    CHECK(read(*context, *next, reader) == std::string(8192, 9));
  }
  cufsim_reset();
  check_nothing_left();
}

TEST_CASE("The budget counts frames, what is kept, and decoders") {
  cufsim_reset();
  {
    const auto context = context_of_gpu();
    const Stream stream(context);
    const auto memory = std::make_shared<DeviceMemory>(context, 100 << 10);
    auto first = memory->allocate(40 << 10, stream.handle());
    memory->reserve(20 << 10);
    const auto second = memory->allocate(40 << 10, stream.handle());
    try {
      memory->allocate(8 << 10, stream.handle());
      FAIL("The budget was exceeded");
    } catch (const Error& error) {
      CHECK(error.status == Status::out_of_memory);
      CHECK_MESSAGE(clips::contains(error.what(), "memoryBudgetBytes"), error.what());
    }
    CHECK_THROWS_AS(memory->reserve(1), Error);
    // What is kept gives way.
    first.reset();
    CHECK(memory->kept_bytes() == 40 << 10);
    const auto other_size = memory->allocate(30 << 10, stream.handle());
    CHECK(memory->kept_bytes() == 0);
    memory->unreserve(20 << 10);
    CHECK(memory->peak_bytes() <= 100 << 10);
  }
  check_nothing_left();
}

TEST_CASE("A GPU that is full is asked again when what was kept is freed") {
  const cuda_clips::Setting setting("memory_mb", "64");
  {
    const auto context = context_of_gpu();
    const Stream stream(context);
    const auto memory = std::make_shared<DeviceMemory>(context, 0);
    auto half = memory->allocate(40 << 20, stream.handle());
    CHECK_THROWS_AS(memory->allocate(41 << 20, stream.handle()), Error);
    half.reset();
    const auto other = memory->allocate(41 << 20, stream.handle());
    CHECK(other != nullptr);
  }
  check_nothing_left();
}

TEST_CASE("Without pools memory is allocated plainly") {
  const cuda_clips::Setting setting("pools", "0");
  {
    const auto context = context_of_gpu();
    const Stream stream(context);
    const auto memory = std::make_shared<DeviceMemory>(context, 0);
    CHECK(!memory->has_pool());
    const auto block = memory->allocate(10000, stream.handle());
    fill(*context, *block, 5, stream.handle());
    {
      const ContextScope scope(*context);
      block->mark_filled(stream.handle());
    }
    const Stream reader(context);
    CHECK(read(*context, *block, reader) == std::string(block->size(), 5));
    CHECK(cufsim_count("pools") == 0);
  }
  check_nothing_left();
}

TEST_CASE("Exported memory is let go when all work of the GPU is done") {
  cufsim_reset();
  {
    const auto context = context_of_gpu();
    const Stream stream(context);
    const auto memory = std::make_shared<DeviceMemory>(context, 0);
    auto block = memory->allocate(8192, stream.handle());
    cufsim_pause();
    fill(*context, *block, 5, stream.handle());
    block->share();
    block.reset();
    CHECK(memory->live_bytes() == 8192);
    CHECK(memory->kept_bytes() == 0);
    cufsim_resume();
    while (memory->kept_bytes() == 0) std::this_thread::yield();
    CHECK(memory->live_bytes() == 0);
    // The thread that waited still leaves the context.
    while (cufsim_count("context_pushes") != 0) std::this_thread::yield();
    while (memory.use_count() > 1) std::this_thread::yield();
  }
  check_nothing_left();
}

TEST_CASE("Memory outlives everything but its context") {
  cufsim_reset();
  std::shared_ptr<DeviceBlock> block;
  {
    const auto context = context_of_gpu();
    const Stream stream(context);
    block = std::make_shared<DeviceMemory>(context, 0)->allocate(100, stream.handle());
  }
  CHECK(cufsim_count("contexts") == 1);
  block.reset();
  check_nothing_left();
}

TEST_CASE("Page-locked memory is kept, too") {
  cufsim_reset();
  {
    const auto pinned = std::make_shared<PinnedMemory>(context_of_gpu());
    uint8_t* data = nullptr;
    for (int round = 0; round < 3; ++round) {
      const Memory::Block block = pinned->allocate(3000);
      if (!data) data = block.data;
      CHECK(block.data == data);
      CHECK(block.size == 3000);
    }
    CHECK(cufsim_calls("cuMemHostAlloc") == 1);
    CHECK(pinned->kept_bytes() == 4096);
    pinned->trim();
    CHECK(cufsim_count("host_allocations") == 0);
  }
  check_nothing_left();
}

TEST_CASE("A GPU that is lost fails calls and does not crash destructors") {
  cufsim_reset();
  {
    const auto context = context_of_gpu();
    const Stream stream(context);
    const auto memory = std::make_shared<DeviceMemory>(context, 0);
    const auto block = memory->allocate(100, stream.handle());
    cufsim_lose_device(0, 719);
    try {
      memory->allocate(200, stream.handle());
      FAIL("A lost GPU gave memory");
    } catch (const Error& error) {
      CHECK(error.status == Status::device_lost);
      CHECK(clips::contains(error.what(), "CUDA_ERROR_LAUNCH_FAILED"));
    }
  }
  CHECK(cufsim_count("context_pushes") == 0);
  cufsim_reset();
}
