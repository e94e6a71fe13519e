#include "core/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace cuf {
namespace {

constexpr size_t kLongestMessage = 1000;  // bytes

constexpr std::array<std::string_view, 7> kNames = {"QUIET", "FATAL", "ERROR", "WARN",
                                                    "INFO",  "DEBUG", "TRACE"};

int64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// Files name what is logged: their text must neither break the line nor steer a terminal.
std::string one_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return line;
}

// By one call, so that lines of several threads do not mix. Without heap: it may be what ran out.
void print(LogLevel level, std::string_view origin, std::string_view message) {
  char line[1200];
  const std::string_view name = kNames[static_cast<size_t>(level)];
  const int length = std::snprintf(
      line, sizeof(line), "cuframe %.*s %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
      static_cast<int>(std::min<size_t>(origin.size(), 64)), origin.data(),
      static_cast<int>(std::min<size_t>(message.size(), 1100)), message.data());
  if (length <= 0) return;
  const auto size = std::min(static_cast<size_t>(length), sizeof(line) - 1);
  if (::write(STDERR_FILENO, line, size) < 0) return;  // nobody can be told
}

bool is_name(std::string_view name, std::string_view upper) {
  return std::equal(name.begin(), name.end(), upper.begin(), upper.end(), [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

}  // namespace

Log& Log::instance() {
  // Not destroyed: threads of the pool may outlive main().
  static Log& log = *new Log;
  return log;
}

void Log::update_threshold() {
  const LogLevel unasked = subscribers_.empty() ? LogLevel::quiet : LogLevel::info;
  threshold_ = chosen_.value_or(unasked);
}

void Log::set_level(LogLevel level) {
  std::lock_guard lock(mutex_);
  chosen_ = level;
  update_threshold();
}

bool Log::configure(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](std::string_view known) { return is_name(name, known); });
  if (found != kNames.end()) {
    if (!chosen_) chosen_ = static_cast<LogLevel>(found - kNames.begin());
    update_threshold();
    return true;
  }
  if (!std::exchange(has_complained_, true)) {
    print(LogLevel::warn, "log",
          "LOGGER_LEVEL is \"" + one_line(name.substr(0, 64)) +
              "\", which is no level; TRACE, DEBUG, INFO, WARN, ERROR, FATAL and QUIET are");
  }
  return false;
}

void Log::subscribe(const std::shared_ptr<CompletionQueue>& queue, uint32_t ticket) {
  std::lock_guard lock(mutex_);
  Subscriber& subscriber = subscribers_[queue.get()];
  subscriber.queue = queue;
  subscriber.ticket = ticket;
  subscriber.is_told = false;
  update_threshold();
}

void Log::unsubscribe(const CompletionQueue* queue) {
  std::lock_guard lock(mutex_);
  subscribers_.erase(queue);
  update_threshold();
}

// The latest are kept: they tell what led to the error that is asked about.
void Log::keep(Subscriber& subscriber, const LogRecord& record) {
  try {
    subscriber.records.push_back(record);
  } catch (const std::bad_alloc&) {
    ++subscriber.dropped;
  }
  if (subscriber.records.size() <= kMostKept) return;
  subscriber.records.pop_front();
  ++subscriber.dropped;
}

void Log::deliver(const LogRecord& record) {
  for (auto entry = subscribers_.begin(); entry != subscribers_.end();) {
    Subscriber& subscriber = entry->second;
    const std::shared_ptr<CompletionQueue> queue = subscriber.queue.lock();
    if (!queue || queue->is_closed()) {
      // A Worker that ended without a word.
      entry = subscribers_.erase(entry);
      update_threshold();
      continue;
    }
    keep(subscriber, record);
    if (!std::exchange(subscriber.is_told, true)) {
      try {
        queue->push({.ticket = subscriber.ticket, .kind = CompletionKind::log});
      } catch (const std::bad_alloc&) {
        subscriber.is_told = false;  // the next record tries again
      }
    }
    ++entry;
  }
}

void Log::write(LogLevel level, std::string_view origin, std::string_view message) noexcept {
  if (!is_logged(level) || level == LogLevel::quiet) return;
  try {
    const LogRecord record = {.level = level,
                              .time_us = now_us(),
                              .origin = std::string(origin),
                              .message = one_line(message.substr(0, kLongestMessage))};
    std::lock_guard lock(mutex_);
    deliver(record);
    if (subscribers_.empty()) print(level, record.origin, record.message);
  } catch (const std::bad_alloc&) {
    print(level, origin, "(no memory for the message)");
  }
}

std::vector<LogRecord> Log::take(const CompletionQueue* queue, size_t most) {
  std::lock_guard lock(mutex_);
  const auto found = subscribers_.find(queue);
  if (found == subscribers_.end() || most == 0) return {};
  Subscriber& subscriber = found->second;
  std::vector<LogRecord> taken;
  taken.reserve(std::min(most, subscriber.records.size() + 1));
  if (subscriber.dropped > 0) {
    taken.push_back({.level = LogLevel::warn,
                     .time_us = now_us(),
                     .origin = "log",
                     .message = std::to_string(subscriber.dropped) +
                                " earlier messages were dropped, since more came than were taken"});
    subscriber.dropped = 0;
  }
  while (taken.size() < most && !subscriber.records.empty()) {
    taken.push_back(std::move(subscriber.records.front()));
    subscriber.records.pop_front();
  }
  if (taken.empty()) subscriber.is_told = false;
  return taken;
}

}  // namespace cuf
