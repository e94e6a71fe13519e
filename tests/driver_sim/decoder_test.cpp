// NVDEC sessions, their surfaces, states and refusals.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>

#include "session.h"
#include "streams_of_video.h"

using namespace cufsim_test;
using cufsim::kInvalidContext;
using cufsim::kInvalidHandle;
using cufsim::kInvalidValue;
using cufsim::kNotSupported;

namespace {

constexpr CUresult kAlreadyMapped = cufsim::result(208);
constexpr CUresult kNotMapped = cufsim::result(211);

CUresult create(const std::function<void(CUVIDDECODECREATEINFO&)>& change) {
  CUVIDDECODECREATEINFO info = creation();
  change(info);
  CUvideodecoder decoder = nullptr;
  const CUresult code = cuvidCreateDecoder(&decoder, &info);
  if (code == CUDA_SUCCESS) cuvidDestroyDecoder(decoder);
  return code;
}

int status_of(Session& session, int index) {
  CUVIDGETDECODESTATUS status = {};
  const CUresult code = cuvidGetDecodeStatus(session.decoder, index, &status);
  return code == CUDA_SUCCESS ? status.decodeStatus : -static_cast<int>(code);
}

}  // namespace

TEST_CASE("decoded pictures are those of the software decoder") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.collects_pictures = true;
  session.play(h264_b());
  const std::vector<Bytes> expected = software_frames(h264_b(), "nv12");
  REQUIRE(session.pictures.size() == expected.size());
  for (size_t i = 0; i < expected.size(); i++) CHECK(session.pictures[i] == expected[i]);
  CHECK(cufsim_count("pictures_decoded") == 30);
  CHECK_MESSAGE(problems("problems") == 0, problem_texts());
}

TEST_CASE("skipping pictures that nothing refers to changes no other picture") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  std::map<int, bool> skipped;  // by index
  session.on_decode = [&](CUVIDPICPARAMS& picture) {
    skipped[picture.CurrPicIdx] = picture.ref_pic_flag == 0;
    if (!skipped[picture.CurrPicIdx])
      CHECK(cuvidDecodePicture(session.decoder, &picture) == CUDA_SUCCESS);
    return 1;
  };
  std::vector<Bytes> seen;
  session.on_display = [&](CUVIDPARSERDISPINFO& info) {
    seen.push_back(skipped[info.picture_index] ? Bytes() : session.picture(info.picture_index));
    return 1;
  };
  session.play(h264_b());
  const std::vector<Bytes> expected = software_frames(h264_b(), "nv12");
  REQUIRE(seen.size() == expected.size());
  size_t compared = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    if (seen[i].empty()) continue;
    compared++;
    CHECK(seen[i] == expected[i]);
  }
  CHECK(compared > 10);
  CHECK(compared < 25);
}

TEST_CASE("surfaces are padded, and what is behind the picture is poison") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.send(h264_ipp()[0], 0);
  const Mapped mapped = session.map(0);
  REQUIRE(mapped.code == CUDA_SUCCESS);
  CHECK(mapped.pitch % 256 == 0);
  CHECK(mapped.pitch > 176);
  const Bytes row = gpu.download(mapped.address, mapped.pitch);
  CHECK(row[175] != 0xDB);
  CHECK(Bytes(row.begin() + 176, row.end()) == Bytes(mapped.pitch - 176, 0xDB));
  CHECK(session.unmap(mapped) == CUDA_SUCCESS);
}

TEST_CASE("a pitch is never the width, also where a real one could be") {
  Gpu gpu;
  const auto wide =
      encoded("-c:v libx264 -x264-params bframes=0", "h264", "testsrc2=s=512x64:r=25:d=0.1");
  Session session(cudaVideoCodec_H264);
  session.send(wide[0], 0);
  const Mapped mapped = session.map(0);
  CHECK(mapped.pitch > 512);
  CHECK(session.unmap(mapped) == CUDA_SUCCESS);
}

TEST_CASE("a map waits for its picture, and writes in the order of its stream") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  cufsim_pause();
  session.send(h264_ipp()[0], 0);
  CHECK(status_of(session, 0) == cuvidDecodeStatus_InProgress);
  std::thread waker([] {
    while (cufsim_calls("cuvidMapVideoFrame") == 0) std::this_thread::yield();
    cufsim_resume();
  });
  Mapped mapped = session.map(0);
  CHECK(status_of(session, 0) == cuvidDecodeStatus_Success);
  CHECK(session.unmap(mapped) == CUDA_SUCCESS);
  waker.join();
  const CUstream stream = gpu.stream();
  cufsim_pause();
  mapped = session.map(0, stream);
  CHECK(mapped.code == CUDA_SUCCESS);
  CHECK(cuStreamQuery(stream) == cufsim::kNotReady);
  cufsim_resume();
  CHECK(session.unmap(mapped) == CUDA_SUCCESS);
}

TEST_CASE("the engine's knob makes every picture take its time") {
  Gpu gpu;
  cufsim_set("picture_us", 5000);
  Session session(cudaVideoCodec_H264);
  const auto start = std::chrono::steady_clock::now();
  for (long long i = 0; i < 4; i++) session.send(h264_ipp()[static_cast<size_t>(i)], i);
  session.picture(session.shown.back().picture_index);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(20));
}

TEST_CASE(
    "an unmapped surface is overwritten; who reads it elsewhere without waiting is reported") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.send(h264_ipp()[0], 0);
  const CUstream output = gpu.stream();
  const CUstream other = gpu.stream();
  const CUdeviceptr to = gpu.upload(Bytes(176));
  const Mapped mapped = session.map(0, output);
  SUBCASE("in the order of the stream: neither waiting nor losing anything") {
    cufsim_pause();
    CHECK(cuMemcpyDtoDAsync_v2(to, mapped.address, 176, output) == CUDA_SUCCESS);
    CHECK(session.unmap(mapped) == CUDA_SUCCESS);
    cufsim_resume();
    CHECK(cuStreamSynchronize(output) == CUDA_SUCCESS);
    CHECK(gpu.download(to, 176) != Bytes(176, 0xDB));
    CHECK_MESSAGE(problems("problems") == 0, problem_texts());
  }
  SUBCASE("on another stream, which does not wait for the picture") {
    CHECK(cuMemcpyDtoDAsync_v2(to, mapped.address, 176, other) == CUDA_SUCCESS);
    CHECK(problems("missing_sync") == 1);
    CHECK(session.unmap(mapped) == CUDA_SUCCESS);
    CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  }
  SUBCASE("on another stream, which waits, but for which the unmap does not") {
    CHECK(cuStreamSynchronize(output) == CUDA_SUCCESS);
    CHECK(cuMemcpyDtoDAsync_v2(to, mapped.address, 176, other) == CUDA_SUCCESS);
    CHECK(problems("missing_sync") == 0);
    CHECK(session.unmap(mapped) == CUDA_SUCCESS);
    CHECK(problems("missing_sync") == 1);
    CHECK(cuCtxSynchronize() == CUDA_SUCCESS);
  }
  SUBCASE("late") {
    CHECK(session.unmap(mapped) == CUDA_SUCCESS);
    CHECK(cuMemcpyDtoDAsync_v2(to, mapped.address, 176, output) == CUDA_SUCCESS);
    CHECK(cuStreamSynchronize(output) == CUDA_SUCCESS);
    CHECK(gpu.download(to, 176) == Bytes(176, 0xDB));
  }
}

TEST_CASE("a picture that is mapped after its index was used again is another picture") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  std::vector<Bytes> at_once;
  session.on_display = [&](CUVIDPARSERDISPINFO& info) {
    at_once.push_back(session.picture(info.picture_index));
    return 1;
  };
  for (long long i = 0; i < 3; i++) session.send(h264_ipp()[static_cast<size_t>(i)], i);
  CHECK(session.shown[0].picture_index == session.shown[2].picture_index);
  CHECK(session.picture(session.shown[0].picture_index) == at_once[2]);
  CHECK(at_once[0] != at_once[2]);
}

TEST_CASE("maps: no more than surfaces, only what was decoded, only what is mapped") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.send(h264_ipp()[0], 0);
  const Mapped mapped = session.map(0);
  REQUIRE(mapped.code == CUDA_SUCCESS);
  CHECK(session.map(0).code == kAlreadyMapped);
  Mapped foreign = mapped;
  foreign.address += 256;
  CHECK(session.unmap(foreign) == kNotMapped);
  CHECK(session.unmap(mapped) == CUDA_SUCCESS);
  CHECK(session.unmap(mapped) == kNotMapped);
  CHECK(problems("foreign_pointer") == 2);
  for (const int index : {1, 99, -1}) CHECK(session.map(index).code == kInvalidValue);
  CHECK(cufsim_count("mapped") == 0);
}

TEST_CASE("a decoder that is destroyed with a picture mapped is reported, as is its use") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.send(h264_ipp()[0], 0);
  const Mapped mapped = session.map(0);
  CHECK(cuvidDestroyDecoder(session.decoder) == CUDA_SUCCESS);
  CHECK(problems("destroyed_with_live_objects") == 1);
  unsigned char byte = 0;
  CHECK(cuMemcpyDtoH_v2(&byte, mapped.address, 1) == kInvalidValue);
  CHECK(session.map(0).code == kInvalidHandle);
  CHECK(problems("use_after_destroy") == 1);
  CHECK(cufsim_count("device_bytes") == 0);
  session.decoder = nullptr;
}

TEST_CASE("status: not of every codec, by injection as one likes") {
  Gpu gpu;
  {
    Session session(cudaVideoCodec_H264);
    CHECK(status_of(session, 0) == -400);
    cufsim_decode_status(2, cuvidDecodeStatus_Error_Concealed);
    session.on_display = [&](CUVIDPARSERDISPINFO& info) {
      session.picture(info.picture_index);
      CHECK(status_of(session, info.picture_index) ==
            (info.timestamp == 1 ? cuvidDecodeStatus_Error_Concealed : cuvidDecodeStatus_Success));
      return 1;
    };
    for (long long i = 0; i < 3; i++) session.send(h264_ipp()[static_cast<size_t>(i)], i);
    CHECK(status_of(session, 17) == -1);
  }
  const auto vp8 = encoded("-c:v libvpx -cpu-used 8 -deadline realtime", "ivf");
  Session session(cudaVideoCodec_VP8);
  session.send(vp8[0], 0);
  CHECK(status_of(session, 0) == -801);
}

TEST_CASE("a decoder works in its own context only, or under its lock") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  CUcontext other = nullptr;
  CUvideoctxlock lock = nullptr;
  SUBCASE("without a lock") {
    session.send(h264_ipp()[0], 0);
    REQUIRE(cuCtxCreate_v2(&other, 0, 0) == CUDA_SUCCESS);
    CHECK(session.map(0).code == kInvalidContext);
    CHECK(problems("wrong_context") == 1);
    cuCtxDestroy_v2(other);
    CUresult elsewhere = CUDA_SUCCESS;
    std::thread([&] { elsewhere = session.map(0).code; }).join();
    CHECK(elsewhere == kInvalidContext);
    std::thread([&] {
      cuCtxPushCurrent_v2(gpu.context);
      const Mapped mapped = session.map(0);
      elsewhere = mapped.code;
      session.unmap(mapped);
      cuCtxPopCurrent_v2(nullptr);
    }).join();
    CHECK(elsewhere == CUDA_SUCCESS);
  }
  SUBCASE("with one") {
    REQUIRE(cuvidCtxLockCreate(&lock, gpu.context) == CUDA_SUCCESS);
    session.adjust = [&](CUVIDDECODECREATEINFO& info) { info.vidLock = lock; };
    session.send(h264_ipp()[0], 0);
    CUresult elsewhere = CUDA_SUCCESS;
    std::thread([&] {
      const Mapped mapped = session.map(0);
      elsewhere = mapped.code;
      session.unmap(mapped);
      cuvidCtxLock(lock, 0);
      CUcontext current = nullptr;
      cuCtxGetCurrent(&current);
      if (current != gpu.context) elsewhere = kInvalidContext;
      cuvidCtxUnlock(lock, 0);
    }).join();
    CHECK(elsewhere == CUDA_SUCCESS);
    cuvidDestroyDecoder(session.decoder);
    session.decoder = nullptr;
    CHECK(cuvidCtxLockDestroy(lock) == CUDA_SUCCESS);
  }
  CHECK(problems("context_left_pushed") == 0);
}

TEST_CASE("capabilities are an H100's, and say nothing of what is not supported") {
  Gpu gpu;
  CUVIDDECODECAPS caps;
  std::fill_n(reinterpret_cast<unsigned char*>(&caps), sizeof caps,
              static_cast<unsigned char>(0xAA));
  std::fill_n(caps.reserved1, 3, 0u);
  caps.eCodecType = cudaVideoCodec_HEVC;
  caps.eChromaFormat = cudaVideoChromaFormat_420;
  caps.nBitDepthMinus8 = 2;
  CHECK(cuvidGetDecoderCaps(&caps) == CUDA_SUCCESS);
  CHECK(caps.bIsSupported == 1);
  CHECK(caps.nNumNVDECs == 7);
  CHECK(caps.nOutputFormatMask == 3);
  CHECK(caps.nMinWidth == 144);
  caps.nMaxWidth = 12345;
  caps.eCodecType = cudaVideoCodec_AV1;
  CHECK(cuvidGetDecoderCaps(&caps) == CUDA_SUCCESS);
  CHECK(caps.bIsSupported == 0);
  CHECK(caps.nMaxWidth == 12345);
  caps.reserved1[0] = 1;
  CHECK(cuvidGetDecoderCaps(&caps) == kInvalidValue);
  cuCtxPopCurrent_v2(nullptr);
  CHECK(cuvidGetDecoderCaps(&caps) == kInvalidContext);
  cuCtxPushCurrent_v2(gpu.context);
}

TEST_CASE("creation beyond the capabilities or the rules is refused as an H100 does") {
  Gpu gpu;
  CHECK(create([](auto&) {}) == CUDA_SUCCESS);
  CHECK(create([](auto& i) { i.ulNumDecodeSurfaces = 0; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.ulNumDecodeSurfaces = 33; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.ulNumOutputSurfaces = 65; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.ulWidth = 4112; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.ulMaxWidth = 5000; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.ulWidth = 32, i.ulHeight = 16; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.OutputFormat = cudaVideoSurfaceFormat_P016; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.OutputFormat = cudaVideoSurfaceFormat_YUV444; }) == kNotSupported);
  CHECK(create([](auto& i) { i.bitDepthMinus8 = 2; }) == kNotSupported);
  CHECK(create([](auto& i) { i.ChromaFormat = cudaVideoChromaFormat_444; }) == kNotSupported);
  CHECK(create([](auto& i) { i.ChromaFormat = cudaVideoChromaFormat_Monochrome; }) ==
        kNotSupported);
  CHECK(create([](auto& i) { i.CodecType = cudaVideoCodec_AV1; }) == kNotSupported);
  CHECK(create([](auto& i) { i.ulTargetWidth = i.ulTargetHeight = 8192; }) == cufsim::result(300));
  // Stricter than the driver, which looks at none of these.
  CHECK(create([](auto& i) { i.Reserved1 = 1; }) == kInvalidValue);
  CHECK(create([](auto& i) { i.display_area = {1, 0, 170, 140}; }) == kInvalidValue);
  CHECK(cufsim_count("decoders") == 0);
  CHECK(cufsim_count("device_bytes") == 0);
}

TEST_CASE("odd sizes are rounded up to even ones") {
  Gpu gpu;
  CHECK(create([](auto& i) { i.ulTargetWidth = 175, i.ulTargetHeight = 143; }) == CUDA_SUCCESS);
  Session session(cudaVideoCodec_H264);
  CUVIDDECODECREATEINFO asked = {};
  asked.ulTargetWidth = 175;
  asked.ulTargetHeight = 143;
  bool is_scaled = false;
  SUBCASE("and an area as large is given as it is") {
    asked.display_area = {0, 0, 176, 144};
  }
  SUBCASE("to which an area of fewer columns and rows is scaled") {
    asked.display_area = {0, 0, 175, 143};
    is_scaled = true;
  }
  session.adjust = [&](CUVIDDECODECREATEINFO& info) {
    std::memcpy(&info.display_area, &asked.display_area, sizeof info.display_area);
    info.ulTargetWidth = asked.ulTargetWidth;
    info.ulTargetHeight = asked.ulTargetHeight;
  };
  session.send(h264_ipp()[0], 0);
  CHECK((session.picture(0) != software_frames({h264_ipp()[0]}, "nv12")[0]) == is_scaled);
}

TEST_CASE("lossless H.264 is decoded wrongly, and said to be right") {
  Gpu gpu;
  const auto packets =
      encoded("-c:v libx264 -qp 0 -bf 0", "h264", "testsrc2=s=176x144:r=25:d=0.04");
  Session session(cudaVideoCodec_H264);
  int is_bypassed = 0;
  session.on_decode = [&](CUVIDPICPARAMS& picture) {
    is_bypassed = picture.CodecSpecific.h264.qpprime_y_zero_transform_bypass_flag;
    return cuvidDecodePicture(session.decoder, &picture) == CUDA_SUCCESS ? 1 : 0;
  };
  session.send(packets[0], 0);
  CHECK(is_bypassed == 1);
  CHECK(session.picture(0) != software_frames({packets[0]}, "nv12")[0]);
  CHECK(status_of(session, 0) == cuvidDecodeStatus_Success);
}

TEST_CASE("of MPEG-2 as many macroblocks are decoded as the client says, the parser says too few") {
  Gpu gpu;
  const auto packets =
      encoded("-vf scale=321:144 -c:v mpeg2video", "m2v", "testsrc2=s=352x144:r=25:d=0.04");
  int least = 0;
  SUBCASE("as the parser says") {}
  SUBCASE("as the client counts them") {
    least = 21;
  }
  Session session(cudaVideoCodec_MPEG2);
  int told = 0;
  session.adjust = [](CUVIDDECODECREATEINFO& info) {
    info.ulWidth = 336;
    info.display_area.right = 322;
    info.ulTargetWidth = 322;
  };
  session.on_decode = [&](CUVIDPICPARAMS& picture) {
    told = picture.PicWidthInMbs;
    picture.PicWidthInMbs = std::max(told, least);
    return cuvidDecodePicture(session.decoder, &picture) == CUDA_SUCCESS ? 1 : 0;
  };
  session.send(packets[0], 0);
  session.end();
  CHECK(session.format.coded_width == 321);
  CHECK(told == 20);
  const Bytes picture = session.picture(0);
  CHECK(picture[319] > 0);
  CHECK((picture[320] > 0) == (least > 0));
}

TEST_CASE("a decoder is reconfigured within what it was made for") {
  Gpu gpu;
  const auto small =
      encoded("-c:v libx264 -x264-params bframes=0", "h264", "testsrc2=s=96x80:r=25:d=0.2");
  Session session(cudaVideoCodec_H264);
  std::vector<CUresult> codes;
  session.on_sequence = [&] {
    if (session.format.coded_width == 96) {
      CUVIDRECONFIGUREDECODERINFO info = {};
      info.ulWidth = info.ulTargetWidth = 192;
      info.ulHeight = info.ulTargetHeight = 80;
      info.ulNumDecodeSurfaces = 2;
      codes.push_back(cuvidReconfigureDecoder(session.decoder, &info));
      info.ulWidth = info.ulTargetWidth = 96;
      info.ulNumDecodeSurfaces = 20;
      codes.push_back(cuvidReconfigureDecoder(session.decoder, &info));
      info.ulNumDecodeSurfaces = 2;
      info.reserved1[0] = 1;
      codes.push_back(cuvidReconfigureDecoder(session.decoder, &info));
      info.reserved1[0] = 0;
      codes.push_back(cuvidReconfigureDecoder(session.decoder, &info));
    }
    return 2;
  };
  session.collects_pictures = true;
  session.send(h264_ipp()[0], 0);
  for (const Bytes& packet : small) session.send(packet, 1);
  CHECK(codes == std::vector<CUresult>{kInvalidValue, kInvalidValue, kInvalidValue, CUDA_SUCCESS});
  CHECK(session.pictures.back().size() == 96 * 80 * 3 / 2);
  CHECK(cufsim_count("decoders_created") == 1);
  CHECK(cufsim_count("decoders_reconfigured") == 1);
}

TEST_CASE("memory for the largest pictures is taken, and its end is an error") {
  cufsim_reset();
  Gpu gpu;
  cuCtxDestroy_v2(gpu.context);
  cufsim_set("memory_mb", 2);
  REQUIRE(cuCtxCreate_v2(&gpu.context, 0, 0) == CUDA_SUCCESS);
  CHECK(create([](auto&) {}) == CUDA_SUCCESS);
  CHECK(create([](auto& i) { i.ulMaxWidth = 1920, i.ulMaxHeight = 1088; }) == cufsim::kOutOfMemory);
  CHECK(cufsim_count("device_bytes") == 0);
}

TEST_CASE("sessions spread over the engines") {
  cufsim_reset();
  Gpu gpu;
  cuCtxDestroy_v2(gpu.context);
  cufsim_set("nvdecs", 2);
  REQUIRE(cuCtxCreate_v2(&gpu.context, 0, 0) == CUDA_SUCCESS);
  Session first(cudaVideoCodec_H264);
  Session second(cudaVideoCodec_H264);
  Session third(cudaVideoCodec_H264);
  for (Session* session : {&first, &second, &third}) session->send(h264_ipp()[0], 0);
  // The third waits behind the first, on the same engine: then the first is done.
  const Mapped mapped = third.map(0);
  CHECK(status_of(first, 0) == cuvidDecodeStatus_Success);
  CHECK(third.unmap(mapped) == CUDA_SUCCESS);
}

TEST_CASE("libnvcuvid uses the libcuda that the client has") {
  Gpu gpu;
  Session session(cudaVideoCodec_H264);
  session.send(h264_ipp()[0], 0);
  const Mapped mapped = session.map(0);
  unsigned type = 0;
  CHECK(cuPointerGetAttribute(&type, cufsim::kPointerMemoryType, mapped.address) == CUDA_SUCCESS);
  CHECK(type == CU_MEMORYTYPE_DEVICE);
  CHECK(session.unmap(mapped) == CUDA_SUCCESS);
}
