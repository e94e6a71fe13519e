#include "core/device.h"

#include <string>
#include <utility>
#include <vector>

#include "core/decode_record.h"
#include "core/executor.h"
#include "core/fallback_decoder.h"

namespace cuf {

// Freeing decoders takes long: libav joins threads, and NVDEC needs a fifth of a second for each.
void Device::close() noexcept {
  const auto free = [](Device& device) {
    device.memory->trim();
    device.decoders->close();
    if (device.gpu.port) device.gpu.port->trim();
  };
  try {
    run_on_pool([self = shared_from_this(), free] { free(*self); });
  } catch (...) {
    free(*this);
  }
}

std::unique_ptr<Decoder> Device::create_decoder(const DecoderOptions& options) const {
  if (!gpu.port) return backend.create_decoder(options);
  if (!gpu.falls_back) return gpu.port->create_decoder(options);
  return std::make_unique<FallbackDecoder>(*gpu.port, backend, options);
}

void Device::require_decode_stats(const std::string& codec) const {
  std::vector<std::string> codecs;
  if (gpu.port) codecs = gpu.port->decode_stats_codecs();
  if (!gpu.port || gpu.falls_back) {
    for (std::string& name : backend.decode_stats_codecs()) codecs.push_back(std::move(name));
  }
  cuf::require_decode_stats(std::move(codecs), codec);
}

bool Device::tell(CompletionKind kind) const noexcept {
  if (event_ticket == 0) return true;
  try {
    queue->push({.ticket = event_ticket, .kind = kind});
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Device::note_failure(const Error& error) noexcept {
  if (error.status != Status::device_lost || is_lost_.exchange(true)) return;
  // If it was not told, the next failure tells it.
  if (!tell(CompletionKind::device_lost)) is_lost_ = false;
}

}  // namespace cuf
