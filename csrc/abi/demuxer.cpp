#include "abi/boundary.h"
#include "abi/stream_info.h"
#include "core/demux_session.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

constexpr uint32_t kLongestPath = 65536;

CufRational rational(Rational value) {
  return {.num = value.num, .den = value.den};
}

}  // namespace

namespace cuf::abi {

CufDemuxerInfo demuxer_info_of(const VideoDescription& video, size_t stream_count) {
  CufDemuxerInfo info{};
  info.flags = video.is_seekable ? CUF_DEMUXER_SEEKABLE : 0;
  info.width = video.width;
  info.height = video.height;
  info.coded_width = video.coded_width;
  info.coded_height = video.coded_height;
  info.frame_rate = rational(video.frame_rate);
  info.r_frame_rate = rational(video.r_frame_rate);
  info.time_base = rational(video.time_base);
  info.sample_aspect_ratio = rational(video.sample_aspect_ratio);
  info.duration_us = video.duration_us;
  info.start_time_us = video.start_time_us;
  info.bit_rate_bps = video.bit_rate;
  info.num_frames = video.num_frames;
  info.color = {.primaries = video.color.primaries,
                .transfer = video.color.transfer,
                .matrix = video.color.matrix,
                .full_range = video.color.full_range};
  info.chroma_format = static_cast<uint32_t>(video.chroma);
  info.bit_depth = video.bit_depth;
  info.profile = video.profile;
  info.level = video.level;
  info.rotation = video.rotation;
  info.stream_index = video.stream_index;
  info.stream_count = static_cast<uint32_t>(stream_count);
  info.extradata_size = static_cast<uint32_t>(video.extradata.size());
  put_text(info.codec, video.codec);
  put_text(info.codec_string, video.codec_string);
  put_text(info.profile_name, video.profile_name);
  put_text(info.container_name, video.container);
  return info;
}

}  // namespace cuf::abi

namespace {

CufStreamInfo stream_info_of(const StreamDescription& stream) {
  CufStreamInfo info{};
  info.struct_size = sizeof(info);
  info.index = stream.index;
  info.kind = static_cast<uint32_t>(stream.kind);
  info.is_attached_picture = stream.is_attached_picture;
  info.width = stream.width;
  info.height = stream.height;
  info.sample_rate_hz = stream.sample_rate;
  info.channels = stream.channels;
  info.duration_us = stream.duration_us;
  info.bit_rate_bps = stream.bit_rate;
  put_text(info.codec, stream.codec);
  put_text(info.language, stream.language);
  put_text(info.title, stream.title);
  info.is_read = stream.is_read;
  return info;
}

uint32_t flags_of(const Packet& packet) {
  return (packet.is_key ? CUF_PACKET_KEY : 0) | (packet.is_discard ? CUF_PACKET_DISCARD : 0) |
         (packet.is_corrupt ? CUF_PACKET_CORRUPT : 0) |
         (packet.pts != kNoTimestamp ? CUF_PACKET_HAS_PTS : 0) |
         (packet.dts != kNoTimestamp ? CUF_PACKET_HAS_DTS : 0);
}

CufPacketInfo packet_info_of(const Packet& packet, uint32_t offset) {
  CufPacketInfo info{};
  info.struct_size = sizeof(info);
  info.flags = flags_of(packet);
  info.pts = packet.pts;
  info.dts = packet.dts;
  info.duration = packet.duration;
  info.timestamp_us = to_microseconds(packet.pts, packet.time_base);
  info.duration_us = to_microseconds(packet.duration, packet.time_base);
  info.position_bytes = packet.position;
  info.time_base = rational(packet.time_base);
  info.data_offset = offset;
  info.data_size = static_cast<uint32_t>(packet.payload.size);
  info.extradata_offset = info.data_offset + info.data_size;
  info.extradata_size = static_cast<uint32_t>(packet.extradata.size);
  info.rotation = packet.rotation;
  info.coded_width = packet.hints.coded_width;
  info.coded_height = packet.hints.coded_height;
  info.codec_tag = packet.hints.codec_tag;
  info.bits_per_coded_sample = packet.hints.bits_per_coded_sample;
  info.pixel_format = packet.hints.pixel_format;
  info.stream_index = packet.stream_index;
  info.skipped_at_begin = packet.skipped_at_begin;
  info.skipped_at_end = packet.skipped_at_end;
  return info;
}

void copy_bytes(uint8_t* out, const Bytes& bytes) {
  if (bytes.size > 0) std::memcpy(out, bytes.data, bytes.size);
}

}  // namespace

extern "C" {

int32_t cuf_demuxer_open(uint32_t device, const CufDemuxerDesc* desc, const uint8_t* path,
                         uint32_t path_length, uint32_t ticket, CufError* error) {
  return guarded(error, [&] {
    const CufDemuxerDesc options = read_struct(desc);
    require_buffer(path, path_length);
    require((options.source == 0) == (path_length != 0),
            "A demuxer needs a path or a source, one of both");
    require(path_length <= kLongestPath, "The path is longer than 65536 bytes");
    require(options.bitstream <= CUF_BITSTREAM_CONTAINER, "Unknown kind of bitstream");
    require(options.stream_number >= 0, "The stream's index is negative");
    require(options.reads_audio <= 1 && options.reads_subtitles <= 1,
            "reads_audio and reads_subtitles are 0 or 1");
    DemuxSession::OpenOptions open;
    if (path_length > 0) open.path.assign(reinterpret_cast<const char*>(path), path_length);
    require(open.path.find('\0') == std::string::npos, "The path holds a NUL byte");
    if (options.source != 0) open.source = object_of<Source>(options.source);
    open.keeps_container_bitstream = options.bitstream == CUF_BITSTREAM_CONTAINER;
    open.stream_index = options.stream_number - 1;
    open.reads_audio = options.reads_audio != 0;
    open.reads_subtitles = options.reads_subtitles != 0;
    auto target = object_of<Device>(device);
    auto work = target->queue->open_ticket(ticket);
    DemuxSession::open(std::move(target), std::move(open), std::move(work));
    return CUF_OK;
  });
}

int32_t cuf_demuxer_info(uint32_t demuxer, CufDemuxerInfo* out) {
  return guarded(nullptr, [&] {
    const auto session = object_of<DemuxSession>(demuxer);
    write_struct(out, demuxer_info_of(session->video(), session->streams().size()));
    return CUF_OK;
  });
}

int32_t cuf_demuxer_streams(uint32_t demuxer, CufStreamInfo* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const auto session = object_of<DemuxSession>(demuxer);
    uint32_t count = 0;
    for (const StreamDescription& stream : session->streams()) {
      if (count == capacity) break;
      out[count++] = stream_info_of(stream);
    }
    return static_cast<int32_t>(count);
  });
}

int32_t cuf_demuxer_extradata(uint32_t demuxer, uint8_t* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const auto session = object_of<DemuxSession>(demuxer);
    const std::vector<uint8_t>& extradata = session->video().extradata;
    const size_t count = std::min<size_t>(extradata.size(), capacity);
    if (count > 0) std::memcpy(out, extradata.data(), count);
    return static_cast<int32_t>(count);
  });
}

int32_t cuf_demuxer_read(uint32_t demuxer, uint32_t max_packets, uint32_t max_bytes,
                         uint32_t ticket) {
  return guarded(nullptr, [&] {
    require(max_packets > 0 && max_bytes > 0, "A read of no packets was asked for");
    auto session = object_of<DemuxSession>(demuxer);
    session->read(max_packets, max_bytes, session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

int32_t cuf_demuxer_take(uint32_t demuxer, uint32_t ticket, CufPacketInfo* out, uint32_t capacity,
                         uint8_t* data, uint32_t data_capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    require_buffer(data, data_capacity);
    const std::vector<Packet> packets = object_of<DemuxSession>(demuxer)->take(ticket);
    require(packets.size() <= capacity, "The buffer for the packets' records is too small");
    uint64_t total = 0;
    for (const Packet& packet : packets) total += packet.payload.size + packet.extradata.size;
    require(total <= data_capacity, "The buffer for the packets' bytes is too small");
    uint32_t offset = 0;
    for (size_t i = 0; i < packets.size(); ++i) {
      out[i] = packet_info_of(packets[i], offset);
      copy_bytes(data + out[i].data_offset, packets[i].payload);
      copy_bytes(data + out[i].extradata_offset, packets[i].extradata);
      offset = out[i].extradata_offset + out[i].extradata_size;
    }
    return static_cast<int32_t>(packets.size());
  });
}

int32_t cuf_demuxer_seek(uint32_t demuxer, double seconds, uint32_t ticket) {
  return guarded(nullptr, [&] {
    require(seconds == seconds && seconds > -1e12 && seconds < 1e12,
            "The time to seek is no number of seconds");
    auto session = object_of<DemuxSession>(demuxer);
    session->seek(seconds, session->device()->queue->open_ticket(ticket));
    return CUF_OK;
  });
}

}  // extern "C"
