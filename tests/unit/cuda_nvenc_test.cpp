#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "cuda_nvenc.h"

// Streams of the simulated NVENC, judged by libav's decoders and parsers.
using namespace cuf;
using namespace nvenc;
using streams::has;

namespace {

constexpr auto h264 = VideoCodec::h264;
constexpr auto hevc = VideoCodec::hevc;
constexpr auto av1 = VideoCodec::av1;
constexpr double kGood = 35;

std::vector<uint64_t> numbers_of(const Pictures& pictures) {
  std::vector<uint64_t> out;
  for (const EncodedPicture& one : pictures) out.push_back(one.number);
  return out;
}

std::vector<uint64_t> up_to(uint64_t count) {
  std::vector<uint64_t> out(count);
  for (uint64_t i = 0; i < count; ++i) out[i] = i;
  return out;
}

std::vector<uint64_t> sorted(std::vector<uint64_t> numbers) {
  std::ranges::sort(numbers);
  return numbers;
}

// Each picture once, and decoded as what was sent.
void check_stream(VideoCodec codec, const Pictures& pictures, uint64_t count) {
  CHECK(sorted(numbers_of(pictures)) == up_to(count));
  const streams::Decoded decoded = streams::decode(codec, pictures);
  REQUIRE(decoded.frames.size() == count);
  for (uint64_t i = 0; i < count; ++i) {
    CHECK(decoded.frames[i]->pts == static_cast<int64_t>(i));
  }
  // The simulated AV1 is made in a hurry.
  CHECK(streams::psnr(decoded.frames) > (codec == av1 ? kGood - 3 : kGood));
}

// How far a picture's turn to be decoded is ahead of its turn to be shown, at most.
uint32_t depth_of(const Pictures& pictures) {
  uint32_t most = 0;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const auto before = std::ranges::count_if(
        pictures.begin(), pictures.begin() + static_cast<ptrdiff_t>(i),
        [&](const EncodedPicture& one) { return one.number > pictures[i].number; });
    most = std::max(most, static_cast<uint32_t>(before));
  }
  return most;
}

// The first frames of a clip, in the GPU's memory.
std::vector<Picture> decoded_frames(const Gpu& gpu, size_t count) {
  const auto clip = ipp();
  const auto demuxer = clips::open(clip, true);
  const auto decoder = gpu.port->create_decoder(options_for(*demuxer));
  std::vector<Picture> frames;
  for (Packet packet; demuxer->read(packet) && frames.size() < count;) {
    decoder->send(packet);
    for (Picture picture; decoder->receive(picture); picture = {}) frames.push_back(picture);
  }
  REQUIRE(frames.size() >= count);
  REQUIRE(frames[0].device != nullptr);
  frames.resize(count);
  return frames;
}

}  // namespace

TEST_CASE("NVENC's streams of every codec and format decode to what was sent") {
  const struct {
    VideoCodec codec;
    Format format;
  } kAll[] = {{h264, Format::nv12}, {h264, Format::i420}, {h264, Format::yuv444},
              {hevc, Format::p010}, {hevc, Format::i420}, {hevc, Format::yuv444_16},
              {av1, Format::nv12},  {av1, Format::p010}};
  for (const auto& one : kAll) {
    INFO(codec_name(one.codec), " ", static_cast<int>(one.format));
    const Gpu gpu;
    const Pictures pictures = encode(gpu, made(one.codec, {}, one.format), 8);
    check_stream(one.codec, pictures, 8);
    CHECK(pictures[0].is_key);
  }
}

TEST_CASE("B pictures and lookahead come in decode order, and the depth that is said holds") {
  for (const VideoCodec codec : {h264, hevc}) {
    INFO(codec_name(codec));
    const Gpu gpu;
    const streams::Made wanted = made(codec, {{P::b_frames, {2}}, {P::lookahead, {6}}});
    const auto encoder = open(gpu, wanted);
    Pictures pictures;
    streams::feed(*encoder, wanted, 0, 30, pictures);
    CHECK(pictures.size() < 30);
    CHECK(!pictures.empty());
    end(*encoder, pictures);
    check_stream(codec, pictures, 30);
    CHECK(depth_of(pictures) == encoder->reorder_depth());
    CHECK(std::ranges::count(pictures, PictureType::b, &EncodedPicture::type) > 10);
  }
}

TEST_CASE("A stream of low latency gives each picture at once") {
  const Gpu gpu;
  const streams::Made wanted = made(h264, {{P::tuning_info, {2}}});
  const auto encoder = open(gpu, wanted);
  Pictures pictures;
  for (uint64_t number = 0; number < 5; ++number) {
    streams::feed(*encoder, wanted, number, number + 1, pictures);
    CHECK(pictures.size() == number + 1);
  }
  end(*encoder, pictures);
  check_stream(h264, pictures, 5);
}

TEST_CASE("After its end a stream begins anew with headers and an IDR picture") {
  for (const VideoCodec codec : {h264, hevc, av1}) {
    INFO(codec_name(codec));
    const Gpu gpu;
    const streams::Made wanted = made(codec, {{P::b_frames, {codec == av1 ? 0 : 2}}});
    const auto encoder = open(gpu, wanted);
    CHECK(encoder->can_restart());
    Pictures first;
    streams::feed(*encoder, wanted, 0, 7, first);
    end(*encoder, first);
    CHECK(first.size() == 7);
    encoder->send_end();  // of nothing
    Pictures second;
    streams::feed(*encoder, wanted, 7, 12, second);
    end(*encoder, second);
    REQUIRE(second.size() == 5);
    CHECK(second[0].is_key);
    // It decodes by itself.
    const streams::Decoded decoded = streams::decode(codec, second);
    CHECK(decoded.frames.size() == 5);
    CHECK(streams::psnr(decoded.frames) > kGood);
  }
}

TEST_CASE("Memory of the caller's is copied in the GPU, and not held until NVENC comes to it") {
  const Gpu gpu;
  const streams::Made wanted = made(h264);
  std::vector<std::unique_ptr<DevicePicture>> frames;
  for (uint64_t i = 0; i < 12; ++i) {
    frames.push_back(std::make_unique<DevicePicture>(*gpu.port, picture_of(wanted, i)));
  }
  const auto encoder = open(gpu, wanted);
  const uint64_t copies = cufsim_count("copies");
  Pictures pictures;
  streams::feed(*encoder, wanted, 0, 12, pictures,
                [&](EncoderInput& input) { input.picture = frames[input.number]->picture(); });
  CHECK(cufsim_count("copies") == copies + 12 * 2);
  CHECK(cufsim_count("encode_host_copies") == 0);
  for (const auto& frame : frames) CHECK(!frame->is_held());
  end(*encoder, pictures);
  check_stream(h264, pictures, 12);
}

TEST_CASE("The caller's stream waits for the copy of its memory, and for no picture of NVENC's") {
  const Gpu gpu;
  cufsim_set("encode_us", 50000);
  const auto context = cuda::Context::borrowed(cuda::require_driver(),
                                               reinterpret_cast<CUcontext>(gpu.port->context()));
  const cuda::Stream callers(context);
  const streams::Made wanted = made(h264);
  const DevicePicture buffer(*gpu.port, picture_of(wanted, 0));
  const DevicePicture next(*gpu.port, picture_of(wanted, 1));
  const auto encoder = open(gpu, wanted);
  Pictures pictures;
  const uint64_t stream = reinterpret_cast<uint64_t>(callers.handle());
  const auto waits = cufsim_calls("cuStreamSynchronize") + cufsim_calls("cuEventSynchronize");
  cufsim_pause();
  encoder->send(input(buffer.picture(), 0));
  buffer.picture().device->give_back(stream);
  {
    const cuda::ContextScope scope(*context);
    const Plane& luma = buffer.picture().planes[0];
    cuda::check(context->cuda().cuMemcpyDtoDAsync(
                    reinterpret_cast<CUdeviceptr>(luma.data),
                    reinterpret_cast<CUdeviceptr>(next.picture().planes[0].data),
                    static_cast<size_t>(luma.stride) * luma.rows * 3 / 2, callers.handle()),
                "no copy");
  }
  CHECK(cufsim_calls("cuStreamSynchronize") + cufsim_calls("cuEventSynchronize") == waits);
  cufsim_resume();
  callers.synchronize();
  encoder->send(input(buffer.picture(), 1));
  // Without a stream the host waits.
  cufsim_set("stream_delay_us", 3000);
  const auto event_waits = cufsim_calls("cuEventSynchronize");
  buffer.picture().device->give_back(0);
  CHECK(cufsim_calls("cuEventSynchronize") == event_waits + 1);
  cufsim_set("stream_delay_us", 0);
  end(*encoder, pictures);
  check_stream(h264, pictures, 2);
}

TEST_CASE("Frames of ours outside stream-ordered memory go to NVENC where they are") {
  const Setting pools("pools", "0");
  const Gpu gpu;
  std::vector<Picture> frames = decoded_frames(gpu, 6);
  streams::Made wanted = made(h264);
  wanted.width = frames[0].width;
  wanted.height = frames[0].height;
  const auto encoder = open(gpu, wanted);
  const uint64_t copies = cufsim_count("copies");
  Pictures pictures;
  const std::weak_ptr<const void> last = frames[5].owner;
  for (uint64_t i = 0; i < 6; ++i) {
    encoder->send(input(std::move(frames[i]), i));
    frames[i] = {};
    streams::receive_all(*encoder, pictures);
  }
  CHECK(cufsim_count("copies") == copies);
  CHECK(!last.expired());
  end(*encoder, pictures);
  CHECK(last.expired());
  CHECK(cufsim_count("encode_host_copies") == 0);
  CHECK(streams::decode(h264, pictures).frames.size() == 6);
}

TEST_CASE("Pictures that are filled again are read behind the stream that fills them") {
  const Gpu gpu;
  const auto context = cuda::Context::borrowed(cuda::require_driver(),
                                               reinterpret_cast<CUcontext>(gpu.port->context()));
  const cuda::Stream callers(context);
  const streams::Made wanted = made(h264);
  const DevicePicture source(*gpu.port, picture_of(wanted, 0));
  const DevicePicture filled(*gpu.port, picture_of(wanted, 9));
  const auto encoder = open(gpu, wanted);
  const auto address = [](const DevicePicture& one) {
    return reinterpret_cast<CUdeviceptr>(one.picture().planes[0].data);
  };
  {
    const cuda::ContextScope scope(*context);
    const Plane& luma = source.picture().planes[0];
    const size_t bytes = static_cast<size_t>(luma.stride) * luma.rows * 3 / 2;
    cufsim_pause();
    cuda::check(context->cuda().cuMemcpyDtoDAsync(address(filled), address(source), bytes,
                                                  callers.handle()),
                "no copy");
    filled.picture().device->note_refill(reinterpret_cast<uint64_t>(callers.handle()));
    encoder->send(input(filled.picture(), 0));
    cufsim_resume();
  }
  Pictures pictures;
  end(*encoder, pictures);
  check_stream(h264, pictures, 1);
}

TEST_CASE("Pictures in the GPU's memory that lie otherwise are copied there, not by the host") {
  const Gpu gpu;
  std::vector<Picture> frames = decoded_frames(gpu, 6);
  streams::Made wanted = made(h264);
  wanted.width = frames[0].width;
  wanted.height = frames[0].height;
  const auto encoder = open(gpu, wanted);
  const uint64_t copies = cufsim_count("copies");
  Pictures pictures;
  for (uint64_t i = 0; i < 6; ++i) {
    encoder->send(input(std::move(frames[i]), i));
    streams::receive_all(*encoder, pictures);
  }
  end(*encoder, pictures);
  CHECK(cufsim_count("copies") == copies + 6 * 2);
  CHECK(cufsim_count("encode_host_copies") == 0);
  CHECK(streams::decode(h264, pictures).frames.size() == 6);
}

TEST_CASE("RGB becomes YUV of the colour that the stream says it has") {
  // Green, and what it is by the formulas of BT.601 and BT.709 in limited range.
  const struct {
    Format format;
    uint32_t pixel;
    int64_t color_space;
    int luma, blue, red;
  } kAll[] = {{Format::bgra, 0xff00ff00, 0, 145, 54, 34},
              {Format::rgba, 0xff00ff00, 1, 173, 42, 26},
              {Format::bgr10, 1023u << 10, 0, 145, 54, 34},
              {Format::rgb10, 1023u, 0, 81, 90, 240}};  // red
  for (const auto& one : kAll) {
    INFO(static_cast<int>(one.format));
    const Gpu gpu;
    const streams::Made wanted = made(hevc, {{P::color_space, {one.color_space}}}, one.format);
    const auto encoder = open(gpu, wanted);
    auto pixels = std::make_shared<std::vector<uint32_t>>(192 * 128, one.pixel);
    Picture picture;
    picture.format = one.format;
    picture.width = 192;
    picture.height = 128;
    picture.plane_count = 1;
    picture.planes[0] = {reinterpret_cast<const uint8_t*>(pixels->data()), 192 * 4, 128, 192 * 4};
    picture.owner = pixels;
    encoder->send(input(picture, 0));
    Pictures pictures;
    end(*encoder, pictures);
    const auto frames = streams::decode(hevc, pictures).frames;
    REQUIRE(frames.size() == 1);
    const AVFrame& frame = *frames[0];
    const bool is_deep = one.format == Format::bgr10 || one.format == Format::rgb10;
    const auto value = [&](int plane) {
      return is_deep ? reinterpret_cast<const uint16_t*>(frame.data[plane])[20] / 4
                     : frame.data[plane][20];
    };
    CHECK(std::abs(value(0) - one.luma) <= 2);
    CHECK(std::abs(value(1) - one.blue) <= 2);
    CHECK(std::abs(value(2) - one.red) <= 2);
    CHECK(frame.colorspace == (one.color_space == 1 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M));
  }
}

TEST_CASE("A caller may let go of pictures at once, however late the GPU is") {
  const Gpu gpu;
  const streams::Made wanted = made(hevc);
  const auto encoder = open(gpu, wanted);
  Pictures pictures;
  cufsim_pause();
  for (uint64_t i = 0; i < 3; ++i) {
    encoder->send(input(picture_of(wanted, i), i));
  }
  cufsim_resume();
  end(*encoder, pictures);
  check_stream(hevc, pictures, 3);
}

TEST_CASE("Pictures are forced to be key, and headers are given, where that is asked for") {
  for (const VideoCodec codec : {h264, hevc}) {
    INFO(codec_name(codec));
    const Gpu gpu;
    const Pictures pictures =
        encode(gpu, made(codec, {{P::b_frames, {0}}}), 9, [](EncoderInput& input) {
          input.forces_idr = input.number == 4;
          input.forces_intra = input.number == 6;
          input.wants_headers = input.number == 7;
        });
    CHECK(pictures[0].is_key);
    CHECK(pictures[4].is_key);
    CHECK(streams::keys_of(pictures).size() < 4);  // x265 makes all intra pictures key
    CHECK(pictures[6].type == PictureType::i);
    CHECK(pictures[5].type == PictureType::p);
    const std::string trace = streams::trace(codec, {pictures[7], pictures[8]});
    CHECK(streams::count_of(trace, "Sequence Parameter Set") == 1);
    check_stream(codec, pictures, 9);
  }
}

TEST_CASE("The stream's headers are those that it begins with") {
  for (const VideoCodec codec : {h264, hevc, av1}) {
    const Gpu gpu;
    const streams::Made wanted = made(codec);
    const auto encoder = open(gpu, wanted);
    const std::vector<uint8_t> headers = encoder->sequence_params();
    REQUIRE(!headers.empty());
    Pictures pictures;
    streams::feed(*encoder, wanted, 0, 2, pictures);
    end(*encoder, pictures);
    CHECK(std::ranges::search(pictures[0].data, headers).begin() != pictures[0].data.end());
  }
}

TEST_CASE("Messages go into the stream with their picture") {
  const std::vector<uint8_t> text = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a',
                                     'b', 'c', 'd', 'e', 'f', 0,   0,   1,   0,   0,   0};
  for (const VideoCodec codec : {h264, hevc}) {
    INFO(codec_name(codec));
    const Gpu gpu;
    const Pictures pictures = encode(gpu, made(codec), 3, [&](EncoderInput& input) {
      if (input.number == 1) input.messages = {{5, text}, {144, {0, 100, 0, 50}}};
    });
    const std::string trace = streams::trace(codec, {pictures[0], pictures[1]});
    CHECK(streams::value_of(trace, "max_content_light_level") == 100);
    CHECK(streams::count_of(trace, "max_content_light_level") == 1);
    check_stream(codec, pictures, 3);
  }
  const Gpu gpu;
  const Pictures pictures = encode(gpu, made(av1), 3, [&](EncoderInput& input) {
    if (input.number == 1) input.messages = {{1, {0, 100, 0, 50}}};
  });
  CHECK(streams::value_of(streams::trace(av1, pictures), "max_cll") == 100);
  check_stream(av1, pictures, 3);
}

TEST_CASE("Messages that NVENC has no place for are refused, and the picture with them") {
  const Gpu gpu;
  const streams::Made wanted = made(hevc);
  const auto encoder = open(gpu, wanted);
  const auto refusal = [&](SideMessage message) {
    EncoderInput refused = input(picture_of(wanted, 0), 0);
    refused.messages = {std::move(message)};
    return streams::error_of_work([&] { encoder->send(refused); });
  };
  CHECK(refusal({5, {}}).status == Status::unsupported);
  CHECK(refusal({132, {1}}).status == Status::unsupported);
  CHECK(refusal({70000, {1}}).status == Status::invalid_argument);
  Pictures pictures;
  streams::feed(*encoder, wanted, 0, 2, pictures);
  end(*encoder, pictures);
  check_stream(hevc, pictures, 2);
}

TEST_CASE("Pictures of another size or context are refused") {
  const Gpu gpu;
  const streams::Made wanted = made(h264);
  const auto encoder = open(gpu, wanted);
  const EncoderInput small = input(streams::picture(Format::nv12, 160, 128, 0), 0);
  CHECK(streams::error_of_work([&] { encoder->send(small); }).status == Status::invalid_argument);
}

TEST_CASE("A size that is not a multiple of anything but two is encoded as it is") {
  const Gpu gpu;
  for (const VideoCodec codec : {h264, hevc}) {
    streams::Made wanted = made(codec);
    wanted.width = 202;
    wanted.height = 138;
    check_stream(codec, encode(gpu, wanted, 4), 4);
  }
}
