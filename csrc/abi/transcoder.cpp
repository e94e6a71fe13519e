#include <cmath>

#include "abi/boundary.h"
#include "abi/encoder_desc.h"
#include "abi/muxer_desc.h"
#include "abi/stream_info.h"
#include "core/registry.h"
#include "core/transcode_session.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

constexpr uint32_t kLongestPath = 65536;
constexpr uint32_t kMostSide = 65535;
constexpr double kLongest = 1e12;  // seconds

Color color_of(const CufColor& color) {
  require(std::max({color.primaries, color.transfer, color.matrix}) <= 255 && color.full_range <= 1,
          "The colours are no code points of H.273");
  return {.primaries = color.primaries,
          .transfer = color.transfer,
          .matrix = color.matrix,
          .full_range = color.full_range != 0};
}

TranscodeOptions options_of(const CufTranscoderDesc& desc, const Device& device) {
  require(desc.stream_number >= 0, "The stream's index is negative");
  require(desc.width <= kMostSide && desc.height <= kMostSide, "The size is above 65535 pixels");
  require(desc.has_format <= 1 && desc.has_color <= 1, "has_format and has_color are 0 or 1");
  TranscodeOptions options;
  options.stream_index = desc.stream_number - 1;
  options.on_error =
      checked_enum<OnError>(desc.on_error, CUF_ON_ERROR_CONCEAL, "Unknown way to treat errors");
  options.width = desc.width;
  options.height = desc.height;
  if (desc.has_format) options.format = encoder_format_of(desc.format);
  if (desc.has_color) options.color = color_of(desc.color);
  options.threads = desc.threads == 0 ? device.threads : std::min(desc.threads, device.threads);
  options.audio = checked_enum<AudioMode>(desc.audio, CUF_AUDIO_DROP, "Unknown mode of audio");
  options.cuda_stream = desc.cuda_stream;
  if (options.cuda_stream != 0 && !device.gpu.port) {
    throw Error(Status::unsupported, "cudaStream needs a CUDA device; leave it out on the CPU");
  }
  return options;
}

TranscodeSession::Job job_of(const CufTranscodeDesc& desc, MuxSession::Options muxer) {
  require(desc.is_appended <= 1, "is_appended is 0 or 1");
  require(desc.is_whole <= 1, "is_whole is 0 or 1");
  require(desc.lanes <= TranscodeSession::kMostLanes, "At most 64 lanes work beside each other");
  TranscodeSession::Job job;
  job.frames = {.first = desc.first_frame, .count = desc.frame_count};
  job.muxer = std::move(muxer.muxer);
  job.sink = muxer.sink;
  job.muxer.sink = std::move(muxer.sink);
  job.is_appended = desc.is_appended != 0;
  job.is_whole = desc.is_whole != 0;
  job.lane = desc.lane;
  job.lanes = std::max(desc.lanes, 1u);
  job.wants_progress = desc.wants_progress != 0;
  return job;
}

CufTranscodeResult result_of(const TranscodeSession::Result& result) {
  CufTranscodeResult out{};
  out.audio_tracks = result.audio_tracks;
  out.frames = result.frames;
  out.lost_frames = result.lost_frames;
  out.bytes_written = result.bytes;
  out.duration_us = result.duration_us;
  out.elapsed_us = result.elapsed_us;
  out.decoder_backend = static_cast<uint32_t>(result.decoder.backend);
  out.encoder_backend = static_cast<uint32_t>(result.encoder.backend);
  put_text(out.container, result.container);
  put_text(out.decoder, result.decoder.implementation);
  put_text(out.encoder, result.encoder.implementation);
  put_text(out.dropped_audio, result.dropped_audio);
  put_text(out.decoder_fallback, result.decoder.fallback_reason);
  put_text(out.encoder_fallback, result.encoder.fallback_reason);
  return out;
}

CufTranscoderInfo info_of(const TranscodeSession& transcoder) {
  const TranscodePlan& plan = transcoder.plan();
  const SampleCounters& counters = plan.stream->counters;
  const TranscodeSession::State state = transcoder.state();
  CufTranscoderInfo info{};
  info.frame_count = plan.stream->index.frame_count();
  info.duration_us = plan.stream->index.duration_us();
  info.width = plan.shape.width;
  info.height = plan.shape.height;
  info.format = static_cast<uint32_t>(plan.shape.format);
  info.threads = plan.options.threads;
  info.setting_count = count_settings(state.settings);
  info.segments = state.segments;
  info.frames = state.frames;
  info.packets_decoded = counters.packets_decoded;
  info.gops_decoded = counters.gops_decoded;
  info.seeks = counters.seeks;
  info.decoders_created = counters.decoders_created;
  info.decoders_reused = counters.decoders_reused;
  info.encoders_created = state.encoders_created;
  info.host_copies = state.host_copies;
  info.bytes_read = counters.bytes_read;
  return info;
}

}  // namespace

extern "C" {

int32_t cuf_transcoder_open(uint32_t device, const CufTranscoderDesc* desc, const uint8_t* path,
                            uint32_t path_length, const CufEncoderSetting* settings,
                            uint32_t setting_count, const uint8_t* native, uint32_t native_length,
                            uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    const CufTranscoderDesc fields = read_struct(desc);
    require_buffer(path, path_length);
    require((fields.source == 0) == (path_length != 0),
            "Transcoding needs a path or a source, one of both");
    require(path_length <= kLongestPath, "The path is longer than 65536 bytes");
    auto target = object_of<Device>(device);
    TranscodeOptions options = options_of(fields, *target);
    options.settings = settings_of(settings, setting_count);
    options.native_options = native_options_of(native, native_length);
    if (path_length > 0) options.path.assign(reinterpret_cast<const char*>(path), path_length);
    if (fields.source != 0) options.source = object_of<Source>(fields.source);
    auto work = target->queue->open_ticket(ticket);
    TranscodeSession::open(std::move(target), std::move(options), fields.wants_progress != 0,
                           std::move(work));
    return CUF_OK;
  });
}

int32_t cuf_transcoder_info(uint32_t transcoder, CufTranscoderInfo* out) {
  return guarded(nullptr, [&] {
    write_struct(out, info_of(*object_of<TranscodeSession>(transcoder)));
    return CUF_OK;
  });
}

int32_t cuf_transcoder_stream_info(uint32_t transcoder, CufDemuxerInfo* out) {
  return guarded(nullptr, [&] {
    const auto session = object_of<TranscodeSession>(transcoder);
    write_struct(out, demuxer_info_of(session->plan().stream->video, 1));
    return CUF_OK;
  });
}

int32_t cuf_transcoder_settings(uint32_t transcoder, CufEncoderSetting* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    return put_settings(object_of<TranscodeSession>(transcoder)->state().settings, out, capacity);
  });
}

int32_t cuf_transcoder_frames(uint32_t transcoder, double start, double end, CufFrameSpan* out) {
  return guarded(nullptr, [&] {
    for (const double time : {start, end}) {
      require(std::isfinite(time) && std::abs(time) < kLongest, "The time is no number of seconds");
    }
    const auto session = object_of<TranscodeSession>(transcoder);
    const FrameSpan span = frames_between(session->plan().stream->index, start, end);
    CufFrameSpan result{};
    result.first = span.first;
    result.count = span.count;
    write_struct(out, result);
    return CUF_OK;
  });
}

int32_t cuf_transcoder_run(uint32_t transcoder, const CufTranscodeDesc* desc,
                           const CufMuxerDesc* muxer, const uint8_t* path, uint32_t path_length,
                           const uint8_t* metadata, uint32_t metadata_length, uint32_t ticket,
                           CufError* error) {
  return guarded(error, [&] {
    auto session = object_of<TranscodeSession>(transcoder);
    MuxSession::Options options =
        mux_options_of(read_struct(muxer), path, path_length, metadata, metadata_length);
    require(!options.keeps_partial, "A segment that is given up is not completed");
    TranscodeSession::Job job = job_of(read_struct(desc), std::move(options));
    session->run(std::move(job), session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_transcoder_take(uint32_t transcoder, uint32_t ticket, CufTranscodeResult* out) {
  return guarded(nullptr, [&] {
    const auto results = object_of<TranscodeSession>(transcoder)->take(ticket);
    require(!results.empty(), "There is no result of this ticket");
    write_struct(out, result_of(results.front()));
    return CUF_OK;
  });
}

int32_t cuf_transcoder_finish(uint32_t transcoder, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto session = object_of<TranscodeSession>(transcoder);
    session->finish(session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

}  // extern "C"
