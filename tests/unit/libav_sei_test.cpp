#include <map>
#include <optional>

#include "core/sei.h"
#include "libav_clips.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

using namespace cuf;

namespace {

using Data = std::vector<uint8_t>;

// What libav's own SEI parsers put on each frame, by pts.
using SideData = std::multimap<int64_t, Data>;

SideData side_data(const std::string& path, AVFrameSideDataType type) {
  SideData found;
  AVFormatContext* container = nullptr;
  REQUIRE(avformat_open_input(&container, path.c_str(), nullptr, nullptr) == 0);
  REQUIRE(avformat_find_stream_info(container, nullptr) >= 0);
  const AVCodecParameters& parameters = *container->streams[0]->codecpar;
  AVCodecContext* context = avcodec_alloc_context3(avcodec_find_decoder(parameters.codec_id));
  avcodec_parameters_to_context(context, &parameters);
  REQUIRE(avcodec_open2(context, nullptr, nullptr) == 0);
  AVPacket* packet = av_packet_alloc();
  AVFrame* frame = av_frame_alloc();
  for (bool is_end = false; !is_end;) {
    is_end = av_read_frame(container, packet) < 0;
    avcodec_send_packet(context, is_end ? nullptr : packet);
    while (avcodec_receive_frame(context, frame) == 0) {
      for (int i = 0; i < frame->nb_side_data; ++i) {
        const AVFrameSideData& data = *frame->side_data[i];
        if (data.type == type) {
          found.emplace(frame->best_effort_timestamp, Data(data.data, data.data + data.size));
        }
      }
    }
    av_packet_unref(packet);
  }
  av_frame_free(&frame);
  av_packet_free(&packet);
  avcodec_free_context(&context);
  avformat_close_input(&container);
  return found;
}

std::vector<Picture> pictures(const std::string& path, uint32_t threads, bool keeps_container) {
  const auto demuxer = clips::open(path, keeps_container);
  DecoderOptions options;
  options.codec = demuxer->video().codec;
  options.threads = threads;
  options.wants_sei = true;
  const auto decoder = libav::backend().create_decoder(options);
  clips::Decoded out;
  clips::decode_rest(*demuxer, *decoder, false, out);
  return out.pictures;
}

// An SEI unit of user data that differs from picture to picture, in front of each first slice.
std::string with_user_data(const std::string& stream, int slice_zero_bit, const Data& header) {
  std::string out;
  int count = 0;
  for (size_t at = 0; at < stream.size(); ++at) {
    const bool is_unit = stream.compare(at, 3, std::string("\0\0\1", 3)) == 0;
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(stream[at + 3 + i]); };
    if (is_unit && at + 6 < stream.size()) {
      const bool is_avc = header.size() == 1;
      const int type = is_avc ? byte(0) & 31 : byte(0) >> 1 & 63;
      const bool is_slice = is_avc ? type == 1 || type == 5 : type < 32;
      if (is_slice && byte(header.size()) & slice_zero_bit) {
        out += std::string("\0\0\1", 3) + std::string(header.begin(), header.end());
        // Captions (GA94) of two triplets, then user data with a UUID.
        const uint8_t number = static_cast<uint8_t>(1 + count++);
        const Data captions = {4,    17,   0xb5, 0,      0x31, 0x47, 0x41,   0x39, 0x34, 3,
                               0xc2, 0xff, 0xfc, number, 0x81, 0xfd, number, 0x82, 0xff};
        out.append(captions.begin(), captions.end());
        out += std::string("\5\22", 2) + std::string(16, 'u') + "n" + static_cast<char>(number);
        out += '\x80';
      }
    }
    out += stream[at];
  }
  return out;
}

struct Stream {
  const char* name;
  const char* arguments;
  Data header;
};

const Stream kStreams[] = {
    {"sei.h264", "-c:v libx264 -bf 3 -g 10 -b_strategy 0 -x264-params b-pyramid=normal", {6}},
    {"sei.h265", "-c:v libx265 -bf 3 -x265-params log-level=0:keyint=10:bframes=4", {78, 1}},
};

}  // namespace

TEST_CASE("user data and captions are on the frames where libav's parser puts them") {
  for (const Stream& stream : kStreams) {
    INFO(std::string(stream.name));
    const std::string plain = clips::read(clips::make(stream.name, stream.arguments));
    const std::string path = clips::write(std::string("with_") + stream.name,
                                          with_user_data(plain, 0x80, stream.header));
    const SideData user = side_data(path, AV_FRAME_DATA_SEI_UNREGISTERED);
    const SideData captions = side_data(path, AV_FRAME_DATA_A53_CC);
    CHECK(captions.size() == 24);
    for (const uint32_t threads : {1u, 4u}) {
      SideData own_user, own_captions;
      // Raw streams have no times, so that libav counts frames; the n-th is the n-th.
      auto expected = captions.begin();
      for (const Picture& picture : pictures(path, threads, false)) {
        REQUIRE(picture.sei);
        const int64_t time = expected == captions.end() ? -1 : expected++->first;
        for (const SeiMessage& message : picture.sei->list) {
          const auto payload = picture.sei->payload(message);
          if (message.type == 5) own_user.emplace(time, Data(payload.begin(), payload.end()));
          if (message.type != 4) continue;
          REQUIRE(payload.size() == 17);
          own_captions.emplace(time, Data(payload.begin() + 10, payload.begin() + 16));
        }
      }
      CHECK(own_user == user);
      CHECK(own_captions == captions);
    }
  }
}

TEST_CASE("without being asked for, pictures have no messages") {
  const Stream& stream = kStreams[0];
  const auto demuxer = clips::open(clips::make(stream.name, stream.arguments));
  DecoderOptions options;
  options.codec = "h264";
  const auto decoder = libav::backend().create_decoder(options);
  clips::Decoded out;
  clips::decode_rest(*demuxer, *decoder, false, out);
  REQUIRE(out.pictures.size() == 24);
  for (const Picture& picture : out.pictures) CHECK(picture.sei == nullptr);
  // From the next stream on it is asked for.
  options.wants_sei = true;
  REQUIRE(decoder->fits(options));
  decoder->reconfigure(options);
  const auto again = clips::open(clips::folder().file(stream.name));
  clips::Decoded with;
  clips::decode_rest(*again, *decoder, false, with);
  CHECK(with.pictures[0].sei != nullptr);
}

TEST_CASE("SEI in hvcC and in the packets is in self-contained packets once") {
  const std::string path =
      clips::make("hdr.mp4",
                  "-pix_fmt yuv420p10le -c:v libx265 -tag:v hvc1 -x265-params "
                  "'log-level=0:keyint=8:max-cll=1000,400:master-display=G(13250,34500)B(7500,3000)"
                  "R(34000,16000)WP(15635,16450)L(10000000,1)'");
  std::vector<std::string> found[2];
  for (const bool keeps_container : {false, true}) {
    for (const Picture& picture : pictures(path, 1, keeps_container)) {
      std::string types;
      if (picture.sei) {
        for (const SeiMessage& message : picture.sei->list) {
          types += std::to_string(message.type) + " ";
        }
      }
      found[keeps_container].push_back(types);
    }
  }
  CHECK(found[0] == found[1]);
  CHECK(found[0][0].find("137") != std::string::npos);
  CHECK(found[0][0].find("137") == found[0][0].rfind("137"));
}
