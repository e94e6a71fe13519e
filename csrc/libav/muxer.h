#pragma once

#include <memory>

#include "core/muxer_port.h"

namespace cuf::libav {

std::unique_ptr<Muxer> open_muxer(const MuxerOptions& options);

}  // namespace cuf::libav
