// Streams run later; who waits for whom.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>

#include "client.h"

using namespace cufsim_test;

namespace {

/** Host memory that the GPU writes to directly. */
struct Pinned {
  explicit Pinned(size_t size) { REQUIRE(cuMemHostAlloc(&data, size, 0) == CUDA_SUCCESS); }
  ~Pinned() { cuMemFreeHost(data); }
  unsigned char& operator[](size_t i) { return static_cast<unsigned char*>(data)[i]; }
  void* data = nullptr;
};

}  // namespace

TEST_CASE("a copy to the host that nobody waits for is not there") {
  Gpu gpu;
  const CUdeviceptr from = gpu.upload(ramp(64));
  Pinned to(64);
  to[5] = 77;
  const CUstream stream = gpu.stream();
  cufsim_pause();
  CHECK(cuMemcpyDtoHAsync_v2(to.data, from, 64, stream) == CUDA_SUCCESS);
  CHECK(cuStreamQuery(stream) == cufsim::kNotReady);
  CHECK(to[5] == 77);
  cufsim_resume();
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  CHECK(to[5] == 5);
  CHECK(cuStreamQuery(stream) == CUDA_SUCCESS);
}

TEST_CASE("the delay knob makes every operation late") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(8));
  const CUstream stream = gpu.stream();
  cufsim_set("stream_delay_us", 10000);
  const auto start = std::chrono::steady_clock::now();
  for (unsigned char i = 0; i < 3; i++) {
    CHECK(cuMemsetD8Async(memory, i, 8, stream) == CUDA_SUCCESS);
  }
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(30));
}

TEST_CASE("pageable memory may change after an asynchronous copy returned, pinned must not") {
  Gpu gpu;
  const CUdeviceptr first = gpu.upload(Bytes(8));
  const CUdeviceptr second = gpu.upload(Bytes(8));
  const CUstream stream = gpu.stream();
  Bytes pageable(8, 1);
  Pinned pinned(8);
  pinned[0] = 1;
  cufsim_pause();
  CHECK(cuMemcpyHtoDAsync_v2(first, pageable.data(), 8, stream) == CUDA_SUCCESS);
  CHECK(cuMemcpyHtoDAsync_v2(second, pinned.data, 8, stream) == CUDA_SUCCESS);
  pageable[0] = 2;
  pinned[0] = 2;
  cufsim_resume();
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  CHECK(gpu.download(first, 1)[0] == 1);
  CHECK(gpu.download(second, 1)[0] == 2);
}

TEST_CASE("the default stream waits for blocking streams, and they for it") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(8));
  const CUstream blocking = gpu.stream(CU_STREAM_DEFAULT);
  cufsim_pause();
  CHECK(cuMemsetD8Async(memory, 1, 8, blocking) == CUDA_SUCCESS);
  CHECK(cuMemsetD8Async(memory, 2, 8, nullptr) == CUDA_SUCCESS);
  CHECK(cuMemsetD8Async(memory, 3, 8, blocking) == CUDA_SUCCESS);
  cufsim_resume();
  CHECK(gpu.download(memory, 1)[0] == 3);
  CHECK_MESSAGE(problems("problems") == 0, problem_texts());
}

TEST_CASE("a plain copy does not wait for a non-blocking stream: the race is reported") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(8));
  const CUstream stream = gpu.stream(CU_STREAM_NON_BLOCKING);
  // However the timing turns out.
  CHECK(cuMemsetD8Async(memory, 1, 8, stream) == CUDA_SUCCESS);
  gpu.download(memory, 8);
  CHECK(problems("missing_sync") == 1);
}

TEST_CASE("the per-thread default stream is another one than the default stream") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(8));
  cufsim_pause();
  CHECK(cuMemsetD8Async(memory, 1, 8, cufsim::kPerThreadStream) == CUDA_SUCCESS);
  CHECK(cuStreamQuery(cufsim::kPerThreadStream) == cufsim::kNotReady);
  CHECK(cuStreamQuery(cufsim::kLegacyStream) == CUDA_SUCCESS);
  cufsim_resume();
  CHECK(gpu.download(memory, 1)[0] == 1);
  CHECK(problems("missing_sync") == 0);
}

TEST_CASE("events order streams, and only what was recorded before counts") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(8));
  const CUstream first = gpu.stream();
  const CUstream second = gpu.stream();
  CUevent event = nullptr;
  REQUIRE(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING) == CUDA_SUCCESS);
  CHECK(cuEventQuery(event) == CUDA_SUCCESS);
  SUBCASE("waited for") {
    CHECK(cuMemsetD8Async(memory, 1, 8, first) == CUDA_SUCCESS);
    CHECK(cuEventRecord(event, first) == CUDA_SUCCESS);
    CHECK(cuStreamWaitEvent(second, event, 0) == CUDA_SUCCESS);
    CHECK(cuMemsetD8Async(memory, 2, 8, second) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(second) == CUDA_SUCCESS);
    CHECK(gpu.download(memory, 1)[0] == 2);
    CHECK_MESSAGE(problems("problems") == 0, problem_texts());
  }
  SUBCASE("recorded too early") {
    CHECK(cuEventRecord(event, first) == CUDA_SUCCESS);
    CHECK(cuMemsetD8Async(memory, 1, 8, first) == CUDA_SUCCESS);
    CHECK(cuStreamWaitEvent(second, event, 0) == CUDA_SUCCESS);
    CHECK(cuMemsetD8Async(memory, 2, 8, second) == CUDA_SUCCESS);
    CHECK(problems("missing_sync") == 1);
  }
  SUBCASE("synchronised by the host") {
    CHECK(cuMemsetD8Async(memory, 1, 8, first) == CUDA_SUCCESS);
    CHECK(cuEventRecord(event, first) == CUDA_SUCCESS);
    CHECK(cuEventSynchronize(event) == CUDA_SUCCESS);
    CHECK(cuMemsetD8Async(memory, 2, 8, second) == CUDA_SUCCESS);
    CHECK_MESSAGE(problems("problems") == 0, problem_texts());
  }
  CHECK(cuEventDestroy_v2(event) == CUDA_SUCCESS);
}

TEST_CASE("different parts of one allocation may be written at once, the same bytes may not") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(400));
  const CUstream first = gpu.stream();
  const CUstream second = gpu.stream();
  CUDA_MEMCPY2D copy = {};
  const Bytes source(400, 9);
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = source.data();
  copy.srcPitch = 10;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = memory;
  copy.dstPitch = 20;
  copy.WidthInBytes = 10;
  copy.Height = 20;
  CHECK(cuMemcpy2DAsync_v2(&copy, first) == CUDA_SUCCESS);
  copy.dstXInBytes = 10;
  CHECK(cuMemcpy2DAsync_v2(&copy, second) == CUDA_SUCCESS);
  CHECK_MESSAGE(problems("problems") == 0, problem_texts());
  copy.dstXInBytes = 9;
  CHECK(cuMemcpy2DAsync_v2(&copy, second) == CUDA_SUCCESS);
  CHECK(problems("missing_sync") == 1);
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
}

TEST_CASE("what was destroyed is known as such") {
  Gpu gpu;
  CUstream stream = nullptr;
  REQUIRE(cuStreamCreate(&stream, 0) == CUDA_SUCCESS);
  CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
  CHECK(cuStreamSynchronize(stream) == cufsim::kInvalidHandle);
  CHECK(problems("use_after_destroy") == 1);
  CHECK(cuStreamDestroy_v2(stream) == cufsim::kInvalidHandle);
  CHECK(problems("released_twice") == 1);
  CUevent event = nullptr;
  REQUIRE(cuEventCreate(&event, 0) == CUDA_SUCCESS);
  CHECK(cuEventDestroy_v2(event) == CUDA_SUCCESS);
  CHECK(cuEventRecord(event, nullptr) == cufsim::kContextIsDestroyed);
  CHECK(problems("use_after_destroy") == 2);
}

TEST_CASE("a destroyed stream ends its work") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(8));
  CUstream stream = nullptr;
  REQUIRE(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  cufsim_pause();
  CHECK(cuMemsetD8Async(memory, 1, 8, stream) == CUDA_SUCCESS);
  CHECK(cuStreamDestroy_v2(stream) == CUDA_SUCCESS);
  cufsim_resume();
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK(gpu.download(memory, 1)[0] == 1);
  CHECK_MESSAGE(problems("problems") == 0, problem_texts());
}

namespace {

struct Heard {
  std::atomic<int> calls{0};
  std::atomic<int> code{0};
};

}  // namespace

TEST_CASE("callbacks run on another thread and must not call the driver") {
  Gpu gpu;
  Heard heard;
  const CUstream stream = gpu.stream();
  const auto calls_back = [](void* data) {
    auto* heard = static_cast<Heard*>(data);
    CUdeviceptr memory = 0;
    heard->code = cuMemAlloc_v2(&memory, 16);
    heard->calls++;
  };
  cufsim_pause();
  CHECK(cuLaunchHostFunc(stream, calls_back, &heard) == CUDA_SUCCESS);
  CHECK(heard.calls == 0);
  cufsim_resume();
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  CHECK(heard.calls == 1);
  CHECK(heard.code == cufsim::kNotPermitted);
  CHECK(problems("call_from_callback") == 1);
}
