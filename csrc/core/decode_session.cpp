#include "core/decode_session.h"

#include <algorithm>
#include <utility>

#include "core/decode_record.h"
#include "core/log.h"
#include "core/picture_limits.h"
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
    : Object(kKind),
      device_(std::move(device)),
      options_(std::move(options)),
      budget_(MemoryBudget::of_decoder(
          options_.memory_budget == 0 ? UINT64_MAX : options_.memory_budget, device_->budget)),
      memory_(std::make_shared<BudgetedMemory>(device_->memory, budget_)),
      effective_latency_(options_.decoder.latency) {}

void DecodeSession::open(std::shared_ptr<Device> device, Options options,
                         std::shared_ptr<Ticket> ticket) {
  require_size(options.decoder, options.decoder.width, options.decoder.height);
  auto session = std::make_shared<DecodeSession>(device, std::move(options));
  run_on_pool([session, ticket] {
    session->device_->attempt(*ticket, [&] {
      DecoderOptions decoder = session->options_.decoder;
      decoder.budget = session->budget_;
      if (decoder.exports_stats) session->device_->require_decode_stats(decoder.codec);
      session->decoder_ = session->device_->create_decoder(decoder);
      session->place_.note(*session->decoder_);
      ++session->device_->counters.decoders_created;
      log(LogLevel::debug, "decoder", "Made a ", session->decoder_->implementation(),
          " decoder for ", decoder.codec, ", at most ", decoder.threads, " threads");
      ticket->complete(
          register_counted(session, *session->device_, session->device_->counters.live_decoders));
    });
  });
}

void DecodeSession::close() noexcept {
  is_closed_ = true;
  {
    std::lock_guard lock(reading_mutex_);
    is_given_up_ = true;
    if (reading_) reading_->wake();
  }
  --device_->counters.live_decoders;
  results_.close();
  // libav joins its threads when a decoder is freed: never on the JS thread.
  try {
    strand_->post([self = shared_from_this()] {
      self->events_.clear();
      self->unconverted_.reset();
      self->unsent_.reset();
      self->decoder_.reset();
    });
  } catch (...) {
  }
}

void DecodeSession::post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work) {
  strand_->post([self = shared_from_this(), ticket = std::move(ticket), work = std::move(work)] {
    if (ticket->is_cancelled()) return;
    self->device_->attempt(*ticket, [&] {
      if (self->is_closed_)
        throw Error(Status::aborted, "The decoder was closed while it was working");
      work(*ticket);
    });
  });
}

void DecodeSession::note(const Error& error) {
  const bool is_damage = error.status == Status::corrupt_data;
  // A stream that is refused is told in its place, behind the pictures of the one before.
  if (!is_damage && error.status != Status::unsupported) throw error;
  frames_corrupt_ += is_damage;
  log(LogLevel::warn, "decoder", error.what());
  events_.push_back(error);
}

void DecodeSession::keep(Picture picture) {
  const bool is_damaged = picture.decode_status != DecodeStatus::ok;
  if (!is_damaged || options_.decoder.on_error != OnError::skip) {
    if (events_.size() >= kMostKeptEvents) {
      throw Error(Status::out_of_memory,
                  "The decoder holds thousands of frames that nobody took; await each decode()");
    }
    try {
      events_.push_back(
          std::make_shared<const Picture>(convert_output(picture, options_.output, *memory_)));
    } catch (const Error& error) {
      if (error.status == Status::out_of_memory) unconverted_ = std::move(picture);
      throw;
    } catch (const std::bad_alloc&) {
      unconverted_ = std::move(picture);
      throw;
    }
    ++frames_decoded_;
    ++device_->counters.frames_decoded;
  }
  if (!is_damaged) return;
  ++frames_corrupt_;
  log(LogLevel::warn, "decoder", "A damaged picture of ", options_.decoder.codec, " at ",
      to_microseconds(picture.pts, picture.time_base), " us was ",
      options_.decoder.on_error == OnError::skip ? "left out" : "given as it is");
}

void DecodeSession::receive_all() {
  for (;;) {
    try {
      Picture picture;
      if (unconverted_) {
        picture = *std::exchange(unconverted_, std::nullopt);
      } else if (!decoder_->receive(picture)) {
        effective_latency_ = decoder_->effective_latency();
        place_.note(*decoder_);
        return;
      }
      keep(std::move(picture));
    } catch (const Error& error) {
      note(error);
    }
  }
}

// Throws Error(out_of_memory) if the packet was not taken, for want of room for its picture.
void DecodeSession::send(const Packet& packet) {
  if (unconverted_) receive_all();
  try {
    decoder_->send(packet);
  } catch (const Error& error) {
    note(error);
  }
  ++packets_decoded_;
  ++device_->counters.packets_decoded;
}

// What an earlier call had no memory for.
void DecodeSession::make_up() {
  if (unconverted_) receive_all();
  if (!unsent_) return;
  send_or_hold(*std::exchange(unsent_, std::nullopt));
  receive_all();
}

void DecodeSession::send_flagged(const Packet& packet) {
  if (packet.is_discontinuity) drain_end();
  // The end of a stream may come without a picture.
  if (packet.payload.size > 0 || !packet.ends_stream) send(packet);
  try {
    receive_all();
  } catch (const Error& error) {
    // The packet was taken, so its pictures come with the next call; if the decoder itself had no
    // memory, it has lost the packet.
    if (error.status != Status::out_of_memory || !unconverted_) throw;
  }
  if (packet.ends_stream) drain_end();
}

void DecodeSession::send_or_hold(Packet packet) {
  try {
    send(packet);
  } catch (const Error& error) {
    if (error.status == Status::out_of_memory) unsent_ = std::move(packet);
    throw;
  }
}

void DecodeSession::drain_end() {
  make_up();
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
    make_up();
    send_flagged(packet);
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
    unconverted_.reset();
    unsent_.reset();
    decoder_->reset();
    current.complete();
  });
}

void DecodeSession::reconfigure(uint32_t width, uint32_t height, std::shared_ptr<Ticket> ticket) {
  post(std::move(ticket), [this, width, height](Ticket& current) {
    require_size(options_.decoder, width, height);
    drain_end();
    decoder_->begin_stream(width, height);
    effective_latency_ = decoder_->effective_latency();
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
    is_given_up_ = false;
  }
  ticket.on_cancel([this, demuxer] {
    is_given_up_ = true;
    demuxer->wake();
  });
  const auto end = [&] {
    ticket.on_cancel(nullptr);
    std::lock_guard lock(reading_mutex_);
    if (is_given_up_) demuxer->rest();
    reading_ = nullptr;
  };
  try {
    read_now(*demuxer, max_frames, max_bytes, ticket);
  } catch (...) {
    end();
    throw;
  }
  end();
}

// Decodes the next packet. false: there was none.
bool DecodeSession::advance(DemuxSession& demuxer) {
  make_up();
  Packet packet;
  do {
    if (!demuxer.next(packet, is_given_up_)) {
      drain_end();
      return false;
    }
  } while (packet.stream_index != demuxer.video().stream_index);
  send_or_hold(std::move(packet));
  receive_all();
  return true;
}

// Pictures before a failure are delivered first; the next read finds the failure in front.
void DecodeSession::read_now(DemuxSession& demuxer, size_t max_frames, size_t max_bytes,
                             Ticket& ticket) {
  // What is read ahead must leave room for the frames that are handed out.
  max_bytes = std::min<uint64_t>(max_bytes, std::max<uint64_t>(budget_->most() / 8, 1));
  bool is_end = false;
  std::optional<Error> shortage;  // of memory: what is there is delivered, and the rest later
  size_t count = 0;
  size_t bytes = 0;
  for (;;) {
    while (count < events_.size() && count < max_frames && bytes < max_bytes &&
           is_picture(events_[count])) {
      const Picture& picture = *std::get<PicturePtr>(events_[count++]);
      bytes += byte_length(picture) + (picture.sei ? picture.sei->bytes.size() : 0);
    }
    const bool is_full = count >= max_frames || bytes >= max_bytes || count < events_.size();
    if (is_full || is_end || shortage || is_closed_) break;
    if (count > 0 && demuxer.would_block()) break;
    if (ticket.is_cancelled()) throw Error(Status::aborted, "Decoding was aborted");
    try {
      is_end = !advance(demuxer);
    } catch (const Error& error) {
      const bool is_lost = !unsent_ && !unconverted_;
      if (error.status == Status::out_of_memory && !is_lost) {
        shortage = error;
      } else if (events_.empty()) {
        throw;
      } else if (error.status == Status::aborted) {
        break;  // who reads on after that gets what comes then
      } else {
        events_.push_back(error);
      }
    }
  }
  if (count == 0 && shortage && events_.empty()) throw *shortage;
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
