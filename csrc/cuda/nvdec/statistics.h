#pragma once

#include <memory>

#include "core/decode_record.h"
#include "cuda/nvdec/video_decoder.h"

namespace cuf::cuda {

// What NVDEC tells of the blocks of a mapped picture; null where it tells nothing. Blocks until the
// picture is decoded. Needs the context.
std::shared_ptr<const DecodeRecord> read_statistics(const Context& context,
                                                    const MappedPicture& mapped,
                                                    const VideoDecoderConfig& config,
                                                    CUstream stream);

}  // namespace cuf::cuda
