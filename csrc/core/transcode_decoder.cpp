#include "core/transcode_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

constexpr double kTolerance = 5e-7;  // seconds

// Decoders hold back at most 16 pictures to put them in order; what comes later is lost.
constexpr size_t kMostEarly = 16;

// The first frame that is not before a time.
uint32_t first_frame_from(const PacketIndex& index, double seconds) {
  const Rational base = index.time_base();
  const int64_t origin = index.pts_of_frame(0);
  uint32_t low = 0;
  uint32_t high = index.frame_count();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const auto ticks = static_cast<double>(wrapping_difference(index.pts_of_frame(middle), origin));
    if (ticks * base.num / base.den < seconds - kTolerance) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

FrameSpan frames_between(const PacketIndex& index, double start, double end) {
  if (index.frame_count() == 0) return {};
  const uint32_t first = first_frame_from(index, start);
  const uint32_t behind = std::max(first_frame_from(index, end), first);
  return {.first = first, .count = behind - first};
}

// One span at work.
struct TranscodeDecoder::Work {
  FrameSpan span;
  const std::atomic<bool>& stop;
  const std::function<bool(Picture)>& sink;
  uint32_t next = 0;   // frame to be given next
  uint32_t given = 0;  // frames
  bool is_wanted = true;
  // Frames behind `next`; those without a picture are lost.
  std::map<uint32_t, std::optional<Picture>> early = {};
};

TranscodeDecoder::TranscodeDecoder(std::shared_ptr<SampledStream> stream, uint32_t threads)
    : stream_(stream), decoder_(std::move(stream), threads) {}

uint32_t TranscodeDecoder::first_frame_behind_gop(uint32_t frame) const {
  const PacketIndex& index = stream_->index;
  const uint32_t gop = index.gop_of_packet(index.packet_of_frame(frame));
  for (uint32_t next = gop + 1; next < index.keys().size(); ++next) {
    const uint32_t shown = index.frame_of_packet(index.keys()[next]);
    if (shown != PacketIndex::kNoFrame && shown > frame) return shown;
  }
  return index.frame_count();
}

uint32_t TranscodeDecoder::decode(FrameSpan span, const std::atomic<bool>& stop,
                                  const std::function<bool(Picture)>& sink) {
  messages_ = nullptr;
  Work work{.span = span, .stop = stop, .sink = sink, .next = span.first};
  while (work.next < span.end() && work.is_wanted) {
    try {
      decode_rest(work);
      break;
    } catch (const Error& error) {
      const bool is_damage = error.status == Status::corrupt_data;
      if (!is_damage || stream_->on_error == OnError::raise) throw;
      emit(work, 0);
      if (work.next >= span.end()) break;
      const uint32_t next = first_frame_behind_gop(work.next);
      log(LogLevel::warn, "transcoder", "Frames from ", work.next, " up to ", next,
          " are left out: ", error.what());
      work.next = next;
    }
  }
  return span.count - work.given;
}

void TranscodeDecoder::decode_rest(Work& work) {
  const SamplePlan plan =
      plan_sequential(stream_->index, work.next, work.span.end() - work.next, 1, 1);
  const RunDecoder::Sink sink = {.on_picture =
                                     [&](uint32_t frame, Picture picture, bool is_wanted) {
                                       if (!is_wanted && picture.sei && frame < work.span.first)
                                         messages_ = picture.sei;
                                       if (is_wanted) put(work, frame, std::move(picture));
                                     },
                                 .on_damage =
                                     [&](uint32_t frame, const Error& error) {
                                       if (stream_->on_error == OnError::raise) throw error;
                                       put(work, frame, std::nullopt);
                                     }};
  for (const PlannedRun& run : plan.queues[0]) {
    if (!work.is_wanted) return;
    decoder_.decode(run, false, work.stop, sink);
  }
  emit(work, 0);
}

void TranscodeDecoder::put(Work& work, uint32_t frame, std::optional<Picture> picture) {
  if (frame < work.next || frame >= work.span.end()) return;
  work.early.emplace(frame, std::move(picture));
  emit(work, kMostEarly);
}

// Gives the frames up to the first gap, and behind it where more than `most_early` wait there.
void TranscodeDecoder::emit(Work& work, size_t most_early) {
  while (!work.early.empty()) {
    const uint32_t frame = work.early.begin()->first;
    if (frame != work.next && work.early.size() <= most_early) return;
    std::optional<Picture> picture = std::move(work.early.begin()->second);
    work.early.erase(work.early.begin());
    if (frame != work.next && stream_->on_error == OnError::raise) {
      throw Error(Status::corrupt_data,
                  "The decoder gave no picture for a frame in front of frame " +
                      std::to_string(frame) + "; its data is damaged");
    }
    work.next = frame + 1;
    if (!picture || !work.is_wanted) continue;
    if (picture->sei) messages_ = picture->sei;
    if (work.given == 0) picture->sei = messages_;
    work.is_wanted = work.sink(std::move(*picture));
    if (!work.is_wanted) throw Error(Status::aborted, "Decoding was stopped");
    ++work.given;
  }
}

}  // namespace cuf
