#include "cuvid/libav.h"

#include <atomic>
#include <cstring>
#include <mutex>

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

namespace cufsim {

namespace {

const char* decoder_name(cudaVideoCodec codec) {
  switch (codec) {
    case cudaVideoCodec_MPEG1:
      return "mpeg1video";
    case cudaVideoCodec_MPEG2:
      return "mpeg2video";
    case cudaVideoCodec_MPEG4:
      return "mpeg4";
    case cudaVideoCodec_VC1:
      return "vc1";
    case cudaVideoCodec_H264:
      return "h264";
    case cudaVideoCodec_JPEG:
      return "mjpeg";
    case cudaVideoCodec_HEVC:
      return "hevc";
    case cudaVideoCodec_VP8:
      return "vp8";
    case cudaVideoCodec_VP9:
      return "vp9";
    case cudaVideoCodec_AV1:
      return "libdav1d";
    default:
      return nullptr;
  }
}

/** What an engine notices: not that references were never there (seen on an H200). */
bool is_damaged(const AVFrame& frame) {
  return (frame.decode_error_flags & ~FF_DECODE_ERROR_MISSING_REFERENCE) != 0;
}

std::atomic<uint64_t> next_mark{1};

/**
 * Which decoder runs on this thread. Not AVCodecContext.opaque: a client that shares libavcodec may
 * take that of every context for its own, as in a log handler.
 */
thread_local InnerDecoder* tl_decoder = nullptr;

}  // namespace

/** Outlives the decoder, since frames do. */
struct InnerDecoder::Drops {
  std::mutex mutex;
  std::function<void(uint64_t)> heard;
};

namespace {

/** At the end of each picture's buffer. */
struct Tail {
  uint64_t mark;
  std::shared_ptr<void> drops;
  void (*drop)(const std::shared_ptr<void>& drops, uint64_t mark);
};

void free_buffer(void* opaque, uint8_t* data) {
  auto* tail = static_cast<Tail*>(opaque);
  tail->drop(tail->drops, tail->mark);
  delete tail;
  av_free(data);
}

}  // namespace

InnerDecoder::InnerDecoder(cudaVideoCodec codec, std::function<void(uint64_t)> on_drop)
    : drops_(std::make_shared<Drops>()) {
  drops_->heard = std::move(on_drop);
  const char* name = decoder_name(codec);
  const AVCodec* found = name == nullptr ? nullptr : avcodec_find_decoder_by_name(name);
  if (found == nullptr) return;
  context_.reset(avcodec_alloc_context3(found));
  context_->thread_count = 1;
  context_->get_buffer2 = &get_buffer;
  context_->thread_type = FF_THREAD_SLICE;
  // Out of reach of any log level and of the client's log handler.
  context_->log_level_offset = kSilent;
  // Wait for as many pictures as the stream may reorder, instead of guessing from what came.
  context_->strict_std_compliance = FF_COMPLIANCE_STRICT;
  // All that is decoded is shown, also behind a start that is no IDR picture.
  if (codec == cudaVideoCodec_H264) context_->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
  if (codec == cudaVideoCodec_AV1) {
    context_->flags |= AV_CODEC_FLAG_LOW_DELAY;
  }
  if (avcodec_open2(context_.get(), found, nullptr) < 0) context_.reset();
}

InnerDecoder::~InnerDecoder() {
  {
    const std::lock_guard lock(drops_->mutex);
    drops_->heard = nullptr;
  }
  context_.reset();
}

int InnerDecoder::get_buffer(AVCodecContext* context, AVFrame* frame, int flags) {
  if (tl_decoder == nullptr) return avcodec_default_get_buffer2(context, frame, flags);
  return tl_decoder->begin(frame);
}

int InnerDecoder::begin(AVFrame* frame) {
  int width = frame->width;
  int height = frame->height;
  int alignment[AV_NUM_DATA_POINTERS];
  avcodec_align_dimensions2(context_.get(), &width, &height, alignment);
  const auto format = static_cast<AVPixelFormat>(frame->format);
  int strides[4] = {};
  // libav's loops may run over the edges by some bytes.
  av_image_fill_linesizes(strides, format, (width + 127) & ~127);
  ptrdiff_t wide[4];
  for (int i = 0; i < 4; i++) wide[i] = strides[i];
  size_t sizes[4] = {};
  if (av_image_fill_plane_sizes(sizes, format, height + 16, wide) < 0) return AVERROR(EINVAL);
  const size_t total = sizes[0] + sizes[1] + sizes[2] + sizes[3] + 256;
  auto* data = static_cast<uint8_t*>(av_mallocz(total));
  if (data == nullptr) return AVERROR(ENOMEM);
  const uint64_t mark = next_mark++;
  auto* tail = new Tail{mark, drops_, [](const std::shared_ptr<void>& drops, uint64_t dropped) {
                          auto* listener = static_cast<Drops*>(drops.get());
                          const std::lock_guard lock(listener->mutex);
                          if (listener->heard) listener->heard(dropped);
                        }};
  frame->buf[0] = av_buffer_create(data, total, free_buffer, tail, 0);
  size_t offset = 0;
  for (int i = 0; i < 4 && sizes[i] > 0; i++) {
    frame->data[i] = data + offset;
    frame->linesize[i] = strides[i];
    offset += sizes[i];
  }
  frame->extended_data = frame->data;
  SharedFrame whole(av_frame_alloc(), FrameDeleter());
  whole->format = frame->format;
  whole->width = width;
  whole->height = height;
  whole->buf[0] = av_buffer_ref(frame->buf[0]);
  std::memcpy(whole->data, frame->data, sizeof whole->data);
  std::memcpy(whole->linesize, frame->linesize, sizeof whole->linesize);
  current_->begun.push_back({std::move(whole), mark, false});
  own_.push_back(frame);
  return 0;
}

uint64_t InnerDecoder::mark_of(const AVFrame& frame) {
  const auto* tail = frame.buf[0] == nullptr
                         ? nullptr
                         : static_cast<const Tail*>(av_buffer_get_opaque(frame.buf[0]));
  return tail == nullptr ? 0 : tail->mark;
}

void InnerDecoder::receive(Decoded& decoded) {
  for (;;) {
    FramePtr frame(av_frame_alloc());
    if (avcodec_receive_frame(context_.get(), frame.get()) < 0) return;
    decoded.shown.push_back(std::move(frame));
  }
}

void InnerDecoder::note_properties(Decoded& decoded) const {
  // Pictures of these two lie in a table for as long as the decoder lives, so they can be looked
  // at.
  const AVCodecID codec = context_->codec_id;
  if (codec != AV_CODEC_ID_H264 && codec != AV_CODEC_ID_HEVC) return;
  for (size_t i = 0; i < decoded.begun.size(); i++) {
    Begun& begun = decoded.begun[i];
    if (own_[i]->buf[0] != nullptr && mark_of(*own_[i]) == begun.mark) {
      begun.damaged = is_damaged(*own_[i]);
      begun.crop_left = static_cast<int>(own_[i]->crop_left);
      begun.crop_top = static_cast<int>(own_[i]->crop_top);
    }
    for (const FramePtr& shown : decoded.shown) {
      if (mark_of(*shown) == begun.mark && is_damaged(*shown)) begun.damaged = true;
    }
  }
}

Decoded InnerDecoder::decode(const unsigned char* data, size_t size) {
  Decoded decoded;
  current_ = &decoded;
  own_.clear();
  tl_decoder = this;
  if (data == nullptr) {
    avcodec_send_packet(context_.get(), nullptr);
    receive(decoded);
    avcodec_flush_buffers(context_.get());
  } else {
    AVPacket* packet = av_packet_alloc();
    if (av_new_packet(packet, static_cast<int>(size)) == 0) {
      std::memcpy(packet->data, data, size);
      decoded.failed = avcodec_send_packet(context_.get(), packet) < 0;
      receive(decoded);
    }
    av_packet_free(&packet);
  }
  tl_decoder = nullptr;
  current_ = nullptr;
  note_properties(decoded);
  return decoded;
}

}  // namespace cufsim
