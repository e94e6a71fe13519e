#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "core/error.h"
#include "cuda/backend.h"
#include "cuda/context.h"
#include "cuda/driver.h"
#include "cuda/errors.h"
#include "cufsim.h"

using namespace cuf;
using namespace cuf::cuda;

namespace {

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

std::string reason_with(const DriverLibraries& libraries) {
  const DriverOrReason opened = open_driver(libraries);
  CHECK(opened.driver == nullptr);
  return opened.reason;
}

}  // namespace

TEST_CASE("A machine without the driver has a reason, not an error") {
  const std::string reason = reason_with({.cuda = "libnothing-here.so.1"});
  CHECK_MESSAGE(contains(reason, "No NVIDIA driver is installed"), reason);
  CHECK(contains(reason, "libnothing-here.so.1"));
}

TEST_CASE("A library that is broken is told from one that is not there") {
  const std::string path = "/tmp/cuframe-broken-" + std::to_string(getpid()) + ".so";
  std::ofstream(path) << "no library";
  const std::string reason = reason_with({.cuda = path.c_str()});
  CHECK_MESSAGE(contains(reason, "could not be opened"), reason);
  CHECK(contains(reason, path.c_str()));
  std::remove(path.c_str());
}

TEST_CASE("A container without the video capability is told what to set") {
  const std::string reason = reason_with({.cuvid = "libnvcuvid-absent.so.1"});
  CHECK_MESSAGE(contains(reason, "NVIDIA_DRIVER_CAPABILITIES=video"), reason);
  CHECK(contains(reason, "libnvcuvid-absent.so.1"));
}

TEST_CASE("A driver without the encoder still decodes") {
  // Opened drivers live for ever.
  static const DriverOrReason opened = open_driver({.nvenc = "libnvidia-encode-absent.so.1"});
  REQUIRE(opened.driver != nullptr);
  CHECK(contains(opened.driver->no_encoder, "libnvidia-encode-absent.so.1"));
  CHECK(!opened.driver->nvenc.NvEncodeAPICreateInstance);
}

TEST_CASE("A driver that is too old says which version is there and which is needed") {
  cufsim_reset();
  cufsim_set("driver_version", 11040);
  const std::string reason = reason_with({});
  CHECK_MESSAGE(contains(reason, "CUDA 11.4"), reason);
  CHECK(contains(reason, "CUDA 12.1"));
  cufsim_reset();
}

TEST_CASE("A library that is none of NVIDIA's is refused") {
  const std::string reason = reason_with({.cuda = "libm.so.6"});
  CHECK_MESSAGE(contains(reason, "it lacks cuInit"), reason);
}

TEST_CASE("A driver that finds no GPU, or does not start, says so") {
  cufsim_reset();
  cufsim_fail("cuInit", 1, 100);
  std::string reason = reason_with({});
  CHECK_MESSAGE(contains(reason, "finds no GPU"), reason);
  CHECK(contains(reason, "CUDA_ERROR_NO_DEVICE"));
  cufsim_fail("cuInit", 1, 803);
  reason = reason_with({});
  CHECK_MESSAGE(contains(reason, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"), reason);
}

TEST_CASE("The simulated driver is opened and says that it is one") {
  cufsim_reset();
  const DriverOrReason installed = installed_driver();
  REQUIRE_MESSAGE(installed.driver != nullptr, installed.reason);
  CHECK(installed.driver->is_simulated);
  CHECK(installed.driver->gpu_count == 1);
  CHECK(installed.driver->version >= kOldestDriver);
}

TEST_CASE("Adapters are described") {
  cufsim_reset();
  const Adapters found = list_adapters();
  REQUIRE(found.gpus.size() == 1);
  const Adapter& gpu = found.gpus[0];
  CHECK(contains(gpu.name, "H100"));
  CHECK(gpu.driver_version == "13.0");
  CHECK(gpu.compute_major == 9);
  CHECK(gpu.compute_minor == 0);
  CHECK(gpu.memory_bytes > (uint64_t{60} << 30));
  CHECK(gpu.decode_engines == 7);
  CHECK(gpu.is_simulated);
  CHECK(gpu.has_memory_pools);
  CHECK(found.reason.empty());
  CHECK(cufsim_count("contexts") == 0);
  CHECK(cufsim_count("context_pushes") == 0);
}

TEST_CASE("A GPU that fails when it is asked is left out, with the reason") {
  cufsim_reset();
  cufsim_fail("cuDevicePrimaryCtxRetain", 1, 2);
  const Adapters found = list_adapters();
  CHECK(found.gpus.empty());
  CHECK_MESSAGE(contains(found.reason, "CUDA_ERROR_OUT_OF_MEMORY"), found.reason);
}

TEST_CASE("Errors carry the driver's name and number, and what the caller can do") {
  const Error memory = make_error(static_cast<CUresult>(2), "Could not decode");
  CHECK(memory.status == Status::out_of_memory);
  CHECK(memory.native_code == 2);
  CHECK(contains(memory.what(), "Could not decode: CUDA_ERROR_OUT_OF_MEMORY"));
  CHECK(make_error(static_cast<CUresult>(700), "x").status == Status::device_lost);
  CHECK(make_error(static_cast<CUresult>(801), "x").status == Status::unsupported);
  CHECK(make_error(static_cast<CUresult>(4711), "x").status == Status::internal);
  CHECK(contains(make_error(static_cast<CUresult>(4711), "x").what(), "CUDA error 4711"));
  const Error key = make_error(NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY, "Could not open an encoder");
  CHECK(key.status == Status::unsupported);
  CHECK(contains(key.what(), "NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY"));
}

TEST_CASE("A context is entered and left, and a wrong one refused") {
  cufsim_reset();
  const Driver& driver = require_driver();
  {
    const auto context = Context::primary(driver, 0);
    CHECK(cufsim_count("contexts") == 1);
    {
      const ContextScope scope(*context);
      const ContextScope again(*context);
      CHECK(cufsim_count("context_pushes") == 2);
    }
    CHECK(cufsim_count("context_pushes") == 0);
    const auto borrowed = Context::borrowed(driver, context->handle());
    CHECK(borrowed->gpu() == 0);
  }
  CHECK(cufsim_count("contexts") == 0);
  CHECK_THROWS_WITH_AS(Context::primary(driver, 3),
                       "There is no GPU 3; the driver has 1, counted from 0", Error);
  int nothing = 0;
  try {
    Context::borrowed(driver, reinterpret_cast<CUcontext>(&nothing));
    FAIL("It was taken for a context");
  } catch (const Error& error) {
    CHECK(error.status == Status::invalid_argument);
  }
  CHECK(cufsim_count("context_pushes") == 0);
}
