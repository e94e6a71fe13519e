#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/encoder_port.h"

// Messages as they stand in a stream: what sei.h reads.
namespace cuf {

// Greater types are refused: each 255 of them takes a byte.
inline constexpr uint32_t kMostSeiType = 65535;

// Whether HEVC allows the message only behind the slices.
bool is_suffix_only(VideoCodec codec, uint32_t type);

// One NAL unit of H.264 or HEVC with a start code that holds the messages; empty for none.
std::vector<uint8_t> sei_unit(VideoCodec codec, std::span<const SideMessage> messages,
                              bool is_suffix);

// A metadata OBU of AV1.
std::vector<uint8_t> metadata_obu(const SideMessage& message);

// Throws Error(invalid_argument) for messages of AV1 that are shorter than their type: decoders
// (dav1d) refuse the whole picture for one. Those of H.264 and HEVC are skipped by theirs.
void require_whole(VideoCodec codec, std::span<const SideMessage> messages);

}  // namespace cuf
