#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/completion_queue.h"

// What the library tells about its work: one record a line, to stderr or to those scripts that
// asked for it. Quiet unless somebody chose a level.
namespace cuf {

// Values of CufLogLevel.
enum class LogLevel : uint32_t { quiet, fatal, error, warn, info, debug, trace };

struct LogRecord {
  LogLevel level = LogLevel::quiet;
  int64_t time_us = 0;
  std::string origin;
  std::string message;
};

class Log {
 public:
  static Log& instance();

  bool is_logged(LogLevel level) const {
    return level <= threshold_.load(std::memory_order_relaxed);
  }
  // Never throws: what cannot be kept is counted as dropped. Must not be called with the lock of a
  // completion queue held.
  void write(LogLevel level, std::string_view origin, std::string_view message) noexcept;

  void set_level(LogLevel level);
  // By the name of a level, unless one was set before. false: there is none of that name, which is
  // said on stderr once.
  bool configure(std::string_view name);

  // One subscriber for each queue; the queue is told when there are records after none.
  void subscribe(const std::shared_ptr<CompletionQueue>& queue, uint32_t ticket);
  void unsubscribe(const CompletionQueue* queue);
  // Up to `most` records, the oldest first.
  std::vector<LogRecord> take(const CompletionQueue* queue, size_t most);

  static constexpr size_t kMostKept = 1024;

 private:
  struct Subscriber {
    std::weak_ptr<CompletionQueue> queue;
    uint32_t ticket = 0;
    std::deque<LogRecord> records;
    uint64_t dropped = 0;
    bool is_told = false;
  };

  void update_threshold();
  void deliver(const LogRecord& record);
  static void keep(Subscriber& subscriber, const LogRecord& record);

  std::mutex mutex_;
  std::optional<LogLevel> chosen_;
  bool has_complained_ = false;
  std::map<const CompletionQueue*, Subscriber> subscribers_;
  std::atomic<LogLevel> threshold_ = LogLevel::quiet;
};

namespace log_text {

inline void append(std::string& text, std::string_view part) {
  text += part;
}
template <typename T>
requires std::is_arithmetic_v<T>
void append(std::string& text, T number) {
  text += std::to_string(number);
}

}  // namespace log_text

// Logs the parts, strings and numbers, as one line; they are put together only if somebody wants
// it.
template <typename... Parts>
void log(LogLevel level, std::string_view origin, const Parts&... parts) noexcept {
  Log& log = Log::instance();
  if (!log.is_logged(level)) return;
  try {
    std::string text;
    (log_text::append(text, parts), ...);
    log.write(level, origin, text);
  } catch (const std::bad_alloc&) {
    log.write(level, origin, "(no memory for the message)");
  }
}

}  // namespace cuf
