#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/decode_record.h"
#include "core/picture_header.h"
#include "libav/compat.h"

namespace cuf::libav {

// Codecs whose decoders export what a DecodeRecord holds, of those that this build has.
std::vector<std::string> decode_stats_codecs();

// Makes records of what one decoder exports with its frames.
class DecodeStatistics {
 public:
  // Throws Error(unsupported) for a codec that is not one of decode_stats_codecs().
  explicit DecodeStatistics(AVCodecID codec);

  // Between set_threads() and opening.
  void prepare(AVCodecContext& context);
  // Headers that come into force with the next packet.
  void use_headers(std::span<const uint8_t> headers);
  // Before each packet is sent.
  void note_packet(std::span<const uint8_t> payload);
  // The frame's record, which takes its side data. Null for a damaged frame, since libav does not
  // tell which blocks it guessed, and for one that nothing is told of.
  std::shared_ptr<const DecodeRecord> take(AVFrame& frame) const;
  // MPEG's decoders tell nothing of the picture that they hold back to the end.
  bool is_told_at_end() const;
  // Of packets sent before nothing comes any more.
  void reset() { may_have_fields_ = false; }

 private:
  struct Exporter;
  static std::span<const Exporter> exporters();
  static const Exporter& exporter_of(AVCodecID codec);
  friend std::vector<std::string> decode_stats_codecs();

  bool tells_vectors(const AVFrame& frame) const;

  const Exporter& exporter_;
  std::unique_ptr<PictureHeaderReader> headers_;
  bool may_have_fields_ = false;
};

}  // namespace cuf::libav
