// What every function of NVENC does first.
#pragma once
#include "cuda/entry.h"
#include "nvenc/session.h"

namespace cufsim {

/** NVENC's status for what the driver says of a call that it refuses. */
NVENCSTATUS status_of(CUresult code);

/** Counts the call and runs `body`, unless a fault was asked for: its code is NVENC's then. */
template <class Body>
NVENCSTATUS encode_call(const char* function, unsigned needs, Body&& body) {
  NVENCSTATUS status = NV_ENC_SUCCESS;
  const CUresult code = call(function, needs, [&](Entry& entry) -> CUresult {
    status = body(entry);
    return CUDA_SUCCESS;
  });
  return code == CUDA_SUCCESS ? status : status_of(code);
}

/** The session of a handle, in whose context or in none the call must be made. */
NVENCSTATUS find_session(Entry& entry, const char* function, unsigned needs, void* encoder,
                         SessionPtr& session);

template <class Body>
NVENCSTATUS with_session(const char* function, unsigned needs, void* encoder, Body&& body) {
  return encode_call(function, needs, [&](Entry& entry) -> NVENCSTATUS {
    SessionPtr session;
    const NVENCSTATUS status = find_session(entry, function, needs, encoder, session);
    return status == NV_ENC_SUCCESS ? body(entry, session) : status;
  });
}

/** The same with an encoder that was initialized. */
template <class Body>
NVENCSTATUS with_encoder(const char* function, unsigned needs, void* encoder, Body&& body) {
  return with_session(function, needs, encoder, [&](Entry& entry, const SessionPtr& session) {
    if (!session->is_initialized) {
      return session->refuse(NV_ENC_ERR_ENCODER_NOT_INITIALIZED, "the encoder is not initialized");
    }
    return body(entry, session);
  });
}

/** An object of a session by its handle; null, and a reported problem, if it is none. */
template <class T>
std::shared_ptr<T> object_of(Entry& entry, const Handles<T>& handles, const void* handle,
                             const SessionPtr& session, const char* what) {
  std::shared_ptr<T> object = handles.find(handle);
  if (object != nullptr && object->session.lock() == session) return object;
  const bool gone = object == nullptr && handles.was(handle);
  entry.sim.journal.problem(gone ? Problem::kUseAfterDestroy : Problem::kForeignPointer,
                            std::string(what) + (gone ? " that was destroyed" : " of no session"));
  session->last_error = std::string("not ") + what + " of this session";
  return nullptr;
}

/** Keeps what a client passed, for cufsim_encode_record(). */
void record(const char* what, const void* bytes, size_t size);

}  // namespace cufsim
