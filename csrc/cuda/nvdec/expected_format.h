#pragma once

#include <optional>

#include "core/ports.h"
#include "cuda/functions.h"

namespace cuf::cuda {

// What the parser will probably say of a stream, from what its container says: enough to create a
// decoder before the first packet. Nothing where the container does not tell enough.
std::optional<CUVIDEOFORMAT> expected_format(cudaVideoCodec codec, const DecoderOptions& options);

}  // namespace cuf::cuda
