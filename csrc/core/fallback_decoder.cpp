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
    : gpu_(gpu), cpu_(cpu), options_(options) {
  try {
    on_gpu_ = gpu.create_decoder(options);
    current_ = on_gpu_.get();
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
  if (on_cpu_ && on_cpu_->fits(options_)) {
    on_cpu_->reconfigure(options_);
  } else {
    on_cpu_ = cpu_.create_decoder(options_);
  }
  current_ = on_cpu_.get();
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
    // It was not taken.
    if (error.status == Status::out_of_memory) pending_.pop_back();
    if (error.status != Status::unsupported) throw;
    fall_back(error);
  }
}

void FallbackDecoder::send_end() {
  try {
    current_->send_end();
  } catch (const Error& error) {
    if (error.status != Status::unsupported || !reason_.empty()) throw;
    fall_back(error);
    current_->send_end();
  }
}

bool FallbackDecoder::receive(Picture& out) {
  if (!ready_.empty()) {
    auto ready = std::move(ready_.front());
    ready_.pop_front();
    if (const auto* error = std::get_if<Error>(&ready)) throw *error;
    out = std::move(std::get<Picture>(ready));
    return true;
  }
  try {
    const bool has_picture = current_->receive(out);
    has_given_ |= has_picture;
    return has_picture;
  } catch (const Error& error) {
    // A stream that is too large, say, is not told of again.
    has_given_ |= error.status == Status::unsupported;
    throw;
  }
}

void FallbackDecoder::reset() {
  pending_.clear();
  ready_.clear();
  has_given_ = false;
  current_->reset();
}

void FallbackDecoder::return_to_gpu() {
  if (!on_gpu_) return;
  current_ = on_gpu_.get();
  reason_.clear();
}

void FallbackDecoder::begin_stream(uint32_t width, uint32_t height) {
  pending_.clear();
  has_given_ = false;
  options_.width = width;
  options_.height = height;
  return_to_gpu();
  current_->begin_stream(width, height);
}

bool FallbackDecoder::fits(const DecoderOptions& options) const {
  if (on_gpu_) return on_gpu_->fits(options);
  if (!on_cpu_->fits(options)) return false;
  // What the GPU would decode is not for a decoder that it refused.
  try {
    return !gpu_.decoder_support(options.codec, options.chroma, options.bit_depth).is_supported;
  } catch (const Error&) {
    return false;
  }
}

void FallbackDecoder::reconfigure(const DecoderOptions& options) {
  reset();
  options_ = options;
  return_to_gpu();
  current_->reconfigure(options);
}

}  // namespace cuf
