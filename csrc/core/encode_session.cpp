#include "core/encode_session.h"

#include <cstring>

#include "core/encoder_input.h"
#include "core/frame.h"
#include "core/log.h"
#include "core/picture_convert.h"
#include "core/registry.h"
#include "core/sei_writer.h"

namespace cuf {
namespace {

// Of a picture that was not encoded, some of which may be read all the same.
void give_back_anyway(const DeviceMemoryInfo& memory, uint64_t stream) noexcept {
  try {
    memory.give_back(stream);
  } catch (...) {
    // The GPU is lost, and what it did with the memory, too.
  }
}

std::shared_ptr<MemoryBudget> input_budget(uint64_t limit, std::shared_ptr<MemoryBudget> device) {
  return std::make_shared<MemoryBudget>(
      limit == 0 ? UINT64_MAX : limit, "encoder's inputBudgetBytes",
      "await encode() before the next one", "createEncoder({ inputBudgetBytes }) higher",
      std::move(device));
}

}  // namespace

EncodeSession::EncodeSession(std::shared_ptr<Device> device, Options options)
    : Object(kKind),
      device_(std::move(device)),
      options_(std::move(options)),
      budget_(input_budget(options_.input_budget, device_->budget)),
      memory_(std::make_shared<BudgetedMemory>(device_->memory, budget_)),
      asked_size_{options_.width, options_.height},
      said_(options_.settings),
      size_(asked_size_) {
  require_encoder_size(options_.format, size_.width, size_.height);
  complete_ = said_;
  color_of(complete_, size_);  // throws for what is none
  complete_encoder_settings(complete_, size_.width, size_.height);
  // What was not said of them is the size at first, also when that changes.
  for (const auto side : {EncoderParameter::max_width, EncoderParameter::max_height}) {
    said_.set(side, std::array{complete_.number(side)});
  }
}

void EncodeSession::open(std::shared_ptr<EncodeSession> session, std::shared_ptr<Ticket> ticket) {
  run_on_pool([session, ticket] {
    session->device_->attempt(*ticket, [&] {
      if (!ticket->is_cancelled()) session->make_anew(session->complete_, session->size_);
      if (ticket->is_cancelled()) return;
      ticket->complete(
          register_counted(session, *session->device_, session->device_->counters.live_encoders));
    });
  });
}

void EncodeSession::close() noexcept {
  is_closed_ = true;
  --device_->counters.live_encoders;
  results_.close();
  // Encoders join their threads when they are freed: never on the JS thread.
  try {
    strand_->post([self = shared_from_this()] {
      self->ready_.clear();
      self->encoder_.reset();
    });
  } catch (...) {
  }
}

void EncodeSession::post(std::shared_ptr<Ticket> ticket, std::function<void(Ticket&)> work) {
  strand_->post([self = shared_from_this(), ticket = std::move(ticket), work = std::move(work)] {
    if (ticket->is_cancelled()) return;
    self->device_->attempt(*ticket, [&] {
      if (self->is_closed_)
        throw Error(Status::aborted, "The encoder was closed while it was working");
      work(*ticket);
    });
  });
}

TrackDescription EncodeSession::track() const {
  std::lock_guard lock(state_mutex_);
  return {.codec = std::string(codec_name(state_.settings.codec())),
          .width = state_.width,
          .height = state_.height,
          .extradata = state_.sequence_params,
          .frame_rate = state_.settings.frame_rate(),
          .color = state_.color};
}

EncodeSession::State EncodeSession::state() const {
  std::lock_guard lock(state_mutex_);
  return state_;
}

// Of an encoder that was made or changed.
void EncodeSession::note_state() {
  std::lock_guard lock(state_mutex_);
  state_.width = size_.width;
  state_.height = size_.height;
  state_.color = color_of(complete_, size_);
  state_.settings = encoder_->settings();
  state_.sequence_params = encoder_->sequence_params();
  state_.reorder_depth = encoder_->reorder_depth();
  knows_headers_ = !state_.sequence_params.empty();
}

Color EncodeSession::color_of(const EncoderSettings& settings, Size size) const {
  return encoder_color(options_.format, settings, size.height, options_.color);
}

EncoderOptions EncodeSession::encoder_options(const EncoderSettings& settings, Size size) const {
  return {.width = size.width,
          .height = size.height,
          .settings = settings,
          .color = color_of(settings, size),
          .native_options = options_.native_options,
          .threads = options_.threads};
}

void EncodeSession::make_anew(const EncoderSettings& settings, Size size) {
  const EncoderOptions options = encoder_options(settings, size);
  ChosenEncoder chosen;
  try {
    chosen = open_encoder(*device_, options, options_.format);
  } catch (const Error& error) {
    // Perhaps there is room for one only. Until then, a failure leaves the one before as it is.
    if (error.status != Status::out_of_memory || !encoder_) throw;
    drain();
    encoder_.reset();
    chosen = open_encoder(*device_, options, options_.format);
  }
  drain();
  encoder_ = std::move(chosen.encoder);
  sent_format_ = chosen.format;
  complete_ = settings;
  size_ = size;
  note_state();
  std::lock_guard lock(state_mutex_);
  state_.backend = encoder_->backend();
  state_.implementation = encoder_->implementation();
  state_.fallback_reason = std::move(chosen.fallback_reason);
}

// The stream orders nothing in another context, whose frames the encoder may refuse.
void EncodeSession::note_refill(const DeviceMemoryInfo& memory) const {
  const auto& port = device_->gpu.port;
  const bool is_same_context = port && port->context() == memory.context();
  memory.note_refill(is_same_context ? options_.cuda_stream : 0);
}

void EncodeSession::encode(std::shared_ptr<const Picture> picture, Request request,
                           std::shared_ptr<Ticket> ticket) {
  std::lock_guard lock(calls_mutex_);
  require_whole(options_.settings.codec(), request.messages);
  require_input(*picture, options_.format, asked_size_.width, asked_size_.height);
  if (!request.time.pts && picture->pts != kNoTimestamp && picture->time_base.den > 0) {
    request.time = {
        .pts = picture->pts, .duration = picture->duration, .time_base = picture->time_base};
  } else if (request.time.pts && request.time.time_base.den == 0 && picture->time_base.den > 0) {
    request.time.time_base = picture->time_base;
  }
  if (picture->device) note_refill(*picture->device);
  auto waiting = std::make_shared<Waiting>();
  // Its memory is charged to the device where it was made.
  waiting->charge = budget_->reserve_own(byte_length(*picture));
  waiting->picture = std::move(picture);
  waiting->request = std::move(request);
  post_picture(std::move(waiting), std::move(ticket));
}

void EncodeSession::encode_bytes(std::span<const uint8_t> bytes, uint32_t stride, Request request,
                                 std::shared_ptr<Ticket> ticket) {
  std::lock_guard lock(calls_mutex_);
  require_whole(options_.settings.codec(), request.messages);
  const auto picture_at = [&](const uint8_t* data) {
    return picture_in(options_.format, asked_size_.width, asked_size_.height, data, bytes.size(),
                      stride);
  };
  picture_at(bytes.data());
  Memory::Block block = memory_->allocate(bytes.size());
  std::memcpy(block.data, bytes.data(), bytes.size());
  auto picture = std::make_shared<Picture>(picture_at(block.data));
  use_block(*picture, std::move(block));
  auto waiting = std::make_shared<Waiting>();
  waiting->picture = std::move(picture);
  waiting->request = std::move(request);
  post_picture(std::move(waiting), std::move(ticket));
}

void EncodeSession::post_picture(std::shared_ptr<Waiting> waiting, std::shared_ptr<Ticket> ticket) {
  post(std::move(ticket), [this, waiting = std::move(waiting)](Ticket& current) {
    send_and_let_go(std::move(*waiting));
    receive_all();
    deliver(current);
  });
}

// Who is told of the end, or of a failure, may count on the picture's memory.
void EncodeSession::send_and_let_go(Waiting waiting) {
  const auto device = waiting.picture->device;
  try {
    send(waiting);
  } catch (...) {
    if (device) give_back_anyway(*device, options_.cuda_stream);
    throw;
  }
  if (device) device->give_back(options_.cuda_stream);
}

// In the memory and the arrangement that the encoder takes.
Picture EncodeSession::prepared(const Picture& picture) {
  PlacedInput placed =
      placed_for(*encoder_, picture, sent_format_, color_of(complete_, size_), *device_);
  if (placed.is_copied) {
    std::lock_guard lock(state_mutex_);
    ++state_.host_copies;
  }
  return std::move(placed.picture);
}

void EncodeSession::send(const Waiting& waiting) {
  const Request& request = waiting.request;
  require_input(*waiting.picture, options_.format, size_.width, size_.height);
  const InputTimes::Next next = input_times_.next(request.time, complete_.frame_rate());
  if (!encoder_) make_anew(complete_, size_);
  encoder_->send({.picture = prepared(*waiting.picture),
                  .number = next_number_,
                  .forces_idr = request.forces_idr,
                  .forces_intra = request.forces_intra,
                  .wants_headers = request.wants_headers,
                  .messages = request.messages});
  has_sent_ = true;
  input_times_.commit(next, request.time, complete_.frame_rate());
  if (next.begins_timeline) decode_times_.restart();
  decode_times_.add(next.time.pts);
  times_.emplace(next_number_++, next.time);
  std::lock_guard lock(state_mutex_);
  ++state_.frames_encoded;
}

void EncodeSession::receive_all() {
  const size_t before = ready_.size();
  for (EncodedPicture picture; encoder_->receive(picture); picture = {}) keep(std::move(picture));
  // Some encoders know them when their first picture came out.
  if (!knows_headers_ && ready_.size() > before) note_state();
}

void EncodeSession::keep(EncodedPicture picture) {
  const auto found = times_.find(picture.number);
  if (found == times_.end()) {
    throw Error(Status::internal, "The encoder gave a picture that it was not sent");
  }
  const PictureTime time = found->second;
  times_.erase(found);
  const int64_t dts =
      decode_times_.next(time.pts, encoder_->reorder_depth(),
                         InputTimes::ticks(1, complete_.frame_rate(), time.time_base));
  {
    std::lock_guard lock(state_mutex_);
    ++state_.chunks;
    state_.chunk_bytes += picture.data.size();
  }
  ready_.push_back({.picture = std::move(picture), .time = time, .dts = dts});
}

// Receives what the encoder holds back.
void EncodeSession::drain() {
  if (!encoder_ || !has_sent_) return;
  encoder_->send_end();
  receive_all();
  has_sent_ = false;
  times_.clear();
}

void EncodeSession::deliver(Ticket& ticket) {
  if (is_closed_) return;
  int64_t bytes = 0;
  for (const Chunk& chunk : ready_) bytes += static_cast<int64_t>(chunk.picture.data.size());
  const auto count = static_cast<int64_t>(ready_.size());
  results_.keep(ticket.id(), std::exchange(ready_, {}));
  ticket.complete(count, bytes);
}

void EncodeSession::flush(std::shared_ptr<Ticket> ticket) {
  post(std::move(ticket), [this](Ticket& current) {
    if (has_sent_) {
      drain();
      if (!encoder_->can_restart()) encoder_.reset();
    }
    input_times_.end_stream();
    deliver(current);
  });
}

}  // namespace cuf
