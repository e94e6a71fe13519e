#include "core/error.h"
#include "cuda/backend.h"

// Compiled in place of the rest of the folder when CMake finds no ffnvcodec headers.
namespace cuf::cuda {
namespace {

constexpr const char* kReason =
    "This build of cuframe has no cuda backend: it was compiled without NVIDIA's codec headers; "
    "install ffnvcodec 12.1 or newer (nv-codec-headers, libffmpeg-nvenc-dev) or set "
    "-DCUFRAME_NV_CODEC_HEADERS=, and build again";

}  // namespace

Adapters list_adapters() {
  return {.gpus = {}, .reason = kReason};
}

std::shared_ptr<GpuPort> open_gpu(const GpuOptions&) {
  throw Error(Status::unsupported, kReason);
}

}  // namespace cuf::cuda
