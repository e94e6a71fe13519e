#include "libav/log_handler.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <new>

#include "core/executor.h"
#include "core/log.h"
#include "libav/compat.h"
#include "libav/context_link.h"

namespace cuf::libav {
namespace {

// Ours are in the order of their names, where the guide's put TRACE below DEBUG.
LogLevel level_of(int level) {
  if (level <= AV_LOG_FATAL) return LogLevel::fatal;
  if (level <= AV_LOG_ERROR) return LogLevel::error;
  if (level <= AV_LOG_WARNING) return LogLevel::warn;
  if (level <= AV_LOG_INFO) return LogLevel::info;
  if (level <= AV_LOG_VERBOSE) return LogLevel::debug;
  return LogLevel::trace;
}

const AVClass* class_of(void* object) {
  return object ? *static_cast<const AVClass* const*>(object) : nullptr;
}

// Codecs and their parts log from libav's own threads, too, but know whose they are.
bool is_ours(void* object) {
  return is_pool_thread() || ContextLink::is_ours(object);
}

// A line may come in pieces. Trivial, since threads that are not ours end at odd times.
struct Line {
  char text[1000];
  size_t length;
};
thread_local Line line;
thread_local int muffled = 0;
thread_local std::string* overheard = nullptr;

void append(const char* format, va_list arguments) {
  char* end = line.text + line.length;
  const size_t room = sizeof(line.text) - line.length;
  const int length = std::vsnprintf(end, room, format, arguments);
  if (length > 0) line.length += std::min(static_cast<size_t>(length), room - 1);
}

void write(void* object, LogLevel level, const char* format, va_list arguments) {
  append(format, arguments);
  const bool is_full = line.length + 1 >= sizeof(line.text);
  if (line.length == 0 || (line.text[line.length - 1] != '\n' && !is_full)) return;
  char origin[64] = "libav";
  const AVClass* kind = class_of(object);
  if (kind && kind->item_name) {
    std::snprintf(origin, sizeof(origin), "libav/%s", kind->item_name(object));
  }
  Log::instance().write(level, origin, {line.text, line.length});
  line.length = 0;
}

void keep(std::string& text, const char* format, va_list arguments) {
  char line[512];
  va_list copy;
  va_copy(copy, arguments);
  std::vsnprintf(line, sizeof(line), format, copy);
  va_end(copy);
  try {
    text += line;
  } catch (const std::bad_alloc&) {
  }
}

void on_log(void* object, int level, const char* format, va_list arguments) {
  const int plain = level & 0xFF;  // the upper bits are a colour
  ContextLink::look(object, plain, format, arguments);
  if (!is_ours(object)) {
    av_log_default_callback(object, level, format, arguments);
    return;
  }
  if (overheard && plain <= AV_LOG_WARNING) keep(*overheard, format, arguments);
  const LogLevel mapped = muffled > 0 ? LogLevel::trace : level_of(plain);
  if (Log::instance().is_logged(mapped)) write(object, mapped, format, arguments);
}

}  // namespace

Muffled::Muffled() {
  ++muffled;
}

Muffled::~Muffled() {
  --muffled;
}

Overheard::Overheard() {
  overheard = &text_;
}

Overheard::~Overheard() {
  overheard = nullptr;
}

void install_log_handler() {
  av_log_set_callback(on_log);
}

}  // namespace cuf::libav
