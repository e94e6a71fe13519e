#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/encoder_port.h"

// Coded pictures of H.264 and HEVC (Annex B) and of AV1 (OBUs with sizes), of encoders that are
// trusted, and what is put into them beside what the encoder wrote.
namespace cuf {

struct AccessUnitAdditions {
  std::span<const uint8_t> headers;  // as sequence_params()
  std::span<const SideMessage> messages;
};

// The picture with the additions where its standard wants them: headers behind a delimiter,
// messages behind all other headers in front of the first slice (that of HEVC's picture hash behind
// the last). AV1's begin with a temporal delimiter, also where the encoder wrote none.
std::vector<uint8_t> assemble_access_unit(VideoCodec codec, std::span<const uint8_t> picture,
                                          const AccessUnitAdditions& additions);

// VPS, SPS and PPS, or sequence header OBUs, of what comes with or in front of a picture.
std::vector<uint8_t> sequence_headers_of(VideoCodec codec, std::span<const uint8_t> data);
// What is left without these.
std::vector<uint8_t> without_sequence_headers(VideoCodec codec, std::span<const uint8_t> data);

}  // namespace cuf
