// libav's decoders inside the simulated NVDEC and its parser.
#pragma once
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
}

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_nvcuvid.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace cufsim {

/** Makes an error quieter than any level; more than 8 bits of a level mean something else. */
inline constexpr int kSilent = 128;

struct FrameDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using FramePtr = std::unique_ptr<AVFrame, FrameDeleter>;
using SharedFrame = std::shared_ptr<AVFrame>;

struct CodecContextDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};

/** A picture that a decoder began: its memory is final when the packet has been decoded. */
struct Begun {
  /** The whole coded picture, uncropped. */
  SharedFrame frame;
  /** Tells the picture from others, also in frames that come out: see mark_of(). */
  uint64_t mark = 0;
  bool damaged = false;
  /** Where the picture that is shown begins. */
  int crop_left = 0;
  int crop_top = 0;
};

/** What one packet led to. */
struct Decoded {
  /** In decoding order; more than one if references were missing. */
  std::vector<Begun> begun;
  /** In output order, as the decoder gives them. */
  std::vector<FramePtr> shown;
  bool failed = false;
};

/**
 * A libav decoder with one thread, whose pictures are seen in decoding order. Opened by name, since
 * the client may have registered others for the same codec, and only those that do not take
 * libavcodec's global lock, which a client of ours may hold.
 */
class InnerDecoder {
 public:
  /** `on_drop` hears the mark of a picture that the decoder no longer needs. */
  InnerDecoder(cudaVideoCodec codec, std::function<void(uint64_t)> on_drop);
  ~InnerDecoder();
  InnerDecoder(const InnerDecoder&) = delete;

  bool usable() const { return context_ != nullptr; }
  AVCodecContext& context() { return *context_; }
  /** Decodes a packet; without data: gives what is left and begins anew. */
  Decoded decode(const unsigned char* data, size_t size);

  /** The mark of the picture that a frame shows. */
  static uint64_t mark_of(const AVFrame& frame);

 private:
  struct Drops;
  static int get_buffer(AVCodecContext* context, AVFrame* frame, int flags);
  int begin(AVFrame* frame);
  void receive(Decoded& decoded);
  void note_properties(Decoded& decoded) const;

  std::unique_ptr<AVCodecContext, CodecContextDeleter> context_;
  std::shared_ptr<Drops> drops_;
  Decoded* current_ = nullptr;
  /** The decoder's own frames of what was begun, for the errors that it notes there. */
  std::vector<AVFrame*> own_;
};

}  // namespace cufsim
