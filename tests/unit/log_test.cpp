#include "core/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "libav/backend.h"
#include "libav/compat.h"

using namespace cuf;

namespace {

// What `work` writes to stderr.
std::string stderr_of(const std::function<void()>& work) {
  std::string path = std::filesystem::temp_directory_path() / "cuframe-log-XXXXXX";
  const int file = ::mkstemp(path.data());
  REQUIRE(file >= 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(file, STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(file);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::filesystem::remove(path);
  return text.str();
}

struct Listener {
  std::shared_ptr<CompletionQueue> queue = std::make_shared<CompletionQueue>();
  Listener() { Log::instance().subscribe(queue, 7); }
  ~Listener() {
    Log::instance().unsubscribe(queue.get());
    Log::instance().set_level(LogLevel::quiet);
  }
  std::vector<LogRecord> take(size_t most = 10000) {
    return Log::instance().take(queue.get(), most);
  }
  int told() {
    Completion records[8];
    return static_cast<int>(queue->poll(records));
  }
};

}  // namespace

TEST_CASE("a line on stderr has a level, an origin and no control characters") {
  Log::instance().set_level(LogLevel::info);
  const std::string text = stderr_of([] {
    log(LogLevel::warn, "unit", "one ", 2, " \x1b[31mthree\nfour\r\n");
    log(LogLevel::debug, "unit", "not this");
    log(LogLevel::error, "unit", std::string(5000, 'x'));
  });
  Log::instance().set_level(LogLevel::quiet);
  std::istringstream lines(text);
  std::string first, second, third;
  std::getline(lines, first);
  std::getline(lines, second);
  CHECK(first == "cuframe WARN unit: one 2  [31mthree four");
  CHECK(second.starts_with("cuframe ERROR unit: xxx"));
  CHECK(second.size() < 1200);
  CHECK(!std::getline(lines, third));
}

TEST_CASE("a subscriber is told once until it has taken all, and stderr is spared") {
  Listener listener;
  Log::instance().set_level(LogLevel::info);
  const std::string text = stderr_of([] {
    for (int i = 0; i < 3; ++i) log(LogLevel::info, "unit", i);
  });
  CHECK(text == "");
  CHECK(listener.told() == 1);
  CHECK(listener.take(2).size() == 2);
  log(LogLevel::info, "unit", "more");
  CHECK(listener.told() == 0);
  CHECK(listener.take().size() == 2);
  CHECK(listener.take().empty());
  log(LogLevel::info, "unit", "again");
  CHECK(listener.told() == 1);
}

TEST_CASE("of more records than are kept the latest stay, and the others are counted") {
  Listener listener;
  Log::instance().set_level(LogLevel::info);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 1000; ++i) log(LogLevel::info, "unit", i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  log(LogLevel::info, "unit", "last");
  const auto records = listener.take();
  REQUIRE(records.size() == Log::kMostKept + 1);
  CHECK(records.front().origin == "log");
  CHECK(records.front().message ==
        "2977 earlier messages were dropped, since more came than were taken");
  CHECK(records.back().message == "last");
}

TEST_CASE("a subscriber whose queue was closed is forgotten") {
  auto listener = std::make_unique<Listener>();
  Log::instance().set_level(LogLevel::info);
  listener->queue->close();
  const std::string text = stderr_of([] { log(LogLevel::info, "unit", "to stderr"); });
  CHECK(text == "cuframe INFO unit: to stderr\n");
}

TEST_CASE("another user of libav in the process keeps its log") {
  libav::backend();
  av_log_set_level(AV_LOG_INFO);
  AVCodecContext* foreign = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
  // To us, its opaque means nothing.
  foreign->opaque = reinterpret_cast<void*>(1);
  const std::string text = stderr_of([&] {
    av_log(nullptr, AV_LOG_WARNING, "somebody else's %d\n", 1);
    av_log(foreign, AV_LOG_ERROR, "concealing %d DC, %d AC, %d MV errors in %c frame\n", 1, 2, 3,
           'I');
    av_log(foreign, AV_LOG_ERROR, "Picture size %ux%u exceeds specified max pixel count\n", 1, 2);
    av_log(foreign, AV_LOG_DEBUG, "not this\n");
  });
  avcodec_free_context(&foreign);
  av_log_set_level(AV_LOG_QUIET);
  CHECK(text.find("somebody else's 1\n") != std::string::npos);
  CHECK(text.find("concealing 1 DC") != std::string::npos);
  CHECK(text.find("Picture size 1x2") != std::string::npos);
  CHECK(text.find("not this") == std::string::npos);
  CHECK(text.find("cuframe") == std::string::npos);
}
