// libnvidia-encode: versions, sessions, and the list of its functions.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "nvenc/entry.h"
#include "nvenc/functions.h"

using namespace cufsim;

namespace {

/** The newest API that the simulated driver speaks. */
int newest_api() {
  return static_cast<int>(driver().settings.number("encode_api", number_of(kNewestApi)));
}

/** Whether the driver knows the API of a version word. */
bool is_spoken(uint32_t word, Api& api) {
  return find_api(word, api) && number_of(api) <= newest_api();
}

/** Ends sessions of a context that is destroyed; the client should have done so. */
size_t end_encoders_of(const ContextPtr& context) {
  std::vector<SessionPtr> left;
  for (const auto& [handle, session] : encode_sessions().alive()) {
    if (session->context.lock() == context) left.push_back(session);
  }
  for (const SessionPtr& session : left) {
    session->close(nullptr);
    encode_sessions().remove(session->handle);
    driver().journal.add("encoders", -1);
  }
  return left.size();
}

int64_t sessions_on(const Device& device) {
  const auto& alive = encode_sessions().alive();
  return std::count_if(alive.begin(), alive.end(),
                       [&](const auto& entry) { return &entry.second->device == &device; });
}

NVENCSTATUS open_on(Entry& entry, const NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS& parameters, Api api,
                    void** encoder) {
  if (parameters.deviceType != NV_ENC_DEVICE_TYPE_CUDA) return NV_ENC_ERR_UNSUPPORTED_DEVICE;
  const ContextPtr context = entry.sim.contexts.find(parameters.device);
  if (context == nullptr || context->destroyed) return NV_ENC_ERR_INVALID_DEVICE;
  if (context->broken() != CUDA_SUCCESS) return NV_ENC_ERR_GENERIC;
  const int64_t limit = session_limit(*context->device);
  // What an H100 answers, which has no NVENC.
  if (limit == 0 || offered_codecs().empty()) return NV_ENC_ERR_UNSUPPORTED_DEVICE;
  if (sessions_on(*context->device) >= limit) {
    return static_cast<NVENCSTATUS>(
        entry.sim.settings.number("encode_limit_status", NV_ENC_ERR_OUT_OF_MEMORY));
  }
  entry.sim.end_encoders_of = &end_encoders_of;
  const auto session = std::make_shared<EncodeSession>(context, api);
  session->handle = encode_sessions().add(session);
  entry.sim.journal.add("encoders");
  entry.sim.journal.add("encoders_created");
  *encoder = reinterpret_cast<void*>(session->handle);
  return NV_ENC_SUCCESS;
}

NVENCSTATUS NVENCAPI open_session(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS* parameters,
                                  void** encoder) {
  return encode_call("nvEncOpenEncodeSessionEx", kNothing, [&](Entry& entry) -> NVENCSTATUS {
    if (parameters == nullptr || encoder == nullptr) return NV_ENC_ERR_INVALID_PTR;
    *encoder = nullptr;
    Api api;
    Api meant;
    if (!is_spoken(parameters->version, api)) return NV_ENC_ERR_INVALID_VERSION;
    const NVENCSTATUS status = check_struct(parameters, Struct::kOpen, api);
    if (status != NV_ENC_SUCCESS) return status;
    if (!is_spoken(parameters->apiVersion, meant) || meant != api ||
        parameters->apiVersion >> 28 != 0) {
      return NV_ENC_ERR_INVALID_VERSION;
    }
    return open_on(entry, *parameters, api, encoder);
  });
}

/** Clients of such age are not known. */
NVENCSTATUS NVENCAPI open_old_session(void*, uint32_t, void**) {
  return encode_call("nvEncOpenEncodeSession", kNothing,
                     [](Entry&) { return NV_ENC_ERR_INVALID_VERSION; });
}

NVENCSTATUS NVENCAPI destroy_encoder(void* encoder) {
  return with_session("nvEncDestroyEncoder", kRelease, encoder,
                      [](Entry& entry, const SessionPtr& session) {
                        encode_sessions().remove(session->handle);
                        const size_t left = session->close(&entry.lock);
                        if (left > 0) {
                          entry.sim.journal.problem(
                              Problem::kDestroyedWithLiveObjects,
                              "an encoder with " + std::to_string(left) + " buffers or resources");
                        }
                        entry.sim.journal.add("encoders", -1);
                        return NV_ENC_SUCCESS;
                      });
}

const char* NVENCAPI last_error(void* encoder) {
  const Lock lock(driver().mutex);
  const SessionPtr session = encode_sessions().find(encoder);
  if (session == nullptr) return "no such session";
  return session->last_error.c_str();
}

NVENCSTATUS NVENCAPI set_streams(void* encoder, NV_ENC_CUSTREAM_PTR input,
                                 NV_ENC_CUSTREAM_PTR output) {
  return with_session(
      "nvEncSetIOCudaStreams", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        // Both are pointers to streams.
        entry.context = session->context.lock();
        StreamPtr streams[2];
        const NV_ENC_CUSTREAM_PTR handles[] = {input, output};
        for (int i = 0; i < 2; i++) {
          if (handles[i] == nullptr) continue;
          CUstream handle;
          std::memcpy(&handle, handles[i], sizeof handle);
          streams[i] = stream_of(entry, handle);
          if (streams[i] == nullptr) {
            return session->refuse(NV_ENC_ERR_INVALID_PARAM, "a stream that does not exist");
          }
        }
        session->input_stream = streams[0];
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI unimplemented_event(void*, NV_ENC_EVENT_PARAMS*) {
  return encode_call("nvEncRegisterAsyncEvent", kNothing,
                     [](Entry&) { return NV_ENC_ERR_UNIMPLEMENTED; });
}
NVENCSTATUS NVENCAPI unimplemented_motion(void*, NV_ENC_CREATE_MV_BUFFER*) {
  return encode_call("nvEncCreateMVBuffer", kNothing,
                     [](Entry&) { return NV_ENC_ERR_UNIMPLEMENTED; });
}
NVENCSTATUS NVENCAPI unimplemented_destroy_motion(void*, NV_ENC_OUTPUT_PTR) {
  return encode_call("nvEncDestroyMVBuffer", kNothing,
                     [](Entry&) { return NV_ENC_ERR_UNIMPLEMENTED; });
}
NVENCSTATUS NVENCAPI unimplemented_estimation(void*, NV_ENC_MEONLY_PARAMS*) {
  return encode_call("nvEncRunMotionEstimationOnly", kNothing,
                     [](Entry&) { return NV_ENC_ERR_UNIMPLEMENTED; });
}
NVENCSTATUS NVENCAPI unimplemented_restore(void*, NV_ENC_RESTORE_ENCODER_STATE_PARAMS*) {
  return encode_call("nvEncRestoreEncoderState", kNothing,
                     [](Entry&) { return NV_ENC_ERR_UNIMPLEMENTED; });
}
NVENCSTATUS NVENCAPI unimplemented_lookahead(void*, NV_ENC_LOOKAHEAD_PIC_PARAMS*) {
  return encode_call("nvEncLookaheadPicture", kNothing,
                     [](Entry&) { return NV_ENC_ERR_UNIMPLEMENTED; });
}

void set_session_functions(NV_ENCODE_API_FUNCTION_LIST& functions, Api api) {
  functions.nvEncOpenEncodeSession = &open_old_session;
  functions.nvEncOpenEncodeSessionEx = &open_session;
  functions.nvEncDestroyEncoder = &destroy_encoder;
  functions.nvEncGetLastErrorString = &last_error;
  functions.nvEncSetIOCudaStreams = &set_streams;
  functions.nvEncRegisterAsyncEvent = &unimplemented_event;
  functions.nvEncUnregisterAsyncEvent = &unimplemented_event;
  functions.nvEncCreateMVBuffer = &unimplemented_motion;
  functions.nvEncDestroyMVBuffer = &unimplemented_destroy_motion;
  functions.nvEncRunMotionEstimationOnly = &unimplemented_estimation;
  // An older list has reserved fields in their place.
  if (api == Api::k111) return;
  functions.nvEncRestoreEncoderState = &unimplemented_restore;
  functions.nvEncLookaheadPicture = &unimplemented_lookahead;
}

}  // namespace

CUFSIM_EXPORT NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t* version) {
  return encode_call("NvEncodeAPIGetMaxSupportedVersion", kNothing, [&](Entry&) {
    if (version == nullptr) return NV_ENC_ERR_INVALID_PTR;
    *version = max_version_word(newest_api());
    return NV_ENC_SUCCESS;
  });
}

CUFSIM_EXPORT NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST* functions) {
  return encode_call("NvEncodeAPICreateInstance", kNothing, [&](Entry&) {
    if (functions == nullptr) return NV_ENC_ERR_INVALID_PTR;
    Api api;
    if (!is_spoken(functions->version, api) ||
        functions->version != version_word(Struct::kFunctionList, api)) {
      return NV_ENC_ERR_INVALID_VERSION;
    }
    set_session_functions(*functions, api);
    set_query_functions(*functions);
    set_buffer_functions(*functions);
    set_resource_functions(*functions);
    set_encode_functions(*functions);
    return NV_ENC_SUCCESS;
  });
}
