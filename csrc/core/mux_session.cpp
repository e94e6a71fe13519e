#include "core/mux_session.h"

#include <utility>

#include "core/log.h"
#include "core/registry.h"

namespace cuf {
namespace {

// Of packets that a script writes without waiting.
constexpr uint64_t kMostWaitingBytes = 256 << 20;

}  // namespace

MuxSession::MuxSession(std::shared_ptr<Device> device, Options options)
    : Object(kKind), device_(std::move(device)), options_(std::move(options)) {
  options_.muxer.sink = options_.sink;
  options_.muxer.is_aborted = &is_aborted_;
}

void MuxSession::open(std::shared_ptr<MuxSession> session, std::shared_ptr<Ticket> ticket) {
  run_on_pool([session, ticket] {
    session->device_->attempt(*ticket, [&] {
      session->muxer_ = session->device_->backend.open_muxer(session->options_.muxer);
      session->note_state();
      ticket->complete(
          register_counted(session, *session->device_, session->device_->counters.live_muxers));
    });
  });
}

// What waits is not done any more. The file's temporary name goes at once: the process may end
// before the strand comes to it.
void MuxSession::stop() noexcept {
  is_ended_ = true;
  if (options_.keeps_partial) return;
  is_aborted_ = true;
  if (options_.sink) options_.sink->interrupt();
  std::lock_guard lock(muxer_mutex_);
  if (muxer_) muxer_->discard();
}

void MuxSession::close() noexcept {
  stop();
  --device_->counters.live_muxers;
  // Files are completed there, never on the JS thread.
  try {
    strand_->post([self = shared_from_this()] {
      self->complete_partial();
      std::lock_guard lock(self->muxer_mutex_);
      self->muxer_.reset();
    });
  } catch (...) {
  }
}

void MuxSession::end(std::shared_ptr<Ticket> ticket) {
  stop();
  strand_->post([self = shared_from_this(), ticket = std::move(ticket)] {
    self->device_->attempt(*ticket, [&] {
      self->complete_partial();
      {
        // Its file is closed when this is awaited: a caller may unmount what it lies on.
        std::lock_guard lock(self->muxer_mutex_);
        self->muxer_.reset();
      }
      ticket->complete();
    });
  });
}

void MuxSession::complete_partial() noexcept {
  if (!options_.keeps_partial) return;
  try {
    std::lock_guard lock(muxer_mutex_);
    if (!muxer_ || state().is_finished) return;
    finish_now();
  } catch (const std::exception& error) {
    log(LogLevel::warn, "muxer", "What there is could not be completed: ", error.what());
  }
}

void MuxSession::post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work) {
  strand_->post([self = shared_from_this(), ticket = std::move(ticket), work = std::move(work)] {
    self->device_->attempt(*ticket, [&] {
      if (self->is_ended_) {
        throw Error(Status::aborted, "The muxer was closed while it was working");
      }
      work(*ticket);
    });
  });
}

uint32_t MuxSession::add_track(const TrackDescription& description) {
  std::lock_guard lock(calls_mutex_);
  if (has_writes_) {
    throw Error(Status::invalid_argument, "Tracks are added before the first packet is written");
  }
  if (is_ended_) throw Error(Status::aborted, "The muxer was closed");
  std::lock_guard muxer_lock(muxer_mutex_);
  if (!muxer_) throw Error(Status::aborted, "The muxer was closed");
  const uint32_t track = muxer_->add_track(description);
  std::lock_guard state_lock(state_mutex_);
  state_.tracks = track + 1;
  return track;
}

void MuxSession::write(uint32_t track, Packet packet, std::shared_ptr<Ticket> ticket) {
  const uint64_t bytes = packet.payload.size + packet.extradata.size;
  {
    std::lock_guard lock(calls_mutex_);
    if (waiting_bytes_ > 0 && waiting_bytes_ + bytes > kMostWaitingBytes) {
      throw Error(Status::out_of_memory,
                  "256 MiB of packets wait to be written; await write() before the next one");
    }
    waiting_bytes_ += bytes;
    has_writes_ = true;
  }
  // Counted back wherever the job ends, also where it never runs.
  std::shared_ptr<void> turn(nullptr, [self = shared_from_this(), bytes](void*) {
    std::lock_guard lock(self->calls_mutex_);
    self->waiting_bytes_ -= bytes;
  });
  post(std::move(ticket),
       [this, track, packet = std::move(packet), turn = std::move(turn)](Ticket& current) mutable {
         {
           // Who is told of the end, or of a failure, may write as much again.
           const std::shared_ptr<void> counted = std::move(turn);
           muxer_->write(track, packet);
         }
         note_state();
         current.complete();
       });
}

void MuxSession::finish(std::shared_ptr<Ticket> ticket) {
  {
    std::lock_guard lock(calls_mutex_);
    has_writes_ = true;
  }
  post(std::move(ticket), [this](Ticket& current) {
    finish_now();
    current.complete(static_cast<int64_t>(state().bytes));
  });
}

void MuxSession::finish_now() {
  muxer_->finish();
  note_state();
  std::lock_guard lock(state_mutex_);
  state_.is_finished = true;
}

void MuxSession::note_state() {
  std::lock_guard lock(state_mutex_);
  state_.container = muxer_->container();
  state_.packets = muxer_->packets_written();
  state_.bytes = muxer_->bytes_written();
}

MuxSession::State MuxSession::state() const {
  std::lock_guard lock(state_mutex_);
  return state_;
}

}  // namespace cuf
