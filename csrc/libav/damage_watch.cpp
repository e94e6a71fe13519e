#include "libav/damage_watch.h"

namespace cuf::libav {
namespace {

// Pictures that never come out (not shown, dropped by a seek) must not gather.
constexpr size_t kMostNoted = 256;

}  // namespace

// error_resilience.c for whole frames; h264_slice.c for fields, where nothing is concealed.
bool DamageWatch::tells_damage(std::string_view format) {
  return format.starts_with("concealing %d DC") || format.starts_with("error while decoding MB");
}

void DamageWatch::begin_packet(AVCodecContext& context) {
  set_packet_number(context, ++packet_);
}

void DamageWatch::note(const AVCodecContext& context) {
  std::lock_guard lock(mutex_);
  damaged_.insert(packet_number(context));
  if (damaged_.size() > kMostNoted) damaged_.erase(damaged_.begin());
}

bool DamageWatch::is_damaged(const AVFrame& frame) {
  std::lock_guard lock(mutex_);
  return damaged_.erase(packet_number(frame)) > 0;
}

void DamageWatch::clear() {
  std::lock_guard lock(mutex_);
  damaged_.clear();
}

}  // namespace cuf::libav
