#include "abi/boundary.h"
#include "abi/frame_info.h"
#include "abi/packet_message.h"
#include "core/decode_session.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

DecodeSession::Options options_of(const CufDecoderDesc& desc, const uint8_t* extradata,
                                  uint32_t extradata_size, uint32_t device_threads) {
  DecodeSession::Options options;
  options.output.type =
      checked_enum<ColorType>(desc.output_color_type, CUF_COLOR_RAW, "Unknown output colour type");
  options.output.color = {.matrix = desc.matrix, .range = desc.range};
  require(desc.range <= 2, "Unknown range; 0 is the stream's, 1 limited, 2 full");
  options.decoder.codec = get_text(desc.codec, "codec");
  options.decoder.on_error =
      checked_enum<OnError>(desc.on_error, CUF_ON_ERROR_CONCEAL, "Unknown way to treat errors");
  options.decoder.threads =
      desc.threads == 0 ? device_threads : std::min(desc.threads, device_threads);
  options.decoder.width = desc.width;
  options.decoder.height = desc.height;
  options.memory_budget = desc.memory_budget_bytes;
  options.decoder.exports_stats = desc.enable_decode_stats != 0;
  options.decoder.latency =
      checked_enum<Latency>(desc.latency, CUF_LATENCY_ZERO, "Unknown latency");
  options.decoder.max_width = desc.max_width;
  options.decoder.max_height = desc.max_height;
  require(desc.enable_sei_message <= 1, "enable_sei_message is 0 or 1");
  options.decoder.wants_sei = desc.enable_sei_message != 0;
  require(desc.is_on_host <= 1, "is_on_host is 0 or 1");
  options.output.is_on_host = desc.is_on_host != 0;
  options.decoder.uses_host_memory = decodes_to_host(options.output);
  options.decoder.cuda_stream = desc.cuda_stream;
  require((desc.output_width == 0) == (desc.output_height == 0), "A size has a width and a height");
  require(desc.output_width % 2 == 0 && desc.output_height % 2 == 0,
          "A GPU's decoder scales to even sizes only");
  options.decoder.output_width = desc.output_width;
  options.decoder.output_height = desc.output_height;
  if (extradata_size > 0) options.decoder.extradata.assign(extradata, extradata + extradata_size);
  return options;
}

// What only a GPU can do is no choice on the CPU.
void require_gpu_for(const DecoderOptions& options, const Device& device) {
  if (options.cuda_stream != 0 && !device.gpu.port) {
    throw Error(Status::unsupported, "cudaStream needs a CUDA device; leave it out on the CPU");
  }
  if (options.output_width != 0 && (!device.gpu.port || device.gpu.falls_back)) {
    throw Error(Status::unsupported,
                "Only a GPU's decoder scales frames itself: ask for a device with backend "
                "\"cuda\", or use toTensor({ resize })");
  }
}

}  // namespace

extern "C" {

int32_t cuf_decoder_create(uint32_t device, const CufDecoderDesc* desc, const uint8_t* extradata,
                           uint32_t extradata_size, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    require_buffer(extradata, extradata_size);
    auto target = object_of<Device>(device);
    auto options = options_of(read_struct(desc), extradata, extradata_size, target->threads);
    require_gpu_for(options.decoder, *target);
    auto work = target->queue->open_ticket(ticket);
    DecodeSession::open(std::move(target), std::move(options), std::move(work));
    return CUF_OK;
  });
}

int32_t cuf_decoder_info(uint32_t decoder, CufDecoderInfo* out) {
  return guarded(nullptr, [&] {
    const auto session = object_of<DecodeSession>(decoder);
    const DecodeStats stats = session->stats();
    CufDecoderInfo info{};
    const DecodingPlace::Description place = session->place();
    info.backend = static_cast<uint32_t>(place.backend);
    info.packets_decoded = stats.packets_decoded;
    info.frames_decoded = stats.frames_decoded;
    info.frames_corrupt = stats.frames_corrupt;
    info.memory_bytes = session->memory_bytes();
    put_text(info.codec, session->codec());
    put_text(info.implementation, place.implementation);
    put_text(info.fallback_reason, place.fallback_reason);
    info.latency = static_cast<uint32_t>(session->latency());
    info.effective_latency = static_cast<uint32_t>(session->effective_latency());
    write_struct(out, info);
    return CUF_OK;
  });
}

int32_t cuf_decoder_decode(uint32_t decoder, const CufPacketInfo* info, const uint8_t* data,
                           uint32_t length, uint32_t ticket) {
  return guarded(nullptr, [&] {
    require_buffer(data, length);
    auto session = object_of<DecodeSession>(decoder);
    Packet packet = packet_of(read_struct(info), data, length);
    session->decode(std::move(packet), session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_decoder_flush(uint32_t decoder, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto session = object_of<DecodeSession>(decoder);
    session->flush(session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_decoder_reset(uint32_t decoder, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto session = object_of<DecodeSession>(decoder);
    session->reset(session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_decoder_reconfigure(uint32_t decoder, uint32_t width, uint32_t height,
                                uint32_t ticket) {
  return guarded(nullptr, [&] {
    require(width > 0 && height > 0, "A stream of no size was announced");
    auto session = object_of<DecodeSession>(decoder);
    session->reconfigure(width, height, session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_decoder_read(uint32_t decoder, uint32_t demuxer, uint32_t max_frames,
                         uint32_t max_bytes, uint32_t ticket) {
  return guarded(nullptr, [&] {
    require(max_frames > 0 && max_bytes > 0, "A read of no frames was asked for");
    auto session = object_of<DecodeSession>(decoder);
    auto source = object_of<DemuxSession>(demuxer);
    session->read(std::move(source), max_frames, max_bytes,
                  session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_decoder_take(uint32_t decoder, uint32_t ticket, CufFrameInfo* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const auto session = object_of<DecodeSession>(decoder);
    return take_frames(session->device(), session->take(ticket), out, capacity);
  });
}

}  // extern "C"
