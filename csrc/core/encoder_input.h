#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/device.h"
#include "core/encoder_format.h"
#include "core/encoder_port.h"
#include "core/model.h"
#include "core/ports.h"

namespace cuf {

// What an encoder of this format says of its stream's colour: what the caller gave, or else of RGB
// what the conversion to YUV makes, colorspace or else BT.709 from 720 lines up and BT.601 below;
// of YUV colorspace, or else nothing. A matrix that was given as unspecified is the one without a
// word of the caller's. Throws Error(invalid_argument) for RGB that would stay RGB.
Color encoder_color(EncoderFormat format, const EncoderSettings& settings, uint32_t height,
                    const std::optional<Color>& given);

// Throws Error(invalid_argument), which says what is expected, for a picture that an encoder of
// this format and size does not take: it takes those of its chroma and depth, however arranged.
void require_input(const Picture& picture, EncoderFormat format, uint32_t width, uint32_t height);

// Whether the picture is in memory as `arrangement` is.
bool is_arranged_as(const Picture& picture, Format arrangement);

// The picture, which require_input() let pass, in host memory as the encoder takes it. RGB becomes
// YUV of that colour.
Picture arranged_as(const Picture& picture, Format arrangement, const Color& color, Memory& memory);

// The same in the memory that the device's encoder takes. is_copied: from a GPU's memory to the
// host's, or back.
struct PlacedInput {
  Picture picture;
  bool is_copied = false;
};
PlacedInput placed_for(const Encoder& encoder, const Picture& picture, Format arrangement,
                       const Color& color, const Device& device);

}  // namespace cuf
