// What NVDEC does differently with JPEG.
#include <doctest/doctest.h>

#include "session.h"
#include "streams_of_video.h"

using namespace cufsim_test;

TEST_CASE("JPEG is written on the default stream: others must be ordered behind it") {
  Gpu gpu;
  Session session(cudaVideoCodec_JPEG);
  session.send(encoded("-c:v mjpeg", "mjpeg")[0], 0);
  session.end();
  const CUstream stream = gpu.stream();
  CUevent event = nullptr;
  REQUIRE(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING) == CUDA_SUCCESS);
  const auto order = [&](CUstream before, CUstream behind) {
    CHECK(cuEventRecord(event, before) == CUDA_SUCCESS);
    CHECK(cuStreamWaitEvent(behind, event, 0) == CUDA_SUCCESS);
  };
  bool is_ordered = false;
  bool is_given_back = false;
  SUBCASE("before the copy and before the unmap") {
    is_ordered = is_given_back = true;
  }
  SUBCASE("before the copy only") {
    is_ordered = true;
  }
  SUBCASE("not at all") {}
  const Mapped mapped = session.map(0, stream);
  REQUIRE(mapped.code == CUDA_SUCCESS);
  if (is_ordered) order(nullptr, stream);
  const CUdeviceptr target = gpu.upload(Bytes(176));
  CHECK(cuMemcpyDtoDAsync_v2(target, mapped.address, 176, stream) == CUDA_SUCCESS);
  if (is_given_back) order(stream, nullptr);
  CHECK(session.unmap(mapped) == CUDA_SUCCESS);
  CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  CHECK((problems("problems") == 0) == (is_ordered && is_given_back));
  CHECK(cuEventDestroy_v2(event) == CUDA_SUCCESS);
}
