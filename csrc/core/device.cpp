#include "core/device.h"

#include "core/fallback_decoder.h"

namespace cuf {

std::unique_ptr<Decoder> Device::create_decoder(const DecoderOptions& options) const {
  if (!gpu.port) return backend.create_decoder(options);
  if (!gpu.falls_back) return gpu.port->create_decoder(options);
  return std::make_unique<FallbackDecoder>(*gpu.port, backend, options);
}

}  // namespace cuf
