// Kernels, their checks, and errors that stay.
#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "client.h"

using namespace cufsim_test;

namespace {

std::string ptx() {
  std::ifstream file(SIM_FOLDER "/kernels/arithmetic_test.ptx");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Scaling {
  unsigned char factor;
  unsigned offset;
  CUdeviceptr from;
  CUdeviceptr to;
};

/** A module and one of its kernels. */
struct Kernel {
  explicit Kernel(const char* name) {
    REQUIRE(cuModuleLoadData(&module, ptx().c_str()) == CUDA_SUCCESS);
    REQUIRE(cuModuleGetFunction(&function, module, name) == CUDA_SUCCESS);
  }
  ~Kernel() { cuModuleUnload(module); }

  template <class... Parameters>
  CUresult launch(unsigned grid, unsigned block, CUstream stream, Parameters... parameters) {
    void* pointers[] = {&parameters..., nullptr};
    return cuLaunchKernel(function, grid, 1, 1, block, 1, 1, 0, stream, pointers, nullptr);
  }

  CUmodule module = nullptr;
  CUfunction function = nullptr;
};

template <class T>
std::vector<T> as(const Bytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace

TEST_CASE("a kernel runs with the parameters of its launch, later") {
  Gpu gpu;
  Kernel scale("sim_test_scale");
  const CUdeviceptr from = gpu.upload(ramp(200));
  const CUdeviceptr to = gpu.upload(Bytes(200, 0));
  const CUstream stream = gpu.stream();
  Scaling scaling{3, 7, from, to};
  unsigned count = 100;
  void* parameters[] = {&scaling, &count};
  cufsim_pause();
  CHECK(cuLaunchKernel(scale.function, 4, 1, 1, 32, 1, 1, 0, stream, parameters, nullptr) ==
        CUDA_SUCCESS);
  // Copied at the launch: what happens to them now changes nothing.
  scaling = {};
  count = 0;
  cufsim_resume();
  CHECK(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  const auto result = as<unsigned short>(gpu.download(to, 200));
  for (unsigned i = 0; i < 100; i++) {
    const unsigned source = 2 * i + 256 * (2 * i + 1);
    CHECK(result[i] == static_cast<unsigned short>(source * 3 + 7));
  }
  CHECK(cufsim_count("kernels") == 1);
  CHECK_MESSAGE(problems("problems") == 0, problem_texts());
}

TEST_CASE("a grid has every thread once") {
  Gpu gpu;
  Kernel index("sim_test_index");
  const CUdeviceptr to = gpu.upload(Bytes(7 * 6 * 4, 0xff));
  unsigned width = 7;
  void* parameters[] = {const_cast<CUdeviceptr*>(&to), &width};
  CHECK(cuLaunchKernel(index.function, 2, 3, 1, 4, 2, 1, 0, nullptr, parameters, nullptr) ==
        CUDA_SUCCESS);
  const auto result = as<unsigned>(gpu.download(to, 7 * 6 * 4));
  for (unsigned y = 0; y < 6; y++) {
    for (unsigned x = 0; x < 7; x++) CHECK(result[y * 7 + x] == y * 1000 + x);
  }
}

TEST_CASE("launches that hardware refuses") {
  Gpu gpu;
  Kernel index("sim_test_index");
  const CUdeviceptr to = gpu.upload(Bytes(4));
  CHECK(index.launch(0, 32, nullptr, to, 0u) == cufsim::kInvalidValue);
  CHECK(index.launch(1, 0, nullptr, to, 0u) == cufsim::kInvalidValue);
  CHECK(index.launch(1, 1025, nullptr, to, 0u) == cufsim::kInvalidValue);
  CHECK(index.launch(1, 1024, nullptr, to, 0u) == CUDA_SUCCESS);
  void* parameters[] = {const_cast<CUdeviceptr*>(&to), nullptr};
  CHECK(cuLaunchKernel(index.function, 1, 65536, 1, 1, 1, 1, 0, nullptr, parameters, nullptr) ==
        cufsim::kInvalidValue);
  CHECK(cuLaunchKernel(index.function, 1, 1, 1, 1, 1, 1, 50000, nullptr, parameters, nullptr) ==
        cufsim::kInvalidValue);
  CHECK(cuLaunchKernel(index.function, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr) ==
        cufsim::kInvalidValue);
  CHECK(cuLaunchKernel(index.function, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr) ==
        cufsim::kInvalidValue);
}

TEST_CASE("an access out of bounds is reported late, and stays") {
  Gpu gpu;
  Kernel read("sim_test_read");
  const CUdeviceptr from = gpu.upload(Bytes(512));
  const CUdeviceptr to = gpu.upload(Bytes(4));
  const CUstream stream = gpu.stream();
  SUBCASE("behind the end") {
    CHECK(read.launch(1, 1, stream, from + 512, to) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(stream) == cufsim::kIllegalAddress);
    CHECK(problems("out_of_bounds") == 1);
  }
  SUBCASE("across the end") {
    CHECK(read.launch(1, 1, stream, from + 509, to) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(stream) == cufsim::kMisalignedAddress);
    CHECK(problems("misaligned") == 1);
  }
  SUBCASE("host memory that the GPU does not know") {
    static unsigned host = 0;
    CHECK(read.launch(1, 1, stream, reinterpret_cast<CUdeviceptr>(&host), to) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(stream) == cufsim::kIllegalAddress);
  }
  CUdeviceptr address = 0;
  CHECK(cuMemAlloc_v2(&address, 16) != CUDA_SUCCESS);
  CHECK(read.launch(1, 1, nullptr, from, to) != CUDA_SUCCESS);
  CHECK(cuCtxDestroy_v2(gpu.context) == CUDA_SUCCESS);
  REQUIRE(cuCtxCreate_v2(&gpu.context, 0, 0) == CUDA_SUCCESS);
  CHECK(cuMemAlloc_v2(&address, 16) == CUDA_SUCCESS);
}

TEST_CASE("what a kernel touched counts for the order of streams") {
  Gpu gpu;
  Kernel read("sim_test_read");
  const CUdeviceptr from = gpu.upload(Bytes(512));
  const CUdeviceptr to = gpu.upload(Bytes(4));
  const CUstream first = gpu.stream();
  const CUstream second = gpu.stream();
  CHECK(read.launch(1, 1, first, from, to) == CUDA_SUCCESS);
  CHECK(cuMemsetD8Async(from + 4, 1, 508, second) == CUDA_SUCCESS);
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK_MESSAGE(problems("problems") == 0, problem_texts());
  CHECK(read.launch(1, 1, first, from, to) == CUDA_SUCCESS);
  CHECK(cuMemsetD8Async(from + 3, 1, 4, second) == CUDA_SUCCESS);
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK(problems("missing_sync") == 1);
}

TEST_CASE("modules: versions, targets, names, unloading") {
  Gpu gpu;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  CHECK(cuModuleLoadData(&module, "nonsense") == cufsim::kInvalidImage);
  CHECK(cuModuleLoadData(&module, replaced(ptx(), ".version 9.0", ".version 9.1").c_str()) ==
        cufsim::kUnsupportedPtxVersion);
  CHECK(cuModuleLoadData(&module, replaced(ptx(), "sm_75", "sm_100").c_str()) ==
        cufsim::kInvalidPtx);
  cufsim_set("ptx_version", 64);
  CHECK(cuModuleLoadData(&module, ptx().c_str()) == cufsim::kUnsupportedPtxVersion);
  const std::string old =
      replaced(replaced(ptx(), ".version 9.0", ".version 6.4"), "sm_75", "sm_50");
  REQUIRE(cuModuleLoadData(&module, old.c_str()) == CUDA_SUCCESS);
  CHECK(cuModuleGetFunction(&function, module, "sim_test_nothing") == cufsim::kNotFound);
  REQUIRE(cuModuleGetFunction(&function, module, "sim_test_read") == CUDA_SUCCESS);
  CHECK(problems("problems") == 0);
  CHECK(cuModuleUnload(module) == CUDA_SUCCESS);
  CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr) ==
        cufsim::kInvalidHandle);
  CHECK(problems("use_after_destroy") == 1);
}

TEST_CASE("PTX that does not belong to the source is found out") {
  Gpu gpu;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  const std::string other =
      replaced(ptx(), "sim_test_scale_param_0[24]", "sim_test_scale_param_0[32]");
  REQUIRE(cuModuleLoadData(&module, other.c_str()) == CUDA_SUCCESS);
  CHECK(cuModuleGetFunction(&function, module, "sim_test_scale") == cufsim::kNotFound);
  CHECK(problems("no_host_kernel") == 1);
  cuModuleUnload(module);
}

TEST_CASE("a lost device fails everything, but lets go of what there is") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(16));
  const CUstream stream = gpu.stream();
  cufsim_pause();
  CHECK(cuMemsetD8Async(memory, 1, 16, stream) == CUDA_SUCCESS);
  cufsim_lose_device(0, 999);
  cufsim_resume();
  CHECK(cuStreamSynchronize(stream) == cufsim::kUnknown);
  CUdeviceptr address = 0;
  CHECK(cuMemAlloc_v2(&address, 16) == cufsim::kUnknown);
  CUcontext context = nullptr;
  CHECK(cuCtxCreate_v2(&context, 0, 0) == cufsim::kUnknown);
  cuCtxDestroy_v2(gpu.context);
  gpu.context = nullptr;
  CHECK(cufsim_count("contexts") == 0);
  CHECK(cufsim_count("allocations") == 0);
}

TEST_CASE("the nth call fails") {
  Gpu gpu;
  CUdeviceptr address = 0;
  cufsim_fail("cuMemAlloc", 2, 2);
  CHECK(cuMemAlloc_v2(&address, 16) == CUDA_SUCCESS);
  const CUdeviceptr first = address;
  CHECK(cufsim_fault_pending() == 1);
  CHECK(cuMemAlloc_v2(&address, 16) == cufsim::kOutOfMemory);
  CHECK(cufsim_fault_pending() == 0);
  CHECK(cuMemAlloc_v2(&address, 16) == CUDA_SUCCESS);
  CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
  // A release that fails releases.
  cufsim_fail("*", 1, 999);
  CHECK(cuMemFree_v2(first) == cufsim::kUnknown);
  CHECK(cufsim_count("allocations") == 0);
  CHECK(cufsim_calls("cuMemAlloc") == 3);
}

TEST_CASE("what drivers say of faulted work breaks the context, but lets go of what there is") {
  Gpu gpu;
  const CUdeviceptr memory = gpu.upload(Bytes(16));
  CUdeviceptr address = 0;
  cufsim_fail("cuMemAlloc", 1, 700);
  CHECK(cuMemAlloc_v2(&address, 16) == cufsim::result(700));
  CHECK(cuMemAlloc_v2(&address, 16) == cufsim::result(700));
  cuMemFree_v2(memory);
  CHECK(cufsim_count("allocations") == 0);
}

TEST_CASE("faults and counters pass over a thread that is spared") {
  Gpu gpu;
  CUdeviceptr address = 0;
  cufsim_fail("cuMemAlloc", 1, 2);
  const uint64_t calls = cufsim_calls("*");
  cufsim_spare_thread(1);
  CHECK(cuMemAlloc_v2(&address, 16) == CUDA_SUCCESS);
  CHECK(cuMemFree_v2(address) == CUDA_SUCCESS);
  cufsim_spare_thread(0);
  CHECK(cufsim_calls("*") == calls);
  CHECK(cuMemAlloc_v2(&address, 16) == cufsim::kOutOfMemory);
}

TEST_CASE("a fault of the environment" * doctest::skip()) {
  REQUIRE(cuInit(0) == CUDA_SUCCESS);
  CUcontext context = nullptr;
  CHECK(cuCtxCreate_v2(&context, 0, 0) == cufsim::result(46));
}

TEST_CASE("the environment sets faults and a call at which the device is lost") {
  CHECK(run_alone("a fault of the environment", {"CUFSIM_FAIL=cuCtxCreate:1:46"}) == 0);
  CHECK(run_alone("a fault of the environment", {"CUFSIM_LOSE_AFTER=2"}) != 0);
}
