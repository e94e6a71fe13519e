#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

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

// Decodes frames of a video in order, one span after another, with one decoder that is kept. It
// goes on from where it stands for a span that begins further on in the same group of pictures, and
// at a key packet for others, and behind a span that failed or had damage.
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
  using Pictures = std::map<uint32_t, Picture>;  // by frame
  // The span before.
  struct Last {
    uint32_t end = 0;
    Pictures behind;  // what pushing out its frames gave, for the next span
  };

  std::vector<PlannedRun> go_on(Work& work);
  std::vector<PlannedRun> begin(const Work& work);
  void decode_rest(Work& work, const std::vector<PlannedRun>& runs);
  void recover(Work& work, const Error& error);
  bool is_worth_staying(const Work& work, const PlannedRun& run) const;
  void take(Work& work, uint32_t frame, Picture picture, bool is_wanted);
  void put(Work& work, uint32_t frame, std::optional<Picture> picture);
  void emit(Work& work, size_t most_early);
  void note_messages(uint32_t frame, const Picture& picture);
  uint32_t first_frame_behind_gop(uint32_t frame) const;

  const std::shared_ptr<SampledStream> stream_;
  const uint32_t threads_;
  RunDecoder decoder_;
  std::optional<Last> last_;                     // nothing: there was none that came whole
  std::shared_ptr<const SeiMessages> messages_;  // of the last picture that had some
  uint32_t messages_frame_ = 0;                  // that picture
};

}  // namespace cuf
