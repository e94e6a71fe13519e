#include "core/decode_session.h"

#include <algorithm>
#include <utility>

#include "core/registry.h"
#include "core/sei.h"

namespace cuf {
namespace {

// Native frames are decoded ahead of the demuxing loop only this far: an error among many good
// pictures in one packet (a broken superframe) must not collect pictures without bound.
constexpr size_t kMostKeptEvents = 4096;

using PicturePtr = std::shared_ptr<const Picture>;

bool is_picture(const std::variant<PicturePtr, Error>& event) {
  return std::holds_alternative<PicturePtr>(event);
}

}  // namespace

DecodeSession::DecodeSession(std::shared_ptr<Device> device, Options options)
    : Object(kKind), device_(std::move(device)), options_(std::move(options)) {}

void DecodeSession::open(std::shared_ptr<Device> device, Options options,
                         std::shared_ptr<Ticket> ticket) {
  auto session = std::make_shared<DecodeSession>(device, std::move(options));
  run_on_pool([session, ticket] {
    try {
      session->decoder_ = session->device_->backend.create_decoder(session->options_.decoder);
      session->implementation_ = session->decoder_->implementation();
      ++session->device_->counters.decoders_created;
      ticket->complete(
          register_counted(session, *session->device_, session->device_->counters.live_decoders));
    } catch (const Error& error) {
      ticket->fail(error);
    }
  });
}

void DecodeSession::close() noexcept {
  is_closed_ = true;
  {
    std::lock_guard lock(reading_mutex_);
    if (reading_) reading_->interrupt(true);
  }
  --device_->counters.live_decoders;
  results_.close();
  // libav joins its threads when a decoder is freed: never on the JS thread.
  try {
    strand_->post([self = shared_from_this()] {
      self->events_.clear();
      self->decoder_.reset();
    });
  } catch (...) {
  }
}

void DecodeSession::post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work) {
  strand_->post([self = shared_from_this(), ticket = std::move(ticket), work = std::move(work)] {
    if (ticket->is_cancelled()) return;
    try {
      if (self->is_closed_)
        throw Error(Status::aborted, "The decoder was closed while it was working");
      work(*ticket);
    } catch (const Error& error) {
      ticket->fail(error);
    } catch (const std::bad_alloc&) {
      ticket->fail(Error(Status::out_of_memory,
                         "No memory to decode; close frames that are no longer needed"));
    }
  });
}

void DecodeSession::note(const Error& error) {
  if (error.status == Status::corrupt_data) {
    ++frames_corrupt_;
    events_.push_back(error);
    return;
  }
  throw error;
}

void DecodeSession::keep(Picture picture) {
  if (picture.decode_status != DecodeStatus::ok) ++frames_corrupt_;
  if (picture.decode_status != DecodeStatus::ok && options_.decoder.on_error == OnError::skip)
    return;
  ++frames_decoded_;
  ++device_->counters.frames_decoded;
  if (events_.size() >= kMostKeptEvents) {
    throw Error(Status::out_of_memory,
                "The decoder holds thousands of frames that nobody took; await each decode()");
  }
  events_.push_back(std::make_shared<const Picture>(
      convert_output(picture, options_.output, options_.color, *device_->memory)));
}

void DecodeSession::receive_all() {
  for (;;) {
    try {
      Picture picture;
      if (!decoder_->receive(picture)) return;
      keep(std::move(picture));
    } catch (const Error& error) {
      note(error);
    }
  }
}

void DecodeSession::send(const Packet& packet) {
  try {
    decoder_->send(packet);
  } catch (const Error& error) {
    note(error);
  }
  ++packets_decoded_;
  ++device_->counters.packets_decoded;
  receive_all();
}

void DecodeSession::drain_end() {
  try {
    decoder_->send_end();
  } catch (const Error& error) {
    note(error);
  }
  receive_all();
  decoder_->reset();
}

void DecodeSession::deliver(Ticket& ticket, size_t count, bool is_end) {
  std::vector<PicturePtr> pictures;
  pictures.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    pictures.push_back(std::get<PicturePtr>(std::move(events_.front())));
    events_.pop_front();
  }
  if (is_closed_) return;
  results_.keep(ticket.id(), std::move(pictures));
  ticket.complete(static_cast<int64_t>(count), is_end ? 1 : 0);
}

// decode and flush: damage is told at once, and the pictures that came with it stay for the next
// call.
void DecodeSession::complete_or_fail(Ticket& ticket) {
  const auto failure = std::find_if_not(events_.begin(), events_.end(), is_picture);
  if (failure != events_.end()) {
    const Error error = std::get<Error>(*failure);
    events_.erase(failure);
    throw error;
  }
  deliver(ticket, events_.size(), false);
}

void DecodeSession::decode(Packet packet, std::shared_ptr<Ticket> ticket) {
  post(std::move(ticket), [this, packet = std::move(packet)](Ticket& current) {
    send(packet);
    complete_or_fail(current);
  });
}

void DecodeSession::flush(std::shared_ptr<Ticket> ticket) {
  post(std::move(ticket), [this](Ticket& current) {
    drain_end();
    complete_or_fail(current);
  });
}

void DecodeSession::reset(std::shared_ptr<Ticket> ticket) {
  post(std::move(ticket), [this](Ticket& current) {
    events_.clear();
    decoder_->reset();
    current.complete();
  });
}

void DecodeSession::read(std::shared_ptr<DemuxSession> demuxer, size_t max_frames, size_t max_bytes,
                         std::shared_ptr<Ticket> ticket) {
  post(std::move(ticket), [this, demuxer, max_frames, max_bytes](Ticket& current) {
    read_from(demuxer, max_frames, max_bytes, current);
  });
}

void DecodeSession::read_from(const std::shared_ptr<DemuxSession>& demuxer, size_t max_frames,
                              size_t max_bytes, Ticket& ticket) {
  {
    std::lock_guard lock(reading_mutex_);
    if (is_closed_) return;
    reading_ = demuxer;
  }
  ticket.on_cancel([demuxer] { demuxer->interrupt(true); });
  const auto end = [&] {
    ticket.on_cancel(nullptr);
    std::lock_guard lock(reading_mutex_);
    reading_ = nullptr;
    demuxer->interrupt(false);
  };
  try {
    read_now(*demuxer, max_frames, max_bytes, ticket);
  } catch (...) {
    end();
    throw;
  }
  end();
}

// Pictures before a failure are delivered first; the next read finds the failure in front.
void DecodeSession::read_now(DemuxSession& demuxer, size_t max_frames, size_t max_bytes,
                             Ticket& ticket) {
  bool is_end = false;
  size_t count = 0;
  size_t bytes = 0;
  for (;;) {
    while (count < events_.size() && count < max_frames && bytes < max_bytes &&
           is_picture(events_[count])) {
      const Picture& picture = *std::get<PicturePtr>(events_[count++]);
      bytes += byte_length(picture) + (picture.sei ? picture.sei->bytes.size() : 0);
    }
    const bool is_full = count >= max_frames || bytes >= max_bytes || count < events_.size();
    if (is_full || is_end || is_closed_) break;
    if (count > 0 && demuxer.would_block()) break;
    if (ticket.is_cancelled()) throw Error(Status::aborted, "Decoding was aborted");
    Packet packet;
    bool has_packet = false;
    try {
      has_packet = demuxer.next(packet);
    } catch (const Error& error) {
      if (count == 0) throw;
      events_.push_back(error);
      break;
    }
    if (has_packet) {
      send(packet);
    } else {
      drain_end();
      is_end = true;
    }
  }
  if (count == 0 && !events_.empty()) {
    const Error error = std::get<Error>(events_.front());
    events_.pop_front();
    throw error;
  }
  deliver(ticket, count, is_end && events_.empty());
}

DecodeStats DecodeSession::stats() const {
  return {.packets_decoded = packets_decoded_,
          .frames_decoded = frames_decoded_,
          .frames_corrupt = frames_corrupt_};
}

}  // namespace cuf
