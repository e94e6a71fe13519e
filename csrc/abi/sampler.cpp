#include <cmath>

#include "abi/boundary.h"
#include "abi/frame_info.h"
#include "abi/stream_info.h"
#include "core/registry.h"
#include "core/sample_session.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

constexpr uint32_t kLongestPath = 65536;
constexpr uint32_t kMostEngines = 64;
constexpr uint32_t kDefaultCacheSize = 4;
constexpr uint64_t kDefaultBufferBytes = 320 << 20;

uint32_t default_engines(const Device& device) {
  const uint32_t engines = device.gpu.port ? device.gpu.engines : device.threads;
  return std::clamp(engines, 1u, kMostEngines);
}

SampleSession::Options options_of(const CufSamplerDesc& desc, const Device& device) {
  SampleSession::Options options;
  require(desc.stream_number >= 0, "The stream's index is negative");
  require(desc.range <= 2, "Unknown range; 0 is the stream's, 1 limited, 2 full");
  require(desc.engines <= kMostEngines, "engines is at most 64");
  options.stream_index = desc.stream_number - 1;
  options.output.type =
      checked_enum<ColorType>(desc.output_color_type, CUF_COLOR_RAW, "Unknown output colour type");
  options.on_error =
      checked_enum<OnError>(desc.on_error, CUF_ON_ERROR_CONCEAL, "Unknown way to treat errors");
  options.output.color = {.matrix = desc.matrix, .range = desc.range};
  options.engines = desc.engines == 0 ? default_engines(device) : desc.engines;
  options.cache_size = desc.decoder_cache_size;
  if (options.cache_size == 0) {
    // Those of a GPU are dear to make and to free.
    options.cache_size = std::max(kDefaultCacheSize, device.gpu.port ? options.engines : 0);
  }
  require(desc.is_on_host <= 1, "is_on_host is 0 or 1");
  options.output.is_on_host = desc.is_on_host != 0;
  options.decoding.cuda_stream = desc.cuda_stream;
  if (options.decoding.cuda_stream != 0 && !device.gpu.port) {
    throw Error(Status::unsupported, "cudaStream needs a CUDA device; leave it out on the CPU");
  }
  options.buffer_frames = desc.buffer_frames;
  options.wants_progress = desc.wants_progress != 0;
  options.is_index_approximate = desc.is_index_approximate != 0;
  options.decoding.exports_stats = desc.enable_decode_stats != 0;
  require(desc.enable_sei_message <= 1, "enable_sei_message is 0 or 1");
  options.decoding.wants_sei = desc.enable_sei_message != 0;
  options.decoding.max_width = desc.max_width;
  options.decoding.max_height = desc.max_height;
  require(desc.warm_up <= CUF_WARM_UP_NONE, "Unknown way to warm decoders up");
  options.waits_for_warm_up = desc.warm_up == CUF_WARM_UP_WAIT;
  if (device.gpu.port && desc.warm_up != CUF_WARM_UP_NONE) {
    const bool wants_all = desc.engines > 1 || options.waits_for_warm_up;
    options.warm_decoders = wants_all ? options.engines : 1;
  }
  options.buffer_bytes = desc.buffer_bytes == 0 ? kDefaultBufferBytes : desc.buffer_bytes;
  return options;
}

CufIndexEntry entry_of(const PacketIndex& index, uint32_t ordinal) {
  const IndexedPacket& packet = index.packets()[ordinal];
  const uint32_t frame = index.frame_of_packet(ordinal);
  CufIndexEntry entry{};
  entry.struct_size = sizeof(entry);
  entry.flags = (packet.is_key ? CUF_PACKET_KEY : 0) | (packet.is_shown ? 0 : CUF_PACKET_DISCARD) |
                (packet.pts != kNoTimestamp ? CUF_PACKET_HAS_PTS : 0) |
                (packet.dts != kNoTimestamp ? CUF_PACKET_HAS_DTS : 0);
  entry.pts = packet.pts;
  entry.dts = packet.dts;
  entry.frame = frame == PacketIndex::kNoFrame ? -1 : static_cast<int64_t>(frame);
  entry.size_bytes = packet.size;
  return entry;
}

CufFrameTime time_of(const PacketIndex& index, uint32_t frame) {
  CufFrameTime time{};
  time.pts = index.pts_of_frame(frame);
  time.timestamp_us = to_microseconds(time.pts, index.time_base());
  time.duration_us = to_microseconds(index.duration_of_frame(frame), index.time_base());
  return time;
}

CufSamplerInfo info_of(const SampleSession& sampler) {
  const PacketIndex& index = sampler.stream().index;
  const SampleCounters& counters = sampler.stream().counters;
  CufSamplerInfo info{};
  info.frame_count = index.frame_count();
  if (const auto exact = sampler.scanned()) {
    info.packet_count = static_cast<uint32_t>(exact->index.packets().size());
    info.key_count = static_cast<uint32_t>(exact->index.keys().size());
  }
  if (info.frame_count > 0) info.start_time_us = time_of(index, 0).timestamp_us;
  info.duration_us = index.duration_us();
  info.packets_decoded = counters.packets_decoded;
  info.packets_dropped = counters.packets_dropped;
  info.frames_decoded = counters.frames_decoded;
  info.gops_decoded = counters.gops_decoded;
  info.seeks = counters.seeks;
  info.decoders_created = counters.decoders_created;
  info.decoders_reused = counters.decoders_reused;
  info.bytes_read = counters.bytes_read;
  info.frames_ahead = sampler.frames_ahead();
  const DecodingPlace::Description place = sampler.stream().decoding.get();
  if (!place.implementation.empty()) info.backend = static_cast<uint32_t>(place.backend);
  put_text(info.implementation, place.implementation);
  put_text(info.fallback_reason, place.fallback_reason);
  return info;
}

}  // namespace

extern "C" {

int32_t cuf_sampler_open(uint32_t device, const CufSamplerDesc* desc, const uint8_t* path,
                         uint32_t path_length, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    const CufSamplerDesc fields = read_struct(desc);
    require_buffer(path, path_length);
    require((fields.source == 0) == (path_length != 0),
            "Random access needs a path or a source, one of both");
    require(path_length <= kLongestPath, "The path is longer than 65536 bytes");
    auto target = object_of<Device>(device);
    SampleSession::Options options = options_of(fields, *target);
    if (path_length > 0) options.path.assign(reinterpret_cast<const char*>(path), path_length);
    if (fields.source != 0) options.source = object_of<Source>(fields.source);
    auto work = target->queue->open_ticket(ticket);
    SampleSession::open(std::move(target), std::move(options), std::move(work));
    return CUF_OK;
  });
}

int32_t cuf_sampler_info(uint32_t sampler, CufSamplerInfo* out) {
  return guarded(nullptr, [&] {
    write_struct(out, info_of(*object_of<SampleSession>(sampler)));
    return CUF_OK;
  });
}

int32_t cuf_sampler_stream_info(uint32_t sampler, CufDemuxerInfo* out) {
  return guarded(nullptr, [&] {
    write_struct(out, demuxer_info_of(object_of<SampleSession>(sampler)->stream().video, 1));
    return CUF_OK;
  });
}

int32_t cuf_sampler_index(uint32_t sampler, uint32_t first, CufIndexEntry* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const auto exact = object_of<SampleSession>(sampler)->scanned();
    require(exact != nullptr, "The index is approximate and was not scanned");
    const PacketIndex& index = exact->index;
    const size_t total = index.packets().size();
    const auto count =
        first >= total ? 0u : static_cast<uint32_t>(std::min<size_t>(capacity, total - first));
    for (uint32_t i = 0; i < count; ++i) out[i] = entry_of(index, first + i);
    return static_cast<int32_t>(count);
  });
}

int32_t cuf_sampler_scan(uint32_t sampler, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto session = object_of<SampleSession>(sampler);
    session->scan(session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_sampler_frame_time(uint32_t sampler, uint32_t frame, CufFrameTime* out) {
  return guarded(nullptr, [&] {
    const auto session = object_of<SampleSession>(sampler);
    const PacketIndex& index = session->stream().index;
    require(frame < index.frame_count(), "There is no such frame");
    write_struct(out, time_of(index, frame));
    return CUF_OK;
  });
}

int32_t cuf_sampler_frame_at(uint32_t sampler, double seconds) {
  return guarded(nullptr, [&] {
    require(std::isfinite(seconds) && std::abs(seconds) < 1e12, "The time is no number of seconds");
    const auto session = object_of<SampleSession>(sampler);
    const PacketIndex& index = session->stream().index;
    require(index.frame_count() > 0, "The stream has no frames");
    const Rational base = index.time_base();
    // A frame's own time, made of its ticks by division, must find that frame.
    const double ticks = std::floor(seconds * base.den / base.num + 1e-3);
    return static_cast<int32_t>(
        index.frame_at(static_cast<int64_t>(std::clamp(ticks, -9e15, 9e15))));
  });
}

int32_t cuf_sampler_read(uint32_t sampler, const uint32_t* frames, uint32_t count, uint32_t ticket,
                         CufError* error) {
  return guarded(error, [&] {
    require_buffer(frames, count);
    auto session = object_of<SampleSession>(sampler);
    std::vector<uint32_t> wanted;
    if (count > 0) wanted.assign(frames, frames + count);
    session->read(std::move(wanted), session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_sampler_read_tensor(uint32_t sampler, const uint32_t* frames, uint32_t count,
                                const CufConvertDesc* desc, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    require_buffer(frames, count);
    require(count > 0, "A tensor needs at least one frame");
    const TensorOptions options = tensor_options_of(read_struct(desc));
    auto session = object_of<SampleSession>(sampler);
    const auto keep = [device = session->device()](Picture tensor) {
      return add_frame(device, std::make_shared<const Picture>(std::move(tensor)));
    };
    session->read_tensor({frames, frames + count}, options, keep,
                         session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_sampler_start(uint32_t sampler, uint32_t first, uint32_t count, uint32_t step,
                          CufError* error) {
  return guarded(error, [&] {
    auto session = object_of<SampleSession>(sampler);
    const uint64_t total = session->stream().index.frame_count();
    require(step > 0, "The step is 0");
    require(count == 0 || first + static_cast<uint64_t>(count - 1) * step < total,
            "The range goes beyond the last frame");
    session->start({.first = first, .count = count, .step = step});
    return CUF_OK;
  });
}

int32_t cuf_sampler_next(uint32_t sampler, uint32_t max_frames, uint32_t ticket) {
  return guarded(nullptr, [&] {
    require(max_frames > 0, "A read of no frames was asked for");
    auto session = object_of<SampleSession>(sampler);
    session->next(max_frames, session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_sampler_take(uint32_t sampler, uint32_t ticket, CufFrameInfo* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const auto session = object_of<SampleSession>(sampler);
    return take_frames(session->device(), session->take(ticket), out, capacity);
  });
}

}  // extern "C"
