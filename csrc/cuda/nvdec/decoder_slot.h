#pragma once

#include <memory>

#include "cuda/gpu.h"
#include "cuda/nvdec/video_decoder.h"
#include "cuda/stream.h"

namespace cuf::cuda {

// NVDEC's decoder for one stream after another, and the GPU stream of its copies. To create one
// takes up to 0.2 s, and to destroy one, too. Calls need the context.
class DecoderSlot {
 public:
  explicit DecoderSlot(std::shared_ptr<const GpuResources> gpu);

  explicit operator bool() const { return decoder_ != nullptr; }
  VideoDecoder* operator->() const { return decoder_.get(); }
  VideoDecoder& operator*() const { return *decoder_; }
  CUstream stream() const { return stream_->handle(); }

  // Whether it had to be made anew, so that it has no picture to refer to. Then the one before is
  // destroyed by another thread, unless there is memory for one of them only.
  bool become(const VideoDecoderConfig& config);

 private:
  void make(const VideoDecoderConfig& config);
  void retire(std::unique_ptr<VideoDecoder> decoder) noexcept;

  const std::shared_ptr<const GpuResources> gpu_;
  std::shared_ptr<const Stream> stream_;  // outlives the decoder
  std::unique_ptr<VideoDecoder> decoder_;
};

}  // namespace cuf::cuda
