#pragma once

#include <cstdint>

#include "core/ports.h"

namespace cuf {

bool is_too_large(const DecoderOptions& options, uint32_t width, uint32_t height);
// Error(unsupported), which names both sizes.
Error too_large(const DecoderOptions& options, uint32_t width, uint32_t height);
// Throws it for pictures larger than max_width, max_height.
void require_size(const DecoderOptions& options, uint32_t width, uint32_t height);

}  // namespace cuf
