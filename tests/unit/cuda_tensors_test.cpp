// Batches of tensors in the simulated GPU's memory.
#include <doctest/doctest.h>

#include <atomic>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "core/tensor_batch.h"
#include "cuda/picture_converter.h"
#include "cuda_converter.h"

using namespace cuf;
using namespace cuda_clips;

namespace {

// Rows in the order of `frames`, each the tensor of that picture.
std::string rows_of(const std::vector<std::string>& tensors, const std::vector<uint32_t>& frames) {
  std::string out;
  for (const uint32_t frame : frames) out += tensors[frame];
  return out;
}

// Several threads put the pictures, each into all of its places.
void put_all(TensorBatch& batch, const std::vector<Picture>& pictures, size_t thread_count) {
  std::atomic<uint32_t> next = 0;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < thread_count; ++i) {
    threads.emplace_back([&] {
      pixels::ResizeScratch scratch;
      for (uint32_t frame = next++; frame < pictures.size(); frame = next++) {
        batch.put(frame, pictures[frame], scratch);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

const std::vector<uint32_t> kFrames = {3, 0, 3, 5, 1, 1, 2, 4, 0, 3};

}  // namespace

TEST_CASE("A batch on the GPU has the rows of the CPU's, repeats among them") {
  for (const char* delay : {"0", "300"}) {
    const Setting setting("stream_delay_us", delay);
    {
      const auto gpu = open_gpu();
      const Twins twins(*gpu, b_frames(), 6);
      const auto memory = host_memory();
      for (const TensorOptions& options : {kModelInput, TensorOptions{}}) {
        const TensorShape shape = twins.shape(options);
        const std::string wanted = rows_of(twins.tensors_on_cpu(options), kFrames);
        for (const size_t threads : {1, 4, 12}) {
          INFO(threads << " threads, delay " << std::string(delay));
          TensorBatch batch(shape, kFrames, *memory);
          put_all(batch, twins.on_gpu, threads);
          const Picture tensor = batch.finish();
          CHECK(tensor.device != nullptr);
          CHECK(tensor.converter == twins.on_gpu[0].converter);
          CHECK(tensor.frames == kFrames.size());
          CHECK(tensor.block_bytes == wanted.size());
          CHECK(tensor.planes[0].data == tensor.block);
          CHECK(bytes_of(tensor) == wanted);
        }
      }
      CHECK(cufsim_count("streams") <= cuda::Lanes::kMost + 1);  // and the frees'
    }
    check_nothing_left();
  }
}

TEST_CASE("Threads convert beside each other on lanes of their own") {
  const Setting setting("stream_delay_us", "200");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 6);
    TensorOptions planar;
    planar.layout = Layout::chw;
    const std::vector<TensorOptions> options = {kModelInput, {}, planar};
    std::vector<std::vector<std::string>> wanted;
    for (const TensorOptions& each : options) wanted.push_back(twins.tensors_on_cpu(each));
    std::atomic<size_t> wrong = 0;
    std::vector<std::thread> threads;
    for (size_t thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        const auto memory = host_memory();
        for (size_t round = 0; round < 12; ++round) {
          const size_t frame = (thread + round) % 6;
          const size_t kind = round % options.size();
          const Picture tensor = convert_to_tensor(twins.on_gpu[frame], options[kind], *memory);
          const Picture on_host = tensor.converter->to_host(tensor, *memory);
          wrong += bytes_of(on_host) != wanted[kind][frame];
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
  }
  check_nothing_left();
}

TEST_CASE("A batch takes pictures of the GPU and of the CPU, whichever comes first") {
  const Setting setting("stream_delay_us", "300");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 6);
    const std::string wanted = rows_of(twins.tensors_on_cpu(kModelInput), kFrames);
    const auto memory = host_memory();
    const TensorShape shape = twins.shape(kModelInput);
    for (const bool begins_on_gpu : {true, false}) {
      INFO(begins_on_gpu);
      std::vector<Picture> mixed;
      for (size_t i = 0; i < 6; ++i) {
        mixed.push_back((i % 2 == 0) == begins_on_gpu ? twins.on_gpu[i] : twins.on_cpu[i]);
      }
      TensorBatch batch(shape, kFrames, *memory);
      put_all(batch, mixed, 1);
      const Picture tensor = batch.finish();
      CHECK((tensor.device != nullptr) == begins_on_gpu);
      CHECK(bytes_of(tensor) == wanted);
    }
  }
  check_nothing_left();
}

TEST_CASE("Working memory of idle lanes gives way to what is asked for") {
  cufsim_reset();
  {
    const uint64_t budget = 4 << 20;
    const auto gpu = open_gpu(budget);
    Twins twins(*gpu, b_frames(), 1);
    const auto memory = host_memory();
    const std::string wanted = tensor_on_cpu(twins.on_cpu[0], kModelInput);
    const uint64_t before = gpu->memory_stats().live_bytes;
    CHECK(bytes_of(convert_to_tensor(twins.on_gpu[0], kModelInput, *memory)) == wanted);
    const uint64_t working = gpu->memory_stats().live_bytes - before;
    CHECK(working > 0);
    // All of the budget but a page: only without the working memory there is room.
    const TensorShape shape = twins.shape({});
    const size_t count = (budget - before) / shape.byte_length();
    REQUIRE(before + working + count * shape.byte_length() > budget);
    {
      const auto target = twins.on_gpu[0].converter->tensors(shape, count);
      CHECK(gpu->memory_stats().live_bytes < before + count * shape.byte_length() + 4096);
    }
    CHECK(bytes_of(convert_to_tensor(twins.on_gpu[0], kModelInput, *memory)) == wanted);
    gpu->trim();
    CHECK(gpu->memory_stats().live_bytes == before);
    CHECK(gpu->memory_stats().kept_bytes == 0);
    CHECK(gpu->memory_stats().peak_bytes <= budget);
    const Error error =
        clips::error_of([&] { twins.on_gpu[0].converter->tensors(shape, count + 1); });
    CHECK(error.status == Status::out_of_memory);
  }
  check_nothing_left();
}
