#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ports.h"
#include "cuda/context.h"

namespace cuf::cuda {

// What a stream is to NVDEC.
struct CodedKind {
  cudaVideoCodec codec = cudaVideoCodec_H264;
  cudaVideoChromaFormat chroma = cudaVideoChromaFormat_420;
  uint32_t bit_depth = 8;

  bool operator==(const CodedKind&) const = default;
};

struct DecoderCaps {
  bool is_supported = false;
  bool has_statistics = false;
  uint32_t engines = 0;
  uint32_t surface_formats = 0;  // bit n: cudaVideoSurfaceFormat n
  uint32_t min_width = 0;
  uint32_t min_height = 0;
  uint32_t max_width = 0;
  uint32_t max_height = 0;
  uint32_t max_macroblocks = 0;

  bool has_surface(cudaVideoSurfaceFormat format) const {
    return surface_formats >> static_cast<uint32_t>(format) & 1;
  }
};

// Needs the context.
DecoderCaps decoder_caps(const Context& context, const CodedKind& stream);

// Throws Error(unsupported), which names what the GPU does decode, for streams that it cannot.
// Needs the context.
DecoderCaps require_caps(const Context& context, const CodedKind& stream);
// The same for their coded size.
void require_coded_size(const DecoderCaps& caps, const CodedKind& stream, uint32_t width,
                        uint32_t height);

// For a codec by name; bit_depth 0 is 8. Enters the context itself.
DecoderLimits decoder_limits(const Context& context, const std::string& codec, ChromaFormat chroma,
                             uint32_t bit_depth);

// Names of the codecs of which NVDEC gives statistics. Enters the context itself.
std::vector<std::string> codecs_with_statistics(const Context& context);

}  // namespace cuf::cuda
