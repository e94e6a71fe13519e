#include "core/stream_gate.h"

#include "core/picture_limits.h"

namespace cuf {

void StreamGate::restart(const DecoderOptions& options) {
  options_ = options;
  reader_ = make_sequence_reader(options.codec);
  stream_.reset();
  is_refused_ = false;
  read_headers(options.extradata);
}

void StreamGate::read_headers(std::span<const uint8_t> extradata) {
  if (reader_ && !extradata.empty()) reader_->read_headers(extradata);
}

StreamGate::Verdict StreamGate::judge(std::span<const uint8_t> payload) {
  const auto found = reader_ ? reader_->read(payload) : std::nullopt;
  if (reader_ && reader_->was_bare()) return Verdict::headers;
  if (!found) return is_refused_ ? Verdict::skip : Verdict::goes_on;
  const bool is_other = stream_ && stream_->identity != found->identity;
  if (is_too_large(options_, found->width, found->height)) {
    const bool is_known = is_refused_ && !is_other;
    stream_ = found;
    is_refused_ = true;
    return is_known ? Verdict::skip : Verdict::refuse;
  }
  const bool begins = is_refused_ || (is_other && found->may_begin);
  is_refused_ = false;
  if (!stream_ || begins) stream_ = found;
  return begins ? Verdict::begins : Verdict::goes_on;
}

}  // namespace cuf
