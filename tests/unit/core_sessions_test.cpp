#include <doctest/doctest.h>

#include <deque>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/decode_session.h"
#include "core/demux_session.h"
#include "core/registry.h"
#include "core/source.h"
#include "session_bench.h"

using namespace cuf;

namespace {

// A container of numbered one-byte packets; with a source, its bytes are the packets.
class FakeDemuxer : public Demuxer {
 public:
  FakeDemuxer(int count, int failing, std::shared_ptr<ByteSource> source)
      : count_(count), failing_(failing), source_(std::move(source)) {}
  const VideoDescription& video() const override { return video_; }
  const std::vector<StreamDescription>& streams() const override { return streams_; }
  bool read(Packet& out) override {
    uint8_t number = static_cast<uint8_t>(next_);
    if (source_) {
      if (source_->read(&number, 1) == 0) return false;
    } else if (next_ == count_) {
      return false;
    }
    if (next_++ == failing_) throw Error(Status::io, "disk broke");
    auto bytes = std::make_shared<std::vector<uint8_t>>(1 + kPacketPadding, 0);
    (*bytes)[0] = number;
    out.payload = {.owner = bytes, .data = bytes->data(), .size = 1};
    out.pts = number;
    return true;
  }
  void seek(double seconds) override { next_ = static_cast<int>(seconds); }
  uint64_t bytes_read() const override { return static_cast<uint64_t>(next_); }

 private:
  VideoDescription video_;
  std::vector<StreamDescription> streams_;
  int count_;
  int failing_;
  std::shared_ptr<ByteSource> source_;
  int next_ = 0;
};

// One 2x2 picture for each packet, given one packet late; packets of `damaged` throw.
class FakeDecoder : public Decoder {
 public:
  explicit FakeDecoder(std::set<int> damaged) : damaged_(std::move(damaged)) {}
  void send(const Packet& packet) override {
    if (damaged_.contains(packet.payload.data[0])) {
      throw Error(Status::corrupt_data, "damaged", 0, packet.pts);
    }
    held_.push_back(packet.pts);
  }
  void send_end() override { is_ending_ = true; }
  bool receive(Picture& out) override {
    if (held_.size() < (is_ending_ ? 1u : 2u)) return false;
    auto luma = std::make_shared<std::vector<uint8_t>>(4, static_cast<uint8_t>(held_.front()));
    out.owner = luma;
    out.planes[0] = {.data = luma->data(), .stride = 2, .rows = 2, .row_bytes = 2};
    out.plane_count = 1;
    out.format = Format::gray8;
    out.width = out.height = 2;
    out.pts = held_.front();
    held_.pop_front();
    return true;
  }
  void reset() override {
    held_.clear();
    is_ending_ = false;
  }
  void begin_stream(uint32_t width, uint32_t height) override {
    CHECK(held_.empty());
    CHECK(width * height == 12);
    reset();
  }
  Latency effective_latency() const override { return Latency::native; }
  bool fits(const DecoderOptions&) const override { return false; }
  void reconfigure(const DecoderOptions&) override { reset(); }
  const std::string& implementation() const override { return name_; }

 private:
  std::set<int> damaged_;
  std::deque<int64_t> held_;
  bool is_ending_ = false;
  std::string name_ = "fake";
};

struct FakeBackend : BackendPort {
  int packets = 20;
  int failing_packet = -1;
  std::set<int> damaged;
  std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions& options) override {
    if (options.path == "absent") throw Error(Status::io, "No such file: absent");
    return std::make_unique<FakeDemuxer>(packets, failing_packet, options.source);
  }
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions&) override {
    return std::make_unique<FakeDecoder>(damaged);
  }
  DecoderLimits decoder_support(const std::string&, ChromaFormat, uint32_t) override { return {}; }
  std::string versions() const override { return "fake"; }
  std::string license() const override { return "none"; }
};

struct Bench : FakeBackend, SessionBench {
  FakeBackend& backend = *this;
  Bench() : SessionBench(static_cast<FakeBackend&>(*this)) {}

  std::shared_ptr<DemuxSession> demuxer(std::shared_ptr<Source> source = nullptr) {
    DemuxSession::open(device, {.path = source ? "" : "file", .source = source}, ticket());
    return object_of<DemuxSession>(static_cast<uint32_t>(wait().value));
  }
  std::shared_ptr<DecodeSession> decoder(DecoderOptions options = {}) {
    DecodeSession::open(device, {.decoder = std::move(options), .output = {.type = ColorType::raw}},
                        ticket());
    return object_of<DecodeSession>(static_cast<uint32_t>(wait().value));
  }
  std::vector<int64_t> taken(DecodeSession& decoder) {
    std::vector<int64_t> pts;
    for (const auto& picture : decoder.take(last_ticket)) pts.push_back(picture->pts);
    return pts;
  }
};

std::vector<int64_t> range(int64_t begin, int64_t end) {
  std::vector<int64_t> values;
  for (int64_t i = begin; i < end; ++i) values.push_back(i);
  return values;
}

}  // namespace

TEST_CASE("packets come in batches, in order, and seek starts anew") {
  Bench bench;
  auto demuxer = bench.demuxer();
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().value == 8);
  CHECK(demuxer->take(bench.last_ticket)[7].pts == 7);
  CHECK(demuxer->take(bench.last_ticket).empty());
  demuxer->seek(15, bench.ticket());
  CHECK(bench.wait().status == Status::ok);
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().value == 5);
  CHECK(demuxer->take(bench.last_ticket)[0].pts == 15);
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().value == 0);
  demuxer->read(8, 3, bench.ticket());
  CHECK(bench.wait().value == 0);
}

TEST_CASE("what was read before a failure is delivered before it") {
  Bench bench;
  bench.backend.failing_packet = 3;
  auto demuxer = bench.demuxer();
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().value == 3);
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().status == Status::io);
}

TEST_CASE("a failed open tells why and leaves nothing behind") {
  Bench bench;
  DemuxSession::open(bench.device, {.path = "absent"}, bench.ticket());
  CHECK(bench.wait().status == Status::io);
  Error error(Status::internal, "");
  CHECK(bench.queue->take_error(bench.last_ticket, error));
  CHECK(std::string(error.what()) == "No such file: absent");
  CHECK(bench.device->counters.live_demuxers == 0);
}

TEST_CASE("the pipeline reads all pictures and flushes by itself") {
  Bench bench;
  auto demuxer = bench.demuxer();
  auto decoder = bench.decoder();
  std::vector<int64_t> all;
  for (bool is_end = false; !is_end;) {
    decoder->read(demuxer, 7, 1 << 20, bench.ticket());
    is_end = bench.wait().extra == 1;
    for (const int64_t pts : bench.taken(*decoder)) all.push_back(pts);
  }
  CHECK(all == range(0, 20));
  CHECK(decoder->stats().packets_decoded == 20);
}

TEST_CASE("damage is raised between the pictures around it and decoding goes on") {
  Bench bench;
  bench.backend.damaged = {5, 6};
  auto demuxer = bench.demuxer();
  auto decoder = bench.decoder();
  std::vector<int64_t> all;
  int failures = 0;
  for (bool is_end = false; !is_end;) {
    decoder->read(demuxer, 64, 1 << 20, bench.ticket());
    const Completion done = bench.wait();
    is_end = done.extra == 1;
    failures += done.status == Status::corrupt_data;
    for (const int64_t pts : bench.taken(*decoder)) all.push_back(pts);
  }
  CHECK(failures == 2);
  CHECK(all.size() == 18);
}

TEST_CASE("decode tells damage at once and loses no picture") {
  Bench bench;
  bench.backend.damaged = {2};
  auto demuxer = bench.demuxer();
  auto decoder = bench.decoder();
  std::vector<int64_t> all;
  int failures = 0;
  for (int i = 0; i < 5; ++i) {
    Packet packet;
    REQUIRE(demuxer->next(packet));
    decoder->decode(packet, bench.ticket());
    failures += bench.wait().status == Status::corrupt_data;
    for (const int64_t pts : bench.taken(*decoder)) all.push_back(pts);
  }
  decoder->flush(bench.ticket());
  CHECK(bench.wait().value == 1);
  for (const int64_t pts : bench.taken(*decoder)) all.push_back(pts);
  CHECK(failures == 1);
  CHECK(all == std::vector<int64_t>{0, 1, 3, 4});
}

TEST_CASE("flags of packets, and another stream, bring what is held back in its place") {
  Bench bench;
  auto demuxer = bench.demuxer();
  DecoderOptions options;
  options.max_width = 4;
  options.max_height = 3;
  auto decoder = bench.decoder(options);
  const auto decode = [&](Packet packet) {
    decoder->decode(std::move(packet), bench.ticket());
    bench.wait();
    return bench.taken(*decoder);
  };
  Packet packets[6];
  for (Packet& packet : packets) REQUIRE(demuxer->next(packet));
  CHECK(decode(packets[0]).empty());
  packets[1].is_discontinuity = true;
  CHECK(decode(packets[1]) == std::vector<int64_t>{0});
  packets[2].ends_stream = true;
  CHECK(decode(packets[2]) == std::vector<int64_t>{1, 2});
  CHECK(decode(packets[3]).empty());
  Packet end;
  end.ends_stream = true;
  CHECK(decode(end) == std::vector<int64_t>{3});
  CHECK(decoder->stats().packets_decoded == 4);

  CHECK(decode(packets[4]).empty());
  decoder->reconfigure(5, 3, bench.ticket());
  CHECK(bench.wait().status == Status::unsupported);
  decoder->reconfigure(4, 3, bench.ticket());
  CHECK(bench.wait().status == Status::ok);
  CHECK(decode(packets[5]) == std::vector<int64_t>{4});
  decoder->flush(bench.ticket());
  CHECK(bench.wait().value == 1);
}

TEST_CASE("a decoder for more than it may take is not made") {
  Bench bench;
  DecoderOptions options;
  options.width = 9;
  options.max_width = 8;
  const Error error = [&] {
    try {
      bench.decoder(options);
    } catch (const Error& failure) {
      return failure;
    }
    return Error(Status::ok, "");
  }();
  CHECK(error.status == Status::unsupported);
  CHECK(std::string(error.what()).find("9 x 0") != std::string::npos);
}

TEST_CASE("cancelling a read that waits for its source loses no packet") {
  Bench bench;
  auto source = make_source(bench.device, SourceKind::stream, 0, 1000000);
  auto demuxer = bench.demuxer(source);
  demuxer->read(8, 1 << 20, bench.ticket());
  bench.queue->cancel(bench.last_ticket);
  CHECK(bench.wait().status == Status::aborted);
  const uint8_t bytes[] = {40, 41};
  CHECK(source->write(bytes, 2) == 2);
  source->finish();
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().value == 2);
  CHECK(demuxer->take(bench.last_ticket)[0].pts == 40);
  source->close();
}

TEST_CASE("a live source's packet is delivered before the batch is full") {
  Bench bench;
  auto source = make_source(bench.device, SourceKind::stream, 0, 1000000);
  auto demuxer = bench.demuxer(source);
  auto decoder = bench.decoder();
  const uint8_t bytes[] = {1, 2};
  source->write(bytes, 2);
  decoder->read(demuxer, 8, 1 << 20, bench.ticket());
  CHECK(bench.wait().value == 1);  // the decoder holds the second back
  source->close();
}

TEST_CASE("closing a demuxer wakes a decoder that waits for its source") {
  Bench bench;
  auto source = make_source(bench.device, SourceKind::stream, 0, 1000000);
  auto demuxer = bench.demuxer(source);
  auto decoder = bench.decoder();
  decoder->read(demuxer, 8, 1 << 20, bench.ticket());
  demuxer->close();
  CHECK(bench.wait().status == Status::aborted);
  source->close();
}

TEST_CASE("a source that fails gives its text to the reader, after the good bytes") {
  Bench bench;
  auto source = make_source(bench.device, SourceKind::stream, 0, 1000000);
  auto demuxer = bench.demuxer(source);
  const uint8_t bytes[] = {9};
  source->write(bytes, 1);
  source->fail("The feeder threw");
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().value == 1);
  demuxer->read(8, 1 << 20, bench.ticket());
  CHECK(bench.wait().status == Status::io);
  source->close();
}

TEST_CASE("a seekable source is asked for ranges") {
  Bench bench;
  auto source = make_source(bench.device, SourceKind::seekable, 3, 77);
  std::thread script([&] {
    for (int answered = 0; answered < 2;) {
      Completion record[1];
      if (bench.queue->poll(record) == 0) {
        bench.queue->wait();
        continue;
      }
      CHECK(record[0].ticket == 77);
      CHECK(record[0].kind == CompletionKind::source_read);
      const uint8_t all[] = {5, 6, 7};
      source->write(all + record[0].value, static_cast<size_t>(record[0].extra));
      ++answered;
    }
  });
  uint8_t out[8];
  source->seek(1);
  CHECK(source->read(out, sizeof(out)) == 2);
  CHECK(out[0] == 6);
  CHECK(source->read(out, sizeof(out)) == 0);
  source->seek(0);
  CHECK(source->read(out, 2) == 2);
  CHECK(out[0] == 5);
  script.join();
  source->close();
}

TEST_CASE("frame memory is reused and counted") {
  auto memory = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
  const uint8_t* first;
  {
    const Memory::Block block = memory->allocate(5000);
    first = block.data;
    CHECK(reinterpret_cast<uintptr_t>(first) % 64 == 0);
  }
  CHECK(memory->pooled_bytes() == 8192);
  const Memory::Block again = memory->allocate(6000);
  CHECK(again.data == first);
  CHECK(memory->pooled_bytes() == 0);
  memory->trim();
}
