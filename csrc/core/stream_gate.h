#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/ports.h"
#include "core/sequence.h"

namespace cuf {

// Looks at packets before they are decoded: where another stream begins, whose predecessor must be
// given out first, and which streams are larger than the decoder may take.
class StreamGate {
 public:
  // Forgets what was decoded; headers are those beside the packets, if any.
  void restart(const DecoderOptions& options);
  void read_headers(std::span<const uint8_t> extradata);

  enum class Verdict {
    goes_on,
    headers,  // of the next packet, and no picture: which stream they begin is not known yet
    begins,   // another stream
    refuse,   // the first of a stream that is too large: stream() says of which size
    skip,     // the others of such a stream
  };
  Verdict judge(std::span<const uint8_t> payload);

  // Of the stream that was judged last; nothing if its headers do not tell.
  const std::optional<Sequence>& stream() const { return stream_; }

 private:
  DecoderOptions options_;
  std::unique_ptr<SequenceReader> reader_;
  std::optional<Sequence> stream_;
  bool is_refused_ = false;
};

}  // namespace cuf
