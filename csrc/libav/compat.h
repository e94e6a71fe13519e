#pragma once

// The only place that asks which FFmpeg this is: 5.1 (Debian 12) to 9.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/motion_vector.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/video_enc_params.h>
#include <libswscale/swscale.h>
}

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cuf::libav {

struct SideData {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// Since 60.31 (FFmpeg 6.1) a stream's side data is in its codec parameters.
inline SideData stream_side_data(const AVStream& stream, AVPacketSideDataType type) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 0)
  const AVPacketSideData* found = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, type);
  if (found) return {found->data, found->size};
  return {};
#else
  SideData found;
  found.data = av_stream_get_side_data(&stream, type, &found.size);
  return found;
#endif
}

inline std::vector<std::pair<AVPacketSideDataType, SideData>> all_side_data(
    const AVStream& stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 0)
  const AVPacketSideData* entries = stream.codecpar->coded_side_data;
  const int count = stream.codecpar->nb_coded_side_data;
#else
  const AVPacketSideData* entries = stream.side_data;
  const int count = stream.nb_side_data;
#endif
  std::vector<std::pair<AVPacketSideDataType, SideData>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back({entries[i].type, {entries[i].data, static_cast<size_t>(entries[i].size)}});
  }
  return all;
}

// Room for side data of a stream; null without memory.
inline uint8_t* new_side_data(AVStream& stream, AVPacketSideDataType type, size_t size) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 0)
  AVPacketSideData* made = av_packet_side_data_new(
      &stream.codecpar->coded_side_data, &stream.codecpar->nb_coded_side_data, type, size, 0);
  return made ? made->data : nullptr;
#else
  return av_stream_new_side_data(&stream, type, size);
#endif
}

// What libav's writer calls with: until 61 (FFmpeg 7) it might have changed the bytes.
#if LIBAVFORMAT_VERSION_MAJOR < 61
using WrittenBytes = uint8_t*;
#else
using WrittenBytes = const uint8_t*;
#endif

inline bool frame_is_key(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return frame.key_frame != 0;
#endif
}

inline bool frame_is_interlaced(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame.interlaced_frame != 0;
#endif
}

inline bool frame_is_top_field_first(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_TOP_FIELD_FIRST) != 0;
#else
  return frame.top_field_first != 0;
#endif
}

inline int64_t frame_duration(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

// A number that goes with a packet through the decoder's threads to its frame. Since 61 (FFmpeg 7)
// the context does not know that of the packet at work, for which it always tells 0; nor is that
// needed any more (damage_watch.h).
#if LIBAVCODEC_VERSION_MAJOR < 61
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
inline void enable_packet_numbers(AVCodecContext&) {}
inline void set_packet_number(AVCodecContext& context, AVPacket&, int64_t number) {
  context.reordered_opaque = number;
}
inline int64_t packet_number(const AVCodecContext& context) {
  return context.reordered_opaque;
}
inline int64_t packet_number(const AVFrame& frame) {
  return frame.reordered_opaque;
}
#pragma GCC diagnostic pop
#else
inline void enable_packet_numbers(AVCodecContext& context) {
  context.flags |= AV_CODEC_FLAG_COPY_OPAQUE;
}
inline void set_packet_number(AVCodecContext&, AVPacket& packet, int64_t number) {
  packet.opaque = reinterpret_cast<void*>(static_cast<intptr_t>(number));
}
inline int64_t packet_number(const AVCodecContext&) {
  return 0;
}
inline int64_t packet_number(const AVFrame& frame) {
  return reinterpret_cast<intptr_t>(frame.opaque);
}
#endif

// Until 60 (FFmpeg 6) frame threads would wait for the main thread to call get_buffer2.
inline void allow_callbacks_from_threads(AVCodecContext& context) {
#if LIBAVCODEC_VERSION_MAJOR < 60
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  context.thread_safe_callbacks = 1;
#pragma GCC diagnostic pop
#else
  (void)context;
#endif
}

// Whether an encoder of libav's takes frames of a format.
inline bool encoder_takes(const AVCodec& codec, AVPixelFormat format) {
  const AVPixelFormat* formats = nullptr;
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void* found = nullptr;
  if (avcodec_get_supported_config(nullptr, &codec, AV_CODEC_CONFIG_PIX_FORMAT, 0, &found,
                                   nullptr) >= 0) {
    formats = static_cast<const AVPixelFormat*>(found);
  }
#else
  formats = codec.pix_fmts;
#endif
  for (; formats && *formats != AV_PIX_FMT_NONE; ++formats) {
    if (*formats == format) return true;
  }
  return false;
}

inline int channel_count(const AVCodecParameters& parameters) {
  return parameters.ch_layout.nb_channels;
}

}  // namespace cuf::libav
