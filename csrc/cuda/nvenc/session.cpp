#include "cuda/nvenc/session.h"

#include <utility>

namespace cuf::cuda {
namespace {

// NvEncodeAPIGetMaxSupportedVersion()'s way to write a version, which no other function shares.
constexpr uint32_t kNeeded = NVENCAPI_MAJOR_VERSION << 4 | NVENCAPI_MINOR_VERSION;

std::string version_text(uint32_t version) {
  return std::to_string(version >> 4) + "." + std::to_string(version & 0xf);
}

std::string too_old(uint32_t version) {
  return "The NVIDIA driver is too old to encode: it has NVENC's interface " +
         version_text(version) + ", and " + version_text(kNeeded) +
         " or newer is needed; update the driver, or ask for a device with backend \"cpu\"";
}

// A context that work has broken has its own word on that, which NVENC does not pass on.
Error error_in(const Context& context, NVENCSTATUS status, const std::string& what) {
  const Error error = make_error(status, what);
  if (error.status != Status::internal) return error;
  size_t free = 0;
  size_t total = 0;
  const CUresult result = context.cuda().cuMemGetInfo(&free, &total);
  if (result == CUDA_SUCCESS) return error;
  const Error word = make_error(result, what);
  return word.status == Status::device_lost ? word : error;
}

// Why the driver cannot encode for anybody compiled with these headers, as a sentence; or nothing.
std::string absence(const Context& context) {
  const Driver& driver = context.driver();
  if (!driver.no_encoder.empty()) return driver.no_encoder + kUseCpu;
  uint32_t version = 0;
  const NVENCSTATUS status = driver.nvenc.NvEncodeAPIGetMaxSupportedVersion(&version);
  if (status != NV_ENC_SUCCESS) {
    throw error_in(context, status, "The NVIDIA driver does not say which NVENC it has");
  }
  return version < kNeeded ? too_old(version) : "";
}

Error cannot_open(const Context& context, NVENCSTATUS status) {
  const std::string gpu = "GPU " + std::to_string(context.gpu());
  const std::string name = result_name(status);
  switch (status) {
    case NV_ENC_ERR_NO_ENCODE_DEVICE:
    case NV_ENC_ERR_UNSUPPORTED_DEVICE:
      return Error(Status::unsupported, gpu + " has no NVENC (" + name + ")" + kUseCpu, status);
    // Drivers of consumer cards say the latter.
    case NV_ENC_ERR_OUT_OF_MEMORY:
    case NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY:
      return Error(Status::out_of_memory,
                   "All sessions of NVENC on " + gpu + " are in use (" + name +
                       "); close an encoder, or ask for a device with backend \"cpu\"",
                   status);
    default:
      return error_in(context, status, "Could not open a session of NVENC on " + gpu);
  }
}

}  // namespace

NvencSession::NvencSession(std::shared_ptr<const Context> context) : context_(std::move(context)) {
  const std::string reason = absence(*context_);
  if (!reason.empty()) throw Error(Status::unsupported, reason);
  calls_.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  const NVENCSTATUS status = context_->driver().nvenc.NvEncodeAPICreateInstance(&calls_);
  if (status != NV_ENC_SUCCESS) {
    throw error_in(*context_, status, "Could not get the functions of NVENC");
  }
  open();
}

void NvencSession::open() {
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS parameters{};
  parameters.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  parameters.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  parameters.device = context_->handle();
  parameters.apiVersion = NVENCAPI_VERSION;
  const NVENCSTATUS status = calls_.nvEncOpenEncodeSessionEx(&parameters, &handle_);
  if (status == NV_ENC_SUCCESS) return;
  // A session that failed may be there, and counts against the limit.
  if (handle_) calls_.nvEncDestroyEncoder(handle_);
  handle_ = nullptr;
  throw cannot_open(*context_, status);
}

NvencSession::~NvencSession() {
  if (!handle_) return;
  const ContextScope scope(*context_, std::nothrow);
  if (scope) close();
}

void NvencSession::close() noexcept {
  if (handle_) calls_.nvEncDestroyEncoder(handle_);
  handle_ = nullptr;
}

Error NvencSession::error(NVENCSTATUS status, const std::string& what) const {
  const char* said = calls_.nvEncGetLastErrorString(handle_);
  const std::string words = said && *said ? " (" + std::string(said) + ")" : "";
  return error_in(*context_, status, what + words);
}

}  // namespace cuf::cuda
