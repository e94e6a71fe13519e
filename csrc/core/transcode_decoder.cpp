#include "core/transcode_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/log.h"

namespace cuf {
namespace {

constexpr double kTolerance = 5e-7;  // seconds

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
  bool goes_on = false;  // where the decoder stood
  bool stays = false;    // the decoder, for the next span
  bool is_damaged = false;
  // Frames behind `next`; those without a picture are lost.
  std::map<uint32_t, std::optional<Picture>> early = {};
  Pictures behind = {};  // the span
};

TranscodeDecoder::TranscodeDecoder(std::shared_ptr<SampledStream> stream, uint32_t threads)
    : stream_(stream), threads_(threads), decoder_(std::move(stream), threads) {}

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
  Work work{.span = span, .stop = stop, .sink = sink, .next = span.first};
  std::vector<PlannedRun> runs = go_on(work);
  while (work.next < span.end() && work.is_wanted) {
    try {
      if (!work.goes_on) runs = begin(work);
      decode_rest(work, runs);
      break;
    } catch (const Error& error) {
      recover(work, error);
    }
  }
  const uint32_t lost = span.count - work.given;
  if (lost == 0 && !work.is_damaged) {
    last_ = Last{.end = span.end(), .behind = std::move(work.behind)};
  }
  return lost;
}

// What the decoder gives from where it stands on, if that gives the whole span, behind what it gave
// already.
std::vector<PlannedRun> TranscodeDecoder::go_on(Work& work) {
  std::optional<Last> last = std::exchange(last_, std::nullopt);
  std::vector<PlannedRun> runs;
  if (last && work.span.first >= last->end) {
    std::vector<uint32_t> rest;
    for (uint32_t frame = work.span.first; frame < work.span.end(); ++frame) {
      if (!last->behind.contains(frame)) rest.push_back(frame);
    }
    if (!rest.empty()) runs = decoder_.runs_on(rest);
    work.goes_on = rest.empty() || !runs.empty();
  }
  // Those of another group of pictures are not in force any more.
  const PacketIndex& index = stream_->index;
  const uint32_t start = index.start_of_frame(work.span.first);
  if (!work.goes_on || index.packet_of_frame(messages_frame_) < start) messages_ = nullptr;
  if (!work.goes_on) return {};
  work.stays = true;
  for (auto& [frame, picture] : last->behind) {
    const bool is_wanted = frame >= work.span.first && frame < work.span.end();
    take(work, frame, std::move(picture), is_wanted);
  }
  return runs;
}

// From a key packet on.
std::vector<PlannedRun> TranscodeDecoder::begin(const Work& work) {
  SamplePlan plan = plan_sequential(stream_->index, work.next, work.span.end() - work.next, 1, 1);
  return std::move(plan.queues[0]);
}

void TranscodeDecoder::decode_rest(Work& work, const std::vector<PlannedRun>& runs) {
  const RunDecoder::Sink sink = {
      .on_picture = [&](uint32_t frame, Picture picture,
                        bool is_wanted) { take(work, frame, std::move(picture), is_wanted); },
      .on_damage =
          [&](uint32_t frame, const Error& error) {
            if (stream_->on_error == OnError::raise) throw error;
            put(work, frame, std::nullopt);
          }};
  for (const PlannedRun& run : runs) {
    if (!work.is_wanted) return;
    work.stays = &run == &runs.back() && is_worth_staying(work, run);
    decoder_.decode(run, work.stays, work.stop, sink);
  }
  emit(work, 0);
}

// Behind damage of a span: the rest of it follows, without the group of pictures that is damaged.
// Throws the error where that is not wanted.
void TranscodeDecoder::recover(Work& work, const Error& error) {
  if (error.status != Status::corrupt_data) throw error;
  // It may be where the decoder stood that is at fault.
  if (std::exchange(work.goes_on, false)) return;
  if (stream_->on_error == OnError::raise) throw error;
  emit(work, 0);
  if (work.next >= work.span.end()) return;
  const uint32_t next = first_frame_behind_gop(work.next);
  log(LogLevel::warn, "transcoder", "Frames from ", work.next, " up to ", next,
      " are left out: ", error.what());
  work.next = next;
}

// Nobody knows where the next span begins. If it follows, a decoder that stays saves the packets
// from the key packet in front of it on; if not, those are lost that push out this span's last
// frames, which are about one for each frame thread and a few to put pictures in order. So it stays
// where it has twice as many to save as to lose.
bool TranscodeDecoder::is_worth_staying(const Work& work, const PlannedRun& run) const {
  constexpr uint32_t kPutInOrder = 4;
  constexpr uint32_t kMostThreads = 16;  // that libav's decoders make of more
  const PacketIndex& index = stream_->index;
  if (work.span.end() >= index.frame_count()) return false;
  const uint32_t lost = kPutInOrder + std::min(threads_, kMostThreads);
  return run.last_packet + 1 > index.start_of_frame(work.span.end()) + 2 * lost;
}

// A picture that came, asked for or not.
void TranscodeDecoder::take(Work& work, uint32_t frame, Picture picture, bool is_wanted) {
  work.is_damaged |= picture.decode_status != DecodeStatus::ok;
  if (is_wanted) return put(work, frame, std::move(picture));
  if (frame < work.span.first) {
    const PacketIndex& index = stream_->index;
    const uint32_t start = index.start_of_frame(work.span.first);
    if (index.packet_of_frame(frame) >= start) note_messages(frame, picture);
    return;
  }
  const bool has_room = work.stays && work.behind.size() < kMostHeldBack;
  if (frame >= work.span.end() && has_room) work.behind.emplace(frame, std::move(picture));
}

void TranscodeDecoder::note_messages(uint32_t frame, const Picture& picture) {
  if (!picture.sei) return;
  messages_ = picture.sei;
  messages_frame_ = frame;
}

void TranscodeDecoder::put(Work& work, uint32_t frame, std::optional<Picture> picture) {
  if (frame < work.next || frame >= work.span.end()) return;
  work.early.emplace(frame, std::move(picture));
  emit(work, kMostHeldBack);
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
    note_messages(frame, *picture);
    if (work.given == 0) picture->sei = messages_;
    work.is_wanted = work.sink(std::move(*picture));
    if (!work.is_wanted) throw Error(Status::aborted, "Decoding was stopped");
    ++work.given;
  }
}

}  // namespace cuf
