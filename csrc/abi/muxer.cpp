#include "core/mux_session.h"

#include "abi/boundary.h"
#include "abi/muxer_desc.h"
#include "abi/packet_message.h"
#include "core/demux_session.h"
#include "core/encode_session.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

constexpr uint32_t kMostExtradata = 1 << 20;

Rational rational(CufRational value, const char* name) {
  require(value.num >= 0 && value.den >= 0, name);
  return {value.num, value.den};
}

bool is_positive(Rational value) {
  return value.num > 0 && value.den > 0;
}

void put_said(TrackDescription& track, const CufTrackDesc& desc) {
  const auto says = [&](uint32_t field) { return (desc.set_mask & field) != 0; };
  const Rational rate = rational(desc.frame_rate, "The frame rate is negative");
  const Rational shape = rational(desc.sample_aspect_ratio, "The pixel's shape is negative");
  if (is_positive(rate)) track.frame_rate = rate;
  if (is_positive(shape)) track.sample_aspect_ratio = shape;
  if (desc.width > 0) track.width = desc.width;
  if (desc.height > 0) track.height = desc.height;
  if (says(CUF_TRACK_ROTATION)) track.rotation = desc.rotation;
  if (says(CUF_TRACK_COLOR)) {
    const CufColor& color = desc.color;
    require(
        std::max({color.primaries, color.transfer, color.matrix}) <= 255 && color.full_range <= 1,
        "The colours are no code points of H.273");
    track.color = Color{.primaries = color.primaries,
                        .transfer = color.transfer,
                        .matrix = color.matrix,
                        .full_range = color.full_range != 0};
  }
  if (says(CUF_TRACK_MASTERING_DISPLAY)) {
    MasteringDisplay display;
    for (int i = 0; i < 4; ++i) {
      require(desc.display_x[i] >= 0 && desc.display_x[i] <= 1 && desc.display_y[i] >= 0 &&
                  desc.display_y[i] <= 1,
              "A chromaticity is outside of 0 to 1");
      display.x[i] = desc.display_x[i];
      display.y[i] = desc.display_y[i];
    }
    require(desc.display_min_luminance >= 0 && desc.display_max_luminance >= 0 &&
                desc.display_min_luminance <= 100000 && desc.display_max_luminance <= 100000,
            "A luminance is outside of 0 to 100000");
    display.min_luminance = desc.display_min_luminance;
    display.max_luminance = desc.display_max_luminance;
    track.mastering_display = display;
  }
  if (says(CUF_TRACK_CONTENT_LIGHT)) {
    track.content_light = ContentLight{.max_content = desc.max_content_light,
                                       .max_frame_average = desc.max_frame_average_light};
  }
  track.language = get_text(desc.language, "language");
  track.title = get_text(desc.title, "title");
}

TrackDescription track_of(const CufTrackDesc& desc, const uint8_t* extradata, uint32_t size) {
  require(desc.encoder == 0 || desc.demuxer == 0, "A track comes from an encoder or a demuxer");
  require(desc.width <= 65535 && desc.height <= 65535, "A track is larger than 65535 pixels");
  require(size <= kMostExtradata, "The codec's headers are longer than 1 MiB");
  TrackDescription track;
  if (desc.encoder != 0) track = object_of<EncodeSession>(desc.encoder)->track();
  if (desc.demuxer != 0) track = object_of<DemuxSession>(desc.demuxer)->track(desc.stream_index);
  if (desc.made_from != 0) {
    const auto from = object_of<DemuxSession>(desc.made_from);
    track.made_from = from->track(from->video().stream_index).copied;
  }
  const std::string codec = get_text(desc.codec, "codec");
  if (!codec.empty()) track.codec = codec;
  if (size > 0) track.extradata.assign(extradata, extradata + size);
  put_said(track, desc);
  return track;
}

}  // namespace

extern "C" {

int32_t cuf_sink_create(uint32_t device, const CufSinkDesc* desc, uint32_t* out_sink,
                        CufError* error) {
  return guarded(error, [&] {
    const CufSinkDesc options = read_struct(desc);
    require(out_sink != nullptr, "The buffer for the sink's handle is missing");
    const auto kind = checked_enum<SinkKind>(options.kind, CUF_SINK_MEMORY, "Unknown kind of sink");
    const auto target = object_of<Device>(device);
    auto sink = make_sink(target, kind, options.event_ticket);
    // Not the device's: what a finished muxer left in it can be taken when that was closed.
    *out_sink = Registry::instance().add(std::move(sink), target->queue_handle);
    return CUF_OK;
  });
}

int32_t cuf_sink_take(uint32_t sink, uint8_t* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    return static_cast<int32_t>(object_of<Sink>(sink)->take(out, std::min(capacity, 1u << 30)));
  });
}

int32_t cuf_sink_fail(uint32_t sink, const uint8_t* message, uint32_t length) {
  return guarded(nullptr, [&] {
    require_buffer(message, length);
    object_of<Sink>(sink)->fail(
        std::string(reinterpret_cast<const char*>(message), message ? length : 0));
    return CUF_OK;
  });
}

int32_t cuf_muxer_open(uint32_t device, const CufMuxerDesc* desc, const uint8_t* path,
                       uint32_t path_length, const uint8_t* metadata, uint32_t metadata_length,
                       uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    MuxSession::Options options =
        mux_options_of(read_struct(desc), path, path_length, metadata, metadata_length);
    auto target = object_of<Device>(device);
    auto work = target->queue->open_ticket(ticket);
    MuxSession::open(std::make_shared<MuxSession>(std::move(target), std::move(options)),
                     std::move(work));
    return CUF_OK;
  });
}

int32_t cuf_muxer_info(uint32_t muxer, CufMuxerInfo* out) {
  return guarded(nullptr, [&] {
    const MuxSession::State state = object_of<MuxSession>(muxer)->state();
    CufMuxerInfo info{};
    info.tracks = state.tracks;
    info.is_finished = state.is_finished;
    info.packets_written = state.packets;
    info.bytes_written = state.bytes;
    put_text(info.container, state.container);
    write_struct(out, info);
    return CUF_OK;
  });
}

int32_t cuf_muxer_add_track(uint32_t muxer, const CufTrackDesc* desc, const uint8_t* extradata,
                            uint32_t extradata_size, CufError* error) {
  return guarded(error, [&] {
    require_buffer(extradata, extradata_size);
    auto session = object_of<MuxSession>(muxer);
    const TrackDescription track = track_of(read_struct(desc), extradata, extradata_size);
    return static_cast<int32_t>(session->add_track(track));
  });
}

int32_t cuf_muxer_write(uint32_t muxer, uint32_t track, const CufPacketInfo* info,
                        const uint8_t* data, uint32_t length, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    require_buffer(data, length);
    auto session = object_of<MuxSession>(muxer);
    session->write(track, packet_of(read_struct(info), data, length),
                   session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_muxer_finish(uint32_t muxer, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto session = object_of<MuxSession>(muxer);
    session->finish(session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_muxer_end(uint32_t muxer, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto session = object_of<MuxSession>(muxer);
    session->end(session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

}  // extern "C"
