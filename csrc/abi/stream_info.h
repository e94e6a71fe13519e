#pragma once

#include "core/model.h"
#include "cuframe.h"

namespace cuf::abi {

CufDemuxerInfo demuxer_info_of(const VideoDescription& video, size_t stream_count);

}  // namespace cuf::abi
