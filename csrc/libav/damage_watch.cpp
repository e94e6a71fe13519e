#include "libav/damage_watch.h"

#include <cstdarg>
#include <string_view>

namespace cuf::libav {
namespace {

// Pictures that never come out (not shown, dropped by a seek) must not gather.
constexpr size_t kMostNoted = 256;

// error_resilience.c for whole frames; h264_slice.c for fields, where nothing is concealed.
bool tells_damage(std::string_view format) {
  return format.starts_with("concealing %d DC") || format.starts_with("error while decoding MB");
}

}  // namespace

void install_log_handler() {
  av_log_set_callback(DamageWatch::on_log);
}

void DamageWatch::on_log(void* object, int level, const char* format, va_list) {
  if (level > AV_LOG_INFO || !object || !format || !tells_damage(format)) return;
  if (*static_cast<const AVClass* const*>(object) != avcodec_get_class()) return;
  const auto& context = *static_cast<const AVCodecContext*>(object);
  if (context.opaque) static_cast<DamageWatch*>(context.opaque)->note(packet_number(context));
}

void DamageWatch::attach(AVCodecContext& context) {
  context.opaque = this;
  enable_packet_numbers(context);
}

int64_t DamageWatch::begin_packet(AVCodecContext& context, AVPacket& packet) {
  set_packet_number(context, packet, ++packet_);
  return packet_;
}

void DamageWatch::note(int64_t packet) {
  std::lock_guard lock(mutex_);
  damaged_.insert(packet);
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
