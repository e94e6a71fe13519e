#include "core/decode_record.h"

#include <doctest/doctest.h>

#include <thread>

#include "abi/frame_info.h"
#include "core/completion_queue.h"
#include "core/device.h"

using namespace cuf;

namespace {

class TwoCodecs : public BackendPort {
 public:
  std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions&) override { return nullptr; }
  std::unique_ptr<Decoder> create_decoder(const DecoderOptions&) override { return nullptr; }
  DecoderLimits decoder_support(const std::string&, ChromaFormat, uint32_t) override { return {}; }
  std::vector<std::string> decode_stats_codecs() const override { return {"h264", "mpeg4"}; }
  std::string versions() const override { return ""; }
  std::string license() const override { return ""; }
};

using Data = std::vector<uint8_t>;

Data block_of(const Data& record, size_t index) {
  const auto begin = record.begin() + static_cast<ptrdiff_t>(32 + 12 * index);
  return {begin, begin + 12};
}

MotionVector merged(std::initializer_list<std::pair<MotionVector, uint32_t>> parts,
                    bool may_lack_list) {
  BlockMotion motion;
  for (const auto& [vector, area] : parts) motion.add(vector, area);
  return motion.vector(may_lack_list);
}

}  // namespace

TEST_CASE("a record is laid out as NVDEC's statistics are") {
  DecodeRecordWriter writer(3, 2);
  writer.set_qp(1, 1, 200);
  writer.set_type(1, 1, BlockType::inter);
  writer.set_vector(1, 1, 0, {.x = -2, .y = 0x1234});
  const Data record = writer.finish();
  REQUIRE(record.size() == 32 + 12 * 6);
  Data header(32);
  header[0] = 1;
  header[4] = 6;
  CHECK(Data(record.begin(), record.begin() + 32) == header);
  const Data unknown = {0, 7 << 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const size_t i : {0u, 1u, 2u, 3u, 5u}) CHECK(block_of(record, i) == unknown);
  CHECK(block_of(record, 4) == Data{200, 1 << 1, 0, 0, 0xfe, 0xff, 0x34, 0x12, 0, 0, 0, 0});
}

TEST_CASE("a vector of list 1 is announced in the header") {
  DecodeRecordWriter writer(1, 1);
  writer.set_type(0, 0, BlockType::intra);
  writer.set_vector(0, 0, 1, {.x = 3, .y = -32768});
  const Data record = writer.finish();
  CHECK(record[0] == 3);
  CHECK(block_of(record, 0) == Data{0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0x80});
}

TEST_CASE("a block's vector is that of its largest part, of equals the first") {
  constexpr MotionVector a = {.x = 4, .y = 1};
  constexpr MotionVector b = {.x = -3, .y = 2};
  constexpr MotionVector none = {};
  CHECK(merged({{a, 256}}, false) == a);
  CHECK(merged({{a, 128}, {b, 128}}, false) == a);
  CHECK(merged({{a, 64}, {b, 64}, {a, 64}, {b, 64}}, false) == a);
  CHECK(merged({{a, 64}, {b, 64}, {none, 64}, {b, 64}}, false) == b);
  CHECK(merged({{a, 64}, {none, 64}, {none, 64}, {b, 64}}, false) == none);
  CHECK(merged({}, false) == none);
}

TEST_CASE("a zero beside other vectors may mean that a part does not use the list") {
  constexpr MotionVector a = {.x = 4, .y = 1};
  constexpr MotionVector none = {};
  CHECK(merged({{none, 64}, {none, 64}, {none, 64}, {a, 64}}, true) == a);
  CHECK(merged({{none, 128}, {none, 128}}, true) == none);
  CHECK(merged({{none, 256}}, true) == none);
}

TEST_CASE("a record is made once, when it is asked for") {
  auto held = std::make_shared<int>(0);
  const DecodeRecord record(3, 2, [held](DecodeRecordWriter& writer) {
    ++*held;
    writer.set_qp(2, 1, 40);
  });
  CHECK(record.columns() == 3);
  CHECK(record.byte_length() == 32 + 12 * 6);
  CHECK(*held == 0);
  CHECK(held.use_count() == 2);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { CHECK(record.bytes()[32 + 60] == 40); });
  for (std::thread& thread : threads) thread.join();
  CHECK(*held == 1);
  CHECK(held.use_count() == 1);  // what it was made of is freed
}

TEST_CASE("codecs without statistics are refused with the names of the others") {
  TwoCodecs backend;
  CHECK_NOTHROW(require_decode_stats(backend.decode_stats_codecs(), "mpeg4"));
  try {
    require_decode_stats(backend.decode_stats_codecs(), "hevc");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.status == Status::unsupported);
    CHECK(std::string(error.what()).find("statistics of hevc") != std::string::npos);
    CHECK(std::string(error.what()).find("h264, mpeg4") != std::string::npos);
  }
}

TEST_CASE("cuf_frame_decode_stats writes nothing beyond its buffer, nor for no frame") {
  TwoCodecs backend;
  auto device = std::make_shared<Device>(std::make_shared<CompletionQueue>(), backend, 1);
  auto picture = std::make_shared<Picture>();
  picture->decode_stats = std::make_shared<const DecodeRecord>(2, 1, [](auto&) {});
  const uint32_t frame = abi::add_frame(device, picture);
  const uint32_t plain = abi::add_frame(device, std::make_shared<Picture>());
  CufError error{};
  error.struct_size = sizeof(error);
  uint8_t out[57] = {};
  out[55] = out[56] = 0xaa;
  CHECK(cuf_frame_decode_stats(frame, out, 55, &error) == CUF_INVALID_ARGUMENT);
  CHECK(out[0] == 0);
  CHECK(cuf_frame_decode_stats(frame, nullptr, 56, &error) == CUF_INVALID_ARGUMENT);
  CHECK(cuf_frame_decode_stats(frame, out, 57, &error) == 56);
  CHECK(out[0] == 1);
  CHECK(out[56] == 0xaa);
  CHECK(cuf_frame_decode_stats(plain, nullptr, 0, &error) == 0);
  CHECK(cuf_frame_decode_stats(0, out, 57, &error) == CUF_INVALID_HANDLE);
  CHECK(cuf_handle_close(frame) == CUF_OK);
  CHECK(cuf_handle_close(plain) == CUF_OK);
  CHECK(cuf_frame_decode_stats(frame, out, 57, &error) == CUF_INVALID_HANDLE);
}
