#pragma once

#include <memory>

#include "libav/compat.h"

// Owners of libav's objects.
namespace cuf::libav {

struct Free {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVBufferRef* buffer) const { av_buffer_unref(&buffer); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
  void operator()(AVBSFContext* filter) const { av_bsf_free(&filter); }
  void operator()(AVDictionary* dictionary) const { av_dict_free(&dictionary); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
  void operator()(AVIOContext* io) const {
    av_freep(&io->buffer);
    avio_context_free(&io);
  }
};

template <typename T>
using Owned = std::unique_ptr<T, Free>;

}  // namespace cuf::libav
