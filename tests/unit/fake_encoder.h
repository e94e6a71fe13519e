#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/encode_session.h"
#include "session_bench.h"

// An encoder that does what a test says, and a device on it.
namespace fake_encoder {

using namespace cuf;

// What a test sets before, and sees after.
struct Script {
  std::vector<Format> formats = {Format::nv12, Format::i420, Format::p010, Format::yuv444};
  Backend backend = Backend::cpu;
  bool can_restart = false;
  bool reconfigures = false;
  std::string reconfigure_refusal;  // Error(unsupported) with it
  std::string create_refusal;
  Status create_status = Status::unsupported;
  uint32_t most_encoders = 100;
  bool has_late_headers = false;  // an encoder knows them when its first picture came out

  std::vector<EncoderOptions> created;
  std::vector<EncoderInput> sent;
  std::atomic<uint32_t> alive = 0;
  std::atomic<uint32_t> looks = 0;  // that were taken at an encoder's headers

  // While it is held, send() blocks.
  std::mutex mutex;
  std::condition_variable condition;
  bool is_held = false;
  bool is_waiting = false;
  void hold() {
    std::lock_guard lock(mutex);
    is_held = true;
  }
  void release() {
    {
      std::lock_guard lock(mutex);
      is_held = false;
    }
    condition.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex);
    is_waiting = true;
    condition.notify_all();
    condition.wait(lock, [&] { return !is_held; });
  }
  void wait_until_blocked() {
    std::unique_lock lock(mutex);
    condition.wait(lock, [&] { return is_waiting; });
  }
};

// Chunks hold the number and the first luma sample of their picture. bf B pictures stand before
// each P picture in display order and behind it in decode order.
class FakeEncoder : public Encoder {
 public:
  FakeEncoder(std::shared_ptr<Script> script, const EncoderOptions& options)
      : owner_(std::move(script)), script_(*owner_), settings_(options.settings) {
    ++script_.alive;
  }
  ~FakeEncoder() override { --script_.alive; }

  void send(const EncoderInput& input) override {
    script_.pass();
    for (const SideMessage& message : input.messages) {
      if (message.type == 999) throw Error(Status::unsupported, "No message 999 here");
    }
    script_.sent.push_back(input);
    waiting_.push_back(input);
  }
  void send_end() override { is_ending_ = true; }

  bool receive(EncodedPicture& out) override {
    if (coded_.empty()) order();
    if (coded_.empty()) {
      if (is_ending_) is_ending_ = has_begun_ = false;
      return false;
    }
    const auto& [input, type] = coded_.front();
    out.number = input.number;
    out.type = type;
    out.is_key = type == PictureType::i;
    out.data = {static_cast<uint8_t>(input.number),
                input.picture.device ? uint8_t{0} : *input.picture.planes[0].data};
    coded_.pop_front();
    has_given_ = true;
    return true;
  }
  bool can_restart() const override { return script_.can_restart; }
  uint32_t reorder_depth() const override { return b_frames() > 0 ? 1 : 0; }
  std::vector<uint8_t> sequence_params() override {
    ++script_.looks;
    if (script_.has_late_headers && !has_given_) return {};
    return {7, 8};
  }
  bool reconfigure(const EncoderSettings& settings, uint32_t, uint32_t) override {
    if (!script_.reconfigure_refusal.empty()) {
      throw Error(Status::unsupported, script_.reconfigure_refusal);
    }
    if (script_.reconfigures) settings_ = settings;
    return script_.reconfigures;
  }
  const EncoderSettings& settings() const override { return settings_; }
  const std::string& implementation() const override { return name_; }
  Backend backend() const override { return script_.backend; }

 private:
  size_t b_frames() const {
    return static_cast<size_t>(settings_.number_or(EncoderParameter::b_frames, 0));
  }
  void code(size_t index, PictureType type) {
    coded_.emplace_back(waiting_[index], type);
    waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(index));
  }
  void order() {
    if (waiting_.empty()) return;
    if (!has_begun_ || waiting_.front().forces_idr) {
      has_begun_ = true;
      return code(0, PictureType::i);
    }
    const size_t group = b_frames() + 1;
    if (waiting_.size() < group && !is_ending_) return;
    const size_t count = std::min(group, waiting_.size());
    code(count - 1, PictureType::p);
    for (size_t i = 1; i < count; ++i) code(0, PictureType::b);
  }

  const std::shared_ptr<Script> owner_;  // an encoder goes after the test that closed it
  Script& script_;
  EncoderSettings settings_;
  std::deque<EncoderInput> waiting_;
  std::deque<std::pair<EncoderInput, PictureType>> coded_;
  bool has_begun_ = false;
  bool has_given_ = false;
  bool is_ending_ = false;
  std::string name_ = "fake";
};

inline std::unique_ptr<Encoder> make(const std::shared_ptr<Script>& script,
                                     const EncoderOptions& options) {
  if (!script->create_refusal.empty()) throw Error(script->create_status, script->create_refusal);
  if (script->alive >= script->most_encoders) {
    throw Error(Status::out_of_memory, "No free session");
  }
  if (std::ranges::find(script->formats, options.format) == script->formats.end()) {
    throw Error(Status::unsupported, "No such format here");
  }
  script->created.push_back(options);
  return std::make_unique<FakeEncoder>(script, options);
}

inline EncoderSupport support(const Script& script, const EncoderOptions& options) {
  EncoderSupport support;
  support.formats = script.formats;
  support.is_supported = std::ranges::find(script.formats, options.format) != script.formats.end();
  if (!support.is_supported) support.reason = "No such format here";
  return support;
}

struct FakeBackend : BackendPort {
  const std::shared_ptr<Script> shared = std::make_shared<Script>();
  Script& script = *shared;
  std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions&) override { return nullptr; }
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions&) override { return nullptr; }
  DecoderLimits decoder_support(const std::string&, ChromaFormat, uint32_t) override { return {}; }
  std::string versions() const override { return "fake"; }
  std::string license() const override { return "none"; }
  std::unique_ptr<Encoder> create_encoder(const EncoderOptions& options) override {
    return make(shared, options);
  }
  EncoderSupport encoder_support(const EncoderOptions& options) override {
    return support(script, options);
  }
};

struct FakeGpu : GpuPort {
  const std::shared_ptr<Script> shared = std::make_shared<Script>();
  Script& script = *shared;
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions&) override { return nullptr; }
  DecoderLimits decoder_support(const std::string&, ChromaFormat, uint32_t) override { return {}; }
  std::unique_ptr<Encoder> create_encoder(const EncoderOptions& options) override {
    return make(shared, options);
  }
  EncoderSupport encoder_support(const EncoderOptions& options) override {
    return support(script, options);
  }
  int32_t ordinal() const override { return 0; }
  uint64_t context() const override { return 77; }
  GpuMemoryStats memory_stats() const override { return {}; }
  uint64_t pooled_bytes() const override { return 0; }
  void trim() override {}
  void adopt(Picture&, std::shared_ptr<const void>, uint64_t) override {}
  void reclaim_from(std::weak_ptr<Reclaimable>) override {}
};

struct Bench : FakeBackend, SessionBench {
  using Session = std::shared_ptr<EncodeSession>;
  using Chunks = std::vector<EncodeSession::Chunk>;

  explicit Bench(DeviceGpu gpu = {})
      : SessionBench(static_cast<FakeBackend&>(*this), std::move(gpu)) {}

  static EncodeSession::Options options(int64_t b_frames = 0) {
    EncodeSession::Options options;
    options.width = 4;
    options.height = 2;
    options.settings.set(EncoderParameter::b_frames, std::array{b_frames});
    return options;
  }
  Session open(EncodeSession::Options options) {
    EncodeSession::open(std::make_shared<EncodeSession>(device, std::move(options)), ticket());
    const Completion opened = wait();
    if (opened.status != Status::ok) return nullptr;
    handle = static_cast<uint32_t>(opened.value);
    return object_of<EncodeSession>(handle);
  }
  std::string error() {
    Error error(Status::ok, "");
    queue->take_error(last_ticket, error);
    return error.what();
  }
  // What the newest ticket gave.
  Chunks taken(const Session& session) {
    const Completion outcome = wait();
    if (outcome.status != Status::ok) return {};
    Chunks chunks = session->take(last_ticket);
    return chunks;
  }
  Chunks encode(const Session& session, EncodeSession::Request request = {}, uint8_t luma = 0) {
    const std::vector<uint8_t> bytes(12, luma);
    session->encode_bytes(bytes, 0, std::move(request), ticket());
    return taken(session);
  }
  Chunks encode_at(const Session& session, int64_t pts, Rational base = {1, 1000}) {
    return encode(session, {.time = {.pts = pts, .duration = 0, .time_base = base}});
  }
  Chunks flush(const Session& session) {
    session->flush(ticket());
    return taken(session);
  }

  uint32_t handle = 0;
};

}  // namespace fake_encoder
