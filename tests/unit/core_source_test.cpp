#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "core/source.h"
#include "session_bench.h"

using namespace cuf;

namespace {

constexpr uint32_t kTicket = 77;
constexpr int64_t kSize = 10 << 20;
constexpr int64_t kRange = 256 << 10;

uint8_t byte_at(int64_t offset) {
  return static_cast<uint8_t>(offset * 7 + (offset >> 10));
}

// A source, and the script's part of it played by the test.
struct Asked {
  NoBackend backend;
  SessionBench bench{backend};
  std::shared_ptr<Source> source;

  explicit Asked(int64_t size = kSize)
      : source(make_source(bench.device, SourceKind::seekable, static_cast<uint64_t>(size),
                           kTicket)) {}
  ~Asked() { source->close(); }
  Asked(const Asked&) = delete;

  Completion event() { return bench.event(); }
  bool has_event() { return bench.has_event(); }
  void answer(const Completion& request) {
    std::vector<uint8_t> bytes(static_cast<size_t>(request.extra));
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = byte_at(request.value + static_cast<int64_t>(i));
    }
    CHECK(source->write(bytes.data(), bytes.size()) == bytes.size());
  }
  // One read at `position`, which asks for `wanted` bytes.
  void read(int64_t position, int64_t wanted) {
    uint8_t out[16];
    std::thread reader([&] { CHECK(source->read_at(position, out, sizeof(out), nullptr) == 16); });
    const Completion request = event();
    CHECK(request.ticket == kTicket);
    CHECK(request.kind == CompletionKind::source_read);
    CHECK(request.value == position);
    CHECK(request.extra == wanted);
    answer(request);
    reader.join();
    CHECK(out[15] == byte_at(position + 15));
  }
};

}  // namespace

TEST_CASE("a seekable source is asked for ranges, and ends at its size") {
  Asked asked(1000);
  asked.read(900, 100);
  uint8_t out[200];
  CHECK(asked.source->read_at(950, out, sizeof(out), nullptr) == 50);
  CHECK(out[49] == byte_at(999));
  CHECK(asked.source->read_at(1000, out, sizeof(out), nullptr) == 0);
  asked.source->seek(990);
  CHECK(asked.source->read(out, 4) == 4);
  CHECK(asked.source->read(out, 9) == 6);
  CHECK(out[5] == byte_at(999));
  CHECK_FALSE(asked.has_event());
}

TEST_CASE("the ranges that were used last are not asked for again") {
  Asked asked;
  for (int64_t i = 0; i < 8; ++i) asked.read(i * (1 << 20), kRange);
  uint8_t out[16];
  CHECK(asked.source->read_at(100, out, sizeof(out), nullptr) == 16);
  CHECK(out[0] == byte_at(100));
  asked.read(9 << 20, kRange);  // in the place of the second
  CHECK(asked.source->read_at(200, out, sizeof(out), nullptr) == 16);
  CHECK_FALSE(asked.has_event());
  asked.read((1 << 20) + 5, kRange);
}

TEST_CASE("readers that wait at once share an answer, and each is asked for by itself") {
  Asked asked;
  uint8_t a[16], b[16], c[16];
  std::thread first([&] { CHECK(asked.source->read_at(0, a, sizeof(a), nullptr) == 16); });
  const Completion request = asked.event();
  std::thread second([&] { CHECK(asked.source->read_at(1000, b, sizeof(b), nullptr) == 16); });
  std::thread third([&] { CHECK(asked.source->read_at(5 << 20, c, sizeof(c), nullptr) == 16); });
  asked.answer(request);
  const Completion other = asked.event();
  CHECK(other.value == 5 << 20);
  asked.answer(other);
  first.join();
  second.join();
  third.join();
  CHECK(b[0] == byte_at(1000));
  CHECK(c[0] == byte_at(5 << 20));
}

TEST_CASE("a reader that is stopped cancels its request; what else is wanted is asked for then") {
  Asked asked;
  uint8_t out[16];
  std::atomic<bool> is_stopped = false;
  std::thread stopped([&] {
    try {
      asked.source->read_at(0, out, sizeof(out), [&] { return is_stopped.load(); });
      FAIL_CHECK("It was not stopped");
    } catch (const Error& error) {
      CHECK(error.status == Status::aborted);
    }
  });
  CHECK(asked.event().kind == CompletionKind::source_read);
  std::thread other([&] { CHECK(asked.source->read_at(1 << 20, out, 16, nullptr) == 16); });
  is_stopped = true;
  asked.source->wake();
  const Completion cancelled = asked.event();
  CHECK(cancelled.kind == CompletionKind::source_cancel);
  stopped.join();
  asked.source->finish();
  const Completion request = asked.event();
  CHECK(request.value == 1 << 20);
  asked.answer(request);
  other.join();
  CHECK(out[0] == byte_at(1 << 20));
}

TEST_CASE("a suspended source asks for nothing, and asks again for what it was asked for") {
  Asked asked;
  uint8_t out[16];
  std::thread reader([&] { CHECK(asked.source->read_at(5, out, sizeof(out), nullptr) == 16); });
  CHECK(asked.event().kind == CompletionKind::source_read);
  asked.source->set_suspended(true);
  asked.source->set_suspended(true);  // once is enough
  CHECK(asked.event().kind == CompletionKind::source_cancel);
  asked.source->finish();
  CHECK_FALSE(asked.has_event());
  asked.source->set_suspended(false);
  const Completion request = asked.event();
  CHECK(request.kind == CompletionKind::source_read);
  CHECK(request.value == 5);
  asked.answer(request);
  reader.join();
  CHECK(out[0] == byte_at(5));
}

TEST_CASE("an answer that comes in spite of the cancellation is taken") {
  Asked asked;
  uint8_t out[16];
  std::thread reader([&] { CHECK(asked.source->read_at(5, out, sizeof(out), nullptr) == 16); });
  const Completion request = asked.event();
  asked.source->set_suspended(true);
  asked.answer(request);
  reader.join();
  CHECK(out[0] == byte_at(5));
  // There is no request left that these bytes could be mistaken for.
  CHECK(asked.source->write(out, sizeof(out)) == 0);
}

TEST_CASE("a source that fails or is closed wakes its readers") {
  for (const bool is_closed : {false, true}) {
    Asked asked;
    std::thread reader([&] {
      uint8_t out[16];
      try {
        asked.source->read_at(0, out, sizeof(out), nullptr);
        FAIL_CHECK("It did not fail");
      } catch (const Error& error) {
        CHECK(error.status == (is_closed ? Status::aborted : Status::io));
      }
    });
    CHECK(asked.event().kind == CompletionKind::source_read);
    if (is_closed) {
      asked.source->close();
    } else {
      asked.source->fail("The disk is broken");
    }
    reader.join();
    if (is_closed) ++asked.bench.device->counters.live_sources;  // it is closed once more
  }
}

TEST_CASE("a stream has no readers at several places") {
  Asked asked;
  auto stream = make_source(asked.bench.device, SourceKind::stream, 0, kTicket);
  uint8_t out[1];
  CHECK_THROWS_AS(stream->read_at(0, out, 1, nullptr), Error);
  stream->close();
}
