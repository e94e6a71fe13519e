// Contexts and threads, the loader, and what a driver says before it is set up.
#define FFNV_LOG_FUNC(context, message, ...)
#include <doctest/doctest.h>
#include <ffnvcodec/dynlink_loader.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "client.h"

using namespace cufsim_test;
using cufsim::kInvalidContext;
using cufsim::kInvalidHandle;

TEST_CASE("before cuInit and without a context" * doctest::skip()) {
  CUdeviceptr address = 0;
  int count = 0;
  CUcontext context = nullptr;
  CHECK(cuMemAlloc_v2(&address, 16) == cufsim::kNotInitialized);
  CHECK(cuDeviceGetCount(&count) == cufsim::kNotInitialized);
  CHECK(cuCtxGetCurrent(&context) == cufsim::kNotInitialized);
  CHECK(cuInit(1) == cufsim::kInvalidValue);
  CHECK(cuInit(0) == CUDA_SUCCESS);
  CHECK(cuMemAlloc_v2(&address, 16) == kInvalidContext);
  CHECK(cuStreamSynchronize(nullptr) == kInvalidContext);
  CHECK(cuCtxSynchronize() == kInvalidContext);
  CHECK(cuCtxPopCurrent_v2(&context) == kInvalidContext);
  CHECK(cuCtxGetCurrent(&context) == CUDA_SUCCESS);
  CHECK(context == nullptr);
  CHECK(cuCtxPushCurrent_v2(nullptr) == cufsim::kInvalidValue);
  CHECK(cuDevicePrimaryCtxRelease(0) == kInvalidContext);
}

TEST_CASE("no GPU" * doctest::skip()) {
  CHECK(cuInit(0) == cufsim::kNoDevice);
}

TEST_CASE("two GPUs" * doctest::skip()) {
  CHECK(cuInit(0) == CUDA_SUCCESS);
  int count = 0;
  CHECK(cuDeviceGetCount(&count) == CUDA_SUCCESS);
  CHECK(count == 2);
  CUdevice device = -1;
  CHECK(cuDeviceGet(&device, 1) == CUDA_SUCCESS);
  CHECK(cuDeviceGet(&device, 2) == cufsim::kInvalidDevice);
  CUcontext context = nullptr;
  CHECK(cuCtxCreate_v2(&context, 0, 1) == CUDA_SUCCESS);
  CHECK(cuCtxGetDevice(&device) == CUDA_SUCCESS);
  CHECK(device == 1);
  CHECK(cuCtxDestroy_v2(context) == CUDA_SUCCESS);
}

TEST_CASE("a driver is set up step by step, and the environment says which GPUs there are") {
  CHECK(run_alone("before cuInit and without a context") == 0);
  CHECK(run_alone("no GPU", {"CUFSIM_GPUS=0"}) == 0);
  CHECK(run_alone("two GPUs", {"CUFSIM_GPUS=2"}) == 0);
}

TEST_CASE("a context is current on its thread only") {
  Gpu gpu;
  CUresult elsewhere = CUDA_SUCCESS;
  std::thread([&] {
    CUdeviceptr address = 0;
    elsewhere = cuMemAlloc_v2(&address, 16);
  }).join();
  CHECK(elsewhere == kInvalidContext);
  CHECK(problems("context_left_pushed") == 0);
}

TEST_CASE("a thread that ends with a context pushed is reported, a balanced one is not") {
  Gpu gpu;
  std::thread([&] {
    cuCtxPushCurrent_v2(gpu.context);
    cuCtxPopCurrent_v2(nullptr);
  }).join();
  CHECK(problems("context_left_pushed") == 0);
  CHECK(cufsim_count("context_pushes") == 1);
  std::thread([&] { cuCtxPushCurrent_v2(gpu.context); }).join();
  CHECK(problems("context_left_pushed") == 1);
}

TEST_CASE("what lives in a context ends with it, and is reported") {
  Gpu gpu;
  CUcontext other = nullptr;
  REQUIRE(cuCtxCreate_v2(&other, 0, 0) == CUDA_SUCCESS);
  CUstream stream = nullptr;
  CUevent event = nullptr;
  CUdeviceptr address = 0;
  REQUIRE(cuStreamCreate(&stream, 0) == CUDA_SUCCESS);
  REQUIRE(cuEventCreate(&event, 0) == CUDA_SUCCESS);
  REQUIRE(cuMemAlloc_v2(&address, 16) == CUDA_SUCCESS);
  CHECK(cuCtxDestroy_v2(other) == CUDA_SUCCESS);
  CHECK(problems("destroyed_with_live_objects") == 1);
  CHECK(cuStreamSynchronize(stream) == kInvalidHandle);
  CHECK(cuEventSynchronize(event) == cufsim::kContextIsDestroyed);
  CHECK(cuMemFree_v2(address) == cufsim::kInvalidValue);
  // The destroyed one was popped.
  CUcontext current = nullptr;
  CHECK(cuCtxGetCurrent(&current) == CUDA_SUCCESS);
  CHECK(current == gpu.context);
  CHECK(cuCtxPushCurrent_v2(other) == kInvalidContext);
}

TEST_CASE("a destroyed context that is still current elsewhere") {
  Gpu gpu;
  CUcontext other = nullptr;
  REQUIRE(cuCtxCreate_v2(&other, 0, 0) == CUDA_SUCCESS);
  std::thread([&] { cuCtxDestroy_v2(other); }).join();
  CUdeviceptr address = 0;
  CHECK(cuMemAlloc_v2(&address, 16) == cufsim::kContextIsDestroyed);
  CHECK(cuCtxPopCurrent_v2(nullptr) == CUDA_SUCCESS);
}

TEST_CASE("events are recorded on streams of their own context only") {
  Gpu gpu;
  const CUstream stream = gpu.stream();
  CUcontext other = nullptr;
  REQUIRE(cuCtxCreate_v2(&other, 0, 0) == CUDA_SUCCESS);
  CUevent event = nullptr;
  REQUIRE(cuEventCreate(&event, 0) == CUDA_SUCCESS);
  CHECK(cuEventRecord(event, stream) == kInvalidHandle);
  CHECK(problems("wrong_context") == 1);
  CHECK(cuEventRecord(event, nullptr) == CUDA_SUCCESS);
  // To wait across contexts is allowed.
  CHECK(cuStreamWaitEvent(stream, event, 0) == CUDA_SUCCESS);
  cuEventDestroy_v2(event);
  cuCtxDestroy_v2(other);
}

TEST_CASE("the primary context lives while it is retained") {
  Gpu gpu;
  CUcontext first = nullptr;
  CUcontext second = nullptr;
  unsigned flags = 0;
  int active = -1;
  CHECK(cuDevicePrimaryCtxRetain(&first, 0) == CUDA_SUCCESS);
  CHECK(cuDevicePrimaryCtxRetain(&second, 0) == CUDA_SUCCESS);
  CHECK(first == second);
  CHECK(cuCtxDestroy_v2(first) == kInvalidContext);
  CHECK(cuDevicePrimaryCtxRelease(0) == CUDA_SUCCESS);
  CHECK(cuDevicePrimaryCtxGetState(0, &flags, &active) == CUDA_SUCCESS);
  CHECK(active == 1);
  CHECK(cuDevicePrimaryCtxRelease(0) == CUDA_SUCCESS);
  CHECK(cuDevicePrimaryCtxGetState(0, &flags, &active) == CUDA_SUCCESS);
  CHECK(active == 0);
  CHECK(cuDevicePrimaryCtxRelease(0) == kInvalidContext);
}

TEST_CASE("ffnvcodec's loader finds every function that it demands, again and again") {
  for (int i = 0; i < 2; i++) {
    CudaFunctions* cuda = nullptr;
    REQUIRE(cuda_load_functions(&cuda, nullptr) == 0);
    CHECK(cuda->cuInit(0) == CUDA_SUCCESS);
    cuda_free_functions(&cuda);
  }
}

TEST_CASE("functions can be asked for by name, without their suffix") {
  Gpu gpu;
  void* address = nullptr;
  int status = -1;
  CHECK(cuGetProcAddress_v2("cuMemAlloc", &address, 12000, 0, &status) == CUDA_SUCCESS);
  CHECK(address == reinterpret_cast<void*>(&cuMemAlloc_v2));
  CHECK(cuGetProcAddress_v2("cuNothing", &address, 12000, 0, &status) == cufsim::kNotFound);
  CHECK(status == 1);
}

TEST_CASE("a process with a report" * doctest::skip()) {
  {
    Gpu gpu;
    gpu.upload(Bytes(16));
  }
  CUcontext context = nullptr;
  cuCtxCreate_v2(&context, 0, 0);
  CUdeviceptr leaked = 0;
  cuMemAlloc_v2(&leaked, 100);
}

TEST_CASE("the report is written when the last context ends, and at exit with what leaked") {
  const std::string path = std::string("/tmp/cufsim_report_") + std::to_string(getpid()) + ".json";
  CHECK(run_alone("a process with a report", {"CUFSIM_REPORT=" + path}) == 0);
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  CHECK(text.str().find("\"simulated\":true") != std::string::npos);
  CHECK(text.str().find("\"cuMemAlloc\":2") != std::string::npos);
  CHECK(text.str().find("\"allocations\":1") != std::string::npos);
  CHECK(text.str().find("\"contexts\":1") != std::string::npos);
  std::remove(path.c_str());
}
