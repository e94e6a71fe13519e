#include "core/demux_session.h"

#include <utility>

#include "core/registry.h"

namespace cuf {
namespace {

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
      .is_aborted = &is_aborted_,
      .most_pixels = device_->most_pixels(),
  });
  note_bytes_read();
}

void DemuxSession::close() noexcept {
  is_closed_ = true;
  --device_->counters.live_demuxers;
  interrupt(true);
  results_.close();
  // The port is freed where the last job lets go of this object, never on the JS thread.
  try {
    strand_->post([self = shared_from_this()] {
      std::lock_guard lock(self->demuxer_mutex_);
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

void DemuxSession::note_bytes_read() {
  const uint64_t now = demuxer_->bytes_read();
  device_->counters.bytes_read += now - noted_bytes_;
  noted_bytes_ = now;
}

bool DemuxSession::next(Packet& out) {
  std::lock_guard lock(demuxer_mutex_);
  if (is_closed_) throw closed_error();
  if (!unread_.empty()) {
    out = std::move(unread_.front());
    unread_.pop_front();
    return true;
  }
  if (pending_error_) throw *std::exchange(pending_error_, std::nullopt);
  const bool has_packet = demuxer_->read(out);
  note_bytes_read();
  return has_packet;
}

bool DemuxSession::would_block() {
  return source_ && source_->would_block();
}

void DemuxSession::read(size_t max_packets, size_t max_bytes, std::shared_ptr<Ticket> ticket) {
  strand_->post([self = shared_from_this(), max_packets, max_bytes, ticket] {
    if (ticket->is_cancelled()) return;
    ticket->attempt([&] {
      ticket->on_cancel([self] { self->interrupt(true); });
      self->read_now(max_packets, max_bytes, *ticket);
    });
    ticket->on_cancel(nullptr);
    self->interrupt(false);
  });
}

void DemuxSession::read_now(size_t max_packets, size_t max_bytes, Ticket& ticket) {
  std::vector<Packet> packets;
  size_t bytes = 0;
  bool is_cancelled = false;
  while (packets.size() < max_packets && bytes < max_bytes) {
    // A live source's packets are not held back until a batch is full.
    if (!packets.empty() && would_block()) break;
    is_cancelled = ticket.is_cancelled();
    if (is_cancelled) break;
    Packet packet;
    try {
      if (!next(packet)) break;
    } catch (const Error& error) {
      is_cancelled = ticket.is_cancelled();
      if (is_cancelled) break;
      if (packets.empty()) throw;
      std::lock_guard lock(demuxer_mutex_);
      pending_error_ = error;  // for the next read: what came before it is delivered first
      break;
    }
    bytes += packet.payload.size + packet.extradata.size;
    packets.push_back(std::move(packet));
  }
  if (is_cancelled) {
    std::lock_guard lock(demuxer_mutex_);
    unread_.insert(unread_.begin(), std::make_move_iterator(packets.begin()),
                   std::make_move_iterator(packets.end()));
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
      ticket->on_cancel([self] { self->interrupt(true); });
      std::lock_guard lock(self->demuxer_mutex_);
      if (self->is_closed_) throw closed_error();
      self->unread_.clear();
      self->pending_error_.reset();
      self->demuxer_->seek(seconds);
      ticket->complete();
    });
    ticket->on_cancel(nullptr);
    self->interrupt(false);
  });
}

}  // namespace cuf
