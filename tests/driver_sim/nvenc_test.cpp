// NVENC, as far as it goes: a GPU without NVENC, as an H100 is.
#include <doctest/doctest.h>
#include <ffnvcodec/nvEncodeAPI.h>

#include "client.h"

extern "C" {
NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t* version);
NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST* functions);
}

using namespace cufsim_test;

namespace {

constexpr uint32_t version_word(uint32_t major, uint32_t minor, uint32_t of_struct) {
  return major | minor << 24 | of_struct << 16 | 7u << 28;
}

}  // namespace

TEST_CASE("the newest API version has its minor number in the low bits") {
  uint32_t version = 0;
  CHECK(NvEncodeAPIGetMaxSupportedVersion(&version) == NV_ENC_SUCCESS);
  CHECK(version == 0xd0);
}

TEST_CASE("clients of API 11.1 to 13.0 are known, others and foreign words are not") {
  NV_ENCODE_API_FUNCTION_LIST functions = {};
  for (const uint32_t known : {version_word(11, 1, 2), version_word(12, 1, 2),
                               version_word(12, 2, 2), version_word(13, 0, 2)}) {
    functions.version = known;
    CHECK(NvEncodeAPICreateInstance(&functions) == NV_ENC_SUCCESS);
    CHECK(static_cast<bool>(functions.nvEncOpenEncodeSessionEx));
    CHECK(static_cast<bool>(functions.nvEncGetEncodePresetConfigEx));
  }
  for (const uint32_t unknown : {0u, version_word(10, 0, 2), version_word(13, 1, 2),
                                 version_word(12, 1, 1), version_word(12, 1, 2) & 0x0fffffffu}) {
    functions.version = unknown;
    CHECK(NvEncodeAPICreateInstance(&functions) == NV_ENC_ERR_INVALID_VERSION);
  }
}

TEST_CASE("no session can be opened, and none is left behind") {
  Gpu gpu;
  NV_ENCODE_API_FUNCTION_LIST functions = {};
  functions.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  REQUIRE(NvEncodeAPICreateInstance(&functions) == NV_ENC_SUCCESS);
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS parameters = {};
  parameters.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  parameters.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  parameters.device = gpu.context;
  parameters.apiVersion = NVENCAPI_VERSION;
  void* encoder = &parameters;
  CHECK(functions.nvEncOpenEncodeSessionEx(&parameters, &encoder) == NV_ENC_ERR_UNSUPPORTED_DEVICE);
  CHECK(encoder == nullptr);
  parameters.version = 0;
  CHECK(functions.nvEncOpenEncodeSessionEx(&parameters, &encoder) == NV_ENC_ERR_INVALID_VERSION);
  CHECK(cufsim_calls("nvEncOpenEncodeSessionEx") == 2);
}
