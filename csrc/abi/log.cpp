#include "core/log.h"

#include <algorithm>

#include "abi/boundary.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

std::string_view text_of(const uint8_t* data, uint32_t length) {
  require_buffer(data, length);
  return {reinterpret_cast<const char*>(data), length};
}

}  // namespace

extern "C" {

int32_t cuf_log_configure(const uint8_t* name, uint32_t length) {
  return guarded(nullptr, [&] {
    require(Log::instance().configure(text_of(name, length)), "There is no log level of this name");
    return CUF_OK;
  });
}

int32_t cuf_log_set_level(uint32_t level) {
  return guarded(nullptr, [&] {
    Log::instance().set_level(checked_enum<LogLevel>(level, CUF_LOG_TRACE, "Unknown log level"));
    return CUF_OK;
  });
}

int32_t cuf_log_subscribe(uint32_t queue, uint32_t ticket) {
  return guarded(nullptr, [&] {
    Log::instance().subscribe(object_of<CompletionQueue>(queue), ticket);
    return CUF_OK;
  });
}

int32_t cuf_log_unsubscribe(uint32_t queue) {
  return guarded(nullptr, [&] {
    Log::instance().unsubscribe(object_of<CompletionQueue>(queue).get());
    return CUF_OK;
  });
}

int32_t cuf_log_take(uint32_t queue, CufLogRecord* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const auto target = object_of<CompletionQueue>(queue);
    const size_t most = std::min<size_t>(capacity, Log::kMostKept);
    const std::vector<LogRecord> records = Log::instance().take(target.get(), most);
    for (size_t i = 0; i < records.size(); ++i) {
      CufLogRecord record{};
      record.struct_size = sizeof(record);
      record.level = static_cast<uint32_t>(records[i].level);
      record.time_us = records[i].time_us;
      put_text(record.origin, records[i].origin);
      put_text(record.message, records[i].message);
      out[i] = record;
    }
    return static_cast<int32_t>(records.size());
  });
}

int32_t cuf_log_write(uint32_t level, const uint8_t* origin, uint32_t origin_length,
                      const uint8_t* message, uint32_t message_length) {
  return guarded(nullptr, [&] {
    const auto checked = checked_enum<LogLevel>(level, CUF_LOG_TRACE, "Unknown log level");
    require(checked != LogLevel::quiet, "A message has a level; quiet is none");
    const std::string_view from = text_of(origin, origin_length);
    const std::string_view text = text_of(message, message_length);
    if (!Log::instance().is_logged(checked)) return 0;
    Log::instance().write(checked, from, text);
    return 1;
  });
}

}  // extern "C"
