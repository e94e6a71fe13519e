#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/sample_session.h"
#include "session_bench.h"

using namespace cuf;

namespace {

constexpr int kPackets = 6;

// One group of pictures in a container that can seek.
class GopDemuxer : public Demuxer {
 public:
  GopDemuxer() {
    video_.is_seekable = true;
    video_.codec = "fake";
    video_.width = video_.height = 2;
    video_.time_base = {1, 10};
  }
  const VideoDescription& video() const override { return video_; }
  const std::vector<StreamDescription>& streams() const override { return streams_; }
  bool read(Packet& out) override {
    if (next_ == kPackets) return false;
    auto bytes = std::make_shared<std::vector<uint8_t>>(1 + kPacketPadding, 0);
    out = {};
    out.payload = {.owner = bytes, .data = bytes->data(), .size = 1};
    out.pts = out.dts = next_;
    out.duration = 1;
    out.time_base = video_.time_base;
    out.is_key = next_++ == 0;
    return true;
  }
  void seek(double) override { next_ = 0; }
  uint64_t bytes_read() const override { return static_cast<uint64_t>(next_); }

 private:
  VideoDescription video_;
  std::vector<StreamDescription> streams_;
  int next_ = 0;
};

// Gives, for each packet, the pictures that a script names by number.
class ScriptedDecoder : public Decoder {
 public:
  using Script = std::function<std::vector<int64_t>(int64_t)>;
  explicit ScriptedDecoder(Script script) : script_(std::move(script)) {}
  void send(const Packet& packet) override {
    for (const int64_t number : script_(packet.pts)) ready_.push_back(number);
  }
  void send_end() override {}
  bool receive(Picture& out) override {
    if (ready_.empty()) return false;
    auto luma = std::make_shared<std::vector<uint8_t>>(4, 0);
    out = {};
    out.owner = luma;
    out.planes[0] = {.data = luma->data(), .stride = 2, .rows = 2, .row_bytes = 2};
    out.plane_count = 1;
    out.format = Format::gray8;
    out.width = out.height = 2;
    out.pts = ready_.front();
    ready_.pop_front();
    return true;
  }
  void reset() override { ready_.clear(); }
  void begin_stream(uint32_t, uint32_t) override {}
  Latency effective_latency() const override { return Latency::native; }
  bool fits(const DecoderOptions&) const override { return false; }
  void reconfigure(const DecoderOptions&) override { reset(); }
  const std::string& implementation() const override { return name_; }

 private:
  const Script script_;
  std::deque<int64_t> ready_;
  std::string name_ = "scripted";
};

class ScriptedBackend : public BackendPort {
 public:
  std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions&) override {
    return std::make_unique<GopDemuxer>();
  }
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions&) override {
    return std::make_unique<ScriptedDecoder>(script);
  }
  DecoderLimits decoder_support(const std::string&, ChromaFormat, uint32_t) override { return {}; }
  std::string versions() const override { return ""; }
  std::string license() const override { return ""; }

  ScriptedDecoder::Script script;
};

struct ScriptedVideo : ScriptedBackend, SessionBench {
  std::shared_ptr<SampleSession> session;

  explicit ScriptedVideo(ScriptedDecoder::Script decoder) : SessionBench(backend()) {
    script = std::move(decoder);
    SampleSession::open(
        device, {.path = "/nowhere", .output = {.type = ColorType::raw}, .engines = 1, .buffer_frames = 1},
        ticket());
    session = object_of<SampleSession>(static_cast<uint32_t>(wait().value));
  }
  BackendPort& backend() { return *this; }

  // Every frame by a request of its own: its number, or -1 for damage.
  std::vector<int64_t> read_in_order() {
    session->start({.first = 0, .count = kPackets, .step = 1});
    std::vector<int64_t> numbers;
    for (;;) {
      session->next(1, ticket());
      const Completion done = wait();
      CHECK((done.status == Status::ok || done.status == Status::corrupt_data));
      const auto pictures = session->take(last_ticket);
      if (done.status == Status::ok && pictures.empty()) return numbers;
      numbers.push_back(pictures.empty() ? -1 : pictures.front()->index);
    }
  }
};

}  // namespace

// Found by sample_fuzz: damaged AV1 shows a picture again in the place of another.
TEST_CASE("a decoder that gives a picture twice does not make up for one that it never gives") {
  ScriptedVideo video(
      [](int64_t number) { return std::vector<int64_t>{number == 1 ? 0 : number}; });
  CHECK(video.read_in_order() == std::vector<int64_t>{0, -1, 2, 3, 4, 5});
  video.session->read({0, 1, 2}, video.ticket());
  CHECK(video.wait().status == Status::corrupt_data);
}

// Found by sample_fuzz with damaged MPEG-2: the pictures behind a gap filled the buffer, and the
// one that was waited for had no place in it.
TEST_CASE("pictures that are lost or late do not stop those behind them") {
  ScriptedVideo lost([](int64_t number) {
    return number == 1 ? std::vector<int64_t>() : std::vector<int64_t>{number};
  });
  CHECK(lost.read_in_order() == std::vector<int64_t>{0, -1, 2, 3, 4, 5});
  ScriptedVideo late([](int64_t number) {
    if (number == 1) return std::vector<int64_t>();
    return number == 4 ? std::vector<int64_t>{4, 1} : std::vector<int64_t>{number};
  });
  CHECK(late.read_in_order() == std::vector<int64_t>{0, 1, 2, 3, 4, 5});
}
