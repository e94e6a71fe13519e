#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/picture_fit.h"
#include "core/sample_session.h"
#include "core/transcode_audio.h"
#include "core/transcode_decoder.h"
#include "core/transcode_encoder.h"
#include "core/transcode_options.h"
#include "core/transcode_output.h"

namespace cuf {

// What every lane of a transcoder works by.
struct TranscodePlan {
  std::shared_ptr<SampledStream> stream;
  TranscodeOptions options;
  TranscodeShape shape;
  EncoderSettings settings;
};

// A decoder, an encoder and a reader of audio, which transcode one segment at a time and stay for
// the next one.
class TranscodeLane {
 public:
  struct Segment {
    FrameSpan frames;
    bool is_whole;            // with the sound behind its last frame
    std::atomic<bool>& stop;  // becomes true: it ends with Error(aborted)
    std::function<void(double)> on_progress;
  };

  TranscodeLane(std::shared_ptr<const TranscodePlan> plan, uint32_t threads);

  // A file for segments of this transcoder, or for the whole video.
  std::unique_ptr<TranscodeOutput> make_output(MuxerOptions muxer, bool is_whole,
                                               const std::atomic<bool>& stop);
  // Returns how many frames of the segment were lost.
  uint32_t transcode(const Segment& segment, TranscodeOutput& output);

  // Not while a segment is at work.
  TranscodeEncoder::State encoder() const;

 private:
  struct Flow;

  void open_audio();
  void decode(const Segment& segment, Flow& flow);
  void encode(const Segment& segment, Flow& flow, TranscodeOutput& output);
  TimeSpan time_of(const FrameSpan& frames) const;

  const std::shared_ptr<const TranscodePlan> plan_;
  const std::shared_ptr<Device> device_;
  TranscodeDecoder decoder_;
  PictureFitter fitter_;  // of the thread that decodes
  uint64_t fitter_copies_ = 0;
  TranscodeEncoder encoder_;
  std::unique_ptr<TranscodeAudio> audio_;
  std::atomic<const std::atomic<bool>*> stop_ = nullptr;  // of who waits for audio_
};

}  // namespace cuf
