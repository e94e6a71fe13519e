#pragma once

#include <memory>

#include "core/ports.h"
#include "cuda/gpu.h"

namespace cuf::cuda {

// A decoder on NVDEC. Takes packets with or without their container's framing. Throws
// Error(unsupported) for codecs that the GPU does not decode at all; what else it cannot take is
// told when the stream begins.
std::unique_ptr<Decoder> create_nvdec_decoder(std::shared_ptr<const GpuResources> gpu,
                                              const DecoderOptions& options);

}  // namespace cuf::cuda
