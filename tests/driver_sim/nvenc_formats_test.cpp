// NVENC's input formats and codecs: what a picture of one colour becomes, as libav decodes it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "encode_client.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
}

using namespace cufsim_test;

namespace {

constexpr unsigned kWidth = EncodeClient::kWidth;
constexpr unsigned kHeight = EncodeClient::kHeight;
constexpr unsigned kPitch = 2048;

/** The middle of the first picture, as 8 bits; the depth and the format's name too. */
struct Seen {
  int luma = -1;
  int cb = -1;
  int cr = -1;
  std::string format;
  int frames = 0;
};

int sample(const AVFrame& frame, int component) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const int shift_x = component == 0 ? 0 : format->log2_chroma_w;
  const int shift_y = component == 0 ? 0 : format->log2_chroma_h;
  const uint8_t* row =
      frame.data[component] + (frame.height / 2 >> shift_y) * frame.linesize[component];
  const int x = frame.width / 2 >> shift_x;
  if (format->comp[component].depth == 8) return row[x];
  uint16_t wide;
  std::memcpy(&wide, row + 2 * x, sizeof wide);
  return wide >> (format->comp[component].depth - 8);
}

Seen decode(const char* decoder, const std::vector<Bytes>& units) {
  AVCodecContext* context = avcodec_alloc_context3(avcodec_find_decoder_by_name(decoder));
  REQUIRE(avcodec_open2(context, nullptr, nullptr) == 0);
  AVPacket* packet = av_packet_alloc();
  AVFrame* frame = av_frame_alloc();
  Seen seen;
  const auto drain = [&] {
    while (avcodec_receive_frame(context, frame) == 0) {
      if (seen.frames++ > 0) continue;
      seen.luma = sample(*frame, 0);
      seen.cb = sample(*frame, 1);
      seen.cr = sample(*frame, 2);
      seen.format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame->format));
    }
  };
  for (const Bytes& unit : units) {
    REQUIRE(av_new_packet(packet, static_cast<int>(unit.size())) == 0);
    std::memcpy(packet->data, unit.data(), unit.size());
    REQUIRE(avcodec_send_packet(context, packet) == 0);
    av_packet_unref(packet);
    drain();
  }
  avcodec_send_packet(context, nullptr);
  drain();
  av_frame_free(&frame);
  av_packet_free(&packet);
  avcodec_free_context(&context);
  return seen;
}

/** A picture of one colour in an input format: values of its planes, or the bytes of its pixels. */
struct Input {
  std::string name;
  NV_ENC_BUFFER_FORMAT format;
  unsigned planes[3];
  bool wide;
  bool full_chroma;
  /** 1: Cb and Cr alternate; 3: planes; 0: 32-bit words, `planes[0]`. */
  int chroma_planes;
};

constexpr unsigned rgb10(unsigned high, unsigned middle, unsigned low) {
  return high << 20 | middle << 10 | low;
}

// The same colour in every format: Y 145, Cb 54, Cr 34, BT.601's green.
const Input kInputs[] = {
    {"NV12", NV_ENC_BUFFER_FORMAT_NV12, {145, 54, 34}, false, false, 1},
    {"YV12", NV_ENC_BUFFER_FORMAT_YV12, {145, 34, 54}, false, false, 3},
    {"IYUV", NV_ENC_BUFFER_FORMAT_IYUV, {145, 54, 34}, false, false, 3},
    {"YUV444", NV_ENC_BUFFER_FORMAT_YUV444, {145, 54, 34}, false, true, 3},
    {"P010", NV_ENC_BUFFER_FORMAT_YUV420_10BIT, {145, 54, 34}, true, false, 1},
    {"YUV444 10", NV_ENC_BUFFER_FORMAT_YUV444_10BIT, {145, 54, 34}, true, true, 3},
    {"ARGB", NV_ENC_BUFFER_FORMAT_ARGB, {0xff00ff00, 0, 0}, false, true, 0},
    {"ABGR", NV_ENC_BUFFER_FORMAT_ABGR, {0xff00ff00, 0, 0}, false, true, 0},
    {"AYUV", NV_ENC_BUFFER_FORMAT_AYUV, {0xff913622, 0, 0}, false, true, 0},
    {"ARGB10", NV_ENC_BUFFER_FORMAT_ARGB10, {rgb10(0, 1023, 0), 0, 0}, true, true, 0},
    {"ABGR10", NV_ENC_BUFFER_FORMAT_ABGR10, {rgb10(0, 1023, 0), 0, 0}, true, true, 0},
};

void fill(Bytes& bytes, size_t begin, size_t size, unsigned value, bool wide) {
  for (size_t i = begin; i < begin + size; i++) {
    // In the high bits of 16, little-endian.
    bytes[i] = static_cast<unsigned char>(!wide || i % 2 == 1 ? value : 0);
  }
}

Bytes make(const Input& input) {
  const size_t plane = size_t{kPitch} * kHeight;
  Bytes bytes(3 * plane, 0);
  if (input.chroma_planes == 0) {
    for (size_t i = 0; i < plane; i += 4) std::memcpy(&bytes[i], &input.planes[0], 4);
    return bytes;
  }
  fill(bytes, 0, plane, input.planes[0], input.wide);
  if (input.chroma_planes == 3) {
    const size_t chroma = input.full_chroma ? plane : plane / 4;
    fill(bytes, plane, chroma, input.planes[1], input.wide);
    fill(bytes, plane + chroma, chroma, input.planes[2], input.wide);
    return bytes;
  }
  const size_t step = input.wide ? 2 : 1;
  for (size_t i = 0; i < plane / 2; i += 2 * step) {
    fill(bytes, plane + i, step, input.planes[1], input.wide);
    fill(bytes, plane + i + step, step, input.planes[2], input.wide);
  }
  return bytes;
}

/** Encodes the picture a few times from device memory. */
std::vector<Bytes> encode(EncodeClient& client, const Input& input) {
  const CUdeviceptr memory = client.gpu.upload(make(input));
  NV_ENC_REGISTER_RESOURCE resource = {};
  resource.version = NV_ENC_REGISTER_RESOURCE_VER;
  resource.resourceType = NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR;
  resource.width = kWidth;
  resource.height = kHeight;
  resource.pitch = kPitch;
  resource.resourceToRegister = reinterpret_cast<void*>(memory);
  resource.bufferFormat = input.format;
  REQUIRE(client.api.nvEncRegisterResource(client.encoder, &resource) == NV_ENC_SUCCESS);
  NV_ENC_MAP_INPUT_RESOURCE map = {};
  map.version = NV_ENC_MAP_INPUT_RESOURCE_VER;
  map.registeredResource = resource.registeredResource;
  REQUIRE(client.api.nvEncMapInputResource(client.encoder, &map) == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  std::vector<Bytes> units;
  for (uint64_t i = 0; i < 3; i++) {
    NV_ENC_PIC_PARAMS picture = client.picture(slot, i);
    picture.inputBuffer = map.mappedResource;
    picture.inputPitch = kPitch;
    picture.bufferFmt = map.mappedBufferFmt;
    REQUIRE(client.api.nvEncEncodePicture(client.encoder, &picture) == NV_ENC_SUCCESS);
    units.push_back(client.take(slot).data);
  }
  CHECK(client.api.nvEncUnmapInputResource(client.encoder, map.mappedResource) == NV_ENC_SUCCESS);
  CHECK(client.api.nvEncUnregisterResource(client.encoder, resource.registeredResource) ==
        NV_ENC_SUCCESS);
  return units;
}

void check_colour(const Seen& seen) {
  CHECK(seen.frames == 3);
  CHECK(std::abs(seen.luma - 145) <= 2);
  CHECK(std::abs(seen.cb - 54) <= 2);
  CHECK(std::abs(seen.cr - 34) <= 2);
}

}  // namespace

TEST_CASE("every input format gives H.264 of its colour, and those of 10 bits are refused") {
  for (const Input& input : kInputs) {
    CAPTURE(input.name);
    EncodeClient client;
    const bool full = input.chroma_planes == 3 && input.full_chroma;
    client.config.encodeCodecConfig.h264Config.chromaFormatIDC = full ? 3 : 1;
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    if (input.wide) {
      EncodeSlot& slot = client.slot();
      NV_ENC_PIC_PARAMS picture = client.picture(slot, 0);
      picture.bufferFmt = input.format;
      CHECK(client.api.nvEncEncodePicture(client.encoder, &picture) == NV_ENC_ERR_INVALID_PARAM);
      continue;
    }
    const Seen seen = decode("h264", encode(client, input));
    check_colour(seen);
    CHECK(seen.format == (full ? "yuv444p" : "yuv420p"));
  }
}

TEST_CASE("every input format gives HEVC of its colour, in 8 and 10 bits") {
  for (const Input& input : kInputs) {
    CAPTURE(input.name);
    EncodeClient client(NV_ENC_CODEC_HEVC_GUID);
    const bool full = input.chroma_planes == 3 && input.full_chroma;
    NV_ENC_CONFIG_HEVC& hevc = client.config.encodeCodecConfig.hevcConfig;
    hevc.chromaFormatIDC = full ? 3 : 1;
    hevc.pixelBitDepthMinus8 = input.wide ? 2 : 0;
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    const Seen seen = decode("hevc", encode(client, input));
    check_colour(seen);
    CHECK(seen.format == std::string(full ? "yuv444p" : "yuv420p") + (input.wide ? "10le" : ""));
  }
}

TEST_CASE("AV1: key frames, its sequence header, metadata, and 4:2:0 alone") {
  for (const Input& input : kInputs) {
    if (input.chroma_planes == 3 && input.full_chroma) continue;
    CAPTURE(input.name);
    EncodeClient client(NV_ENC_CODEC_AV1_GUID);
    NV_ENC_CONFIG_AV1& av1 = client.config.encodeCodecConfig.av1Config;
    av1.pixelBitDepthMinus8 = av1.inputPixelBitDepthMinus8 = input.wide ? 2 : 0;
    REQUIRE(client.initialize() == NV_ENC_SUCCESS);
    const Seen seen = decode("libdav1d", encode(client, input));
    check_colour(seen);
    CHECK(seen.format == (input.wide ? "yuv420p10le" : "yuv420p"));
  }
  EncodeClient client(NV_ENC_CODEC_AV1_GUID);
  NV_ENC_CONFIG_AV1& av1 = client.config.encodeCodecConfig.av1Config;
  av1.chromaFormatIDC = 3;
  CHECK(client.initialize() == NV_ENC_ERR_UNSUPPORTED_PARAM);
  av1.chromaFormatIDC = 1;
  REQUIRE(client.initialize() == NV_ENC_SUCCESS);
  EncodeSlot& slot = client.slot();
  NV_ENC_PIC_PARAMS picture = client.picture(slot, 0);
  unsigned char payload[] = {0xb5, 1, 2};
  NV_ENC_AV1_OBU_PAYLOAD message = {sizeof payload, 4, payload};
  picture.codecPicParams.av1PicParams.obuPayloadArrayCnt = 1;
  picture.codecPicParams.av1PicParams.obuPayloadArray = &message;
  REQUIRE(client.api.nvEncEncodePicture(client.encoder, &picture) == NV_ENC_SUCCESS);
  const Coded coded = client.take(slot);
  CHECK(coded.type == NV_ENC_PIC_TYPE_IDR);
  // Temporal delimiter, sequence header; metadata of type 4 with its trailing bit.
  REQUIRE(coded.data.size() > 3);
  CHECK(coded.data[0] == 0x12);
  CHECK(coded.data[2] == 0x0a);
  const Bytes expected = {0x2a, 5, 4, 0xb5, 1, 2, 0x80};
  CHECK(std::search(coded.data.begin(), coded.data.end(), expected.begin(), expected.end()) !=
        coded.data.end());
}
