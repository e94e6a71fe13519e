#pragma once

#include "abi/boundary.h"
#include "core/mux_session.h"

namespace cuf::abi {

MuxSession::Options mux_options_of(const CufMuxerDesc& desc, const uint8_t* path,
                                   uint32_t path_length, const uint8_t* metadata,
                                   uint32_t metadata_length);

}  // namespace cuf::abi
