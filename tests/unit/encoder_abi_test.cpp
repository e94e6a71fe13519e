#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cuframe.h"
#include "libav_clips.h"

// A stream made through the C calls alone, judged by the ffmpeg command.
namespace {

constexpr uint32_t kWidth = 320;
constexpr uint32_t kHeight = 180;
constexpr uint32_t kPictureBytes = kWidth * kHeight * 3 / 2;

struct Taken {
  std::vector<CufChunkInfo> chunks;
  std::string bytes;
};

class Caller {
 public:
  Caller() {
    REQUIRE(cuf_queue_create(&queue_, nullptr) == CUF_OK);
    const CufDeviceDesc desc = {.struct_size = sizeof(desc),
                                .backend = CUF_BACKEND_CPU,
                                .ordinal = 0,
                                .threads = 2,
                                .memory_budget_bytes = 0,
                                .cuda_context = 0,
                                .event_ticket = 0,
                                .reserved = 0};
    REQUIRE(cuf_device_create(queue_, &desc, ++ticket_, nullptr) == CUF_OK);
    device_ = static_cast<uint32_t>(wait().value);
  }
  ~Caller() { cuf_handle_close(queue_); }

  CufCompletion wait() {
    CufCompletion done{};
    while (cuf_queue_poll(queue_, &done, 1) == 0) cuf_queue_wait(queue_);
    REQUIRE(done.ticket == ticket_);
    CufError error{};
    error.struct_size = sizeof(error);
    if (done.status < 0) cuf_queue_error(queue_, ticket_, &error);
    REQUIRE_MESSAGE(done.status == CUF_OK, std::string(error.message));
    return done;
  }
  void create(const std::vector<CufEncoderSetting>& settings) {
    CufEncoderDesc desc{};
    desc.struct_size = sizeof(desc);
    desc.format = CUF_ENCODER_FORMAT_NV12;
    desc.width = kWidth;
    desc.height = kHeight;
    REQUIRE(cuf_encoder_create(device_, &desc, settings.data(),
                               static_cast<uint32_t>(settings.size()), nullptr, 0, ++ticket_,
                               nullptr) == CUF_OK);
    encoder = static_cast<uint32_t>(wait().value);
  }
  void encode(const std::vector<uint8_t>& picture, int64_t pts) {
    CufEncodeDesc desc{};
    desc.struct_size = sizeof(desc);
    desc.flags = CUF_ENCODE_HAS_PTS;
    desc.pts = pts;
    desc.time_base = {.num = 1, .den = 1000};
    REQUIRE(cuf_encoder_encode_bytes(encoder, picture.data(), kPictureBytes, 0, &desc, nullptr,
                                     nullptr, 0, ++ticket_, nullptr) == CUF_OK);
    take(wait());
  }
  void flush() {
    REQUIRE(cuf_encoder_flush(encoder, ++ticket_) == CUF_OK);
    take(wait());
  }
  void reconfigure(const CufEncoderSetting& setting) {
    REQUIRE(cuf_encoder_reconfigure(encoder, &setting, 1, 0, 0, ++ticket_, nullptr) == CUF_OK);
    const CufCompletion done = wait();
    if (done.extra >= 0) take(done);
  }
  CufEncoderInfo info() const {
    CufEncoderInfo info{};
    info.struct_size = sizeof(info);
    REQUIRE(cuf_encoder_info(encoder, &info) == CUF_OK);
    return info;
  }
  CufDeviceStats stats() const {
    CufDeviceStats stats{};
    stats.struct_size = sizeof(stats);
    REQUIRE(cuf_device_stats(device_, &stats) == CUF_OK);
    return stats;
  }

  uint32_t encoder = 0;
  Taken taken;

 private:
  void take(const CufCompletion& done) {
    std::vector<CufChunkInfo> chunks(static_cast<size_t>(done.value));
    std::string bytes(static_cast<size_t>(done.extra), '\0');
    REQUIRE(cuf_encoder_take(encoder, ticket_, chunks.data(), static_cast<uint32_t>(chunks.size()),
                             reinterpret_cast<uint8_t*>(bytes.data()),
                             static_cast<uint32_t>(bytes.size())) == done.value);
    taken.chunks.insert(taken.chunks.end(), chunks.begin(), chunks.end());
    taken.bytes += bytes;
  }

  uint32_t queue_ = 0;
  uint32_t device_ = 0;
  uint32_t ticket_ = 0;
};

CufEncoderSetting setting(uint32_t parameter, double value) {
  return {.struct_size = sizeof(CufEncoderSetting),
          .parameter = parameter,
          .value_count = 1,
          .reserved = 0,
          .values = {value, 0, 0}};
}

// Rows of encoder_parameters.inc.
constexpr uint32_t kCodec = 0;
constexpr uint32_t kPreset = 1;
constexpr uint32_t kBitrate = 4;
constexpr uint32_t kBFrames = 15;

// A ramp that moves.
std::vector<uint8_t> picture(uint32_t number) {
  std::vector<uint8_t> bytes(kPictureBytes, 128);
  for (uint32_t y = 0; y < kHeight; ++y) {
    for (uint32_t x = 0; x < kWidth; ++x) {
      bytes[y * kWidth + x] = static_cast<uint8_t>(16 + (x + y / 2 + 3 * number) % 200);
    }
  }
  return bytes;
}

// What ffmpeg decodes of the stream, picture after picture.
std::string decoded(const std::string& stream, const std::string& container = "h264") {
  const std::string in = clips::write("encoded." + container, stream);
  const std::string out = clips::folder().file("decoded.yuv");
  clips::run("ffmpeg -v error -nostdin -y -f " + container + " -i '" + in +
             "' -fps_mode passthrough -pix_fmt nv12 -f rawvideo '" + out + "'");
  std::ifstream file(out, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double psnr(const std::vector<uint8_t>& expected, const std::string& all, uint32_t place) {
  double error = 0;
  for (uint32_t i = 0; i < kPictureBytes; ++i) {
    const double difference =
        expected[i] - static_cast<uint8_t>(all[size_t{place} * kPictureBytes + i]);
    error += difference * difference;
  }
  return error == 0 ? 100 : 10 * std::log10(255.0 * 255.0 * kPictureBytes / error);
}

}  // namespace

TEST_CASE("a stream made through the C calls decodes to its pictures, in order and in time") {
  uint32_t codec = 0;
  SUBCASE("h264") {
    codec = 0;
  }
  SUBCASE("hevc") {
    codec = 1;
  }
  SUBCASE("av1") {
    codec = 2;
  }
  const std::string name = codec == 0 ? "h264" : codec == 1 ? "hevc" : "av1";
  Caller caller;
  std::vector<CufEncoderSetting> settings = {setting(kCodec, codec), setting(kPreset, 0),
                                             setting(kBitrate, 4'000'000)};
  if (codec < 2) settings.push_back(setting(kBFrames, 2));
  caller.create(settings);
  constexpr uint32_t kCount = 25;
  for (uint32_t i = 0; i < kCount; ++i) {
    caller.encode(picture(i), 40 * int64_t{i} - 80);
    if (i == 12) caller.reconfigure(setting(kBitrate, 3'000'000));
  }
  caller.flush();
  const auto& chunks = caller.taken.chunks;
  REQUIRE(chunks.size() == kCount);
  std::vector<bool> has_shown(kCount);
  for (uint32_t i = 0; i < kCount; ++i) {
    CHECK(chunks[i].time_base.den == 1000);
    CHECK((chunks[i].pts + 80) % 40 == 0);
    has_shown[static_cast<size_t>((chunks[i].pts + 80) / 40)] = true;
    CHECK(chunks[i].dts <= chunks[i].pts);
    if (i > 0) CHECK(chunks[i].dts > chunks[i - 1].dts);
    CHECK(chunks[i].timestamp_us == 1000 * chunks[i].pts);
  }
  CHECK(has_shown == std::vector<bool>(kCount, true));
  CHECK((chunks[0].flags & CUF_CHUNK_KEY) != 0);
  const std::string all = decoded(caller.taken.bytes, codec == 2 ? "obu" : name);
  REQUIRE(all.size() == size_t{kCount} * kPictureBytes);
  for (uint32_t i = 0; i < kCount; ++i) CHECK(psnr(picture(i), all, i) > 35);

  const CufEncoderInfo info = caller.info();
  CHECK(std::string(info.codec) == name);
  CHECK(info.frames_encoded == kCount);
  CHECK(info.chunk_bytes == caller.taken.bytes.size());
  CHECK(info.reconfigures + info.reopens == 1);
  CHECK(info.sequence_params_bytes > 8);
  CHECK(caller.stats().live_encoders == 1);
  cuf_handle_close(caller.encoder);
  CHECK(caller.stats().live_encoders == 0);
}

TEST_CASE("what follows the end of a stream is one that decodes by itself") {
  Caller caller;
  caller.create({setting(kPreset, 0)});
  for (uint32_t i = 0; i < 6; ++i) caller.encode(picture(i), i);
  caller.flush();
  caller.taken = {};
  for (uint32_t i = 6; i < 10; ++i) caller.encode(picture(i), i);
  caller.flush();
  REQUIRE(caller.taken.chunks.size() == 4);
  CHECK((caller.taken.chunks[0].flags & CUF_CHUNK_KEY) != 0);
  const std::string all = decoded(caller.taken.bytes);
  REQUIRE(all.size() == size_t{4} * kPictureBytes);
  for (uint32_t i = 0; i < 4; ++i) CHECK(psnr(picture(6 + i), all, i) > 35);
}
