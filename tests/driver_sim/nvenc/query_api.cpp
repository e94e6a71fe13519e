// What an encoder can do, presets, and its initialization.
#include <algorithm>
#include <cstring>

#include "nvenc/entry.h"
#include "nvenc/functions.h"

namespace cufsim {

namespace {

/** Gives a list out as NVENC's functions do: a count, or up to `size` entries. */
template <class T>
NVENCSTATUS give_list(const std::vector<T>& list, T* out, uint32_t size, uint32_t* count) {
  if (out == nullptr || count == nullptr) return NV_ENC_ERR_INVALID_PTR;
  if (size == 0) return NV_ENC_ERR_INVALID_PARAM;
  *count = std::min(size, static_cast<uint32_t>(list.size()));
  std::copy_n(list.begin(), *count, out);
  return NV_ENC_SUCCESS;
}

NVENCSTATUS give_count(size_t number, uint32_t* count) {
  if (count == nullptr) return NV_ENC_ERR_INVALID_PTR;
  *count = static_cast<uint32_t>(number);
  return NV_ENC_SUCCESS;
}

std::vector<GUID> codec_guids() {
  std::vector<GUID> guids;
  for (const EncodeCodec codec : offered_codecs()) guids.push_back(guid_of(codec));
  return guids;
}

NVENCSTATUS NVENCAPI guid_count(void* encoder, uint32_t* count) {
  return with_session("nvEncGetEncodeGUIDCount", kNothing, encoder, [&](Entry&, const SessionPtr&) {
    return give_count(codec_guids().size(), count);
  });
}

NVENCSTATUS NVENCAPI guids(void* encoder, GUID* out, uint32_t size, uint32_t* count) {
  return with_session("nvEncGetEncodeGUIDs", kNothing, encoder, [&](Entry&, const SessionPtr&) {
    return give_list(codec_guids(), out, size, count);
  });
}

/** Runs `body` with the codec of a GUID. */
template <class Body>
NVENCSTATUS with_codec(const char* function, void* encoder, const GUID& guid, Body&& body) {
  return with_session(function, kNothing, encoder, [&](Entry&, const SessionPtr& session) {
    EncodeCodec codec;
    if (!find_codec(guid, codec)) {
      return session->refuse(NV_ENC_ERR_INVALID_PARAM, "encodeGUID is not offered");
    }
    return body(session, codec);
  });
}

NVENCSTATUS NVENCAPI profile_count(void* encoder, GUID guid, uint32_t* count) {
  return with_codec("nvEncGetEncodeProfileGUIDCount", encoder, guid,
                    [&](const SessionPtr&, EncodeCodec codec) {
                      return give_count(profile_guids(codec).size(), count);
                    });
}

NVENCSTATUS NVENCAPI profiles(void* encoder, GUID guid, GUID* out, uint32_t size, uint32_t* count) {
  return with_codec("nvEncGetEncodeProfileGUIDs", encoder, guid,
                    [&](const SessionPtr&, EncodeCodec codec) {
                      return give_list(profile_guids(codec), out, size, count);
                    });
}

NVENCSTATUS NVENCAPI format_count(void* encoder, GUID guid, uint32_t* count) {
  return with_codec("nvEncGetInputFormatCount", encoder, guid,
                    [&](const SessionPtr&, EncodeCodec codec) {
                      return give_count(input_formats(codec).size(), count);
                    });
}

NVENCSTATUS NVENCAPI formats(void* encoder, GUID guid, NV_ENC_BUFFER_FORMAT* out, uint32_t size,
                             uint32_t* count) {
  return with_codec("nvEncGetInputFormats", encoder, guid,
                    [&](const SessionPtr&, EncodeCodec codec) {
                      return give_list(input_formats(codec), out, size, count);
                    });
}

NVENCSTATUS NVENCAPI capabilities(void* encoder, GUID guid, NV_ENC_CAPS_PARAM* query, int* value) {
  return with_codec("nvEncGetEncodeCaps", encoder, guid,
                    [&](const SessionPtr& session, EncodeCodec codec) {
                      if (value == nullptr) return NV_ENC_ERR_INVALID_PTR;
                      const NVENCSTATUS status = check_struct(query, Struct::kCaps, session->api);
                      if (status != NV_ENC_SUCCESS) return status;
                      *value = capability(codec, number_in(query->capsToQuery));
                      return NV_ENC_SUCCESS;
                    });
}

NVENCSTATUS NVENCAPI preset_count(void* encoder, GUID guid, uint32_t* count) {
  return with_codec(
      "nvEncGetEncodePresetCount", encoder, guid,
      [&](const SessionPtr&, EncodeCodec) { return give_count(preset_guids().size(), count); });
}

NVENCSTATUS NVENCAPI presets(void* encoder, GUID guid, GUID* out, uint32_t size, uint32_t* count) {
  return with_codec(
      "nvEncGetEncodePresetGUIDs", encoder, guid,
      [&](const SessionPtr&, EncodeCodec) { return give_list(preset_guids(), out, size, count); });
}

NVENCSTATUS give_preset(const char* function, void* encoder, const GUID& guid, const GUID& preset,
                        int tuning, NV_ENC_PRESET_CONFIG* out) {
  return with_codec(function, encoder, guid, [&](const SessionPtr& session, EncodeCodec codec) {
    const NVENCSTATUS status = check_struct(out, Struct::kPresetConfig, session->api);
    if (status != NV_ENC_SUCCESS) return status;
    if (out->presetCfg.version != version_word(Struct::kConfig, session->api)) {
      return session->refuse(NV_ENC_ERR_INVALID_VERSION, "presetCfg has another version");
    }
    const int number = preset_number(preset);
    if (number == 0) return session->refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "presetGUID");
    if (!is_tuning(session->api, codec, tuning)) {
      return session->refuse(NV_ENC_ERR_INVALID_PARAM, "tuningInfo");
    }
    out->presetCfg = preset_config(session->api, codec, number, tuning);
    return NV_ENC_SUCCESS;
  });
}

NVENCSTATUS NVENCAPI preset_config_old(void* encoder, GUID guid, GUID preset,
                                       NV_ENC_PRESET_CONFIG* out) {
  return give_preset("nvEncGetEncodePresetConfig", encoder, guid, preset,
                     NV_ENC_TUNING_INFO_HIGH_QUALITY, out);
}

NVENCSTATUS NVENCAPI preset_config_of(void* encoder, GUID guid, GUID preset,
                                      NV_ENC_TUNING_INFO tuning, NV_ENC_PRESET_CONFIG* out) {
  return give_preset("nvEncGetEncodePresetConfigEx", encoder, guid, preset, number_in(tuning), out);
}

/** Keeps what the client set, and checks it. */
Refusal take_parameters(const EncodeSession& session, const void* initialize,
                        EncodeParameters& parameters) {
  const Api api = session.api;
  const size_t size = size_of(Struct::kInitialize, api);
  const bool known = check_struct(initialize, Struct::kInitialize, api) == NV_ENC_SUCCESS;
  if (known) {
    record("initialize", initialize, size);
    const auto copy = copy_struct<NV_ENC_INITIALIZE_PARAMS>(initialize, size);
    if (copy.encodeConfig != nullptr) {
      record("config", copy.encodeConfig, size_of(Struct::kConfig, api));
    }
  }
  Refusal refusal = read_parameters(initialize, api, parameters);
  if (refusal.status == NV_ENC_SUCCESS) refusal = check_parameters(parameters);
  return refusal;
}

NVENCSTATUS NVENCAPI initialize(void* encoder, NV_ENC_INITIALIZE_PARAMS* wanted) {
  return with_session(
      "nvEncInitializeEncoder", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        if (session->is_initialized) {
          return session->refuse(NV_ENC_ERR_INVALID_CALL, "the encoder is initialized already");
        }
        EncodeParameters parameters;
        const Refusal refusal = take_parameters(*session, wanted, parameters);
        if (refusal.status != NV_ENC_SUCCESS) {
          return session->refuse(refusal.status, refusal.text);
        }
        std::string why;
        const NVENCSTATUS status = session->initialize(entry.lock, parameters, why);
        return status == NV_ENC_SUCCESS ? status : session->refuse(status, why);
      });
}

NVENCSTATUS NVENCAPI reconfigure(void* encoder, NV_ENC_RECONFIGURE_PARAMS* wanted) {
  return with_encoder(
      "nvEncReconfigureEncoder", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        const Api api = session->api;
        const NVENCSTATUS status = check_struct(wanted, Struct::kReconfigure, api);
        if (status != NV_ENC_SUCCESS) return session->refuse(status, "reconfigure");
        record("reconfigure", wanted, size_of(Struct::kReconfigure, api));
        constexpr size_t kInitialize = offsetof(NV_ENC_RECONFIGURE_PARAMS, reInitEncodeParams);
        const auto* bytes = reinterpret_cast<const unsigned char*>(wanted);
        uint32_t flags;
        std::memcpy(&flags, bytes + kInitialize + size_of(Struct::kInitialize, api), sizeof flags);
        const bool resets = (flags & 1) != 0;
        const bool forces_idr = (flags & 2) != 0;
        EncodeParameters parameters;
        Refusal refusal = take_parameters(*session, bytes + kInitialize, parameters);
        if (refusal.status == NV_ENC_SUCCESS) {
          refusal = check_change(session->parameters(), parameters, resets, forces_idr);
        }
        if (refusal.status != NV_ENC_SUCCESS) {
          return session->refuse(refusal.status, refusal.text);
        }
        entry.sim.journal.add("encoders_reconfigured");
        return session->reconfigure(entry.lock, parameters, resets, forces_idr);
      });
}

NVENCSTATUS give_headers(const SessionPtr& session, const NV_ENC_SEQUENCE_PARAM_PAYLOAD* payload,
                         const Bytes& headers) {
  const NVENCSTATUS status = check_struct(payload, Struct::kSequenceParams, session->api);
  if (status != NV_ENC_SUCCESS) return session->refuse(status, "sequence parameters");
  if (payload->spsppsBuffer == nullptr || payload->outSPSPPSPayloadSize == nullptr) {
    return NV_ENC_ERR_INVALID_PTR;
  }
  if (payload->inBufferSize < headers.size()) {
    return session->refuse(NV_ENC_ERR_INVALID_PARAM, "inBufferSize is too small");
  }
  std::memcpy(payload->spsppsBuffer, headers.data(), headers.size());
  *payload->outSPSPPSPayloadSize = static_cast<uint32_t>(headers.size());
  return NV_ENC_SUCCESS;
}

NVENCSTATUS NVENCAPI sequence_params(void* encoder, NV_ENC_SEQUENCE_PARAM_PAYLOAD* payload) {
  return with_encoder("nvEncGetSequenceParams", kNothing, encoder,
                      [&](Entry&, const SessionPtr& session) {
                        return give_headers(session, payload, session->headers);
                      });
}

NVENCSTATUS NVENCAPI sequence_params_of(void* encoder, NV_ENC_INITIALIZE_PARAMS* wanted,
                                        NV_ENC_SEQUENCE_PARAM_PAYLOAD* payload) {
  return with_session("nvEncGetSequenceParamEx", kNothing, encoder,
                      [&](Entry& entry, const SessionPtr& session) {
                        EncodeParameters parameters;
                        Refusal refusal = read_parameters(wanted, session->api, parameters);
                        if (refusal.status == NV_ENC_SUCCESS)
                          refusal = check_parameters(parameters);
                        if (refusal.status != NV_ENC_SUCCESS) {
                          return session->refuse(refusal.status, refusal.text);
                        }
                        entry.lock.unlock();
                        const auto backend = open_backend(stream_settings(parameters));
                        const Bytes headers = backend == nullptr ? Bytes() : backend->headers();
                        entry.lock.lock();
                        if (headers.empty())
                          return session->refuse(NV_ENC_ERR_INVALID_PARAM, "no headers");
                        return give_headers(session, payload, headers);
                      });
}

}  // namespace

void set_query_functions(NV_ENCODE_API_FUNCTION_LIST& functions) {
  functions.nvEncGetEncodeGUIDCount = &guid_count;
  functions.nvEncGetEncodeGUIDs = &guids;
  functions.nvEncGetEncodeProfileGUIDCount = &profile_count;
  functions.nvEncGetEncodeProfileGUIDs = &profiles;
  functions.nvEncGetInputFormatCount = &format_count;
  functions.nvEncGetInputFormats = &formats;
  functions.nvEncGetEncodeCaps = &capabilities;
  functions.nvEncGetEncodePresetCount = &preset_count;
  functions.nvEncGetEncodePresetGUIDs = &presets;
  functions.nvEncGetEncodePresetConfig = &preset_config_old;
  functions.nvEncGetEncodePresetConfigEx = &preset_config_of;
  functions.nvEncInitializeEncoder = &initialize;
  functions.nvEncReconfigureEncoder = &reconfigure;
  functions.nvEncGetSequenceParams = &sequence_params;
  functions.nvEncGetSequenceParamEx = &sequence_params_of;
}

}  // namespace cufsim
