// Conversions on the simulated GPU while calls of the driver fail.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/tensor_batch.h"
#include "cuda/picture_converter.h"
#include "cuda_converter.h"

using namespace cuf;
using namespace cuda_clips;

namespace {

TensorOptions input() {
  TensorOptions options = kModelInput;
  options.crop = {1, 1, 60, 50};
  options.width = options.height = 24;
  return options;
}

// One conversion, and the bytes that the CPU has for it.
struct Operation {
  const char* name;
  std::function<Picture(const Twins&)> run;
  std::function<std::string(const Twins&)> wanted;
};

Picture batch_of(const Twins& twins) {
  const auto memory = host_memory();
  const TensorShape shape = twins.shape(input());
  TensorBatch batch(shape, {0, 1, 0}, *memory);
  pixels::ResizeScratch scratch;
  batch.put(0, twins.on_gpu[0], scratch);
  batch.put(1, twins.on_gpu[1], scratch);
  return batch.finish();
}

// The second of its pictures is the CPU's.
Picture mixed_batch_of(const Twins& twins) {
  const auto memory = host_memory();
  const TensorShape shape = twins.shape(input());
  TensorBatch batch(shape, {0, 1}, *memory);
  pixels::ResizeScratch scratch;
  batch.put(0, twins.on_gpu[0], scratch);
  batch.put(1, twins.on_cpu[1], scratch);
  return batch.finish();
}

std::string tensor(const Twins& twins, size_t i) {
  return tensor_on_cpu(twins.on_cpu[i], input());
}

std::vector<Operation> operations() {
  return {
      {"a tensor",
       [](const Twins& twins) {
         return convert_to_tensor(twins.on_gpu[0], input(), *host_memory());
       },
       [](const Twins& twins) { return tensor(twins, 0); }},
      {"a batch", batch_of,
       [](const Twins& twins) { return tensor(twins, 0) + tensor(twins, 1) + tensor(twins, 0); }},
      {"a mixed batch", mixed_batch_of,
       [](const Twins& twins) { return tensor(twins, 0) + tensor(twins, 1); }},
      {"a copy",
       [](const Twins& twins) {
         return twins.on_gpu[1].converter->to_host(twins.on_gpu[1], *host_memory());
       },
       [](const Twins& twins) {
         return bytes_of(convert_output(twins.on_cpu[1], {}, *host_memory()));
       }},
  };
}

std::string clip_of_walk() {
  return clips::make("walk.mp4", "-vf scale=64:64 -frames:v 6 -c:v libx264 -bf 2 -g 3");
}

// One that was never used.
std::shared_ptr<const PictureConverter> new_converter(
    const std::shared_ptr<const cuda::Context>& context) {
  const auto memory = std::make_shared<cuda::DeviceMemory>(context, 0);
  const auto lanes = std::make_shared<cuda::Lanes>(context, memory);
  return std::make_shared<const cuda::GpuConverter>(context, lanes,
                                                    std::make_shared<cuda::PinnedMemory>(context),
                                                    std::make_shared<cuda::EventPool>(context));
}

// But events: the pictures remember by them who used them.
std::vector<uint64_t> alive() {
  std::vector<uint64_t> counts;
  for (const char* name : {"streams", "modules", "allocations", "host_allocations", "pools",
                           "context_pushes", "problems"}) {
    counts.push_back(cufsim_count(name));
  }
  return counts;
}

// The nth call fails; whether the operation made so many.
bool walk_step(const Operation& operation, const Twins& twins, uint64_t nth, int32_t code) {
  cufsim_fail("*", nth, code);
  bool is_failed = false;
  int32_t native_code = 0;
  try {
    const std::string bytes = bytes_of(operation.run(twins));
    CHECK(bytes == operation.wanted(twins));
  } catch (const Error& error) {
    is_failed = true;
    native_code = error.native_code;
  }
  const bool was_reached = !cufsim_fault_pending();
  cufsim_reset();
  if (is_failed) {
    CHECK(was_reached);
    CHECK(native_code == code);
  }
  // The next ones are right, whatever memory they get.
  for (int round = 0; round < 2; ++round) {
    CHECK(bytes_of(operation.run(twins)) == operation.wanted(twins));
  }
  return was_reached;
}

}  // namespace

TEST_CASE("Whatever call of the first conversion fails, the next one is right") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const auto context = cuda::Context::primary(cuda::require_driver(), 0);
    Twins twins(*gpu, clip_of_walk(), 2);
    for (const Operation& operation : operations()) {
      bool was_reached = true;
      uint64_t n = 0;
      while (was_reached && ++n < 500) {
        INFO(std::string(operation.name) << ", call " << n);
        const std::vector<uint64_t> before = alive();
        for (Picture& picture : twins.on_gpu) picture.converter = new_converter(context);
        was_reached = walk_step(operation, twins, n, n % 2 ? 2 : 999);
        for (Picture& picture : twins.on_gpu) picture.converter = nullptr;
        CHECK(alive() == before);
      }
      CHECK(!was_reached);
      CHECK(n > 20);
    }
  }
  check_nothing_left();
}

TEST_CASE("Whatever call of a later conversion fails, the next one is right") {
  const Setting setting("stream_delay_us", "50");
  for (const Operation& operation : operations()) {
    cufsim_reset();
    {
      const auto gpu = open_gpu();
      const Twins twins(*gpu, clip_of_walk(), 2);
      operation.run(twins);
      bool was_reached = true;
      uint64_t n = 0;
      while (was_reached && ++n < 500) {
        INFO(std::string(operation.name) << ", call " << n);
        was_reached = walk_step(operation, twins, n, n % 2 ? 2 : 999);
      }
      CHECK(!was_reached);
      CHECK(n > 10);
    }
    check_nothing_left();
  }
}

TEST_CASE("A GPU that is lost fails conversions as such") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, clip_of_walk(), 2);
    const Picture tensor = convert_to_tensor(twins.on_gpu[0], {}, *host_memory());
    const auto target = tensor.converter->tensors(twins.shape({}), 2);
    cufsim_lose_device(0, 719);
    pixels::ResizeScratch scratch;
    const std::function<void()> calls[] = {
        [&] { convert_to_tensor(twins.on_gpu[1], {}, *host_memory()); },
        [&] { tensor.converter->tensors(twins.shape({}), 2); },
        [&] { target->write(0, twins.on_gpu[0], twins.shape({}), scratch); },
        [&] { target->repeat(0, 1); },
        [&] {
          Picture out;
          target->finish(out);
        },
        [&] { tensor.converter->to_host(tensor, *host_memory()); },
    };
    for (const auto& call : calls) {
      const Error error = clips::error_of(call);
      CHECK(error.status == Status::device_lost);
      CHECK(clips::contains(error.what(), "CUDA_ERROR_LAUNCH_FAILED"));
    }
  }
  CHECK(cufsim_count("context_pushes") == 0);
  cufsim_reset();
}
