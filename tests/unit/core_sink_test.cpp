#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "core/sink.h"
#include "session_bench.h"

using namespace cuf;

namespace {

constexpr uint32_t kTicket = 78;

// A sink, and the script's part of it played by the test.
struct Taken {
  NoBackend backend;
  SessionBench bench{backend};
  std::shared_ptr<Sink> sink;

  explicit Taken(SinkKind kind) : sink(make_sink(bench.device, kind, kTicket)) {}
  ~Taken() { sink->close(); }
  Taken(const Taken&) = delete;

  Completion event() { return bench.event(); }
  bool has_event() { return bench.has_event(); }
};

std::vector<uint8_t> numbered(size_t count) {
  std::vector<uint8_t> bytes(count);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

Status status_of_write(Sink& sink) {
  const auto bytes = numbered(8);
  try {
    sink.write(bytes.data(), bytes.size());
  } catch (const Error& error) {
    return error.status;
  }
  return Status::ok;
}

}  // namespace

TEST_CASE("a stream sink gives what was written, in order, however much it is") {
  Taken taken(SinkKind::stream);
  const auto bytes = numbered(3 << 20);
  std::thread writer([&] { taken.sink->write(bytes.data(), bytes.size()); });
  std::vector<uint8_t> got;
  std::vector<uint8_t> part(100'003);
  while (got.size() < bytes.size()) {
    const size_t count = taken.sink->take(part.data(), part.size());
    got.insert(got.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(count));
    if (count > 0) continue;
    const Completion event = taken.event();
    CHECK(event.ticket == kTicket);
    CHECK(event.kind == CompletionKind::sink_data);
  }
  writer.join();
  CHECK(got == bytes);
}

TEST_CASE("a stream sink tells of bytes once for each time that none were there") {
  Taken taken(SinkKind::stream);
  CHECK(status_of_write(*taken.sink) == Status::ok);
  CHECK(taken.event().value == 8);
  CHECK(status_of_write(*taken.sink) == Status::ok);
  CHECK(!taken.has_event());
  uint8_t out[64];
  CHECK(taken.sink->take(out, sizeof(out)) == 16);
  CHECK(status_of_write(*taken.sink) == Status::ok);
  CHECK(!taken.has_event());
  CHECK(taken.sink->take(out, sizeof(out)) == 8);
  CHECK(taken.sink->take(out, sizeof(out)) == 0);
  CHECK(status_of_write(*taken.sink) == Status::ok);
  CHECK(taken.event().extra == 0);
}

TEST_CASE("whoever waits for room leaves when nobody makes any") {
  for (const int how : {0, 1, 2}) {
    Taken taken(SinkKind::stream);
    Status status = Status::ok;
    std::thread writer([&] {
      while (status == Status::ok) status = status_of_write(*taken.sink);
    });
    CHECK(taken.event().kind == CompletionKind::sink_data);
    if (how == 0) taken.sink->fail("no room");
    if (how == 1) taken.sink->interrupt();
    if (how == 2) taken.sink->close();
    writer.join();
    CHECK(status == (how == 0 ? Status::io : Status::aborted));
    if (how != 0) CHECK(taken.event().extra == 1);
    if (how == 2) ++taken.bench.device->counters.live_sinks;  // closed again at the end
  }
}

TEST_CASE("a memory sink keeps what was written where it was written") {
  Taken taken(SinkKind::memory);
  CHECK(taken.sink->is_seekable());
  const auto bytes = numbered(1000);
  taken.sink->write(bytes.data(), bytes.size());
  taken.sink->seek(10);
  const uint8_t changed[] = {7, 7};
  taken.sink->write(changed, 2);
  uint8_t out[2000];
  CHECK(taken.sink->read_at(9, out, 4) == 4);
  CHECK(std::vector<uint8_t>(out, out + 4) == std::vector<uint8_t>{9, 7, 7, 12});
  CHECK(taken.sink->read_at(1000, out, 4) == 0);
  CHECK(taken.sink->take(out, 600) == 600);
  CHECK(taken.sink->take(out, sizeof(out)) == 400);
  CHECK(taken.sink->take(out, sizeof(out)) == 0);
  CHECK(!taken.has_event());
}
