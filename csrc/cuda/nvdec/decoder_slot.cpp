#include "cuda/nvdec/decoder_slot.h"

#include <utility>

#include "core/executor.h"

namespace cuf::cuda {

DecoderSlot::DecoderSlot(std::shared_ptr<const GpuResources> gpu)
    : gpu_(std::move(gpu)), stream_(std::make_shared<const Stream>(gpu_->context)) {}

void DecoderSlot::make(const VideoDecoderConfig& config) {
  decoder_ = std::make_unique<VideoDecoder>(*gpu_, config, stream_->handle());
}

void DecoderSlot::retire(std::unique_ptr<VideoDecoder> decoder) noexcept {
  try {
    struct Retired {
      std::shared_ptr<const Stream> stream;
      std::unique_ptr<VideoDecoder> decoder;
    };
    auto retired = std::make_shared<Retired>(Retired{stream_, std::move(decoder)});
    run_on_pool([retired = std::move(retired)] {});
  } catch (...) {
    // No thread to be had: destroyed here.
  }
}

bool DecoderSlot::become(const VideoDecoderConfig& config) {
  if (decoder_ && decoder_->can_become(config)) {
    decoder_->reconfigure(config);
    return false;
  }
  std::unique_ptr<VideoDecoder> before = std::move(decoder_);
  try {
    make(config);
  } catch (const Error& error) {
    if (!before || error.status != Status::out_of_memory) throw;
    before.reset();
    make(config);
  }
  if (before) retire(std::move(before));
  return true;
}

}  // namespace cuf::cuda
