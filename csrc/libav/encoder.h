#pragma once

#include <memory>

#include "core/encoder_port.h"

namespace cuf::libav {

std::unique_ptr<Encoder> create_encoder(const EncoderOptions& options);
EncoderSupport encoder_support(const EncoderOptions& options);

}  // namespace cuf::libav
