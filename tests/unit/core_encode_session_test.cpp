#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fake_encoder.h"

using namespace cuf;
using fake_encoder::Bench;
using fake_encoder::FakeGpu;

namespace {

using enum EncoderParameter;

using Times = std::vector<int64_t>;

void append(Bench::Chunks& all, Bench::Chunks more) {
  for (auto& chunk : more) all.push_back(std::move(chunk));
}

Times pts_of(const Bench::Chunks& chunks) {
  Times times;
  for (const auto& chunk : chunks) times.push_back(chunk.time.pts);
  return times;
}

Times dts_of(const Bench::Chunks& chunks) {
  Times times;
  for (const auto& chunk : chunks) times.push_back(chunk.dts);
  return times;
}

EncoderSettings changed(EncoderParameter parameter, int64_t number) {
  EncoderSettings settings;
  settings.set(parameter, std::array{number});
  return settings;
}

// A 4 x 2 picture in host memory.
std::shared_ptr<Picture> picture(Format format, std::vector<uint8_t> bytes,
                                 std::vector<std::pair<uint32_t, uint32_t>> planes) {
  auto memory = std::make_shared<std::vector<uint8_t>>(std::move(bytes));
  auto result = std::make_shared<Picture>();
  result->format = format;
  result->width = 4;
  result->height = 2;
  const uint8_t* at = memory->data();
  for (const auto& [row_bytes, rows] : planes) {
    result->planes[result->plane_count++] = {
        .data = at, .stride = row_bytes, .rows = rows, .row_bytes = row_bytes};
    at += row_bytes * rows;
  }
  result->owner = std::move(memory);
  return result;
}

std::string plane_bytes(const Picture& picture, uint32_t index) {
  std::string bytes;
  const Plane& plane = picture.planes[index];
  for (uint32_t row = 0; row < plane.rows; ++row) {
    bytes.append(reinterpret_cast<const char*>(plane.data) + plane.stride * row, plane.row_bytes);
  }
  return bytes;
}

}  // namespace

TEST_CASE("chunks come in decode order with their picture's pts and a dts that grows") {
  Bench bench;
  const auto session = bench.open(Bench::options(2));
  Bench::Chunks all;
  for (const int64_t pts : {-50, 0, 33, 66, 166, 199, 232}) {
    append(all, bench.encode_at(session, pts));
  }
  append(all, bench.flush(session));
  CHECK(pts_of(all) == Times{-50, 66, 0, 33, 232, 166, 199});
  CHECK(dts_of(all) == Times{-83, -50, 0, 33, 66, 166, 199});
  CHECK(all[0].picture.is_key);
  CHECK(all[1].picture.type == PictureType::p);
  CHECK(session->state().chunk_bytes == 14);
  CHECK(session->state().frames_encoded == 7);
  CHECK(session->state().sequence_params == std::vector<uint8_t>{7, 8});
}

TEST_CASE("pictures without a time are counted on by the frame rate, without drift") {
  Bench bench;
  auto options = Bench::options();
  options.settings.set(fps, std::array<int64_t, 2>{30000, 1001});
  const auto session = bench.open(options);
  auto chunks = bench.encode(session);
  CHECK(chunks[0].time.pts == 0);
  CHECK(chunks[0].time.time_base.den == 30000);
  CHECK(chunks[0].time.duration == 1);
  CHECK(bench.encode(session)[0].time.pts == 1);
  bench.flush(session);
  // A new timeline, in milliseconds.
  CHECK(bench.encode_at(session, -10)[0].time.duration == 33);
  for (int i = 0; i < 29; ++i) bench.encode(session);
  CHECK(bench.encode(session)[0].time.pts == -10 + 1001);
}

TEST_CASE("a pts that is not behind the one before is refused, unless a stream ended") {
  Bench bench;
  const auto session = bench.open(Bench::options());
  bench.encode_at(session, 10);
  CHECK(bench.encode_at(session, 10).empty());
  CHECK(bench.error() ==
        "A pts of 10 is not behind the 10 of the picture before; pictures are encoded in the order "
        "of display, so give it a later timestamp");
  CHECK(bench.encode_at(session, 2, {1, 100}).size() == 1);  // 20
  CHECK(bench.encode_at(session, 31, {1, 1500}).empty());
  CHECK(bench.error().starts_with("A pts of 31 in 1/1500 s is no whole number"));
  CHECK(bench.encode_at(session, 33, {1, 1500})[0].time.pts == 22);
  bench.flush(session);
  CHECK(pts_of(bench.encode_at(session, 5)) == Times{5});
  CHECK(dts_of(bench.encode_at(session, 6)) == Times{6});
}

TEST_CASE("after the end of a stream that goes on, dts still grows") {
  Bench bench;
  const auto session = bench.open(Bench::options(1));
  Bench::Chunks all;
  for (int64_t pts = 0; pts < 8; ++pts) {
    append(all, bench.encode_at(session, pts));
    if (pts == 3) append(all, bench.flush(session));
  }
  append(all, bench.flush(session));
  CHECK(pts_of(all) == Times{0, 2, 1, 3, 4, 6, 5, 7});
  CHECK(dts_of(all) == Times{-33, 0, 1, 2, 3, 4, 5, 6});
  CHECK(all[4].picture.is_key);
}

TEST_CASE("an end makes an encoder anew only where it cannot go on") {
  for (const bool can_restart : {false, true}) {
    Bench bench;
    bench.script.can_restart = can_restart;
    const auto session = bench.open(Bench::options());
    CHECK(bench.flush(session).empty());
    bench.encode(session);
    bench.flush(session);
    CHECK(bench.script.alive == (can_restart ? 1 : 0));
    CHECK(bench.encode(session)[0].picture.is_key);
    CHECK(bench.script.created.size() == (can_restart ? 1 : 2));
  }
}

TEST_CASE("what a picture says goes to the encoder, and what is refused takes no picture") {
  Bench bench;
  const auto session = bench.open(Bench::options());
  bench.encode_at(session, 1);
  EncodeSession::Request request{
      .time = {.pts = 2, .duration = 0, .time_base = {1, 1000}},
      .forces_idr = true,
      .forces_intra = true,
      .wants_headers = true,
      .messages = {{.type = 5, .payload = {1, 2}}, {.type = 999, .payload = {}}}};
  CHECK(bench.encode(session, request).empty());
  CHECK(bench.error() == "No message 999 here");
  request.messages.pop_back();
  const auto chunks = bench.encode(session, request, 9);
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].picture.data == std::vector<uint8_t>{1, 9});
  CHECK(chunks[0].time.pts == 2);
  const EncoderInput& sent = bench.script.sent.back();
  CHECK((sent.forces_idr && sent.forces_intra && sent.wants_headers));
  REQUIRE(sent.messages.size() == 1);
  CHECK(sent.messages[0].payload == std::vector<uint8_t>{1, 2});
}

TEST_CASE("closing ends what waits, and the encoder goes") {
  Bench bench;
  auto session = bench.open(Bench::options());
  CHECK(bench.device->counters.live_encoders == 1);
  bench.script.hold();
  const std::vector<uint8_t> bytes(12);
  session->encode_bytes(bytes, 0, {}, bench.ticket());
  bench.script.wait_until_blocked();
  session->encode_bytes(bytes, 0, {}, bench.ticket());
  Registry::instance().close(bench.handle);
  CHECK(bench.device->counters.live_encoders == 0);
  bench.script.release();
  CHECK(bench.wait().status == Status::aborted);
  CHECK(bench.error() == "The encoder was closed while it was working");
  session.reset();
  while (bench.script.alive > 0) std::this_thread::yield();
  CHECK(bench.script.sent.size() == 1);
}

TEST_CASE("a picture whose ticket is cancelled before its turn is not encoded") {
  Bench bench;
  const auto session = bench.open(Bench::options());
  bench.script.hold();
  const std::vector<uint8_t> bytes(12);
  session->encode_bytes(bytes, 0, {}, bench.ticket());
  bench.script.wait_until_blocked();
  session->encode_bytes(bytes, 0, {}, bench.ticket());
  bench.queue->cancel(bench.last_ticket);
  bench.script.release();
  CHECK(bench.wait().status == Status::aborted);
  bench.encode(session);
  CHECK(bench.script.sent.size() == 2);
}

TEST_CASE("settings change in place, or by an encoder made anew whose forerunner is drained") {
  for (const bool in_place : {true, false}) {
    Bench bench;
    bench.script.reconfigures = in_place;
    auto options = Bench::options(1);
    options.settings.set(max_width, std::array<int64_t, 1>{8});
    const auto session = bench.open(options);
    Bench::Chunks all;
    for (int64_t pts = 0; pts < 4; ++pts) append(all, bench.encode_at(session, pts));
    session->reconfigure(changed(bitrate, 123456), 8, 2, bench.ticket());
    // Pictures of the new size may follow at once.
    const uint32_t reconfiguring = bench.last_ticket;
    const std::vector<uint8_t> bytes(24);
    session->encode_bytes(bytes, 0, {}, bench.ticket());
    CHECK(bench.wait().status == Status::ok);
    const auto held_back = session->take(reconfiguring);
    CHECK(held_back.size() == (in_place ? 0 : 1));
    append(all, held_back);
    append(all, session->take(bench.last_ticket));
    append(all, bench.flush(session));
    CHECK(all.size() == 5);
    for (size_t i = 1; i < all.size(); ++i) CHECK(all[i].dts > all[i - 1].dts);
    const auto state = session->state();
    CHECK(state.reconfigures == (in_place ? 1 : 0));
    CHECK(state.reopens == (in_place ? 0 : 1));
    CHECK(state.width == 8);
    CHECK(state.settings.number(bitrate) == 123456);
    CHECK(state.settings.number(max_bitrate) == 123456);  // follows, as at first
    CHECK(bench.script.created.size() == (in_place ? 1 : 2));
  }
}

TEST_CASE("a change to what holds already changes nothing, whatever the encoder can") {
  Bench bench;
  bench.script.reconfigures = false;
  const auto session = bench.open(Bench::options(1));
  bench.encode(session);
  for (const EncoderSettings& same : {EncoderSettings{}, changed(bitrate, 10'000'000)}) {
    session->reconfigure(same, 0, 0, bench.ticket());
    CHECK(bench.wait().status == Status::ok);
  }
  CHECK(bench.script.created.size() == 1);
  CHECK(session->state().reopens == 0);
}

TEST_CASE("settings and headers are looked at only when they can have changed") {
  for (const bool is_late : {false, true}) {
    Bench bench;
    bench.script.has_late_headers = is_late;
    bench.script.reconfigures = true;
    auto options = Bench::options();
    options.format = EncoderFormat::argb;
    const auto session = bench.open(options);
    const std::vector<uint8_t> headers{7, 8};
    CHECK(session->state().sequence_params == (is_late ? std::vector<uint8_t>() : headers));
    for (int i = 0; i < 10; ++i) {
      session->encode_bytes(std::vector<uint8_t>(32, 255), 0, {}, bench.ticket());
      bench.taken(session);
      CHECK(session->state().sequence_params == headers);
    }
    CHECK(bench.script.looks == (is_late ? 2 : 1));
    session->reconfigure(changed(bitrate, 500000), 0, 0, bench.ticket());
    bench.taken(session);
    CHECK(session->state().settings.number(bitrate) == 500000);
    CHECK(bench.script.looks == (is_late ? 3 : 2));
  }
}

TEST_CASE("what cannot change is refused by name and changes nothing") {
  Bench bench;
  const auto session = bench.open(Bench::options(1));
  const auto refusal = [&](const EncoderSettings& settings, uint32_t width) -> std::string {
    try {
      session->reconfigure(settings, width, 0, bench.ticket());
      return bench.wait().status == Status::ok ? "taken" : bench.error();
    } catch (const Error& error) {
      return error.what();
    }
  };
  CHECK(refusal(changed(codec, 1), 0) ==
        "codec cannot change while an encoder works; make another");
  CHECK(refusal(changed(b_frames, 3), 0) ==
        "bf cannot change while an encoder works; make another");
  CHECK(refusal({}, 6) == "Pictures of 6 x 2 are larger than maxWidth and maxHeight, 4 x 2");
  CHECK(refusal(changed(cq, 20), 0) == "taken");
  CHECK(refusal(changed(rc, 0), 0) == "taken");
  CHECK(!session->state().settings.has(cq));
  bench.script.reconfigure_refusal = "Not this";
  CHECK(refusal(changed(bitrate, 5), 2) == "Not this");
  bench.script.reconfigure_refusal.clear();
  bench.script.create_refusal = "Not that";
  CHECK(refusal(changed(bitrate, 5), 2) == "Not that");
  CHECK(session->state().settings.number(bitrate) == 10'000'000);
  CHECK(bench.encode(session).size() == 1);  // of the size as it was
}

TEST_CASE("where there is room for one encoder only, the old one goes first") {
  Bench bench;
  bench.script.most_encoders = 1;
  const auto session = bench.open(Bench::options(1));
  bench.encode(session);
  bench.encode(session);
  session->reconfigure(changed(bitrate, 5), 0, 0, bench.ticket());
  const Completion outcome = bench.wait();
  CHECK(outcome.value == 1);
  CHECK(outcome.extra == 2);
  CHECK(bench.encode(session).size() == 1);
}

TEST_CASE("an encoder that cannot be made says why and leaves nothing") {
  Bench bench;
  bench.script.create_refusal = "No free session";
  bench.script.create_status = Status::out_of_memory;
  CHECK(!bench.open(Bench::options()));
  CHECK(bench.error() == "No free session");
  CHECK(bench.device->counters.live_encoders == 0);
  auto options = Bench::options();
  options.width = 3;
  CHECK_THROWS_WITH(EncodeSession(bench.device, options),
                    "Pictures of NV12 have an even width and height, not 3 x 2");
}

TEST_CASE("frames of another arrangement are made the encoder's; others are refused") {
  Bench bench;
  auto options = Bench::options();
  const auto nv12 = bench.open(options);
  const auto planar =
      picture(Format::i420, {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 20, 21}, {{4, 2}, {2, 1}, {2, 1}});
  nv12->encode(planar, {}, bench.ticket());
  CHECK(bench.taken(nv12).size() == 1);
  CHECK(plane_bytes(bench.script.sent.back().picture, 1) == "\x0a\x14\x0b\x15");
  options.format = EncoderFormat::yv12;
  const auto yv12 = bench.open(options);
  const auto semi =
      picture(Format::nv12, {1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 11, 21}, {{4, 2}, {4, 1}});
  yv12->encode(semi, {}, bench.ticket());
  CHECK(bench.taken(yv12).size() == 1);
  CHECK(bench.script.sent.back().picture.format == Format::i420);
  CHECK(plane_bytes(bench.script.sent.back().picture, 1) == "\x0a\x0b");
  CHECK(plane_bytes(bench.script.sent.back().picture, 2) == "\x14\x15");
  // Planes Y, V, U in rows of 6 bytes, chroma in rows of 3.
  const std::vector<uint8_t> bytes = {1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0, 0, 20, 21, 0, 10, 11, 0};
  yv12->encode_bytes(bytes, 6, {}, bench.ticket());
  CHECK(bench.taken(yv12).size() == 1);
  CHECK(plane_bytes(bench.script.sent.back().picture, 1) == "\x0a\x0b");
  CHECK_THROWS_WITH(yv12->encode_bytes(std::vector<uint8_t>(13), 0, {}, bench.ticket()),
                    "YV12 of 4 x 2 is uint8 [3, 4], 12 bytes without padding; 13 were given");
  CHECK_THROWS_WITH(yv12->encode_bytes(bytes, 3, {}, bench.ticket()),
                    "YV12 of 4 x 2 is uint8 [3, 4], with rows of at least 4 bytes, not 3");
  auto wide = picture(Format::yuv444, std::vector<uint8_t>(24), {{4, 2}, {4, 2}, {4, 2}});
  CHECK_THROWS_WITH(nv12->encode(wide, {}, bench.ticket()),
                    "The encoder takes NV12 of 4 x 2, as uint8 [3, 4], not a frame of another "
                    "chroma format, depth or type");
}

TEST_CASE("RGB is what the encoder takes it for, or YUV before, and the stream says which") {
  Bench bench;
  auto options = Bench::options();
  options.format = EncoderFormat::argb;
  auto session = bench.open(options);
  CHECK(bench.script.created.back().format == Format::nv12);
  CHECK(bench.script.created.back().color.matrix == 6);
  session->encode_bytes(std::vector<uint8_t>(32, 255), 0, {}, bench.ticket());
  bench.taken(session);
  CHECK(*bench.script.sent.back().picture.planes[0].data == 235);
  options.settings.set(color_space, std::array<int64_t, 1>{1});
  options.settings.set(tuning_info, std::array<int64_t, 1>{3});
  session = bench.open(options);
  CHECK(bench.script.created.back().format == Format::yuv444);
  CHECK(bench.script.created.back().color.matrix == 1);
  bench.script.formats = {Format::bgra};
  bench.open(options);
  CHECK(bench.script.created.back().format == Format::bgra);
  options.color = Color{.primaries = 1, .transfer = 1, .matrix = 0, .full_range = true};
  CHECK_THROWS_WITH(EncodeSession(bench.device, options),
                    "RGB is encoded as YUV; give a colour matrix other than 0, or none");
}

TEST_CASE("an automatic device takes the CPU for what its GPU does not encode") {
  const auto gpu = std::make_shared<FakeGpu>();
  gpu->script.create_refusal = "No NVENC here";
  Bench bench({.port = gpu, .falls_back = true});
  const auto session = bench.open(Bench::options());
  CHECK(session->state().backend == Backend::cpu);
  CHECK(session->state().fallback_reason == "No NVENC here");
  gpu->script.create_status = Status::out_of_memory;
  CHECK(!bench.open(Bench::options()));
  Bench named({.port = gpu, .falls_back = false});
  gpu->script.create_status = Status::unsupported;
  CHECK(!named.open(Bench::options()));
  CHECK(named.error() == "No NVENC here");
}

TEST_CASE("a GPU's encoder counts what is copied to it and takes frames of its own context") {
  const auto gpu = std::make_shared<FakeGpu>();
  gpu->script.backend = Backend::cuda;
  Bench bench({.port = gpu, .falls_back = false});
  auto options = Bench::options();
  options.cuda_stream = 5;
  const auto session = bench.open(options);
  bench.encode(session);
  CHECK(session->state().host_copies == 1);
  struct Memory : DeviceMemoryInfo {
    uint64_t of = 77;
    mutable std::vector<uint64_t> refills;
    int32_t gpu() const override { return 0; }
    uint64_t context() const override { return of; }
    void order_before(uint64_t) const override {}
    void note_use(uint64_t) const override {}
    void share() const override {}
    void wait() const override {}
    void note_refill(uint64_t stream) const override { refills.push_back(stream); }
  };
  const auto memory = std::make_shared<Memory>();
  auto frame = picture(Format::nv12, std::vector<uint8_t>(12), {{4, 2}, {4, 1}});
  frame->device = memory;
  session->encode(frame, {}, bench.ticket());
  CHECK(bench.taken(session).size() == 1);
  CHECK(session->state().host_copies == 1);
  memory->of = 78;
  session->encode(frame, {}, bench.ticket());
  CHECK(bench.wait().status == Status::invalid_argument);
  // The encoder's stream orders nothing in the other context.
  CHECK(memory->refills == std::vector<uint64_t>{5, 0});
}

TEST_CASE("pictures that wait are bounded by the encoder's budget") {
  Bench bench;
  auto options = Bench::options();
  options.input_budget = 3 * 4096;
  const auto session = bench.open(options);
  bench.script.hold();
  const std::vector<uint8_t> bytes(12);
  int taken = 0;
  try {
    for (; taken < 100; ++taken) session->encode_bytes(bytes, 0, {}, bench.ticket());
  } catch (const Error& error) {
    CHECK(error.status == Status::out_of_memory);
    CHECK(
        std::string(error.what()) ==
        "4096 bytes for a picture are not left of the encoder's inputBudgetBytes, which is 12288, "
        "12288 in use; await encode() before the next one, or set createEncoder({ "
        "inputBudgetBytes }) higher");
  }
  CHECK(taken == 3);
  bench.script.release();
}

TEST_CASE("what waited leaves the encoder's budget before its end is told") {
  Bench bench;
  auto options = Bench::options();
  options.input_budget = 4096;
  const auto session = bench.open(options);
  for (int i = 0; i < 2000; ++i) {
    REQUIRE(bench.encode(session).size() == 1);
    bench.script.sent.clear();
  }
  // So does what was refused.
  const std::vector<uint8_t> bytes(12);
  for (int i = 0; i < 2000; ++i) {
    session->encode_bytes(bytes, 0, {.time = {.pts = 0, .time_base = {1, 30}}}, bench.ticket());
    REQUIRE(bench.wait().status == Status::invalid_argument);
  }
}
