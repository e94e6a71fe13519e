#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/encoder_format.h"
#include "core/encoder_port.h"

namespace cuf {

struct ChosenEncoder {
  std::unique_ptr<Encoder> encoder;
  Format format = Format::unknown;  // that it is sent
  std::string fallback_reason;      // not empty: why it is not the GPU's
};

// Makes an encoder on the device: by its GPU, or by the CPU where it has none, or, where the device
// falls back, what that GPU cannot encode. options.format is set here. Throws as
// EncoderPort::create_encoder().
ChosenEncoder open_encoder(const Device& device, EncoderOptions options, EncoderFormat format);

// What the port makes of it, with the layout that it would be sent in options.format.
EncoderSupport ask_encoder(EncoderPort& port, EncoderOptions& options, EncoderFormat format);

// Whether an encoder that takes these layouts takes the format, perhaps made one of them on the
// way.
bool takes(const std::vector<Format>& formats, EncoderFormat format);

// For sentences, in the callers' spelling: all formats that an encoder of these layouts takes, such
// as "nv12, yv12, iyuv", and those that are one layout, such as "yv12 or iyuv".
std::string taken_formats(const std::vector<Format>& formats);
std::string formats_arranged_as(Format layout);

}  // namespace cuf
