// libnvidia-encode of a GPU that cannot encode: versions can be asked for, sessions cannot be
// opened. The encoder itself comes with its own issue; its functions then take the places of
// refuse().
#include <ffnvcodec/nvEncodeAPI.h>

#include <cstring>

#include "cuda/entry.h"

using namespace cufsim;

namespace {

/** 13.0: the minor version is in the low four bits here, unlike in the version words of structs. */
constexpr uint32_t kNewest = 13 << 4 | 0;

constexpr uint32_t api_major(uint32_t version) {
  return version & 0xff;
}
constexpr uint32_t api_minor(uint32_t version) {
  return version >> 24 & 0xf;
}

/** The API version of a struct's version word; whether the simulated driver knows it. */
bool is_known(uint32_t word, uint32_t struct_version) {
  const uint32_t api = word & 0x0f0000ff;
  const bool knows_api = api_major(api) >= 11 && (api_major(api) << 4 | api_minor(api)) <= kNewest;
  return knows_api && (word >> 16 & 0xff) == struct_version && (word >> 28) == 7;
}

template <class Body>
NVENCSTATUS encode_call(const char* function, Body&& body) {
  NVENCSTATUS status = NV_ENC_SUCCESS;
  const CUresult code = call(function, kNothing, [&](Entry& entry) -> CUresult {
    status = body(entry);
    return CUDA_SUCCESS;
  });
  return code == CUDA_SUCCESS ? status : static_cast<NVENCSTATUS>(code);
}

/** What an H100 answers, which has no NVENC. */
NVENCSTATUS NVENCAPI open_session(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS* parameters,
                                  void** encoder) {
  return encode_call("nvEncOpenEncodeSessionEx", [&](Entry&) {
    if (parameters == nullptr || encoder == nullptr) return NV_ENC_ERR_INVALID_PTR;
    *encoder = nullptr;
    if (!is_known(parameters->version, 1)) return NV_ENC_ERR_INVALID_VERSION;
    return NV_ENC_ERR_UNSUPPORTED_DEVICE;
  });
}

NVENCSTATUS NVENCAPI destroy_encoder(void*) {
  return encode_call("nvEncDestroyEncoder",
                     [](Entry&) { return NV_ENC_ERR_INVALID_ENCODERDEVICE; });
}

/** Without a session there is nothing to call the other functions with. */
NVENCSTATUS NVENCAPI refuse() {
  return encode_call("nvEnc", [](Entry&) { return NV_ENC_ERR_INVALID_ENCODERDEVICE; });
}

const char* NVENCAPI last_error(void*) {
  return "the simulated GPU has no encoder";
}

}  // namespace

CUFSIM_EXPORT NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t* version) {
  return encode_call("NvEncodeAPIGetMaxSupportedVersion", [&](Entry&) {
    if (version == nullptr) return NV_ENC_ERR_INVALID_PTR;
    *version = kNewest;
    return NV_ENC_SUCCESS;
  });
}

CUFSIM_EXPORT NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST* functions) {
  return encode_call("NvEncodeAPICreateInstance", [&](Entry&) {
    if (functions == nullptr) return NV_ENC_ERR_INVALID_PTR;
    if (!is_known(functions->version, 2)) return NV_ENC_ERR_INVALID_VERSION;
    // Every entry is a function pointer; reserved2 stays as it is.
    constexpr size_t kFirst = offsetof(NV_ENCODE_API_FUNCTION_LIST, nvEncOpenEncodeSession);
    constexpr size_t kEnd = offsetof(NV_ENCODE_API_FUNCTION_LIST, reserved2);
    auto* bytes = reinterpret_cast<unsigned char*>(functions);
    NVENCSTATUS(NVENCAPI * refused)() = &refuse;
    for (size_t at = kFirst; at + sizeof refused <= kEnd; at += sizeof refused) {
      std::memcpy(bytes + at, &refused, sizeof refused);
    }
    functions->reserved1 = nullptr;
    functions->nvEncOpenEncodeSessionEx = &open_session;
    functions->nvEncDestroyEncoder = &destroy_encoder;
    functions->nvEncGetLastErrorString = &last_error;
    return NV_ENC_SUCCESS;
  });
}
