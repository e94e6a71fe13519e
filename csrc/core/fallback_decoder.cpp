#include "core/fallback_decoder.h"

#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

// A GPU knows what a stream is when it has read its headers, which stand at the first key picture;
// streams joined elsewhere are not remembered for ever.
constexpr size_t kMostPending = 256;

}  // namespace

FallbackDecoder::FallbackDecoder(DecoderPort& gpu, DecoderPort& cpu, const DecoderOptions& options)
    : cpu_(cpu), options_(options) {
  try {
    current_ = gpu.create_decoder(options);
  } catch (const Error& error) {
    if (error.status != Status::unsupported) throw;
    fall_back(error);
  }
}

void FallbackDecoder::drain_gpu() {
  try {
    current_->send_end();
  } catch (const Error& error) {
    ready_.emplace_back(error);
  }
  for (;;) {
    try {
      Picture picture;
      if (!current_->receive(picture)) return;
      ready_.emplace_back(std::move(picture));
    } catch (const Error& error) {
      if (error.status == Status::unsupported) return;
      ready_.emplace_back(error);
      if (error.status != Status::corrupt_data) return;
    }
  }
}

void FallbackDecoder::fall_back(const Error& why) {
  log(LogLevel::info, "decoder", "Decoding on the CPU: ", why.what());
  if (current_) drain_gpu();
  current_ = cpu_.create_decoder(options_);
  reason_ = why.what();
  for (const Packet& packet : std::exchange(pending_, {})) current_->send(packet);
}

void FallbackDecoder::send(const Packet& packet) {
  if (!reason_.empty()) return current_->send(packet);
  // What gave pictures already is not decoded again.
  if (has_given_ || pending_.size() >= kMostPending) pending_.clear();
  pending_.push_back(packet);
  try {
    current_->send(packet);
  } catch (const Error& error) {
    if (error.status != Status::unsupported) throw;
    fall_back(error);
  }
}

void FallbackDecoder::send_end() {
  current_->send_end();
}

bool FallbackDecoder::receive(Picture& out) {
  if (!ready_.empty()) {
    auto ready = std::move(ready_.front());
    ready_.pop_front();
    if (const auto* error = std::get_if<Error>(&ready)) throw *error;
    out = std::move(std::get<Picture>(ready));
    return true;
  }
  const bool has_picture = current_->receive(out);
  has_given_ |= has_picture;
  return has_picture;
}

void FallbackDecoder::reset() {
  pending_.clear();
  ready_.clear();
  has_given_ = false;
  current_->reset();
}

void FallbackDecoder::begin_stream(uint32_t width, uint32_t height) {
  pending_.clear();
  current_->begin_stream(width, height);
}

bool FallbackDecoder::fits(const DecoderOptions& options) const {
  return current_->fits(options);
}

void FallbackDecoder::reconfigure(const DecoderOptions& options) {
  reset();
  options_ = options;
  current_->reconfigure(options);
}

}  // namespace cuf
