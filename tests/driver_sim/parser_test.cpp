// The parser's order of callbacks, as it was seen on an H100 with driver 580.159.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "session.h"
#include "streams_of_video.h"

using namespace cufsim_test;

namespace {

/** The first packets of a stream. */
std::vector<Bytes> first(const std::vector<Bytes>& packets, size_t count) {
  return {packets.begin(), packets.begin() + static_cast<ptrdiff_t>(count)};
}

std::vector<long long> times(const Session& session) {
  std::vector<long long> all;
  for (const CUVIDPARSERDISPINFO& info : session.shown) all.push_back(info.timestamp);
  return all;
}

}  // namespace

TEST_CASE("sequence, messages, decode, display; two surfaces for one reference") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.play(first(h264_ipp(), 4));
  CHECK(session.events == "S M1 D0 P0 | M0 D1 P1 | M0 D0 P0 | M0 D1 P1 | end");
  CHECK(session.format.min_num_decode_surfaces == 2);
  CHECK(session.format.coded_width == 176);
  CHECK(session.format.display_aspect_ratio.x == 11);
  CHECK(session.format.frame_rate.numerator == 25);
}

TEST_CASE("without the end of pictures everything comes one packet later") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.play(first(h264_ipp(), 3), 0);
  CHECK(session.events == "| S M1 D0 P0 | M0 D1 P1 | M0 D0 P0 end");
  CHECK(times(session) == std::vector<long long>{0, 1, 2});
}

TEST_CASE("packets may be cut anywhere; a picture has the time of the packet that it begins in") {
  Gpu gpu;
  Bytes all;
  for (const Bytes& packet : first(h264_ipp(), 6)) {
    all.insert(all.end(), packet.begin(), packet.end());
  }
  std::vector<Bytes> chunks;
  for (size_t at = 0; at < all.size(); at += 500) {
    chunks.emplace_back(all.begin() + static_cast<ptrdiff_t>(at),
                        all.begin() + static_cast<ptrdiff_t>(std::min(at + 500, all.size())));
  }
  Session session(cudaVideoCodec_H264);
  session.play(chunks, 0);
  CHECK(session.shown.size() == 6);
  size_t begin = 0;
  for (size_t i = 0; i < 6; i++) {
    CHECK(session.shown[i].timestamp == static_cast<long long>(begin / 500));
    begin += h264_ipp()[i].size();
  }
}

TEST_CASE("pictures are shown in their order, and all of them before the next IDR picture") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.on_decode = [&](CUVIDPICPARAMS& picture) {
    session.events += picture.ref_pic_flag ? "r " : "";
    session.events += picture.intra_pic_flag ? "i " : "";
    return cuvidDecodePicture(session.decoder, &picture) == CUDA_SUCCESS ? 1 : 0;
  };
  session.play(first(h264_b(), 17));
  // I0 P4 B2 b1 b3 in coding order; two may be reordered, so the third shows the first.
  CHECK(session.events.rfind("S M1 D0 r i | M0 D1 r | M0 D2 r P0 | M0 D3 P3 | M0 D4 P2 | ", 0) ==
        0);
  CHECK(session.format.min_num_decode_surfaces == 5);
  CHECK(session.shown.size() == 17);
  // Times are given out in ascending order, whatever pictures they came with (seen on an H100).
  std::vector<long long> gop = times(session);
  gop.resize(5);
  CHECK(gop == std::vector<long long>{0, 1, 2, 3, 4});
  const std::string before_second = session.events.substr(0, session.events.rfind("r i"));
  CHECK(std::count(before_second.begin(), before_second.end(), 'P') == 15);
}

TEST_CASE("a display delay holds pictures back, as far as there are surfaces") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264, 2);
  session.play(first(h264_ipp(), 5));
  CHECK(session.events == "S M1 D0 | M0 D1 | P0 M0 D0 | P1 M0 D1 | P0 M0 D0 | P1 P0 end");
}

TEST_CASE("without times they are counted from zero at the frame rate") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  for (const Bytes& packet : first(h264_ipp(), 3)) session.send(packet);
  session.end();
  CHECK(times(session) == std::vector<long long>{0, 400000, 800000});
}

TEST_CASE("callbacks that fail are heard of by the client alone") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  SUBCASE("decode: the picture is not shown") {
    session.on_decode = [](CUVIDPICPARAMS&) { return 0; };
    session.play(first(h264_ipp(), 2));
    CHECK(session.events == "S M1 D0 | M0 D1 | end");
  }
  SUBCASE("sequence: nothing comes any more") {
    session.on_sequence = [] { return 0; };
    session.play(first(h264_ipp(), 2));
    CHECK(session.events == "S | | ");
  }
  SUBCASE("display") {
    session.on_display = [](CUVIDPARSERDISPINFO&) { return 0; };
    session.play(first(h264_ipp(), 2));
    CHECK(session.events == "S M1 D0 P0 | M0 D1 P1 | end");
  }
}

TEST_CASE("the sequence callback sets the number of surfaces, 1 keeps the parser's") {
  Gpu gpu;
  int answer = 3;
  std::string expected = "S M1 D0 P0 | M0 D1 P1 | M0 D2 P2 | M0 D0 P0 | end";
  SUBCASE("three") {}
  SUBCASE("one of its own") {
    answer = 1;
    expected = "S M1 D0 P0 | M0 D0 P0 | M0 D0 P0 | M0 D0 P0 | end";
  }
  Session session(cudaVideoCodec_H264);
  session.adjust = [](CUVIDDECODECREATEINFO& info) { info.ulNumDecodeSurfaces = 3; };
  session.on_sequence = [&] { return answer; };
  session.play(first(h264_ipp(), 4));
  CHECK(session.events == expected);
}

TEST_CASE("another size begins a sequence inside the call, after all that was is shown") {
  Gpu gpu;
  std::vector<Bytes> packets = first(h264_b(), 4);
  const auto small = encoded("-c:v libx264 -x264-params bframes=0:keyint=15", "h264",
                             "testsrc2=s=96x80:r=25:d=0.2");
  packets.insert(packets.end(), small.begin(), small.end());
  Session session(cudaVideoCodec_H264);
  size_t shown_before = 0;
  int sequences = 0;
  session.on_sequence = [&] {
    if (++sequences == 2) {
      shown_before = session.shown.size();
      CHECK(session.format.coded_width == 96);
      cuvidDestroyDecoder(session.decoder);
      CUVIDDECODECREATEINFO info = creation(96, 80);
      CHECK(cuvidCreateDecoder(&session.decoder, &info) == CUDA_SUCCESS);
    }
    return static_cast<int>(session.format.min_num_decode_surfaces);
  };
  session.play(packets);
  CHECK(sequences == 2);
  CHECK(shown_before == 4);
  CHECK(session.shown.size() == 4 + small.size());
}

TEST_CASE("parameter sets that come again are no other sequence") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.play(h264_b());
  CHECK(std::count(session.events.begin(), session.events.end(), 'S') == 1);
  CHECK(session.shown.size() == 30);
}

TEST_CASE("callbacks run on the thread that parses") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  std::thread::id seen;
  session.on_display = [&](CUVIDPARSERDISPINFO&) {
    seen = std::this_thread::get_id();
    return 1;
  };
  session.send(h264_ipp()[0], 0);
  CHECK(seen == std::this_thread::get_id());
}

TEST_CASE("messages come with their index, before the picture is decoded and shown") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  Bytes payload;
  int index = -1;
  session.on_messages = [&](CUVIDSEIMESSAGEINFO& info) {
    index = static_cast<int>(info.picIdx);
    if (info.sei_message_count == 0) return;
    CHECK(info.pSEIMessage[0].sei_message_type == 5);
    const auto* data = static_cast<const unsigned char*>(info.pSEIData);
    payload.assign(data, data + info.pSEIMessage[0].sei_message_size);
  };
  session.on_decode = [&](CUVIDPICPARAMS& picture) {
    CHECK(index == picture.CurrPicIdx);
    return cuvidDecodePicture(session.decoder, &picture) == CUDA_SUCCESS ? 1 : 0;
  };
  session.play(first(h264_ipp(), 2));
  // x264 writes its name into every stream.
  const std::string text(payload.begin(), payload.end());
  CHECK(text.find("x264 - core") == 16);
}

TEST_CASE("VP9: hidden frames are decoded on their own and never shown") {
  Gpu gpu;
  // libvpx hides frames only in a second pass.
  const auto packets = encoded("-c:v libvpx-vp9 -cpu-used 8 -lag-in-frames 16 -auto-alt-ref 1",
                               "ivf", "testsrc2=s=176x144:r=25:d=1.2", true);
  Session session(cudaVideoCodec_VP9);
  session.play(packets);
  const auto decoded = std::count(session.events.begin(), session.events.end(), 'D');
  CHECK(decoded > 30);
  CHECK(session.shown.size() == 30);
  // No delay of a packet: a VP9 packet is a frame.
  CHECK(session.events.rfind("S M0 D0 P0 | ", 0) == 0);
}

TEST_CASE("a parser that goes on after an end keeps the next picture until a second packet") {
  Gpu gpu;
  unsigned long flags = CUVID_PKT_ENDOFPICTURE;
  SUBCASE("without a word") {}
  SUBCASE("behind a discontinuity") {
    flags |= CUVID_PKT_DISCONTINUITY;
  }
  Session session(cudaVideoCodec_H264);
  session.play(first(h264_ipp(), 2));
  session.events.clear();
  session.send(h264_ipp()[0], 2, flags);
  SUBCASE("which comes") {
    session.send(h264_ipp()[1], 3);
    CHECK(session.events == "| M1 D0 P0 M0 D1 P1 | ");
  }
  SUBCASE("which does not come") {
    session.end();
    CHECK(session.events == "| end");
    CHECK(session.shown.size() == 2);
  }
}

TEST_CASE("VP9 of more chroma is passed over in silence") {
  Gpu gpu;
  const auto packets = encoded("-c:v libvpx-vp9 -cpu-used 8 -deadline realtime -pix_fmt yuv444p",
                               "ivf", "testsrc2=s=176x144:r=25:d=0.12");
  Session session(cudaVideoCodec_VP9);
  session.play(packets);
  CHECK(session.events == "| | | end");
}

TEST_CASE("JPEG is announced without colours") {
  Gpu gpu;
  const auto packets =
      encoded("-c:v mjpeg -pix_fmt yuvj420p", "mjpeg", "testsrc2=s=176x144:r=25:d=0.04");
  Session session(cudaVideoCodec_JPEG);
  session.send(packets[0], 0);
  CHECK(session.format.coded_width == 176);
  const auto& signal = session.format.video_signal_description;
  CHECK(signal.video_full_range_flag == 0);
  CHECK(signal.matrix_coefficients == 0);
}

TEST_CASE("AV1: a picture that is shown later is decoded once") {
  Gpu gpu("l4");
  const auto packets = encoded("-c:v libsvtav1 -preset 10 -g 30", "ivf");
  Session session(cudaVideoCodec_AV1);
  session.collects_pictures = true;
  session.play(packets);
  CHECK(session.shown.size() == 30);
  CHECK(std::count(session.events.begin(), session.events.end(), 'D') == 30);
  for (size_t i = 1; i < session.pictures.size(); i++) {
    CHECK(session.pictures[i] != session.pictures[i - 1]);
  }
}

TEST_CASE("what must be zero is looked at, and a destroyed parser is known") {
  Gpu gpu;
  CUVIDPARSERPARAMS parameters = {};
  CUvideoparser parser = nullptr;
  parameters.CodecType = cudaVideoCodec_H264;
  parameters.uReserved1[2] = 1;
  CHECK(cuvidCreateVideoParser(&parser, &parameters) == cufsim::kInvalidValue);
  parameters.uReserved1[2] = 0;
  REQUIRE(cuvidCreateVideoParser(&parser, &parameters) == CUDA_SUCCESS);
  CHECK(cuvidDestroyVideoParser(parser) == CUDA_SUCCESS);
  CHECK(cuvidDestroyVideoParser(parser) == cufsim::kInvalidHandle);
  CHECK(problems("released_twice") == 1);
}
