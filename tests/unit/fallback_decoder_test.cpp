#include "core/fallback_decoder.h"

#include <doctest/doctest.h>

#include <deque>
#include <vector>

// A decoder of a GPU that meets what it does not support, on scripted ports.
using namespace cuf;

namespace {

constexpr int64_t kRefusedAtEnd = -1;

// Gives each packet's picture when the next one comes; refuses packets from a time on, or says
// nothing and refuses the end.
class Scripted : public Decoder {
 public:
  Scripted(Backend backend, int64_t refused_from)
      : backend_(backend), refused_from_(refused_from) {}
  void send(const Packet& packet) override {
    if (refused_from_ >= 0 && packet.pts >= refused_from_)
      throw Error(Status::unsupported, "This GPU cannot");
    if (refused_from_ != kRefusedAtEnd) held_.push_back(packet.pts);
    is_ending_ = false;
  }
  void send_end() override {
    if (!is_ending_ && refused_from_ == kRefusedAtEnd) {
      is_ending_ = true;
      held_.clear();
      throw Error(Status::unsupported, "There is nothing to see");
    }
    is_ending_ = true;
  }
  bool receive(Picture& out) override {
    if (held_.empty() || (held_.size() < 2 && !is_ending_)) return false;
    out = {};
    out.pts = held_.front();
    held_.pop_front();
    return true;
  }
  void reset() override { held_.clear(); }
  void begin_stream(uint32_t, uint32_t) override {}
  Latency effective_latency() const override { return Latency::native; }
  bool fits(const DecoderOptions&) const override { return true; }
  void reconfigure(const DecoderOptions&) override { reset(); }
  const std::string& implementation() const override { return name_; }
  Backend backend() const override { return backend_; }

 private:
  const Backend backend_;
  const int64_t refused_from_;
  const std::string name_ = "scripted";
  std::deque<int64_t> held_;
  bool is_ending_ = false;
};

class Port : public DecoderPort {
 public:
  Port(Backend backend, int64_t refused_from, bool refuses_all = false)
      : backend_(backend), refused_from_(refused_from), refuses_all_(refuses_all) {}
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions&) override {
    if (refuses_all_) throw Error(Status::unsupported, "This GPU knows no such codec");
    ++created;
    return std::make_unique<Scripted>(backend_, refused_from_);
  }
  DecoderLimits decoder_support(const std::string& codec, ChromaFormat, uint32_t) override {
    DecoderLimits limits;
    limits.is_supported = codec == "known";
    return limits;
  }

  int created = 0;

 private:
  const Backend backend_;
  const int64_t refused_from_;
  const bool refuses_all_;
};

std::vector<int64_t> decode(Decoder& decoder, int64_t count) {
  std::vector<int64_t> out;
  const auto receive = [&] {
    for (Picture picture; decoder.receive(picture);) out.push_back(picture.pts);
  };
  for (int64_t pts = 0; pts < count; ++pts) {
    Packet packet;
    packet.pts = pts;
    packet.is_key = pts % 4 == 0;
    decoder.send(packet);
    receive();
  }
  decoder.send_end();
  receive();
  return out;
}

const std::vector<int64_t> kEight = {0, 1, 2, 3, 4, 5, 6, 7};

}  // namespace

TEST_CASE("What the GPU supports stays there") {
  Port gpu(Backend::cuda, 100);
  Port cpu(Backend::cpu, 100);
  FallbackDecoder decoder(gpu, cpu, {});
  CHECK(decode(decoder, 8) == kEight);
  CHECK(decoder.backend() == Backend::cuda);
  CHECK(decoder.fallback_reason().empty());
}

TEST_CASE("A stream that the GPU refuses is decoded by the CPU, with the reason") {
  Port gpu(Backend::cuda, 0);
  Port cpu(Backend::cpu, 100);
  FallbackDecoder decoder(gpu, cpu, {});
  CHECK(decoder.backend() == Backend::cuda);
  CHECK(decode(decoder, 8) == kEight);
  CHECK(decoder.backend() == Backend::cpu);
  CHECK(decoder.fallback_reason() == "This GPU cannot");
}

TEST_CASE("A stream of which the GPU says nothing before its end is decoded by the CPU then") {
  Port gpu(Backend::cuda, kRefusedAtEnd);
  Port cpu(Backend::cpu, 100);
  FallbackDecoder decoder(gpu, cpu, {});
  CHECK(decode(decoder, 8) == kEight);
  CHECK(decoder.backend() == Backend::cpu);
  CHECK(decoder.fallback_reason() == "There is nothing to see");
}

TEST_CASE("A stream that becomes what the GPU refuses loses and repeats no picture") {
  Port gpu(Backend::cuda, 4);
  Port cpu(Backend::cpu, 100);
  FallbackDecoder decoder(gpu, cpu, {});
  CHECK(decode(decoder, 8) == kEight);
  CHECK(decoder.backend() == Backend::cpu);
}

TEST_CASE("A codec that the GPU does not know goes to the CPU at once; other failures are told") {
  Port gpu(Backend::cuda, 0, true);
  Port cpu(Backend::cpu, 100);
  FallbackDecoder decoder(gpu, cpu, {});
  CHECK(decoder.backend() == Backend::cpu);
  CHECK(decode(decoder, 8) == kEight);
  Port refusing_cpu(Backend::cpu, 0, true);
  CHECK_THROWS_AS(FallbackDecoder(gpu, refusing_cpu, {}), Error);
}

TEST_CASE(
    "A decoder that fell back decodes the next stream on the GPU again, and makes none anew") {
  Port gpu(Backend::cuda, 4);
  Port cpu(Backend::cpu, 100);
  FallbackDecoder decoder(gpu, cpu, {});
  for (int stream = 0; stream < 3; ++stream) {
    CAPTURE(stream);
    CHECK(decoder.backend() == Backend::cuda);
    CHECK(decoder.fallback_reason().empty());
    CHECK(decode(decoder, 8) == kEight);
    CHECK(decoder.backend() == Backend::cpu);
    CHECK(decoder.fits({}));
    if (stream == 0) decoder.reconfigure({});
    if (stream == 1) decoder.begin_stream(64, 64);
  }
  decoder.reconfigure({});
  CHECK(decode(decoder, 3) == std::vector<int64_t>{0, 1, 2});
  CHECK(decoder.backend() == Backend::cuda);
  CHECK(gpu.created == 1);
  CHECK(cpu.created == 1);
}

TEST_CASE("A seek within a stream that fell back stays on the CPU") {
  Port gpu(Backend::cuda, 4);
  Port cpu(Backend::cpu, 100);
  FallbackDecoder decoder(gpu, cpu, {});
  CHECK(decode(decoder, 8) == kEight);
  decoder.reset();
  CHECK(decoder.backend() == Backend::cpu);
  CHECK(decode(decoder, 8) == kEight);
}

TEST_CASE("A decoder that the GPU refused to make does not fit what the GPU decodes") {
  Port gpu(Backend::cuda, 0, true);
  Port cpu(Backend::cpu, 100);
  DecoderOptions options;
  options.codec = "unknown";
  FallbackDecoder decoder(gpu, cpu, options);
  CHECK(decoder.fits(options));
  options.codec = "known";
  CHECK_FALSE(decoder.fits(options));
}
