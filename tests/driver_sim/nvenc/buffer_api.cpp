// Buffers that NVENC makes: for input from system memory, and for bitstreams.
#include <cstring>

#include "nvenc/entry.h"
#include "nvenc/functions.h"

namespace cufsim {

namespace {

/** Some bytes more than the row: clients must look at the pitch. */
constexpr uint32_t kPitchUnit = 256;

NVENCSTATUS NVENCAPI create_input(void* encoder, NV_ENC_CREATE_INPUT_BUFFER* wanted) {
  return with_encoder(
      "nvEncCreateInputBuffer", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        const NVENCSTATUS status = check_struct(wanted, Struct::kCreateInput, session->api);
        if (status != NV_ENC_SUCCESS) return session->refuse(status, "input buffer");
        const InputLayout layout =
            layout_of(wanted->bufferFmt, static_cast<int>(wanted->width & 0xffff));
        if (layout.bytes == 0 || wanted->width > 0xffff || wanted->height > 0xffff ||
            wanted->width == 0 || wanted->height == 0) {
          return session->refuse(NV_ENC_ERR_INVALID_PARAM, "an input buffer of no format or size");
        }
        const auto buffer = std::make_shared<InputBuffer>();
        buffer->pitch = (static_cast<uint32_t>(layout.bytes) / kPitchUnit + 1) * kPitchUnit;
        const uint64_t size = input_size(wanted->bufferFmt, buffer->pitch, wanted->height);
        if (!session->device.reserve(size)) return NV_ENC_ERR_OUT_OF_MEMORY;
        session->reserved_bytes += size;
        buffer->session = session;
        buffer->format = wanted->bufferFmt;
        buffer->width = wanted->width;
        buffer->height = wanted->height;
        buffer->data.resize(size);
        AddressSpace::poison(buffer->data.data(), size);
        buffer->handle = input_buffers().add(buffer);
        entry.sim.journal.add("input_buffers");
        wanted->inputBuffer = reinterpret_cast<NV_ENC_INPUT_PTR>(buffer->handle);
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI destroy_input(void* encoder, NV_ENC_INPUT_PTR handle) {
  return with_session(
      "nvEncDestroyInputBuffer", kRelease, encoder, [&](Entry& entry, const SessionPtr& session) {
        const auto buffer = object_of(entry, input_buffers(), handle, session, "an input buffer");
        if (buffer == nullptr) return NV_ENC_ERR_INVALID_PARAM;
        session->device.give_back(buffer->data.size());
        session->reserved_bytes -= buffer->data.size();
        input_buffers().remove(buffer->handle);
        entry.sim.journal.add("input_buffers", -1);
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI lock_input(void* encoder, NV_ENC_LOCK_INPUT_BUFFER* wanted) {
  return with_encoder(
      "nvEncLockInputBuffer", kNothing, encoder, [&](Entry& entry, const SessionPtr& session) {
        const NVENCSTATUS status = check_struct(wanted, Struct::kLockInput, session->api);
        if (status != NV_ENC_SUCCESS) return session->refuse(status, "lock of an input buffer");
        const auto buffer =
            object_of(entry, input_buffers(), wanted->inputBuffer, session, "an input buffer");
        if (buffer == nullptr) return NV_ENC_ERR_INVALID_PARAM;
        if (buffer->is_locked) {
          return session->refuse(NV_ENC_ERR_INVALID_CALL, "the input buffer is locked already");
        }
        buffer->is_locked = true;
        buffer->locked = buffer->data;
        wanted->bufferDataPtr = buffer->locked.data();
        wanted->pitch = buffer->pitch;
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI unlock_input(void* encoder, NV_ENC_INPUT_PTR handle) {
  return with_session(
      "nvEncUnlockInputBuffer", kRelease, encoder, [&](Entry& entry, const SessionPtr& session) {
        const auto buffer = object_of(entry, input_buffers(), handle, session, "an input buffer");
        if (buffer == nullptr) return NV_ENC_ERR_INVALID_PARAM;
        if (!buffer->is_locked) {
          return session->refuse(NV_ENC_ERR_INVALID_CALL, "the input buffer is not locked");
        }
        buffer->is_locked = false;
        buffer->data.swap(buffer->locked);
        // Writes behind the unlock reach no picture.
        AddressSpace::poison(buffer->locked.data(), buffer->locked.size());
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI create_bitstream(void* encoder, NV_ENC_CREATE_BITSTREAM_BUFFER* wanted) {
  return with_encoder(
      "nvEncCreateBitstreamBuffer", kNothing, encoder,
      [&](Entry& entry, const SessionPtr& session) {
        const NVENCSTATUS status = check_struct(wanted, Struct::kCreateBitstream, session->api);
        if (status != NV_ENC_SUCCESS) {
          return session->refuse(status, "bitstream buffer");
        }
        const auto buffer = std::make_shared<BitstreamBuffer>();
        buffer->session = session;
        buffer->handle = bitstream_buffers().add(buffer);
        entry.sim.journal.add("bitstream_buffers");
        wanted->bitstreamBuffer = reinterpret_cast<NV_ENC_OUTPUT_PTR>(buffer->handle);
        return NV_ENC_SUCCESS;
      });
}

NVENCSTATUS NVENCAPI destroy_bitstream(void* encoder, NV_ENC_OUTPUT_PTR handle) {
  return with_session(
      "nvEncDestroyBitstreamBuffer", kRelease, encoder,
      [&](Entry& entry, const SessionPtr& session) {
        const auto buffer =
            object_of(entry, bitstream_buffers(), handle, session, "a bitstream buffer");
        if (buffer == nullptr) return NV_ENC_ERR_INVALID_PARAM;
        if (buffer->is_locked) {
          entry.sim.journal.problem(Problem::kOrder, "a locked bitstream buffer is destroyed");
        }
        bitstream_buffers().remove(buffer->handle);
        entry.sim.journal.add("bitstream_buffers", -1);
        return NV_ENC_SUCCESS;
      });
}

}  // namespace

void set_buffer_functions(NV_ENCODE_API_FUNCTION_LIST& functions) {
  functions.nvEncCreateInputBuffer = &create_input;
  functions.nvEncDestroyInputBuffer = &destroy_input;
  functions.nvEncLockInputBuffer = &lock_input;
  functions.nvEncUnlockInputBuffer = &unlock_input;
  functions.nvEncCreateBitstreamBuffer = &create_bitstream;
  functions.nvEncDestroyBitstreamBuffer = &destroy_bitstream;
}

}  // namespace cufsim
