#include "cuda/gpu.h"

#include <utility>

#include "cuda/adopted_memory.h"
#include "cuda/backend.h"
#include "cuda/nvdec/caps.h"
#include "cuda/nvdec/decoder.h"
#include "cuda/nvenc/encoder.h"

namespace cuf::cuda {
namespace {

std::shared_ptr<const Context> context_for(const GpuOptions& options) {
  const Driver& driver = require_driver();
  if (options.context == 0) return Context::primary(driver, options.gpu);
  return Context::borrowed(driver, reinterpret_cast<CUcontext>(options.context));
}

class OpenGpu final : public GpuPort {
 public:
  explicit OpenGpu(const GpuOptions& options)
      : resources_(std::make_shared<const GpuResources>(context_for(options),
                                                        options.memory_budget_bytes)),
        encoders_(resources_->context) {}

  int32_t ordinal() const override { return resources_->context->gpu(); }
  uint64_t context() const override {
    return reinterpret_cast<uint64_t>(resources_->context->handle());
  }
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions& options) override {
    return create_nvdec_decoder(resources_, options);
  }
  DecoderLimits decoder_support(const std::string& codec, ChromaFormat chroma,
                                uint32_t bit_depth) override {
    return decoder_limits(*resources_->context, codec, chroma, bit_depth);
  }
  std::unique_ptr<Encoder> create_encoder(const EncoderOptions& options) override {
    return create_nvenc_encoder(resources_, encoders_, options);
  }
  EncoderSupport encoder_support(const EncoderOptions& options) override {
    return nvenc_support(encoders_, options);
  }
  GpuMemoryStats memory_stats() const override {
    const DeviceMemory& memory = *resources_->memory;
    return {.live_bytes = memory.live_bytes(),
            .kept_bytes = memory.kept_bytes(),
            .decoder_bytes = memory.reserved_bytes(),
            .peak_bytes = memory.peak_bytes(),
            .allocations = memory.allocations(),
            .pinned_kept_bytes = resources_->pinned->kept_bytes()};
  }
  std::vector<std::string> decode_stats_codecs() const override {
    return codecs_with_statistics(*resources_->context);
  }
  uint64_t pooled_bytes() const override {
    return resources_->memory->kept_bytes() + resources_->pinned->kept_bytes();
  }
  void trim() override {
    resources_->memory->trim();
    resources_->pinned->trim();
  }
  void adopt(Picture& picture, std::shared_ptr<const void> owner, uint64_t stream) override {
    auto memory = std::make_shared<const AdoptedMemory>(resources_->context, std::move(owner),
                                                        reinterpret_cast<CUstream>(stream));
    picture.owner = memory;
    picture.device = std::move(memory);
    picture.converter = resources_->converter;
  }
  void reclaim_from(std::weak_ptr<Reclaimable> keeper) override {
    resources_->memory->reclaim_from(std::move(keeper));
  }

 private:
  const std::shared_ptr<const GpuResources> resources_;
  NvencCatalog encoders_;
};

}  // namespace

std::shared_ptr<GpuPort> open_gpu(const GpuOptions& options) {
  return std::make_shared<OpenGpu>(options);
}

}  // namespace cuf::cuda
