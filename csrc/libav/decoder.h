#pragma once

#include <memory>
#include <string>

#include "core/ports.h"

namespace cuf::libav {

std::unique_ptr<Decoder> create_decoder(const DecoderOptions& options);
DecoderLimits decoder_support(const std::string& codec, ChromaFormat chroma, uint32_t bit_depth);

}  // namespace cuf::libav
