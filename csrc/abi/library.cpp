#include "abi/boundary.h"
#include "core/picture_convert.h"
#include "core/registry.h"
#include "libav/backend.h"

using namespace cuf;
using namespace cuf::abi;

extern "C" {

int32_t cuf_library_abi_version(void) {
  return CUF_ABI_VERSION;
}

int32_t cuf_library_abi_hash(void) {
  return static_cast<int32_t>(CUF_HEADER_HASH);
}

int32_t cuf_library_info(CufLibraryInfo* out, CufError* error) {
  return guarded(error, [&] {
    CufLibraryInfo info{};
    put_text(info.version, CUF_VERSION);
    put_text(info.libav_versions, libav::backend().versions());
    put_text(info.libav_license, libav::backend().license());
    put_text(info.simd_target, conversion_target());
    write_struct(out, info);
    return CUF_OK;
  });
}

int32_t cuf_handle_close(uint32_t handle) {
  return guarded(nullptr, [&] {
    Registry::instance().close(handle);
    return CUF_OK;
  });
}

}  // extern "C"
