#include <algorithm>
#include <string>

#include "core/encode_session.h"

namespace cuf {
namespace {

using enum EncoderParameter;

constexpr EncoderParameter kChangeable[] = {
    rc,   bitrate, max_bitrate, vbv_buffer_size, vbv_initial_delay, fps, const_qp, qmin,
    qmax, gop,     cq};

// Throws for what is settled when an encoder is made.
void require_changeable(const EncoderSettings& changes, const EncoderSettings& current) {
  for (uint32_t i = 0; i < kEncoderParameterCount; ++i) {
    const auto parameter = static_cast<EncoderParameter>(i);
    if (!changes.has(parameter) ||
        std::ranges::find(kChangeable, parameter) != std::end(kChangeable)) {
      continue;
    }
    if (changes.value(parameter) == current.value(parameter)) continue;
    throw Error(Status::unsupported, std::string(encoder_parameter(parameter).name) +
                                         " cannot change while an encoder works; make another");
  }
}

void overwrite(EncoderSettings& settings, const EncoderSettings& changes) {
  for (uint32_t i = 0; i < kEncoderParameterCount; ++i) {
    const auto parameter = static_cast<EncoderParameter>(i);
    const auto& value = changes.value(parameter);
    if (value.count > 0) settings.set(parameter, std::span(value.numbers).first(value.count));
  }
}

}  // namespace

EncoderSettings EncodeSession::merged(const EncoderSettings& changes) const {
  std::lock_guard lock(state_mutex_);
  require_changeable(changes, state_.settings);
  EncoderSettings settings = said_;
  // What belongs to another rate control goes with it.
  if (changes.has(rc)) {
    const auto mode = changes.choice_or(rc, RateControl::cbr);
    if (mode != RateControl::constqp) settings.clear(const_qp);
    if (mode != RateControl::vbr) settings.clear(cq);
  }
  overwrite(settings, changes);
  return settings;
}

void EncodeSession::reconfigure(const EncoderSettings& changes, uint32_t width, uint32_t height,
                                std::shared_ptr<Ticket> ticket) {
  std::lock_guard lock(calls_mutex_);
  const Size before = asked_size_;
  const Size size{width == 0 ? before.width : width, height == 0 ? before.height : height};
  require_encoder_size(options_.format, size.width, size.height);
  EncoderSettings settings = merged(changes);
  complete_encoder_settings(settings, size.width, size.height);
  const uint64_t turn = last_turn_ + 1;
  post(std::move(ticket), [this, changes, size, turn](Ticket& current) {
    reconfigure_now(changes, size, turn, current);
  });
  last_turn_ = turn;
  asked_size_ = size;
}

void EncodeSession::reconfigure_now(const EncoderSettings& changes, Size size, uint64_t turn,
                                    Ticket& ticket) {
  bool goes_on = false;
  try {
    const EncoderSettings said = merged(changes);
    EncoderSettings settings = said;
    complete_encoder_settings(settings, size.width, size.height);
    goes_on = apply(settings, size);
    std::lock_guard lock(state_mutex_);
    said_ = said;
    ++(goes_on ? state_.reconfigures : state_.reopens);
  } catch (...) {
    std::lock_guard lock(calls_mutex_);
    // Else another size was asked for since.
    if (turn == last_turn_) asked_size_ = size_;
    throw;
  }
  if (goes_on) {
    ticket.complete(0, -1);
  } else {
    deliver(ticket);
  }
}

// Whether the encoder goes on; else one was made anew.
bool EncodeSession::apply(const EncoderSettings& settings, Size size) {
  // Encoders that change nothing in place would be made anew for nothing.
  if (encoder_ && settings == complete_ && size == size_) return true;
  if (!encoder_ || !encoder_->reconfigure(settings, size.width, size.height)) {
    make_anew(settings, size);
    return false;
  }
  complete_ = settings;
  size_ = size;
  note_state();
  return true;
}

}  // namespace cuf
