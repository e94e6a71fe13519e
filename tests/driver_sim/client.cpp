#include "client.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace cufsim_test {

Gpu::Gpu(const char* model) {
  cufsim_reset();
  cufsim_resume();
  REQUIRE(cufsim_set_gpu(model) == 1);
  REQUIRE(cuInit(0) == CUDA_SUCCESS);
  REQUIRE(cuCtxCreate_v2(&context, 0, 0) == CUDA_SUCCESS);
}

Gpu::~Gpu() {
  cufsim_resume();
  for (const CUdeviceptr address : memory_) cuMemFree_v2(address);
  for (const CUstream stream : streams_) cuStreamDestroy_v2(stream);
  cuCtxDestroy_v2(context);
}

CUdeviceptr Gpu::upload(const Bytes& bytes) {
  CUdeviceptr address = 0;
  REQUIRE(cuMemAlloc_v2(&address, bytes.size()) == CUDA_SUCCESS);
  REQUIRE(cuMemcpyHtoD_v2(address, bytes.data(), bytes.size()) == CUDA_SUCCESS);
  REQUIRE(cuStreamSynchronize(nullptr) == CUDA_SUCCESS);
  memory_.push_back(address);
  return address;
}

Bytes Gpu::download(CUdeviceptr address, size_t size) {
  Bytes bytes(size);
  REQUIRE(cuMemcpyDtoH_v2(bytes.data(), address, size) == CUDA_SUCCESS);
  return bytes;
}

CUstream Gpu::stream(unsigned flags) {
  CUstream stream = nullptr;
  REQUIRE(cuStreamCreate(&stream, flags) == CUDA_SUCCESS);
  streams_.push_back(stream);
  return stream;
}

uint64_t problems(const char* kind) {
  return cufsim_count(kind);
}

std::string problem_texts() {
  std::string all;
  char text[2000];
  for (uint32_t i = 0; cufsim_problem(i, text, sizeof text) > 0; i++)
    all += text + std::string("\n");
  return all;
}

int run_alone(const char* test_case, const std::vector<std::string>& environment) {
  const std::string filter = std::string("--test-case=") + test_case;
  const pid_t child = fork();
  if (child == 0) {
    for (const std::string& variable : environment) {
      putenv(const_cast<char*>(variable.c_str()));
    }
    execl("/proc/self/exe", "tests", filter.c_str(), "--no-skip=true", "--no-path-filenames=true",
          "--quiet=true", nullptr);
    _exit(127);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

Bytes ramp(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; i++) bytes[i] = static_cast<unsigned char>(i);
  return bytes;
}

}  // namespace cufsim_test
