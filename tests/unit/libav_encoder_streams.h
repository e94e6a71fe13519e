#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/encoder_port.h"
#include "libav/backend.h"
#include "libav/log_handler.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

// Streams that the encoders make of a moving picture, and libav's word on them.
namespace streams {

using namespace cuf;
using P = EncoderParameter;
using Data = std::vector<uint8_t>;
using Settings = std::vector<std::pair<P, std::vector<int64_t>>>;

inline constexpr VideoCodec kCodecs[] = {VideoCodec::h264, VideoCodec::hevc, VideoCodec::av1};

struct Shape {
  Format format;
  uint32_t chroma_x;  // log2
  uint32_t chroma_y;
  bool is_deep;
  bool is_planar;
};
inline constexpr Shape kShapes[] = {
    {Format::nv12, 1, 1, false, false},   {Format::i420, 1, 1, false, true},
    {Format::nv16, 1, 0, false, false},   {Format::p010, 1, 1, true, false},
    {Format::p210, 1, 0, true, false},    {Format::yuv444, 0, 0, false, true},
    {Format::yuv444_16, 0, 0, true, true}};

inline const Shape& shape_of(Format format) {
  return *std::ranges::find(kShapes, format, &Shape::format);
}

// 10 bits.
inline int sample(uint32_t plane, uint32_t x, uint32_t y, uint64_t number) {
  const double t = static_cast<double>(number);
  const double wave = std::sin((x + 3 * t) / 9.0) * std::cos((y - 2 * t) / 7.0);
  if (plane > 0) return static_cast<int>(512 + (plane == 1 ? 200 : -150) * wave);
  const uint32_t hash = (x * 2654435761u) ^ (y * 40503u) ^ static_cast<uint32_t>(number * 97);
  return static_cast<int>(500 + 300 * wave) + static_cast<int>(hash >> 13 & 15);
}

inline Picture picture(Format format, uint32_t width, uint32_t height, uint64_t number) {
  const Shape& shape = shape_of(format);
  const size_t bytes = shape.is_deep ? 2 : 1;
  const uint32_t chroma_width = (width + (1u << shape.chroma_x) - 1) >> shape.chroma_x;
  const uint32_t chroma_height = (height + (1u << shape.chroma_y) - 1) >> shape.chroma_y;
  auto memory = std::make_shared<Data>();
  Picture out;
  out.format = format;
  out.width = width;
  out.height = height;
  out.bit_depth = shape.is_deep ? 10 : 8;
  out.dtype = shape.is_deep ? Dtype::uint16 : Dtype::uint8;
  std::vector<size_t> offsets;
  const auto add = [&](uint32_t columns, uint32_t rows, uint32_t first, uint32_t step) {
    // Rows end in bytes that are not theirs.
    const size_t stride = (size_t{columns} * step * bytes + 31) / 16 * 16;
    offsets.push_back(memory->size());
    memory->resize(memory->size() + stride * rows, 0xEE);
    out.planes[out.plane_count++] = {nullptr, static_cast<ptrdiff_t>(stride), rows,
                                     static_cast<uint32_t>(columns * step * bytes)};
    for (uint32_t y = 0; y < rows; ++y) {
      for (uint32_t x = 0; x < columns * step; ++x) {
        const int value = sample(first + x % step, x / step, y, number);
        uint8_t* at = memory->data() + offsets.back() + stride * y + x * bytes;
        if (shape.is_deep) {
          // What is below the 10 bits does not count.
          const uint16_t word = static_cast<uint16_t>(value << 6 | (x & 63));
          std::copy_n(reinterpret_cast<const uint8_t*>(&word), 2, at);
        } else {
          *at = static_cast<uint8_t>(value >> 2);
        }
      }
    }
  };
  add(width, height, 0, 1);
  if (shape.is_planar) {
    add(chroma_width, chroma_height, 1, 1);
    add(chroma_width, chroma_height, 2, 1);
  } else {
    add(chroma_width, chroma_height, 1, 2);
  }
  for (uint32_t i = 0; i < out.plane_count; ++i) out.planes[i].data = memory->data() + offsets[i];
  out.owner = memory;
  return out;
}

struct Made {
  VideoCodec codec = VideoCodec::h264;
  Format format = Format::nv12;
  uint32_t width = 192;
  uint32_t height = 112;
  Settings settings = {};
  std::vector<std::pair<std::string, std::string>> native = {};
  Color color = {};
  uint32_t threads = 1;
  bool is_fast = true;  // P1, unless settings say another
};

inline void apply(EncoderSettings& settings, const Settings& given) {
  for (const auto& [parameter, numbers] : given) settings.set(parameter, numbers);
}

inline EncoderOptions options_of(const Made& made) {
  EncoderOptions out;
  out.width = made.width;
  out.height = made.height;
  out.format = made.format;
  out.color = made.color;
  out.native_options = made.native;
  out.threads = made.threads;
  out.settings.set(P::codec, std::array{static_cast<int64_t>(made.codec)});
  if (made.is_fast) out.settings.set(P::preset, std::array<int64_t, 1>{0});
  apply(out.settings, made.settings);
  complete_encoder_settings(out.settings, made.width, made.height);
  return out;
}

inline std::unique_ptr<Encoder> open(const Made& made) {
  return libav::backend().create_encoder(options_of(made));
}

using Pictures = std::vector<EncodedPicture>;

inline void receive_all(Encoder& encoder, Pictures& out) {
  for (EncodedPicture one; encoder.receive(one); one = {}) out.push_back(std::move(one));
}

using Change = std::function<void(EncoderInput&)>;

inline void feed(Encoder& encoder, const Made& made, uint64_t from, uint64_t to, Pictures& out,
                 const Change& change = {}) {
  for (uint64_t number = from; number < to; ++number) {
    EncoderInput input;
    input.picture = picture(made.format, made.width, made.height, number);
    input.number = number;
    if (change) change(input);
    encoder.send(input);
    receive_all(encoder, out);
  }
}

inline Pictures encode(const Made& made, uint64_t count, const Change& change = {}) {
  const auto encoder = open(made);
  Pictures out;
  feed(*encoder, made, 0, count, out, change);
  encoder->send_end();
  receive_all(*encoder, out);
  CHECK(out.size() == count);
  return out;
}

inline AVCodecID codec_id(VideoCodec codec) {
  constexpr AVCodecID kIds[] = {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_AV1};
  return kIds[static_cast<size_t>(codec)];
}

inline size_t byte_count(const Pictures& pictures) {
  size_t total = 0;
  for (const EncodedPicture& one : pictures) total += one.data.size();
  return total;
}

inline std::vector<uint64_t> keys_of(const Pictures& pictures) {
  std::vector<uint64_t> out;
  for (const EncodedPicture& one : pictures) {
    if (one.is_key) out.push_back(one.number);
  }
  return out;
}

using Frame = std::shared_ptr<AVFrame>;

inline std::shared_ptr<AVPacket> packet_of(const EncodedPicture& picture) {
  AVPacket* packet = av_packet_alloc();
  REQUIRE(av_new_packet(packet, static_cast<int>(picture.data.size())) == 0);
  std::copy(picture.data.begin(), picture.data.end(), packet->data);
  packet->pts = static_cast<int64_t>(picture.number);
  return {packet, [](AVPacket* p) { av_packet_free(&p); }};
}

struct Decoded {
  std::vector<Frame> frames;
  AVRational framerate{};
  int profile = 0;
  int level = 0;
};

// In the order of display, by libav's decoders.
inline Decoded decode(VideoCodec codec, const Pictures& pictures) {
  AVCodecContext* context = avcodec_alloc_context3(avcodec_find_decoder(codec_id(codec)));
  REQUIRE(context);
  context->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
  REQUIRE(avcodec_open2(context, nullptr, nullptr) == 0);
  Decoded out;
  const auto receive = [&] {
    for (;;) {
      Frame frame(av_frame_alloc(), [](AVFrame* f) { av_frame_free(&f); });
      if (avcodec_receive_frame(context, frame.get()) < 0) return;
      out.frames.push_back(frame);
    }
  };
  for (const EncodedPicture& one : pictures) {
    CHECK(avcodec_send_packet(context, packet_of(one).get()) == 0);
    receive();
  }
  avcodec_send_packet(context, nullptr);
  receive();
  out.framerate = context->framerate;
  out.profile = context->profile;
  out.level = context->level;
  avcodec_free_context(&context);
  return out;
}

// Sum of the squares of differences from sample(), and how many samples there are, of all planes.
inline std::pair<double, double> error_of(const AVFrame& frame) {
  const AVPixFmtDescriptor& desc = *av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const bool is_deep = desc.comp[0].depth > 8;
  double sum = 0, count = 0;
  for (uint32_t plane = 0; plane < 3; ++plane) {
    const uint32_t shift_x = plane ? desc.log2_chroma_w : 0;
    const uint32_t shift_y = plane ? desc.log2_chroma_h : 0;
    const uint32_t columns = (static_cast<uint32_t>(frame.width) + (1u << shift_x) - 1) >> shift_x;
    const uint32_t rows = (static_cast<uint32_t>(frame.height) + (1u << shift_y) - 1) >> shift_y;
    for (uint32_t y = 0; y < rows; ++y) {
      const uint8_t* row = frame.data[plane] + ptrdiff_t{frame.linesize[plane]} * y;
      for (uint32_t x = 0; x < columns; ++x) {
        const int wanted = sample(plane, x, y, static_cast<uint64_t>(frame.pts));
        const int found = is_deep ? reinterpret_cast<const uint16_t*>(row)[x] : row[x];
        const double difference = found - (is_deep ? wanted : wanted >> 2);
        sum += difference * difference * (is_deep ? 1.0 / 16 : 1);
        ++count;
      }
    }
  }
  return {sum, count};
}

inline double psnr(const std::vector<Frame>& frames) {
  double sum = 0, count = 0;
  for (const Frame& frame : frames) {
    const auto [one, samples] = error_of(*frame);
    sum += one;
    count += samples;
  }
  return sum == 0 ? INFINITY : 10 * std::log10(255.0 * 255.0 * count / sum);
}

inline std::string& traced() {
  static std::string text;
  return text;
}

inline void keep_trace(void*, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_INFO) return;
  char line[1024];
  std::vsnprintf(line, sizeof(line), format, arguments);
  traced() += line;
}

// What libav's trace_headers filter reads in the pictures.
inline std::string trace(VideoCodec codec, const Pictures& pictures) {
  traced().clear();
  av_log_set_callback(keep_trace);
  AVBSFContext* filter = nullptr;
  REQUIRE(av_bsf_alloc(av_bsf_get_by_name("trace_headers"), &filter) == 0);
  filter->par_in->codec_id = codec_id(codec);
  REQUIRE(av_bsf_init(filter) == 0);
  AVPacket* out = av_packet_alloc();
  int failures = 0;
  for (const EncodedPicture& one : pictures) {
    failures += av_bsf_send_packet(filter, packet_of(one).get()) < 0;
    failures += av_bsf_receive_packet(filter, out) < 0;
    av_packet_unref(out);
  }
  av_packet_free(&out);
  av_bsf_free(&filter);
  libav::install_log_handler();
  CHECK(failures == 0);
  return std::exchange(traced(), {});
}

// Of each time that a syntax element of this name stands there.
inline std::vector<int64_t> values_of(const std::string& trace, const std::string& name) {
  std::vector<int64_t> out;
  for (size_t at = trace.find(" " + name + " "); at != std::string::npos;
       at = trace.find(" " + name + " ", at + 1)) {
    const size_t end = trace.find('\n', at);
    const size_t sign = trace.rfind("= ", end);
    if (sign != std::string::npos && sign > at) out.push_back(std::stoll(trace.substr(sign + 2)));
  }
  return out;
}

inline int64_t value_of(const std::string& trace, const std::string& name) {
  const auto values = values_of(trace, name);
  INFO(name);
  REQUIRE(!values.empty());
  return values.front();
}

inline size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

template <typename Work>
Error error_of_work(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  return Error(Status::ok, "");
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace streams
