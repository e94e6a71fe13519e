#include "core/demux_session.h"

#include <utility>

#include "core/registry.h"

namespace cuf {
namespace {

// From a source that lets its reader wait.
constexpr size_t kMostAhead = 16;
constexpr size_t kMostBytesAhead = 1 << 20;

size_t bytes_of(const Packet& packet) {
  return packet.payload.size + packet.extradata.size;
}

Error closed_error() {
  return Error(Status::aborted, "The demuxer was closed while it was reading");
}

}  // namespace

DemuxSession::DemuxSession(std::shared_ptr<Device> device, std::shared_ptr<Source> source)
    : Object(kKind), device_(std::move(device)), source_(std::move(source)) {}

void DemuxSession::open(std::shared_ptr<Device> device, OpenOptions options,
                        std::shared_ptr<Ticket> ticket) {
  auto session = std::make_shared<DemuxSession>(device, options.source);
  run_on_pool([session, options = std::move(options), ticket] {
    ticket->attempt([&] {
      ticket->on_cancel([weak = session->weak_from_this()] {
        if (auto self = weak.lock()) self->interrupt(true);
      });
      session->open_now(options);
      ticket->on_cancel(nullptr);
      session->interrupt(false);
      ticket->complete(
          register_counted(session, *session->device_, session->device_->counters.live_demuxers));
    });
  });
}

void DemuxSession::open_now(const OpenOptions& options) {
  demuxer_ = device_->backend.open_demuxer({
      .path = options.path,
      .source = options.source,
      .keeps_container_bitstream = options.keeps_container_bitstream,
      .stream_index = options.stream_index,
      .reads_audio = options.reads_audio,
      .reads_subtitles = options.reads_subtitles,
      .is_aborted = &is_aborted_,
      .most_pixels = device_->most_pixels(),
  });
  note_bytes_read();
  for (const StreamDescription& stream : demuxer_->streams()) {
    if (stream.is_read) tracks_.emplace(stream.index, demuxer_->track(stream.index));
  }
}

const TrackDescription& DemuxSession::track(uint32_t stream_index) const {
  const auto found = tracks_.find(stream_index);
  if (found == tracks_.end()) {
    throw Error(Status::invalid_argument, "Stream " + std::to_string(stream_index) +
                                              " is not read; open the demuxer with streams: "
                                              "\"all\"");
  }
  return found->second;
}

void DemuxSession::close() noexcept {
  is_closed_ = true;
  --device_->counters.live_demuxers;
  interrupt(true);
  wake();
  results_.close();
  // The port is freed where the last job lets go of this object, never on the JS thread.
  try {
    strand_->post([self = shared_from_this()] {
      std::lock_guard lock(self->mutex_);
      self->unread_.clear();
    });
  } catch (...) {
  }
}

void DemuxSession::interrupt(bool is_interrupted) {
  std::lock_guard lock(interrupt_mutex_);
  const bool stops = is_interrupted || is_closed_;
  is_aborted_ = stops;
  if (source_) source_->set_interrupted(stops);
}

void DemuxSession::wake() {
  std::lock_guard lock(mutex_);
  condition_.notify_all();
}

void DemuxSession::note_bytes_read() {
  const uint64_t now = demuxer_->bytes_read();
  device_->counters.bytes_read += now - noted_bytes_;
  noted_bytes_ = now;
}

bool DemuxSession::may_wait() const {
  return source_ ? source_->may_wait() : !demuxer_->video().is_seekable;
}

// What is there before a call reads on. Called with mutex_ held.
bool DemuxSession::take(Packet& out) {
  if (is_closed_) throw closed_error();
  if (!unread_.empty()) {
    out = std::move(unread_.front());
    unread_.pop_front();
    unread_bytes_ -= bytes_of(out);
    return true;
  }
  if (pending_error_) throw *std::exchange(pending_error_, std::nullopt);
  return false;
}

bool DemuxSession::next(Packet& out, const std::atomic<bool>& is_given_up) {
  if (!may_wait()) {
    std::lock_guard working(demuxer_mutex_);
    {
      std::lock_guard lock(mutex_);
      if (take(out)) return true;
    }
    const bool has_packet = demuxer_->read(out);
    note_bytes_read();
    return has_packet;
  }
  std::unique_lock lock(mutex_);
  if (source_) source_->set_suspended(false);
  for (;;) {
    const bool has_packet = take(out);
    if (!has_packet && std::exchange(is_at_end_, false)) return false;
    if (!has_packet && is_given_up) break;
    start_reading();
    if (has_packet) return true;
    ++waiting_;
    condition_.wait(lock, [&] {
      return !unread_.empty() || (!is_reading_ && !is_seeking_) || is_given_up || is_closed_;
    });
    --waiting_;
  }
  throw Error(Status::aborted, "Reading packets was aborted");
}

void DemuxSession::rest() {
  std::lock_guard lock(mutex_);
  if (source_ && waiting_ == 0 && !is_seeking_) source_->set_suspended(true);
}

bool DemuxSession::would_block() {
  std::lock_guard lock(mutex_);
  const bool has_something = !unread_.empty() || pending_error_ || is_at_end_;
  return source_ && !has_something && source_->would_block();
}

// Called with mutex_ held.
void DemuxSession::start_reading() {
  const bool is_full = unread_.size() > kMostAhead / 2 || unread_bytes_ > kMostBytesAhead / 2;
  if (is_reading_ || is_seeking_ || is_full || pending_error_ || is_at_end_) return;
  run_on_pool([self = shared_from_this()] { self->read_ahead(); });
  is_reading_ = true;
}

// A call of libav cannot be left and taken up again: whoever leaves while it waits for bytes leaves
// this thread behind, and finds the packet later.
void DemuxSession::read_ahead() {
  for (;;) {
    Packet packet;
    bool has_packet = false;
    std::optional<Error> failure;
    try {
      std::lock_guard working(demuxer_mutex_);
      has_packet = demuxer_->read(packet);
      note_bytes_read();
    } catch (const Error& error) {
      failure = error;
    } catch (const std::bad_alloc&) {
      failure = Error(Status::out_of_memory, "No memory for packets");
    }
    std::lock_guard lock(mutex_);
    if (has_packet) {
      unread_bytes_ += bytes_of(packet);
      unread_.push_back(std::move(packet));
    }
    // A seek interrupts; whoever waits goes on behind it.
    if (!is_seeking_) pending_error_ = failure;
    is_at_end_ = !has_packet && !failure;
    is_reading_ = has_packet && !is_closed_ && !is_seeking_ && unread_.size() < kMostAhead &&
                  unread_bytes_ < kMostBytesAhead;
    condition_.notify_all();
    if (!is_reading_) return;
  }
}

void DemuxSession::put_back(std::vector<Packet> packets) {
  std::lock_guard lock(mutex_);
  for (const Packet& packet : packets) unread_bytes_ += bytes_of(packet);
  unread_.insert(unread_.begin(), std::make_move_iterator(packets.begin()),
                 std::make_move_iterator(packets.end()));
}

void DemuxSession::read(size_t max_packets, size_t max_bytes, std::shared_ptr<Ticket> ticket) {
  strand_->post([self = shared_from_this(), max_packets, max_bytes, ticket] {
    if (ticket->is_cancelled()) return;
    std::atomic<bool> is_given_up = false;
    ticket->on_cancel([&] {
      is_given_up = true;
      self->wake();
    });
    ticket->attempt([&] { self->read_now(max_packets, max_bytes, *ticket, is_given_up); });
    ticket->on_cancel(nullptr);
  });
}

void DemuxSession::read_now(size_t max_packets, size_t max_bytes, Ticket& ticket,
                            const std::atomic<bool>& is_given_up) {
  std::vector<Packet> packets;
  size_t bytes = 0;
  while (packets.size() < max_packets && bytes < max_bytes && !is_given_up) {
    // A live source's packets are not held back until a batch is full.
    if (!packets.empty() && would_block()) break;
    Packet packet;
    try {
      if (!next(packet, is_given_up)) break;
    } catch (const Error& error) {
      if (is_given_up) break;
      if (packets.empty()) throw;
      std::lock_guard lock(mutex_);
      pending_error_ = error;  // for the next read: what came before it is delivered first
      break;
    }
    bytes += bytes_of(packet);
    packets.push_back(std::move(packet));
  }
  if (is_given_up) {
    put_back(std::move(packets));
    rest();
    throw Error(Status::aborted, "Reading packets was aborted");
  }
  const auto count = static_cast<int64_t>(packets.size());
  results_.keep(ticket.id(), std::move(packets));
  ticket.complete(count, static_cast<int64_t>(bytes));
}

void DemuxSession::seek(double seconds, std::shared_ptr<Ticket> ticket) {
  strand_->post([self = shared_from_this(), seconds, ticket] {
    if (ticket->is_cancelled()) return;
    ticket->attempt([&] {
      self->stop_reading();
      ticket->on_cancel([self] { self->interrupt(true); });
      std::lock_guard working(self->demuxer_mutex_);
      if (self->is_closed_) throw closed_error();
      self->demuxer_->seek(seconds);
      self->note_bytes_read();
      ticket->complete();
    });
    ticket->on_cancel(nullptr);
    self->interrupt(false);
    std::lock_guard lock(self->mutex_);
    self->is_seeking_ = false;
    self->condition_.notify_all();
  });
}

// For a seek: what was read ahead is dropped. A stream, which cannot seek, is left alone.
void DemuxSession::stop_reading() {
  if (!demuxer_->video().is_seekable) {
    throw Error(Status::unsupported,
                "The source cannot be seeked in: its bytes come as a stream; open it by a path or "
                "as a seekable source");
  }
  std::unique_lock lock(mutex_);
  is_seeking_ = true;
  interrupt(true);
  condition_.wait(lock, [&] { return !is_reading_; });
  unread_.clear();
  unread_bytes_ = 0;
  pending_error_.reset();
  is_at_end_ = false;
  if (source_) source_->set_suspended(false);
  interrupt(false);
}

}  // namespace cuf
