#include "nvenc/entry.h"

namespace cufsim {

NVENCSTATUS status_of(CUresult code) {
  const int number = number_in(code);
  // The numbers of faults are NVENC's, but for what the driver itself says.
  if (number == number_in(kNotPermitted)) return NV_ENC_ERR_INVALID_CALL;
  if (number == number_in(kContextIsDestroyed)) return NV_ENC_ERR_INVALID_DEVICE;
  return number <= NV_ENC_ERR_RESOURCE_NOT_MAPPED + 1 ? static_cast<NVENCSTATUS>(number)
                                                      : NV_ENC_ERR_GENERIC;
}

NVENCSTATUS find_session(Entry& entry, const char* function, unsigned needs, void* encoder,
                         SessionPtr& session) {
  session = encode_sessions().find(encoder);
  if (session == nullptr) {
    if (encode_sessions().was(encoder)) {
      entry.sim.journal.problem(Problem::kUseAfterDestroy,
                                std::string(function) + " of a destroyed session");
    }
    return encoder == nullptr ? NV_ENC_ERR_INVALID_PTR : NV_ENC_ERR_INVALID_ENCODERDEVICE;
  }
  const bool releases = (needs & kRelease) != 0;
  const ContextPtr own = session->context.lock();
  if (entry.context != nullptr && entry.context != own) {
    entry.sim.journal.problem(Problem::kWrongContext,
                              std::string(function) + " in another context than the session's");
    if (!releases) return session->refuse(NV_ENC_ERR_INVALID_DEVICE, "another context is current");
  }
  if (releases) return NV_ENC_SUCCESS;
  if (session->device.lost != CUDA_SUCCESS) return NV_ENC_ERR_DEVICE_NOT_EXIST;
  return own == nullptr || own->broken() != CUDA_SUCCESS ? NV_ENC_ERR_GENERIC : NV_ENC_SUCCESS;
}

void record(const char* what, const void* bytes, size_t size) {
  constexpr size_t kKept = 64;
  auto& kept = driver().encode_records[what];
  const auto* begin = static_cast<const unsigned char*>(bytes);
  kept.emplace_front(begin, begin + size);
  if (kept.size() > kKept) kept.pop_back();
}

}  // namespace cufsim
