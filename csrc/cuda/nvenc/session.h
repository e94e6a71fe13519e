#pragma once

#include <memory>
#include <string>

#include "cuda/context.h"

// Whether the headers that this is compiled with are of this version of NVENC's interface or newer.
#define CUF_NVENC_API(major, minor)    \
  (NVENCAPI_MAJOR_VERSION > (major) || \
   (NVENCAPI_MAJOR_VERSION == (major) && NVENCAPI_MINOR_VERSION >= (minor)))

namespace cuf::cuda {

// What helps where NVENC does not.
inline constexpr const char* kUseCpu = "; ask for a device with backend \"cpu\"";

// Whether NVENC says that it does not do what it was asked for, or does not know it.
inline bool is_refusal(NVENCSTATUS status) {
  return status == NV_ENC_ERR_INVALID_PARAM || status == NV_ENC_ERR_UNSUPPORTED_PARAM ||
         status == NV_ENC_ERR_UNIMPLEMENTED;
}

// A session of NVENC in a context. All of it needs the context to be current, but for the
// destructor.
class NvencSession {
 public:
  // Throws Error(unsupported) where the driver or the GPU has no NVENC, Error(out_of_memory) where
  // all its sessions are in use.
  explicit NvencSession(std::shared_ptr<const Context> context);
  ~NvencSession();
  NvencSession(const NvencSession&) = delete;
  NvencSession& operator=(const NvencSession&) = delete;

  const NV_ENCODE_API_FUNCTION_LIST& calls() const { return calls_; }
  void* handle() const { return handle_; }
  const std::shared_ptr<const Context>& context() const { return context_; }

  // Throws for whatever is not success: "<what>: NV_ENC_ERR_..." with the driver's own words.
  void check(NVENCSTATUS status, const std::string& what) const {
    if (status != NV_ENC_SUCCESS) [[unlikely]]
      throw error(status, what);
  }
  Error error(NVENCSTATUS status, const std::string& what) const;
  // Ends it, with what was begun.
  void close() noexcept;

 private:
  void open();

  const std::shared_ptr<const Context> context_;
  NV_ENCODE_API_FUNCTION_LIST calls_{};
  void* handle_ = nullptr;
};

}  // namespace cuf::cuda
