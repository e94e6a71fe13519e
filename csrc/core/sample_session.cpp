#include "core/sample_session.h"

#include <algorithm>
#include <latch>
#include <optional>
#include <utility>

#include "core/decode_record.h"
#include "core/index_cache.h"
#include "core/log.h"
#include "core/registry.h"
#include "core/tensor_batch.h"

namespace cuf {
namespace {

// What a decoder that goes on gives unasked: at most its reorder depth, but a caller that walks the
// frames needs no more.
constexpr size_t kMostEarly = 32;

std::unique_ptr<Demuxer> open_demuxer(Device& device, const SampleSession::Options& options,
                                      const std::atomic<bool>* is_aborted, StopTest stop) {
  std::shared_ptr<ByteSource> source;
  if (options.source) source = std::make_shared<SourceCursor>(options.source, std::move(stop));
  return device.backend.open_demuxer({.path = options.path,
                                      .source = source,
                                      .keeps_container_bitstream = true,
                                      .stream_index = options.stream_index,
                                      .is_aborted = is_aborted,
                                      .most_pixels = device.most_pixels()});
}

std::shared_ptr<const IndexedVideo> index_video(Demuxer& demuxer, const IndexOptions& options) {
  if (!demuxer.video().is_seekable) {
    throw Error(
        Status::unsupported,
        "Random access needs a source that can seek: a path, bytes or an object with read(); "
        "read a stream by createDemuxer()");
  }
  BuiltIndex built = build_index(demuxer, options);
  const char* origin = built.origin == IndexOrigin::tables     ? "the file's tables"
                       : built.origin == IndexOrigin::estimate ? "what the container claims"
                                                               : "a pass over the file";
  log(LogLevel::info, "index", "Indexed by ", origin, ": ", built.index.frame_count(), " frames, ",
      built.index.keys().size(), " key pictures, ", built.bytes_read, " bytes read");
  if (built.damage) {
    log(LogLevel::warn, "index", "The index ends at damage: ", built.damage->what());
  }
  return std::make_shared<const IndexedVideo>(std::move(built.index), demuxer.video(),
                                              built.origin == IndexOrigin::estimate);
}

// The decoder of a single queue has frame threads; several queues get one thread each.
uint32_t threads_of(const SampleSession::Options& options, uint32_t decoder) {
  return decoder == 0 ? options.engines : 1;
}

std::shared_ptr<DecoderWarmUp> warm_up(const std::shared_ptr<Device>& device,
                                       const SampleSession::Options& options,
                                       const VideoDescription& video) {
  if (options.warm_decoders == 0) return nullptr;
  auto decoders = std::make_shared<DecoderWarmUp>(device, options.cache_size);
  for (uint32_t i = 0; i < options.warm_decoders; ++i) {
    decoders->begin(options.decoding.options_for(video, *device, threads_of(options, i)));
  }
  return decoders;
}

void log_plan(const SamplePlan& plan, size_t frames) {
  if (!Log::instance().is_logged(LogLevel::debug)) return;
  size_t decoders = 0;
  size_t runs = 0;
  size_t packets = 0;
  size_t dropped = 0;
  for (const auto& queue : plan.queues) {
    decoders += !queue.empty();
    runs += queue.size();
    for (const PlannedRun& run : queue) {
      packets += run.last_packet + 1 - run.first_packet;
      dropped += run.dropped_packets.size();
    }
  }
  log(LogLevel::debug, "sampler", "Plan for ", frames, " frames: ", runs, " runs of ", packets,
      " packets, ", dropped, " of them left out, on ", decoders, " decoders");
}

// Samples of all planes in halves of those of luma.
uint64_t samples_in_halves(ChromaFormat chroma) {
  switch (chroma) {
    case ChromaFormat::c400:
    case ChromaFormat::c420:
      return 3;
    case ChromaFormat::c422:
      return 4;
    case ChromaFormat::unknown:
    case ChromaFormat::c444:
    case ChromaFormat::other:
      return 6;
  }
  return 6;
}

}  // namespace

// One read at work on several threads.
struct SampleSession::Reading {
  std::atomic<bool> is_stopped = false;
  std::mutex mutex;
  std::map<uint32_t, PicturePtr> pictures;  // by frame
  std::optional<Error> failure;
  bool walks = false;             // frame after frame: decoders stay where they are
  TensorBatch* tensor = nullptr;  // takes the pictures instead
};

SampleSession::SampleSession(std::shared_ptr<SampledStream> stream, Options options)
    : Object(kKind), stream_(std::move(stream)), options_(std::move(options)) {
  decoders_.resize(options_.engines + 1);
  if (!stream_->indexed->is_estimate) scanned_ = stream_->indexed;
}

namespace {

std::shared_ptr<SampledStream> open_indexed(std::shared_ptr<Device> device,
                                            const SampleSession::Options& options,
                                            const IndexOptions& index_options) {
  std::optional<FileIdentity> file;
  if (!options.source) file = identify_file(options.path);
  std::shared_ptr<const IndexedVideo> indexed;
  std::shared_ptr<DecoderWarmUp> decoders;
  uint64_t bytes_read = 0;
  if (file) indexed = IndexCache::instance().find(*file, options.stream_index);
  if (indexed) {
    ++device->counters.index_cache_hits;
    log(LogLevel::debug, "index", "Using the index of ", options.path,
        " that was kept: ", indexed->index.frame_count(), " frames");
    if (index_options.on_progress) index_options.on_progress(1);
    decoders = warm_up(device, options, indexed->video);
  } else {
    const auto demuxer = open_demuxer(*device, options, index_options.is_aborted, nullptr);
    decoders = warm_up(device, options, demuxer->video());
    indexed = index_video(*demuxer, index_options);
    bytes_read = demuxer->bytes_read();
    // Unless it was written to meanwhile.
    const bool is_exact = !indexed->is_estimate;
    if (is_exact && file && identify_file(options.path) == file) {
      IndexCache::instance().keep(*file, options.stream_index, indexed);
    }
  }
  if (options.decoding.exports_stats) device->require_decode_stats(indexed->video.codec);
  auto stream = std::make_shared<SampledStream>(std::move(device), std::move(indexed));
  stream->on_error = options.on_error;
  static_cast<SampledDecoding&>(*stream) = options.decoding;
  stream->cache_size = options.cache_size;
  stream->warm_up = std::move(decoders);
  stream->note_bytes_read(bytes_read);
  stream->source = options.source;
  stream->open_demuxer = [self = stream.get(), options](StopTest stop) {
    return open_demuxer(*self->device, options, &self->is_stopped, std::move(stop));
  };
  return stream;
}

}  // namespace

std::shared_ptr<SampledStream> SampleSession::open_stream(const std::shared_ptr<Device>& device,
                                                          const Options& options,
                                                          const std::shared_ptr<Ticket>& ticket) {
  auto is_aborted = std::make_shared<std::atomic<bool>>(false);
  ticket->on_cancel([is_aborted, source = options.source] {
    *is_aborted = true;
    if (source) source->set_interrupted(true);
  });
  IndexOptions index_options;
  index_options.is_aborted = is_aborted.get();
  if (options.is_index_approximate) index_options.mode = IndexMode::approximate;
  if (options.wants_progress) index_options.on_progress = progress_to(ticket);
  auto stream = open_indexed(device, options, index_options);
  if (stream->warm_up && options.waits_for_warm_up) stream->warm_up->wait(*is_aborted);
  ticket->on_cancel(nullptr);
  // The source is interrupted then.
  if (*is_aborted) throw Error(Status::aborted, "Opening was aborted");
  return stream;
}

void SampleSession::open(std::shared_ptr<Device> device, Options options,
                         std::shared_ptr<Ticket> ticket) {
  run_on_pool([device, options = std::move(options), ticket] {
    device->attempt(*ticket, [&] {
      auto session = std::make_shared<SampleSession>(open_stream(device, options, ticket), options);
      ticket->complete(register_counted(session, *device, device->counters.live_samplers));
    });
  });
}

void SampleSession::close() noexcept {
  --stream_->device->counters.live_samplers;
  stream_->is_stopped = true;
  if (stream_->warm_up) stream_->warm_up->stop();
  results_->close();
  {
    std::lock_guard lock(frames_mutex_);
    if (frames_) frames_->stop();
  }
  stream_->wake();
  try {
    strand_->post([self = shared_from_this()] {
      self->early_.clear();
      self->decoders_.clear();
      if (self->stream_->warm_up) self->stream_->warm_up->give_back();
    });
  } catch (...) {
  }
}

PicturePtr SampleSession::convert(const Picture& picture) const {
  return std::make_shared<const Picture>(
      convert_output(picture, options_.output, *stream_->device->memory));
}

FrameStream::Room SampleSession::room() const {
  const VideoDescription& video = stream_->video;
  const uint64_t samples = std::max<uint64_t>(1, static_cast<uint64_t>(video.width) * video.height);
  const uint64_t decoded =
      samples * samples_in_halves(video.chroma) / 2 * (video.bit_depth > 8 ? 2 : 1);
  const bool is_rgb =
      options_.output.type == ColorType::rgb || options_.output.type == ColorType::rgbp;
  const uint64_t stats =
      options_.decoding.exports_stats ? DecodeRecord::most_source_bytes(samples) : 0;
  return {.frames = options_.buffer_frames,
          // What is decoded ahead must leave room for the frames that are handed out.
          .bytes = std::min(options_.buffer_bytes, stream_->device->budget->limit() / 4),
          .decoded_bytes = std::max<uint64_t>(decoded, 1) + stats,
          .output_bytes = (is_rgb ? samples * 3 : std::max<uint64_t>(decoded, 1)) + stats};
}

std::shared_ptr<const IndexedVideo> SampleSession::scanned() const {
  std::lock_guard lock(scanned_mutex_);
  return scanned_;
}

std::shared_ptr<const IndexedVideo> SampleSession::scan_now() {
  std::lock_guard scanning(scan_mutex_);
  if (auto found = scanned()) return found;
  const auto demuxer = stream_->open_demuxer([this] { return stream_->is_stopped.load(); });
  IndexOptions index_options;
  index_options.is_aborted = &stream_->is_stopped;
  auto found = index_video(*demuxer, index_options);
  stream_->note_bytes_read(demuxer->bytes_read());
  std::lock_guard lock(scanned_mutex_);
  scanned_ = found;
  return found;
}

void SampleSession::scan(std::shared_ptr<Ticket> ticket) {
  run_on_pool([self = shared_from_this(), ticket] {
    ticket->attempt([&] {
      const auto found = self->scan_now();
      ticket->complete(found->index.frame_count(), found->index.duration_us());
    });
  });
}

uint32_t SampleSession::frames_ahead() const {
  std::lock_guard lock(frames_mutex_);
  return frames_ ? frames_->most_held() : 0;
}

void SampleSession::start(FrameStream::Range range) {
  auto next =
      std::make_shared<FrameStream>(stream_, range, options_.engines, room(),
                                    [this, self = weak_from_this()](const Picture& picture) {
                                      const auto alive = self.lock();
                                      if (!alive)
                                        throw Error(Status::aborted, "The decoder was closed");
                                      return convert(picture);
                                    });
  next->start();
  std::lock_guard lock(frames_mutex_);
  if (frames_) frames_->stop();
  frames_ = std::move(next);
}

void SampleSession::next(uint32_t max_frames, std::shared_ptr<Ticket> ticket) {
  std::lock_guard lock(frames_mutex_);
  if (!frames_) throw Error(Status::invalid_argument, "Reading in order was not started");
  frames_->next(max_frames, std::move(ticket), results_);
}

void SampleSession::check_frames(const std::vector<uint32_t>& frames) const {
  for (const uint32_t frame : frames) {
    if (frame < stream_->index.frame_count()) continue;
    throw Error(Status::invalid_argument, "There is no frame " + std::to_string(frame) + " in " +
                                              std::to_string(stream_->index.frame_count()));
  }
}

void SampleSession::post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work) {
  strand_->post([self = shared_from_this(), work = std::move(work), ticket] {
    if (ticket->is_cancelled()) return;
    self->device()->attempt(*ticket, [&] {
      if (self->stream_->is_stopped) throw Error(Status::aborted, "The decoder was closed");
      work(*ticket);
    });
    ticket->on_cancel(nullptr);
  });
}

void SampleSession::read(std::vector<uint32_t> frames, std::shared_ptr<Ticket> ticket) {
  check_frames(frames);
  post(std::move(ticket),
       [this, frames = std::move(frames)](Ticket& work) { read_now(frames, work); });
}

void SampleSession::read_tensor(std::vector<uint32_t> frames, TensorOptions options,
                                std::function<uint32_t(Picture)> keep,
                                std::shared_ptr<Ticket> ticket) {
  check_frames(frames);
  // Before anything is decoded
  auto shape =
      std::make_shared<const TensorShape>(options, stream_->video.width, stream_->video.height);
  post(std::move(ticket), [this, frames = std::move(frames), shape, keep](Ticket& work) {
    TensorBatch tensor(*shape, frames, *stream_->device->memory);
    Reading reading;
    reading.tensor = &tensor;
    early_.clear();
    decode_now(frames, work, reading);
    Picture result = tensor.finish();
    if (result.converter && options_.output.is_on_host) {
      result = result.converter->to_host(result, *stream_->device->memory);
    }
    work.complete(keep(std::move(result)));
  });
}

RunDecoder& SampleSession::decoder(uint32_t number) {
  std::unique_ptr<RunDecoder>& slot = decoders_[number];
  if (!slot) slot = std::make_unique<RunDecoder>(stream_, threads_of(options_, number));
  return *slot;
}

SamplePlan SampleSession::plan(const std::vector<uint32_t>& frames) {
  if (frames.size() == 1 && decoder(0).holds(frames.front())) {
    return {.queues = {decoder(0).runs_on(frames)}, .frames = {}, .frames_ahead = 0};
  }
  if (options_.engines > 1) {
    SamplePlan wide = plan_samples(stream_->index, frames, options_.engines);
    const auto used = std::count_if(wide.queues.begin(), wide.queues.end(),
                                    [](const auto& queue) { return !queue.empty(); });
    if (used > 1) return wide;
  }
  const std::optional<StandingDecoder> standing[] = {decoder(0).standing()};
  return plan_samples(stream_->index, frames, 1, standing);
}

void SampleSession::deliver(uint32_t frame, const Picture& picture, bool is_wanted,
                            Reading& reading) {
  if (!is_wanted && !reading.walks) return;
  PicturePtr converted = convert(picture);
  std::lock_guard lock(reading.mutex);
  if (is_wanted) {
    reading.pictures.insert_or_assign(frame, std::move(converted));
  } else if (early_.size() < kMostEarly) {
    early_.insert_or_assign(frame, std::move(converted));
  }
}

// The other threads of the reading need not go on.
void SampleSession::fail(const Error& error, Reading& reading) {
  device()->note_failure(error);
  {
    std::lock_guard lock(reading.mutex);
    if (!reading.failure) reading.failure = error;
    reading.is_stopped = true;
  }
  stream_->wake();
}

void SampleSession::decode_queue(RunDecoder& decoder, const std::vector<PlannedRun>& queue,
                                 Reading& reading) {
  pixels::ResizeScratch scratch;
  const RunDecoder::Sink sink = {
      .on_picture =
          [&](uint32_t frame, Picture picture, bool is_wanted) {
            if (!reading.tensor) {
              deliver(frame, picture, is_wanted, reading);
            } else if (is_wanted) {
              reading.tensor->put(frame, picture, scratch);
            }
          },
      .on_damage = [&](uint32_t, const Error& error) { fail(error, reading); }};
  try {
    for (const PlannedRun& run : queue)
      decoder.decode(run, reading.walks, reading.is_stopped, sink);
  } catch (...) {
    fail(current_error(), reading);
  }
}

void SampleSession::decode(const SamplePlan& plan, Reading& reading) {
  if (plan.queues.size() == 1) {
    decode_queue(decoder(0), plan.queues[0], reading);
    return;
  }
  std::vector<uint32_t> used;
  for (uint32_t i = 0; i < plan.queues.size(); ++i) {
    if (!plan.queues[i].empty()) used.push_back(i);
  }
  // On a GPU a decoder more is dear, and all are alike.
  const uint32_t first = device()->gpu.port ? 0 : 1;
  for (const uint32_t i : used) decoder(first + i);
  std::latch done(static_cast<ptrdiff_t>(used.size()));
  for (const uint32_t i : used) {
    const auto work = [&, i] {
      decode_queue(*decoders_[first + i], plan.queues[i], reading);
      done.count_down();
    };
    if (i == used.back()) {
      work();
      continue;
    }
    try {
      run_on_pool(work);
    } catch (...) {  // no thread to be had
      log(LogLevel::warn, "sampler", "No thread for a further decoder: decoding on one fewer");
      work();
    }
  }
  done.wait();
}

void SampleSession::decode_now(const std::vector<uint32_t>& frames, Ticket& ticket,
                               Reading& reading) {
  ticket.on_cancel([&] {
    reading.is_stopped = true;
    stream_->wake();
  });
  if (!frames.empty()) {
    const SamplePlan planned = plan(frames);
    log_plan(planned, frames.size());
    decode(planned, reading);
  }
  ticket.on_cancel(nullptr);
  if (reading.failure) throw *reading.failure;
}

void SampleSession::read_now(const std::vector<uint32_t>& frames, Ticket& ticket) {
  Reading reading;
  reading.walks = frames.size() == 1 && frames.front() == next_in_order_ && next_in_order_ > 0;
  std::vector<uint32_t> missing;
  for (const uint32_t frame : frames) {
    const auto found = early_.find(frame);
    if (found == early_.end()) {
      missing.push_back(frame);
    } else {
      reading.pictures.insert(*found);
    }
  }
  if (!reading.walks) early_.clear();
  decode_now(missing, ticket, reading);
  std::vector<PicturePtr> results;
  results.reserve(frames.size());
  for (const uint32_t frame : frames) results.push_back(reading.pictures.at(frame));
  if (!frames.empty()) next_in_order_ = frames.back() + 1;
  for (const uint32_t frame : frames) early_.erase(frame);
  reading.pictures.clear();  // who is told of them may close them and count on their memory
  results_->keep(ticket.id(), std::move(results));
  ticket.complete(static_cast<int64_t>(frames.size()));
}

}  // namespace cuf
