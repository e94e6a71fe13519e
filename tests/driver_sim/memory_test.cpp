// Memory and copies, and that the host cannot touch device memory.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <thread>

#include "client.h"

using namespace cufsim_test;
using cufsim::CUmemoryPool;
using cufsim::kInvalidValue;

namespace {

CUmemoryPool make_pool(uint64_t threshold) {
  cufsim::MemoryPoolProperties properties = {};
  properties.allocation_type = 1;
  properties.location_type = 1;
  CUmemoryPool pool = nullptr;
  REQUIRE(cuMemPoolCreate(&pool, &properties) == CUDA_SUCCESS);
  REQUIRE(cuMemPoolSetAttribute(pool, cufsim::kPoolReleaseThreshold, &threshold) == CUDA_SUCCESS);
  return pool;
}

CUdeviceptr take(CUmemoryPool pool, size_t size, CUstream stream) {
  CUdeviceptr address = 0;
  REQUIRE(cuMemAllocFromPoolAsync(&address, size, pool, stream) == CUDA_SUCCESS);
  return address;
}

}  // namespace

TEST_CASE("host dereference of device memory" * doctest::skip()) {
  Gpu gpu;
  const CUdeviceptr address = gpu.upload(ramp(16));
  std::signal(SIGSEGV, SIG_DFL);
  CHECK(*reinterpret_cast<volatile unsigned char*>(address) == 0);
}

TEST_CASE("host dereference of a stream" * doctest::skip()) {
  Gpu gpu;
  std::signal(SIGSEGV, SIG_DFL);
  CHECK(*reinterpret_cast<volatile int*>(gpu.stream()) == 0);
}

TEST_CASE("the host that touches device memory, or looks into a handle, faults") {
  for (const char* mistake :
       {"host dereference of device memory", "host dereference of a stream"}) {
    const int status = run_alone(mistake, {"ASAN_OPTIONS=handle_segv=0"});
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSEGV);
  }
}

TEST_CASE("memory is poisoned, 512-aligned and freed once") {
  Gpu gpu;
  CUdeviceptr address = 0;
  REQUIRE(cuMemAlloc_v2(&address, 1000) == CUDA_SUCCESS);
  CHECK(address % 512 == 0);
  CHECK(gpu.download(address, 1000) == Bytes(1000, 0xDB));
  CHECK(cuMemFree_v2(address + 512) == kInvalidValue);
  CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
  CHECK(cuMemFree_v2(address) == kInvalidValue);
  CHECK(problems("released_twice") == 2);
  unsigned char byte = 0;
  CHECK(cuMemcpyDtoH_v2(&byte, address, 1) == kInvalidValue);
  CHECK(problems("use_after_free") == 1);
  CHECK(cuMemFree_v2(0) == CUDA_SUCCESS);
  CHECK(cuMemAlloc_v2(&address, 0) == kInvalidValue);
}

TEST_CASE("freeing waits for the GPU") {
  Gpu gpu;
  const CUdeviceptr from = gpu.upload(ramp(64));
  CUdeviceptr to = 0;
  REQUIRE(cuMemAlloc_v2(&to, 64) == CUDA_SUCCESS);
  const CUstream stream = gpu.stream();
  cufsim_pause();
  CHECK(cuMemcpyDtoDAsync_v2(to, from, 64, stream) == CUDA_SUCCESS);
  CHECK(cufsim_queued() == 1);
  std::thread waker([] {
    while (cufsim_calls("cuMemFree") == 0) std::this_thread::yield();
    cufsim_resume();
  });
  CHECK(cuMemFree_v2(to) == CUDA_SUCCESS);
  CHECK(cufsim_queued() == 0);
  waker.join();
}

TEST_CASE("memory ends, and its end is an error that leaves nothing behind") {
  cufsim_reset();
  cufsim_set("memory_mb", 1);
  {
    // The first Gpu makes the devices anew, with what the environment says.
    Gpu gpu;
    size_t free = 0;
    size_t total = 0;
    REQUIRE(cuMemGetInfo_v2(&free, &total) == CUDA_SUCCESS);
    CHECK(total == uint64_t{81079} << 20);
  }
  cufsim_set("memory_mb", 1);
  CUcontext context = nullptr;
  REQUIRE(cuCtxCreate_v2(&context, 0, 0) == CUDA_SUCCESS);
  CUdeviceptr address = 0;
  CHECK(cuMemAlloc_v2(&address, (1 << 20) + 1) == cufsim::kOutOfMemory);
  CHECK(cuMemAlloc_v2(&address, 1 << 20) == CUDA_SUCCESS);
  CHECK(cufsim_count("device_bytes") == 1 << 20);
  CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
  CHECK(cufsim_count("device_bytes") == 0);
  cuCtxDestroy_v2(context);
}

TEST_CASE("a pitch is never the width") {
  Gpu gpu;
  for (const size_t width : {1, 511, 512, 513, 1024, 1920}) {
    CUdeviceptr address = 0;
    size_t pitch = 0;
    REQUIRE(cuMemAllocPitch_v2(&address, &pitch, width, 3, 16) == CUDA_SUCCESS);
    CHECK(pitch % 512 == 0);
    CHECK(pitch > width);
    CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
  }
}

TEST_CASE("pool memory is used again only in the order of streams") {
  Gpu gpu;
  const CUmemoryPool pool = make_pool(UINT64_MAX);
  const CUstream first = gpu.stream();
  const CUstream second = gpu.stream();
  cufsim_pause();
  const CUdeviceptr block = take(pool, 1000, first);
  CHECK(cuMemFreeAsync(block, first) == CUDA_SUCCESS);
  const CUdeviceptr elsewhere = take(pool, 1000, second);
  CHECK(elsewhere != block);
  CHECK(take(pool, 1000, first) == block);
  CHECK(cuMemFreeAsync(block, first) == CUDA_SUCCESS);
  CUevent event = nullptr;
  REQUIRE(cuEventCreate(&event, 0) == CUDA_SUCCESS);
  CHECK(cuEventRecord(event, first) == CUDA_SUCCESS);
  CHECK(cuStreamWaitEvent(second, event, 0) == CUDA_SUCCESS);
  CHECK(take(pool, 1000, second) == block);
  cufsim_resume();
  CHECK(cuMemFreeAsync(block, second) == CUDA_SUCCESS);
  CHECK(cuMemFreeAsync(elsewhere, second) == CUDA_SUCCESS);
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK_MESSAGE(problems("problems") == 0, problem_texts());
  cuEventDestroy_v2(event);
  CHECK(cuMemPoolDestroy(pool) == CUDA_SUCCESS);
  CHECK(cufsim_count("device_bytes") == 0);
}

TEST_CASE("freeing in stream order does not wait, and a use that is not ordered is reported") {
  Gpu gpu;
  const CUmemoryPool pool = make_pool(0);
  const CUstream first = gpu.stream();
  const CUstream second = gpu.stream();
  const CUdeviceptr block = take(pool, 64, first);
  CHECK(cuStreamSynchronize(first) == CUDA_SUCCESS);
  cufsim_pause();
  CHECK(cuMemsetD8Async(block, 1, 64, second) == CUDA_SUCCESS);
  CHECK(cuMemFreeAsync(block, first) == CUDA_SUCCESS);
  CHECK(problems("missing_sync") == 1);
  CHECK(cuMemsetD8Async(block, 1, 64, first) == kInvalidValue);
  CHECK(problems("use_after_free") == 1);
  cufsim_resume();
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  // Threshold 0: given back at the synchronisation.
  CHECK(cufsim_count("device_bytes") == 0);
  CHECK(cuMemPoolDestroy(pool) == CUDA_SUCCESS);
}

TEST_CASE("a pool that is destroyed while its blocks are being freed keeps none of them") {
  Gpu gpu;
  const CUmemoryPool pool = make_pool(UINT64_MAX);
  const CUstream stream = gpu.stream();
  const CUdeviceptr early = take(pool, 64, stream);
  const CUdeviceptr late = take(pool, 64, stream);
  cufsim_pause();
  CHECK(cuMemFreeAsync(early, stream) == CUDA_SUCCESS);
  CHECK(cuMemPoolDestroy(pool) == CUDA_SUCCESS);
  CHECK(cuMemFreeAsync(late, stream) == CUDA_SUCCESS);
  CHECK(cufsim_count("device_bytes") == 1024);
  cufsim_resume();
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK(cufsim_count("device_bytes") == 0);
}

TEST_CASE("what was being freed when a pool was destroyed is gone with the context at the latest") {
  {
    Gpu gpu;
    const CUmemoryPool pool = make_pool(UINT64_MAX);
    const CUstream stream = gpu.stream();
    const CUdeviceptr block = take(pool, 64, stream);
    cufsim_pause();
    CHECK(cuMemFreeAsync(block, stream) == CUDA_SUCCESS);
    CHECK(cuMemPoolDestroy(pool) == CUDA_SUCCESS);
    CHECK(cufsim_count("device_bytes") == 512);
    cufsim_resume();
  }
  CHECK(cufsim_count("device_bytes") == 0);
}

TEST_CASE("what a client forgot in pools goes with the GPU that it is of") {
  {
    Gpu gpu;
    const CUmemoryPool pool = make_pool(UINT64_MAX);
    const CUstream stream = gpu.stream();
    CHECK(cuMemFreeAsync(take(pool, 64, stream), stream) == CUDA_SUCCESS);
    take(pool, 64, stream);
    take(pool, 64, stream);
  }
  CHECK(cufsim_count("device_bytes") == 1024);
  CHECK(cufsim_count("allocations") == 2);
  cufsim_reset();
  CHECK(cufsim_count("device_bytes") == 0);
  CHECK(cufsim_count("allocations") == 0);
  CHECK(cufsim_count("pools") == 0);
}

TEST_CASE("a GPU without pools says so") {
  Gpu gpu;
  cuCtxDestroy_v2(gpu.context);
  cufsim_set("pools", 0);
  REQUIRE(cuCtxCreate_v2(&gpu.context, 0, 0) == CUDA_SUCCESS);
  int supported = 1;
  CHECK(cuDeviceGetAttribute(&supported, static_cast<CUdevice_attribute>(115), 0) == CUDA_SUCCESS);
  CHECK(supported == 0);
  CUdeviceptr address = 0;
  CHECK(cuMemAllocAsync(&address, 16, nullptr) == cufsim::kNotSupported);
}

TEST_CASE("two-dimensional copies: extents before pointers, pitches, kinds, bounds") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(ramp(256));
  Bytes host(256, 0);
  CUDA_MEMCPY2D good = {};
  good.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  good.srcDevice = memory;
  good.srcPitch = 64;
  good.dstMemoryType = CU_MEMORYTYPE_HOST;
  good.dstHost = host.data();
  good.dstPitch = 64;
  good.WidthInBytes = 32;
  good.Height = 4;
  const auto copy = [&](auto change) {
    CUDA_MEMCPY2D changed = good;
    change(changed);
    return cuMemcpy2D_v2(&changed);
  };
  const auto set_type = [](CUmemorytype& type, int number) {
    std::memcpy(&type, &number, sizeof number);
  };
  CHECK(copy([](auto&) {}) == CUDA_SUCCESS);
  CHECK(host[64 + 31] == 95);
  CHECK(host[64 + 32] == 0);
  CHECK(copy([](auto& c) { c.WidthInBytes = 0, c.dstHost = nullptr; }) == CUDA_SUCCESS);
  CHECK(copy([](auto& c) { c.Height = 0, c.srcDevice = 0; }) == CUDA_SUCCESS);
  CHECK(copy([](auto& c) { c.srcPitch = 31; }) == kInvalidValue);
  CHECK(copy([](auto& c) { c.dstPitch = 31; }) == kInvalidValue);
  CHECK(copy([](auto& c) { c.srcXInBytes = 33; }) == kInvalidValue);
  CHECK(copy([](auto& c) { c.Height = 5; }) == kInvalidValue);
  CHECK(copy([](auto& c) { c.dstHost = nullptr; }) == kInvalidValue);
  CHECK(copy([&](auto& c) { c.srcDevice = reinterpret_cast<CUdeviceptr>(host.data()); }) ==
        kInvalidValue);
  CHECK(copy([&](auto& c) { c.srcMemoryType = CU_MEMORYTYPE_HOST, c.srcHost = host.data(); }) ==
        CUDA_SUCCESS);
  CHECK(copy([&](auto& c) {
          set_type(c.srcMemoryType, cufsim::kMemoryTypeUnified);
          set_type(c.dstMemoryType, cufsim::kMemoryTypeUnified);
          c.dstDevice = reinterpret_cast<CUdeviceptr>(host.data());
        }) == CUDA_SUCCESS);
  CHECK(copy([&](auto& c) { set_type(c.srcMemoryType, 0); }) == kInvalidValue);
  CHECK(problems("problems") == 0);
  // Real drivers copy all the same: their addresses are unified.
  CHECK(copy([&](auto& c) {
          c.srcMemoryType = CU_MEMORYTYPE_HOST;
          c.srcHost = reinterpret_cast<void*>(memory);
        }) == kInvalidValue);
  CHECK(problems("foreign_pointer") == 1);
}

TEST_CASE("one-dimensional copies keep to their allocation and their direction") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(ramp(100));
  Bytes host(200, 0);
  CHECK(cuMemcpyDtoH_v2(host.data(), memory, 101) == kInvalidValue);
  CHECK(cuMemcpyDtoH_v2(host.data(), memory + 99, 1) == CUDA_SUCCESS);
  CHECK(host[0] == 99);
  CHECK(cuMemcpyHtoD_v2(reinterpret_cast<CUdeviceptr>(host.data()), host.data(), 4) ==
        kInvalidValue);
  CHECK(cuMemcpyDtoH_v2(nullptr, 0, 0) == CUDA_SUCCESS);
  CHECK(cuMemsetD8Async(memory, 0, 101, nullptr) == kInvalidValue);
}

TEST_CASE("pointers tell what they are") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(ramp(100));
  unsigned type = 0;
  int ordinal = -1;
  CUcontext owner = nullptr;
  CHECK(cuPointerGetAttribute(&type, cufsim::kPointerMemoryType, memory + 5) == CUDA_SUCCESS);
  CHECK(type == CU_MEMORYTYPE_DEVICE);
  CHECK(cuPointerGetAttribute(&ordinal, cufsim::kPointerDeviceOrdinal, memory) == CUDA_SUCCESS);
  CHECK(ordinal == 0);
  CHECK(cuPointerGetAttribute(&owner, cufsim::kPointerContext, memory) == CUDA_SUCCESS);
  CHECK(owner == gpu.context);
  CHECK(cuPointerGetAttribute(&type, cufsim::kPointerMemoryType, memory + 100) == kInvalidValue);
}
