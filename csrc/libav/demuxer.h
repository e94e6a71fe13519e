#pragma once

#include <memory>

#include "core/ports.h"

namespace cuf::libav {

std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions& options);

}  // namespace cuf::libav
