#include <limits>
#include <span>
#include <string_view>

#include "abi/boundary.h"
#include "abi/encoder_desc.h"
#include "core/encode_session.h"
#include "core/frame.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

// A picture's messages: more are a mistake, and would not fit into it.
constexpr uint32_t kMostMessages = 4096;

std::vector<SideMessage> messages_of(const CufSideMessage* messages, uint32_t count,
                                     const uint8_t* payloads, uint32_t payloads_length) {
  require_buffer(messages, count);
  require_buffer(payloads, payloads_length);
  require(count <= kMostMessages, "A picture has at most 4096 messages");
  std::vector<SideMessage> result;
  for (uint32_t i = 0; i < count; ++i) {
    const CufSideMessage& message = messages[i];
    require(message.struct_size == sizeof(CufSideMessage),
            "A message's struct_size is not that of this library");
    require(message.data_offset <= payloads_length &&
                message.data_size <= payloads_length - message.data_offset,
            "A message's payload lies outside the buffer of payloads");
    SideMessage side{.type = message.type, .payload = {}};
    if (message.data_size > 0) {
      const uint8_t* begin = payloads + message.data_offset;
      side.payload.assign(begin, begin + message.data_size);
    }
    result.push_back(std::move(side));
  }
  return result;
}

EncodeSession::Request request_of(const CufEncodeDesc& desc, const CufSideMessage* messages,
                                  const uint8_t* payloads, uint32_t payloads_length) {
  constexpr uint32_t kFlags = CUF_ENCODE_FORCE_INTRA | CUF_ENCODE_FORCE_IDR |
                              CUF_ENCODE_OUTPUT_SPS_PPS | CUF_ENCODE_HAS_PTS;
  require((desc.flags & ~kFlags) == 0, "Unknown flags of a picture to encode");
  const bool has_base = desc.time_base.num != 0 || desc.time_base.den != 0;
  require(!has_base || (desc.time_base.num > 0 && desc.time_base.den > 0),
          "A time base has a numerator and a denominator above 0");
  require(desc.duration >= 0, "A picture's duration is negative");
  EncodeSession::Request request;
  if (desc.flags & CUF_ENCODE_HAS_PTS) request.time.pts = desc.pts;
  request.time.duration = desc.duration;
  request.time.time_base = {desc.time_base.num, desc.time_base.den};
  request.forces_idr = desc.flags & CUF_ENCODE_FORCE_IDR;
  request.forces_intra = desc.flags & CUF_ENCODE_FORCE_INTRA;
  request.wants_headers = desc.flags & CUF_ENCODE_OUTPUT_SPS_PPS;
  request.messages = messages_of(messages, desc.message_count, payloads, payloads_length);
  return request;
}

CufChunkInfo chunk_info_of(const EncodeSession::Chunk& chunk, uint32_t offset) {
  const Rational base = chunk.time.time_base;
  CufChunkInfo info{};
  info.struct_size = sizeof(info);
  info.flags = chunk.picture.is_key ? CUF_CHUNK_KEY : 0;
  info.pts = chunk.time.pts;
  info.dts = chunk.dts;
  info.duration = chunk.time.duration;
  info.timestamp_us = to_microseconds(chunk.time.pts, base);
  info.duration_us = to_microseconds(chunk.time.duration, base);
  info.time_base = {.num = base.num, .den = base.den};
  info.picture_type = static_cast<uint32_t>(chunk.picture.type);
  info.data_offset = offset;
  info.data_size = static_cast<uint32_t>(chunk.picture.data.size());
  return info;
}

}  // namespace

extern "C" {

int32_t cuf_encoder_create(uint32_t device, const CufEncoderDesc* desc,
                           const CufEncoderSetting* settings, uint32_t setting_count,
                           const uint8_t* native, uint32_t native_length, uint32_t ticket,
                           CufError* error) {
  return guarded(error, [&] {
    auto target = object_of<Device>(device);
    EncodeSession::Options options =
        encode_options_of(read_struct(desc), settings_of(settings, setting_count), target->threads);
    options.native_options = native_options_of(native, native_length);
    if (options.cuda_stream != 0 && !target->gpu.port) {
      throw Error(Status::unsupported, "cudaStream needs a CUDA device; leave it out on the CPU");
    }
    auto session = std::make_shared<EncodeSession>(target, std::move(options));
    EncodeSession::open(std::move(session), target->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_encoder_info(uint32_t encoder, CufEncoderInfo* out) {
  return guarded(nullptr, [&] {
    const auto session = object_of<EncodeSession>(encoder);
    const EncodeSession::State state = session->state();
    CufEncoderInfo info{};
    info.backend = static_cast<uint32_t>(state.backend);
    info.width = state.width;
    info.height = state.height;
    info.format = static_cast<uint32_t>(session->format());
    info.reorder_depth = state.reorder_depth;
    info.setting_count = count_settings(state.settings);
    info.sequence_params_bytes = static_cast<uint32_t>(state.sequence_params.size());
    info.frames_encoded = state.frames_encoded;
    info.chunks = state.chunks;
    info.chunk_bytes = state.chunk_bytes;
    info.host_copies = state.host_copies;
    info.reconfigures = state.reconfigures;
    info.reopens = state.reopens;
    put_text(info.codec, codec_name(state.settings.codec()));
    put_text(info.implementation, state.implementation);
    put_text(info.fallback_reason, state.fallback_reason);
    write_struct(out, info);
    return CUF_OK;
  });
}

int32_t cuf_encoder_settings(uint32_t encoder, CufEncoderSetting* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    return put_settings(object_of<EncodeSession>(encoder)->state().settings, out, capacity);
  });
}

int32_t cuf_encoder_sequence_params(uint32_t encoder, uint8_t* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const auto headers = object_of<EncodeSession>(encoder)->state().sequence_params;
    const size_t count = std::min<size_t>(headers.size(), capacity);
    if (count > 0) std::memcpy(out, headers.data(), count);
    return static_cast<int32_t>(headers.size());
  });
}

int32_t cuf_encoder_encode(uint32_t encoder, uint32_t frame, const CufEncodeDesc* desc,
                           const CufSideMessage* messages, const uint8_t* payloads,
                           uint32_t payloads_length, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    auto session = object_of<EncodeSession>(encoder);
    const auto source = object_of<Frame>(frame);
    EncodeSession::Request request =
        request_of(read_struct(desc), messages, payloads, payloads_length);
    session->encode(source->picture, std::move(request),
                    session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_encoder_encode_bytes(uint32_t encoder, const uint8_t* data, uint32_t length,
                                 uint32_t stride_bytes, const CufEncodeDesc* desc,
                                 const CufSideMessage* messages, const uint8_t* payloads,
                                 uint32_t payloads_length, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    require_buffer(data, length);
    auto session = object_of<EncodeSession>(encoder);
    EncodeSession::Request request =
        request_of(read_struct(desc), messages, payloads, payloads_length);
    session->encode_bytes({data, length}, stride_bytes, std::move(request),
                          session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_encoder_flush(uint32_t encoder, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto session = object_of<EncodeSession>(encoder);
    session->flush(session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_encoder_reconfigure(uint32_t encoder, const CufEncoderSetting* settings,
                                uint32_t setting_count, uint32_t width, uint32_t height,
                                uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    auto session = object_of<EncodeSession>(encoder);
    session->reconfigure(settings_of(settings, setting_count), width, height,
                         session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_encoder_take(uint32_t encoder, uint32_t ticket, CufChunkInfo* out, uint32_t capacity,
                         uint8_t* data, uint32_t data_capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    require_buffer(data, data_capacity);
    const auto chunks = object_of<EncodeSession>(encoder)->take(ticket);
    require(chunks.size() <= capacity, "The buffer for the chunks' records is too small");
    uint64_t total = 0;
    for (const auto& chunk : chunks) total += chunk.picture.data.size();
    require(total <= data_capacity, "The buffer for the chunks' bytes is too small");
    uint32_t offset = 0;
    for (size_t i = 0; i < chunks.size(); ++i) {
      const std::vector<uint8_t>& bytes = chunks[i].picture.data;
      out[i] = chunk_info_of(chunks[i], offset);
      if (!bytes.empty()) std::memcpy(data + offset, bytes.data(), bytes.size());
      offset += out[i].data_size;
    }
    return static_cast<int32_t>(chunks.size());
  });
}

}  // extern "C"
