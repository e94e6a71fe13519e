#include "core/frame_stream.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "core/executor.h"
#include "core/log.h"

namespace cuf {

namespace {

// Fewest and most frames of a buffer that is measured in bytes.
constexpr uint64_t kFewestFrames = 4;
constexpr uint64_t kMostFrames = 4096;

}  // namespace

FrameStream::FrameStream(std::shared_ptr<SampledStream> stream, Range range, uint32_t engines,
                         Room room, PictureMaker convert)
    : stream_(std::move(stream)),
      range_(range),
      engines_(engines),
      room_(room),
      convert_(std::move(convert)) {}

// Frames from head_ on that have a place in the buffer.
uint32_t FrameStream::window() const {
  const uint64_t asked = requests_.empty() ? 0 : requests_.front().max_frames;
  if (room_.frames != 0) return static_cast<uint32_t>(std::max<uint64_t>(room_.frames, asked));
  const uint64_t converted = std::min<uint64_t>(batch_, room_.bytes / room_.output_bytes);
  const uint64_t rest = room_.bytes - converted * room_.output_bytes;
  const uint64_t frames = converted + rest / room_.decoded_bytes;
  return static_cast<uint32_t>(std::max(std::clamp(frames, kFewestFrames, kMostFrames), asked));
}

void FrameStream::start() {
  plan_ = plan_sequential(stream_->index, range_.first, range_.count, range_.step, engines_);
  const auto used = std::count_if(plan_.queues.begin(), plan_.queues.end(),
                                  [](const auto& queue) { return !queue.empty(); });
  // Decoders that would stand still for want of buffer, or a single one, do worse than one with
  // frame threads. Two GOPs of 30 frames at once took 0.9 times as long as frame threads where the
  // buffer held both, and two of 60 as long as those where it held 1.8 of them.
  uint32_t threads = 1;
  const uint64_t ahead = plan_.frames_ahead;
  // Those that export statistics have no frame threads.
  const bool may_stand_still = 2 * ahead >= window();
  if (used <= 1 || (may_stand_still && !stream_->exports_stats)) {
    plan_ = plan_sequential(stream_->index, range_.first, range_.count, range_.step, 1);
    threads = engines_;
  }
  log(LogLevel::debug, "sampler", "Decoding ahead ", range_.count, " frames from ", range_.first,
      " in steps of ", range_.step, ": ", used, " groups of pictures at once, at most ", window(),
      " frames ahead");
  for (uint32_t i = 0; i < plan_.queues.size(); ++i) {
    if (plan_.queues[i].empty()) continue;
    try {
      run_on_pool([self = shared_from_this(), i, threads] { self->work(i, threads); });
    } catch (...) {
      stop();  // those that began would wait for a reader
      throw;
    }
  }
}

void FrameStream::stop() {
  std::list<Request> dropped;
  std::lock_guard lock(mutex_);
  is_stopped_ = true;
  held_.clear();
  dropped.swap(requests_);
  space_.notify_all();
  stream_->wake();
}

void FrameStream::work(uint32_t decoder, uint32_t threads) {
  try {
    RunDecoder runner(stream_, threads);
    for (const PlannedRun& run : plan_.queues[decoder]) {
      if (is_stopped_) return;
      decode_run(runner, run);
    }
  } catch (...) {
    // Not even the failure could be noted.
    give_up(current_error());
  }
}

void FrameStream::give_up(const Error& error) noexcept {
  stream_->device->note_failure(error);
  std::lock_guard lock(mutex_);
  is_stopped_ = true;
  given_up_ = error;
  for (Request& request : requests_) request.ticket->fail(error);
  requests_.clear();
  space_.notify_all();
}

void FrameStream::decode_run(RunDecoder& decoder, const PlannedRun& run) {
  std::set<uint32_t> missing;
  for (const uint32_t packet : run.wanted_packets) {
    missing.insert(position_of(stream_->index.frame_of_packet(packet)));
  }
  while (!missing.empty() && !is_stopped_) {
    try {
      decode_rest(decoder, run, missing);
      return;
    } catch (...) {
      const Error error = current_error();
      if (missing.empty()) return;
      if (error.status == Status::out_of_memory) {
        await_memory(*missing.begin(), error);
      } else {
        stream_->device->note_failure(error);
        fail_all(missing, error);
        return;
      }
    }
  }
}

// Frames of the run that are still missing, which it tells of.
void FrameStream::decode_rest(RunDecoder& decoder, const PlannedRun& run,
                              std::set<uint32_t>& missing) {
  std::map<uint32_t, Picture> early;
  const RunDecoder::Sink sink = {.on_picture =
                                     [&](uint32_t frame, Picture picture, bool is_wanted) {
                                       const uint32_t position = position_of(frame);
                                       if (!is_wanted || !missing.contains(position)) return;
                                       early.emplace(position, std::move(picture));
                                       put_in_order(early, missing, kMostHeldBack);
                                     },
                                 .on_damage =
                                     [&](uint32_t frame, const Error& error) {
                                       const uint32_t position = position_of(frame);
                                       if (missing.erase(position) > 0)
                                         fail(position, position + 1, error);
                                       put_in_order(early, missing, kMostHeldBack);
                                     }};
  try {
    decoder.decode(run, false, is_stopped_, sink);
  } catch (const Error& error) {
    if (error.status != Status::out_of_memory) put_in_order(early, missing, 0);
    throw;
  }
  put_in_order(early, missing, 0);
}

// Puts the pictures up to the first gap; with more than `most` behind it, what is missing there is
// given up. A buffer that is full of pictures behind the gap would never get to it.
void FrameStream::put_in_order(std::map<uint32_t, Picture>& early, std::set<uint32_t>& missing,
                               size_t most) {
  while (!early.empty()) {
    const uint32_t position = early.begin()->first;
    const bool is_gap = position != *missing.begin();
    if (is_gap && early.size() <= most) return;
    const auto end = missing.find(position);
    if (is_gap) {
      fail_all({missing.begin(), end},
               Error(Status::corrupt_data,
                     "The decoder gave no picture for a frame in front of frame " +
                         std::to_string(frame_of(position)) + "; its data is damaged"));
    }
    put(position, std::move(early.begin()->second));
    missing.erase(missing.begin(), std::next(end));
    early.erase(early.begin());
  }
}

// One failure for each gap.
void FrameStream::fail_all(const std::set<uint32_t>& missing, const Error& error) {
  for (auto position = missing.begin(); position != missing.end();) {
    const uint32_t first = *position;
    uint32_t end = first + 1;
    for (++position; position != missing.end() && *position == end; ++position) ++end;
    fail(first, end, error);
  }
}

// Whoever waits for the frame hears of it, and it is not lost.
void FrameStream::fail_now(uint32_t position, const Error& error) {
  log(LogLevel::debug, "sampler", "No memory for frame ", frame_of(position),
      ": waiting until frames are closed");
  failures_.emplace(position, Failure{.error = error, .end = position});
  serve();
}

// Frames that are given back do not notify.
constexpr std::chrono::milliseconds kMemoryCheck(10);

bool FrameStream::is_wanted(uint32_t position) const {
  return !requests_.empty() && position < head_ + requests_.front().max_frames;
}

// Only who waits for the frame hears of it; then it is tried again, since the frames of others may
// be closed by now.
void FrameStream::await_memory(uint32_t position, const Error& error) {
  std::unique_lock lock(mutex_);
  if (!is_wanted(position)) {
    const MemoryBudget& budget = *stream_->device->budget;
    const uint64_t used = budget.used();
    while (!is_stopped_ && !is_wanted(position) && budget.used() >= used) {
      space_.wait_for(lock, kMemoryCheck);
    }
    return;
  }
  fail_now(position, error);
  space_.wait(lock, [&] { return is_stopped_ || !failures_.contains(position); });
}

// The buffer is a window of positions, in which every frame that a request waits for has its place.
// Counting the frames held instead let those of one decoder fill the room of another's, for which a
// request for several frames waited.
bool FrameStream::has_room(uint32_t position) const {
  return position - head_ < window();
}

// Waits for room, then keeps the picture and converts what is due.
void FrameStream::put(uint32_t position, Picture picture) {
  std::unique_lock lock(mutex_);
  space_.wait(lock, [&] { return is_stopped_ || has_room(position); });
  if (is_stopped_) throw Error(Status::aborted, "Decoding ahead was stopped");
  held_.emplace(position, Held{.output = nullptr, .decoded = std::move(picture)});
  most_held_ = std::max<uint32_t>(most_held_, static_cast<uint32_t>(held_.size()));
  convert_due(lock);
}

// The first frame of the batch in demand that nobody converts yet.
std::map<uint32_t, FrameStream::Held>::iterator FrameStream::first_due() {
  const auto end = held_.lower_bound(head_ + batch_);
  const auto found = std::find_if(
      held_.begin(), end, [](const auto& entry) { return entry.second.decoded.has_value(); });
  return found == end ? held_.end() : found;
}

void FrameStream::convert_due(std::unique_lock<std::mutex>& lock) {
  for (auto due = first_due(); due != held_.end() && !is_stopped_; due = first_due()) {
    const uint32_t position = due->first;
    Picture decoded = std::move(*due->second.decoded);
    due->second.decoded.reset();
    lock.unlock();
    std::optional<Error> failure;
    PicturePtr output;
    try {
      output = convert_(decoded);
    } catch (...) {
      failure = current_error();
    }
    // Who is told of the output may close it and count on its memory.
    if (!failure || failure->status != Status::out_of_memory) decoded = {};
    lock.lock();
    if (is_stopped_) return;
    if (failure && failure->status == Status::out_of_memory) {
      // It waits until it is asked for again; frames may be closed by then.
      held_.at(position).decoded = std::move(decoded);
      if (is_wanted(position)) fail_now(position, *failure);
      return;
    }
    if (failure) {
      held_.erase(position);
      failures_.emplace(position, Failure{.error = *failure, .end = position + 1});
    } else {
      held_.at(position).output = std::move(output);
    }
    serve();
  }
}

// For what was decoded before it was asked for: the decoders may be at work on later frames, or
// done.
void FrameStream::convert_on_pool(std::unique_lock<std::mutex>& lock) {
  const auto end = held_.lower_bound(head_ + batch_);
  const auto due = std::count_if(
      held_.begin(), end, [](const auto& entry) { return entry.second.decoded.has_value(); });
  try {
    for (uint32_t i = 0; i < engines_ && i < due; ++i) {
      run_on_pool([self = shared_from_this()] {
        try {
          std::unique_lock work(self->mutex_);
          self->convert_due(work);
        } catch (...) {
          self->give_up(current_error());
        }
      });
    }
  } catch (...) {  // no thread to be had
    convert_due(lock);
  }
}

void FrameStream::fail(uint32_t position, uint32_t end, const Error& error) {
  std::lock_guard lock(mutex_);
  failures_.emplace(position, Failure{.error = error, .end = end});
  serve();
}

void FrameStream::next(uint32_t max_frames, std::shared_ptr<Ticket> ticket,
                       std::shared_ptr<TicketResults<PicturePtr>> results) {
  std::unique_lock lock(mutex_);
  if (given_up_) throw *given_up_;
  if (is_stopped_) throw Error(Status::aborted, "Reading on was stopped by another start");
  // On the pool, since a ticket is cancelled with its lock held and serve() asks it.
  ticket->on_cancel([weak = weak_from_this()] {
    run_on_pool([weak] {
      const auto self = weak.lock();
      if (!self) return;
      self->stream_->ask_anew();
      std::lock_guard lock(self->mutex_);
      self->serve();
    });
  });
  requests_.push_back({max_frames, std::move(ticket), std::move(results)});
  batch_ = max_frames;
  serve();
  convert_on_pool(lock);
}

void FrameStream::serve() {
  while (!requests_.empty() && serve_front()) {
  }
  space_.notify_all();
}

// Frames before a failure are handed out first; false: not enough is there yet.
bool FrameStream::serve_front() {
  Request& request = requests_.front();
  if (request.ticket->is_cancelled()) {
    requests_.pop_front();
    return true;
  }
  const uint32_t wanted = std::min(request.max_frames, range_.count - head_);
  uint32_t count = 0;
  for (auto held = held_.find(head_); count < wanted && held != held_.end(); ++held, ++count) {
    if (held->first != head_ + count || !held->second.output) break;
  }
  const auto failure = failures_.find(head_ + count);
  if (count < wanted && failure == failures_.end()) return false;
  if (count == 0 && wanted > 0) {
    request.ticket->fail(failure->second.error);
    head_ = failure->second.end;
    failures_.erase(failure);
    requests_.pop_front();
    return true;
  }
  std::vector<PicturePtr> pictures;
  for (uint32_t i = 0; i < count; ++i) {
    auto node = held_.extract(head_++);
    pictures.push_back(std::move(node.mapped().output));
  }
  // What stopped for want of memory is tried again, since these will be closed.
  if (failure != failures_.end() && failure->second.end == failure->first) {
    failures_.erase(failure);
  }
  const bool is_end = head_ >= range_.count;
  request.ticket->attempt([&] {
    request.results->keep(request.ticket->id(), std::move(pictures));
    request.ticket->complete(count, is_end ? 1 : 0);
  });
  requests_.pop_front();
  return true;
}

}  // namespace cuf
