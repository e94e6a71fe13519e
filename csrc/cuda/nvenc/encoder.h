#pragma once

#include <memory>

#include "core/encoder_port.h"
#include "cuda/gpu.h"
#include "cuda/nvenc/facts.h"

namespace cuf::cuda {

// As EncoderPort::create_encoder() and encoder_support(), by NVENC.
std::unique_ptr<Encoder> create_nvenc_encoder(std::shared_ptr<const GpuResources> gpu,
                                              NvencCatalog& catalog, const EncoderOptions& options);
EncoderSupport nvenc_support(NvencCatalog& catalog, const EncoderOptions& options);

}  // namespace cuf::cuda
