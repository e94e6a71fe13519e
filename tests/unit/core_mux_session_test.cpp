#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/mux_session.h"
#include "core/registry.h"
#include "session_bench.h"

using namespace cuf;

namespace {

// What a muxer was asked, in order.
struct Told {
  std::mutex mutex;
  std::vector<std::string> calls;
  std::atomic<bool> may_write = true;
  std::atomic<bool> is_discarded = false;

  void note(const std::string& call) {
    std::lock_guard lock(mutex);
    calls.push_back(call);
  }
  std::vector<std::string> all() {
    std::lock_guard lock(mutex);
    return calls;
  }
};

class ToldMuxer : public Muxer {
 public:
  explicit ToldMuxer(std::shared_ptr<Told> told) : told_(std::move(told)) {}
  ~ToldMuxer() override { told_->note("freed"); }
  uint32_t add_track(const TrackDescription& description) override {
    told_->note("track " + description.codec);
    return tracks_++;
  }
  void write(uint32_t track, const Packet& packet) override {
    while (!told_->may_write) std::this_thread::yield();
    if (packet.pts < 0) throw Error(Status::invalid_argument, "A wrong time");
    told_->note(std::to_string(track) + " at " + std::to_string(packet.pts));
  }
  void finish() override { told_->note("finished"); }
  void discard() noexcept override { told_->is_discarded = true; }
  const std::string& container() const override { return container_; }
  uint64_t bytes_written() const override { return 7; }
  uint64_t packets_written() const override { return 1; }

 private:
  const std::shared_ptr<Told> told_;
  const std::string container_ = "mkv";
  uint32_t tracks_ = 0;
};

class MuxBackend : public BackendPort {
 public:
  std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions&) override { return nullptr; }
  std::unique_ptr<Muxer> open_muxer(const MuxerOptions& options) override {
    if (options.path.empty()) throw Error(Status::io, "There is no such file");
    return std::make_unique<ToldMuxer>(told);
  }
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions&) override { return nullptr; }
  DecoderLimits decoder_support(const std::string&, ChromaFormat, uint32_t) override { return {}; }
  std::string versions() const override { return ""; }
  std::string license() const override { return ""; }

  const std::shared_ptr<Told> told = std::make_shared<Told>();
};

// A session, and the script's part of it played by the test.
struct Writing {
  MuxBackend backend;
  SessionBench bench{backend};
  std::shared_ptr<MuxSession> session;
  uint32_t handle = 0;
  uint32_t last_ticket = 100;

  explicit Writing(bool keeps_partial = false, const std::string& path = "out.mkv") {
    session = std::make_shared<MuxSession>(
        bench.device, MuxSession::Options{.muxer = {.path = path}, .keeps_partial = keeps_partial});
    MuxSession::open(session, bench.queue->open_ticket(1));
    const Completion done = next();
    if (done.status == Status::ok) handle = static_cast<uint32_t>(done.value);
  }

  Completion next() {
    for (;;) {
      Completion record[1];
      if (bench.queue->poll(record) == 1) return record[0];
      bench.queue->wait();
    }
  }
  std::shared_ptr<Ticket> ticket() { return bench.queue->open_ticket(++last_ticket); }
  void write(int64_t pts, size_t bytes = 1) {
    Packet packet;
    packet.payload.size = bytes;
    packet.pts = pts;
    session->write(0, packet, ticket());
  }
  std::vector<std::string> told() { return backend.told->all(); }
  void wait_until_freed() {
    while (told().empty() || told().back() != "freed") std::this_thread::yield();
  }
};

Status status_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.status;
  }
  return Status::ok;
}

}  // namespace

TEST_CASE("packets are written in the order in which they came, and then the file is finished") {
  Writing writing;
  CHECK(writing.session->add_track({.codec = "h264"}) == 0);
  for (const int64_t pts : {3, 1, 2}) writing.write(pts);
  writing.session->finish(writing.ticket());
  for (int i = 0; i < 3; ++i) CHECK(writing.next().status == Status::ok);
  const Completion done = writing.next();
  CHECK(done.value == 7);
  CHECK(writing.session->state().is_finished);
  CHECK(writing.session->state().container == "mkv");
  CHECK(writing.told() ==
        std::vector<std::string>{"track h264", "0 at 3", "0 at 1", "0 at 2", "finished"});
  Registry::instance().close(writing.handle);
  writing.wait_until_freed();
}

TEST_CASE("a packet that is refused fails alone") {
  Writing writing;
  writing.session->add_track({.codec = "h264"});
  writing.write(-1);
  writing.write(1);
  CHECK(writing.next().status == Status::invalid_argument);
  CHECK(writing.next().status == Status::ok);
  Registry::instance().close(writing.handle);
  writing.wait_until_freed();
}

TEST_CASE("tracks come before packets") {
  Writing writing;
  writing.session->add_track({.codec = "h264"});
  writing.write(1);
  CHECK(status_of([&] { writing.session->add_track({.codec = "aac"}); }) ==
        Status::invalid_argument);
  writing.next();
  Registry::instance().close(writing.handle);
  CHECK(status_of([&] { writing.session->add_track({.codec = "aac"}); }) != Status::ok);
  writing.wait_until_freed();
}

TEST_CASE("closing discards the file at once and drops what waits") {
  Writing writing;
  writing.session->add_track({.codec = "h264"});
  writing.backend.told->may_write = false;
  for (const int64_t pts : {1, 2, 3}) writing.write(pts);
  Registry::instance().close(writing.handle);
  CHECK(writing.backend.told->is_discarded);
  writing.backend.told->may_write = true;
  CHECK(writing.next().ticket == 101);
  CHECK(writing.next().status == Status::aborted);
  CHECK(writing.next().status == Status::aborted);
  writing.wait_until_freed();
  CHECK(writing.bench.device->counters.live_muxers == 0);
  for (const std::string& call : writing.told()) CHECK(call != "finished");
}

TEST_CASE("what there is is completed where that was asked for, once") {
  Writing writing(true);
  writing.session->add_track({.codec = "h264"});
  writing.write(1);
  CHECK(writing.next().status == Status::ok);
  writing.session->end(writing.ticket());
  CHECK(writing.next().status == Status::ok);
  CHECK(!writing.backend.told->is_discarded);
  // The file is closed, since what it lies on may be unmounted now.
  CHECK(writing.told() == std::vector<std::string>{"track h264", "0 at 1", "finished", "freed"});
  Registry::instance().close(writing.handle);
}

TEST_CASE("packets wait within a bound") {
  Writing writing;
  writing.session->add_track({.codec = "h264"});
  writing.backend.told->may_write = false;
  writing.write(1, 200 << 20);
  CHECK(status_of([&] { writing.write(2, 100 << 20); }) == Status::out_of_memory);
  writing.backend.told->may_write = true;
  while (writing.next().ticket != 101) continue;
  // One at a time, however large.
  for (int i = 3; i < 1000; ++i) {
    REQUIRE(status_of([&] { writing.write(i, 300 << 20); }) == Status::ok);
    writing.next();
  }
  Registry::instance().close(writing.handle);
  writing.wait_until_freed();
}

TEST_CASE("a file that cannot be made is no muxer") {
  Writing writing(false, "");
  CHECK(writing.handle == 0);
  CHECK(writing.bench.device->counters.live_muxers == 0);
}
