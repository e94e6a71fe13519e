// Device memory of the client as input: registered once, mapped for each use.
#include "nvenc/entry.h"
#include "nvenc/functions.h"

namespace cufsim {

namespace {

/** Why memory cannot be registered; null: it can. */
const char* reason_against(const NV_ENC_REGISTER_RESOURCE& wanted, const EncodeSession& session,
                           const AllocationPtr& allocation) {
  if (wanted.resourceType != NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR) {
    return "resourceType: only CUDA device pointers are simulated";
  }
  if (wanted.bufferUsage != NV_ENC_INPUT_IMAGE) return "bufferUsage: only input";
  if (wanted.subResourceIndex != 0) return "subResourceIndex is not 0";
  if (wanted.pInputFencePoint != nullptr) return "pInputFencePoint is Direct3D's";
  const InputLayout layout = layout_of(wanted.bufferFormat, static_cast<int>(wanted.width));
  if (layout.bytes == 0) return "bufferFormat";
  if (wanted.width == 0 || wanted.height == 0 || wanted.width > 0xffff || wanted.height > 0xffff) {
    return "width or height";
  }
  if (wanted.pitch < static_cast<uint32_t>(layout.bytes)) return "pitch is below a row's bytes";
  if (wanted.pitch % 4 != 0) return "pitch is no multiple of 4";
  if (allocation == nullptr || allocation->freed) return "no memory of the GPU is there";
  if (allocation->device != nullptr && allocation->device != &session.device) {
    return "memory of another GPU";
  }
  if (allocation->kind == MemoryKind::kPool) {
    // Nobody has seen a real driver take it.
    return "memory of a stream-ordered pool";
  }
  const uint64_t address = reinterpret_cast<uint64_t>(wanted.resourceToRegister);
  const uint64_t size = input_size(wanted.bufferFormat, wanted.pitch, wanted.height);
  const uint64_t padding =
      wanted.pitch - used_bytes(wanted.bufferFormat, wanted.pitch, wanted.width);
  if (address + size - padding > allocation->end()) return "the memory is smaller than the picture";
  return nullptr;
}

NVENCSTATUS NVENCAPI register_resource(void* encoder, NV_ENC_REGISTER_RESOURCE* wanted) {
  return with_encoder(
      "nvEncRegisterResource", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        const NVENCSTATUS status = check_struct(wanted, Struct::kRegister, session->api);
        if (status != NV_ENC_SUCCESS) return session->refuse(status, "resource");
        record("register", wanted, size_of(Struct::kRegister, session->api));
        const uint64_t address = reinterpret_cast<uint64_t>(wanted->resourceToRegister);
        const AllocationPtr allocation = entry.sim.memory.find(address);
        const char* reason = reason_against(*wanted, *session, allocation);
        if (reason != nullptr) {
          return session->refuse(allocation == nullptr ? NV_ENC_ERR_RESOURCE_REGISTER_FAILED
                                                       : NV_ENC_ERR_INVALID_PARAM,
                                 reason);
        }
        const auto registration = std::make_shared<Registration>();
        registration->session = session;
        registration->allocation = allocation;
        registration->address = address;
        registration->format = wanted->bufferFormat;
        registration->width = wanted->width;
        registration->height = wanted->height;
        registration->pitch = wanted->pitch;
        registration->handle = registrations().add(registration);
        entry.sim.journal.add("registrations");
        wanted->registeredResource = reinterpret_cast<NV_ENC_REGISTERED_PTR>(registration->handle);
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI unregister_resource(void* encoder, NV_ENC_REGISTERED_PTR handle) {
  return with_session(
      "nvEncUnregisterResource", kRelease, encoder, [&](Entry& entry, const SessionPtr& session) {
        const auto registration =
            object_of(entry, registrations(), handle, session, "a registered resource");
        if (registration == nullptr) return NV_ENC_ERR_RESOURCE_NOT_REGISTERED;
        if (registration->mapped != 0) {
          entry.sim.journal.problem(Problem::kOrder, "a mapped resource is unregistered");
          return session->refuse(NV_ENC_ERR_INVALID_CALL, "the resource is mapped");
        }
        registrations().remove(registration->handle);
        entry.sim.journal.add("registrations", -1);
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI map_input(void* encoder, NV_ENC_MAP_INPUT_RESOURCE* wanted) {
  return with_encoder(
      "nvEncMapInputResource", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        const NVENCSTATUS status = check_struct(wanted, Struct::kMap, session->api);
        if (status != NV_ENC_SUCCESS) return session->refuse(status, "map");
        const auto registration = object_of(entry, registrations(), wanted->registeredResource,
                                            session, "a registered resource");
        if (registration == nullptr) return NV_ENC_ERR_RESOURCE_NOT_REGISTERED;
        if (registration->mapped != 0) {
          return session->refuse(NV_ENC_ERR_MAP_FAILED, "the resource is mapped already");
        }
        if (entry.sim.memory.find(registration->address) != registration->allocation) {
          entry.sim.journal.problem(Problem::kUseAfterFree, "registered memory that was freed");
          return session->refuse(NV_ENC_ERR_MAP_FAILED, "the registered memory was freed");
        }
        const auto mapping = std::make_shared<Mapping>();
        mapping->session = session;
        mapping->registration = registration;
        mapping->handle = mappings().add(mapping);
        registration->mapped = mapping->handle;
        entry.sim.journal.add("encode_mapped");
        wanted->mappedResource = reinterpret_cast<NV_ENC_INPUT_PTR>(mapping->handle);
        wanted->mappedBufferFmt = registration->format;
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI unmap_input(void* encoder, NV_ENC_INPUT_PTR handle) {
  return with_session(
      "nvEncUnmapInputResource", kRelease, encoder, [&](Entry& entry, const SessionPtr& session) {
        const auto mapping = object_of(entry, mappings(), handle, session, "a mapped resource");
        if (mapping == nullptr) return NV_ENC_ERR_RESOURCE_NOT_MAPPED;
        if (!session->is_mapping_free(mapping->handle)) {
          entry.sim.journal.problem(Problem::kOrder,
                                    "an input is unmapped before its bitstream was locked");
          return session->refuse(NV_ENC_ERR_INVALID_CALL, "the input is still being encoded");
        }
        mapping->registration->mapped = 0;
        mappings().remove(mapping->handle);
        entry.sim.journal.add("encode_mapped", -1);
        return NV_ENC_SUCCESS;
      });
}

}  // namespace

void set_resource_functions(NV_ENCODE_API_FUNCTION_LIST& functions) {
  functions.nvEncRegisterResource = &register_resource;
  functions.nvEncUnregisterResource = &unregister_resource;
  functions.nvEncMapInputResource = &map_input;
  functions.nvEncUnmapInputResource = &unmap_input;
}

}  // namespace cufsim
