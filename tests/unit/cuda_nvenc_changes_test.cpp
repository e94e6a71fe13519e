#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cuda_nvenc.h"

// What changes while NVENC encodes, and what fails.
using namespace cuf;
using namespace nvenc;
using streams::has;

namespace {

constexpr auto h264 = VideoCodec::h264;
constexpr auto hevc = VideoCodec::hevc;

EncoderSettings with(const streams::Made& made, const streams::Settings& changes) {
  streams::Made changed = made;
  changed.settings.insert(changed.settings.end(), changes.begin(), changes.end());
  return streams::options_of(changed).settings;
}

Error open_error(const Gpu& gpu, const streams::Made& made) {
  return streams::error_of_work([&] { open(gpu, made); });
}

}  // namespace

TEST_CASE("Rates, buffers, quality and the frame rate change in place") {
  const Gpu gpu;
  const streams::Made wanted = made(h264, {{P::rc, {1}}, {P::bitrate, {4000000}}});
  const auto encoder = open(gpu, wanted);
  Pictures pictures;
  streams::feed(*encoder, wanted, 0, 10, pictures);
  CHECK(encoder->reconfigure(with(wanted, {{P::bitrate, {300000}},
                                           {P::max_bitrate, {400000}},
                                           {P::vbv_buffer_size, {200000}},
                                           {P::vbv_initial_delay, {100000}},
                                           {P::fps, {25, 1}},
                                           {P::qmin, {20}}}),
                             wanted.width, wanted.height));
  const auto change = recorded<NV_ENC_RECONFIGURE_PARAMS>("reconfigure");
  const auto config = recorded<NV_ENC_CONFIG>("config");
  CHECK(change.resetEncoder == 0);
  CHECK(change.forceIDR == 0);
  CHECK(change.reInitEncodeParams.frameRateNum == 25);
  CHECK(config.rcParams.averageBitRate == 300000);
  CHECK(config.rcParams.maxBitRate == 400000);
  CHECK(config.rcParams.vbvBufferSize == 200000);
  CHECK(config.rcParams.vbvInitialDelay == 100000);
  CHECK(config.rcParams.minQP.qpIntra == 20);
  CHECK(encoder->settings().number(P::bitrate) == 300000);
  streams::feed(*encoder, wanted, 10, 20, pictures);
  end(*encoder, pictures);
  CHECK(cufsim_count("encoders_reconfigured") == 1);
  CHECK(streams::decode(h264, pictures).frames.size() == 20);
}

TEST_CASE("The size changes in place up to the maxima, with an IDR picture") {
  for (const VideoCodec codec : {h264, hevc}) {
    INFO(codec_name(codec));
    const Gpu gpu;
    streams::Made wanted = made(codec, {{P::max_width, {384}}, {P::max_height, {256}}});
    const auto encoder = open(gpu, wanted);
    Pictures pictures;
    streams::feed(*encoder, wanted, 0, 5, pictures);
    streams::Made larger = wanted;
    larger.width = 320;
    larger.height = 192;
    CHECK(encoder->reconfigure(streams::options_of(larger).settings, 320, 192));
    CHECK(recorded<NV_ENC_RECONFIGURE_PARAMS>("reconfigure").resetEncoder == 1);
    streams::feed(*encoder, larger, 5, 10, pictures);
    CHECK(encoder->reconfigure(streams::options_of(wanted).settings, 192, 128));
    streams::feed(*encoder, wanted, 10, 12, pictures);
    end(*encoder, pictures);
    REQUIRE(pictures.size() == 12);
    CHECK(streams::keys_of(pictures) == std::vector<uint64_t>{0, 5, 10});
    const auto frames = streams::decode(codec, pictures).frames;
    REQUIRE(frames.size() == 12);
    CHECK(frames[4]->width == 192);
    CHECK(frames[5]->width == 320);
    CHECK(frames[10]->height == 128);
    CHECK(streams::psnr(frames) > 35);
  }
}

TEST_CASE("What NVENC does not change while it works is left to another encoder") {
  const Gpu gpu;
  const streams::Made wanted = made(h264, {{P::bitrate, {4000000}}});
  const auto encoder = open(gpu, wanted);
  // By its capabilities this one does not change the mode of rate control.
  CHECK(!encoder->reconfigure(with(wanted, {{P::rc, {1}}}), 192, 128));
  cufsim_fail("nvEncReconfigureEncoder", 1, NV_ENC_ERR_INVALID_PARAM);
  CHECK(!encoder->reconfigure(with(wanted, {{P::bitrate, {5000000}}}), 192, 128));
  CHECK(encoder->settings().number(P::bitrate) == 4000000);
  CHECK(encoder->reconfigure(with(wanted, {{P::bitrate, {5000000}}}), 192, 128));
}

TEST_CASE("A GPU without NVENC says so, and what encodes instead") {
  cufsim_reset();  // an H100
  const auto port = open_gpu();
  const EncoderOptions options = streams::options_of(made(h264));
  const Error error = streams::error_of_work([&] { port->create_encoder(options); });
  CHECK(error.status == Status::unsupported);
  CHECK(has(error.what(), "has no NVENC (NV_ENC_ERR_UNSUPPORTED_DEVICE)"));
  CHECK(has(error.what(), "backend \"cpu\""));
  CHECK(port->encoder_support(options).reason == error.what());
  const cuda::Adapters adapters = cuda::list_adapters();
  REQUIRE(adapters.gpus.size() == 1);
  CHECK(has(adapters.gpus[0].no_encoder, "has no NVENC"));
}

TEST_CASE("A GPU with NVENC has no reason not to encode") {
  const Gpu gpu;
  const cuda::Adapters adapters = cuda::list_adapters();
  REQUIRE(adapters.gpus.size() == 1);
  CHECK(adapters.gpus[0].no_encoder.empty());
}

TEST_CASE("Sessions that are all in use are a typed error, whatever the driver calls it") {
  for (const char* status : {"10", "21"}) {
    const Setting limit("encode_sessions", "1");
    const Setting name("encode_limit_status", status);
    const Gpu gpu;
    const auto first = open(gpu, made(h264));
    const Error error = open_error(gpu, made(h264));
    CHECK(error.status == Status::out_of_memory);
    CHECK(has(error.what(), "All sessions of NVENC on GPU 0 are in use"));
    CHECK(cufsim_count("encoders") == 1);
  }
}

TEST_CASE("A driver that is older than the headers says which interface it has") {
  const Setting api("encode_api", "111");
  const Gpu gpu;
  const Error error = open_error(gpu, made(h264));
  CHECK(error.status == Status::unsupported);
  CHECK(has(error.what(), "it has NVENC's interface 11.1, and 12.1 or newer is needed"));
}

TEST_CASE("A codec that NVENC lacks is refused with those that it has") {
  const Setting codecs("encode_codecs", "3");
  const Gpu gpu;
  const Error error = open_error(gpu, made(VideoCodec::av1));
  CHECK(error.status == Status::unsupported);
  CHECK(has(error.what(), "does not encode av1; it encodes h264, hevc"));
}

TEST_CASE("A picture that NVENC refuses is not taken, and the stream goes on") {
  for (const char* call : {"nvEncEncodePicture", "nvEncMapInputResource", "cuMemcpy2DAsync",
                           "nvEncCreateBitstreamBuffer", "nvEncRegisterResource"}) {
    INFO(call);
    const Gpu gpu;
    const streams::Made wanted = made(h264);
    const auto encoder = open(gpu, wanted);
    const bool is_cuda = call[0] == 'c';
    cufsim_fail(call, 1, is_cuda ? 304 : NV_ENC_ERR_GENERIC);
    const Error error =
        streams::error_of_work([&] { encoder->send(input(picture_of(wanted, 0), 0)); });
    CHECK(error.status == Status::internal);
    CHECK(has(error.what(), is_cuda ? "CUDA_ERROR_OPERATING_SYSTEM" : "NV_ENC_ERR_GENERIC"));
    Pictures pictures;
    streams::feed(*encoder, wanted, 0, 4, pictures);
    end(*encoder, pictures);
    CHECK(streams::decode(h264, pictures).frames.size() == 4);
  }
}

TEST_CASE("A lock that fails loses nothing") {
  const Gpu gpu;
  const streams::Made wanted = made(h264);
  const auto encoder = open(gpu, wanted);
  Pictures pictures;
  streams::feed(*encoder, wanted, 0, 3, pictures);
  encoder->send_end();
  cufsim_fail("nvEncLockBitstream", 1, NV_ENC_ERR_GENERIC);
  EncodedPicture one;
  CHECK(streams::error_of_work([&] { encoder->receive(one); }).status == Status::internal);
  streams::receive_all(*encoder, pictures);
  CHECK(pictures.size() == 3);
}

TEST_CASE("What fails when an encoder is made leaves nothing behind") {
  for (const char* call :
       {"nvEncInitializeEncoder", "nvEncGetSequenceParams", "nvEncOpenEncodeSessionEx",
        "NvEncodeAPICreateInstance", "nvEncGetEncodePresetConfigEx", "nvEncGetEncodeCaps"}) {
    INFO(call);
    const Gpu gpu;
    cufsim_fail(call, 1, NV_ENC_ERR_GENERIC);
    const Error error = open_error(gpu, made(h264));
    CHECK(error.status == Status::internal);
    CHECK(has(error.what(), "NV_ENC_ERR_GENERIC"));
    CHECK(cufsim_count("encoders") == 0);
    CHECK(open(gpu, made(h264)) != nullptr);
  }
}

TEST_CASE("A GPU that is lost is told from an encoder that fails") {
  const Setting model("gpu", "l4");
  {
    const auto port = open_gpu();
    const streams::Made wanted = made(h264);
    const auto encoder = port->create_encoder(streams::options_of(wanted));
    encoder->send(input(picture_of(wanted, 0), 0));
    cufsim_lose_device(0, 719);
    const Error error =
        streams::error_of_work([&] { encoder->send(input(picture_of(wanted, 1), 1)); });
    CHECK(error.status == Status::device_lost);
  }
  cufsim_reset();
}

TEST_CASE("Memory of encoders is in the budget") {
  const Setting model("gpu", "l4");
  const auto port = open_gpu(1 << 20);
  streams::Made wanted = made(h264);
  wanted.width = 640;
  wanted.height = 480;
  const Error error =
      streams::error_of_work([&] { port->create_encoder(streams::options_of(wanted)); });
  CHECK(error.status == Status::out_of_memory);
  CHECK(has(error.what(), "memory budget of 1048576"));
  CHECK(port->memory_stats().decoder_bytes == 0);
  CHECK(cufsim_count("encoders") == 0);
}

TEST_CASE("An encoder that is closed with pictures on their way lets go of all of them") {
  const Gpu gpu;
  const streams::Made wanted = made(h264, {{P::b_frames, {2}}, {P::lookahead, {8}}});
  std::weak_ptr<const void> memory;
  {
    const auto encoder = open(gpu, wanted);
    encoder->send(input(picture_of(wanted, 0), 0));
    Picture picture = picture_of(wanted, 1);
    memory = picture.owner;
    encoder->send(input(std::move(picture), 1));
    CHECK(!memory.expired());
  }
  CHECK(memory.expired());
}

TEST_CASE("Encoders come and go without a trace") {
  const Gpu gpu;
  const streams::Made wanted = made(h264);
  for (int round = 0; round < 20; ++round) CHECK(encode(gpu, wanted, 5).size() == 5);
  CHECK(gpu.port->memory_stats().decoder_bytes == 0);
  CHECK(cufsim_count("encoders") == 0);
}
