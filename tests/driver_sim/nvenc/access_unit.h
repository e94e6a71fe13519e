// What goes around the coded picture: headers, SEI messages, metadata.
#pragma once
#include "nvenc/backend.h"

namespace cufsim {

/** A message as clients give it: without header and emulation bytes. */
struct Message {
  uint32_t type = 0;
  Bytes payload;
};

/**
 * The whole access unit: delimiter, `headers` (may be empty), messages, and what was coded. For AV1
 * a temporal unit, in which messages become metadata.
 */
Bytes assemble(EncodeCodec codec, const Bytes& coded, const Bytes& headers,
               const std::vector<Message>& messages);

/** The sequence header of a temporal unit of AV1; nothing: it has none. */
Bytes sequence_header_of(const Bytes& unit);

/** Slices in an access unit; 1 for AV1. */
uint32_t count_slices(EncodeCodec codec, const Bytes& coded);

}  // namespace cufsim
