#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "core/run_decoder.h"

namespace cuf {

// Frames that follow one another in the order of display.
struct FrameSpan {
  uint32_t first = 0;
  uint32_t count = 0;

  uint32_t end() const { return first + count; }
};

// Those whose times lie in [start, end), in seconds from the first frame's time on. A time that was
// made by dividing finds its frame: half a microsecond is no difference.
FrameSpan frames_between(const PacketIndex& index, double start, double end);

// Decodes frames of a video in order, one span after another, with one decoder that is kept.
class TranscodeDecoder {
 public:
  TranscodeDecoder(std::shared_ptr<SampledStream> stream, uint32_t threads);

  // Gives the frames of the span in order, until the sink returns false. The first has the messages
  // that were in force, where the stream's are wanted. Returns how many are lost
  // to damage, where the stream's on_error is not raise; else throws.
  uint32_t decode(FrameSpan span, const std::atomic<bool>& stop,
                  const std::function<bool(Picture)>& sink);

 private:
  struct Work;

  void decode_rest(Work& work);
  void put(Work& work, uint32_t frame, std::optional<Picture> picture);
  void emit(Work& work, size_t most_early);
  uint32_t first_frame_behind_gop(uint32_t frame) const;

  const std::shared_ptr<SampledStream> stream_;
  RunDecoder decoder_;
  std::shared_ptr<const SeiMessages> messages_;  // of the last picture that had some
};

}  // namespace cuf
