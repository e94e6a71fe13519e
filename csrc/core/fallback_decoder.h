#pragma once

#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/ports.h"

namespace cuf {

// Decodes on the GPU, and from the first packet on that it does not support, on the CPU. Pictures
// of what came before are given first. The next stream begins on the GPU again; neither decoder is
// destroyed before, since that takes a fifth of a second on NVDEC.
class FallbackDecoder : public Decoder {
 public:
  // The ports must outlive it.
  FallbackDecoder(DecoderPort& gpu, DecoderPort& cpu, const DecoderOptions& options);

  void send(const Packet& packet) override;
  void send_end() override;
  bool receive(Picture& out) override;
  void reset() override;
  bool drains_with_stats() const override { return current_->drains_with_stats(); }
  void begin_stream(uint32_t width, uint32_t height) override;
  Latency effective_latency() const override { return current_->effective_latency(); }
  bool fits(const DecoderOptions& options) const override;
  void reconfigure(const DecoderOptions& options) override;
  void prepare() override { current_->prepare(); }
  const std::string& implementation() const override { return current_->implementation(); }
  Backend backend() const override { return current_->backend(); }
  std::string fallback_reason() const override { return reason_; }

 private:
  void fall_back(const Error& why);
  void drain_gpu();
  void return_to_gpu();

  DecoderPort& gpu_;
  DecoderPort& cpu_;
  DecoderOptions options_;
  std::unique_ptr<Decoder> on_gpu_;  // null: it was refused
  std::unique_ptr<Decoder> on_cpu_;  // null: it was not needed yet
  Decoder* current_ = nullptr;       // one of the two
  std::string reason_;               // not empty: the current one is the CPU's
  std::vector<Packet> pending_;      // what the GPU was sent before its first picture
  bool has_given_ = false;           // the GPU gave a picture since the last start
  std::deque<std::variant<Picture, Error>> ready_;  // of the GPU, when it was given up
};

}  // namespace cuf
