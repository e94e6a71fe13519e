#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/picture_to_yuv.h"
#include "cuda_converter.h"

using namespace cuf;
using namespace cuda_clips;

namespace {

constexpr Color kBt709{1, 1, 1, false};
constexpr Color kFull601{6, 6, 6, true};

TensorOptions rgb_of(Layout layout, uint32_t channels) {
  TensorOptions options;
  options.layout = layout;
  options.channels = channels;
  return options;
}

}  // namespace

TEST_CASE("RGB frames of a GPU become YUV there, with the bytes of the CPU") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const std::string odd =
        clips::make("vp9_odd.webm", "-c:v libvpx-vp9 -deadline realtime -vf scale=321:241");
    const Twins twins(*gpu, odd, 1);
    const auto memory = host_memory();
    for (const TensorOptions& options :
         {rgb_of(Layout::hwc, 3), rgb_of(Layout::hwc, 4), rgb_of(Layout::chw, 3)}) {
      const Picture rgb = convert_to_tensor(twins.on_gpu[0], options, *memory);
      const Picture rgb_on_cpu = convert_to_tensor(twins.on_cpu[0], options, *memory);
      for (const Format format : {Format::nv12, Format::yuv444}) {
        for (const Color& color : {kBt709, kFull601}) {
          const uint64_t copies = cufsim_calls("cuMemcpyDtoHAsync");
          const Picture ours = to_yuv(rgb, format, color, *memory);
          CHECK(cufsim_calls("cuMemcpyDtoHAsync") == copies);
          const Picture cpu = to_yuv(rgb_on_cpu, format, color, *memory);
          CHECK(ours.device != nullptr);
          CHECK(ours.converter == rgb.converter);
          CHECK(ours.format == format);
          CHECK(ours.color.matrix == color.matrix);
          CHECK(ours.planes[0].stride == 512);
          CHECK(ours.planes[1].stride == 512);
          CHECK(ours.planes[1].data == ours.planes[0].data + 512 * 241);
          CHECK(bytes_of(ours.converter->to_host(ours, *memory)) == bytes_of(cpu));
        }
      }
    }
  }
  check_nothing_left();
}

// The picture is still being made when its conversion is told, and let go before it is done.
TEST_CASE("RGB to YUV on a slow stream keeps its order") {
  const Setting setting("stream_delay_us", "1000");
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 3);
    const auto memory = host_memory();
    std::vector<Picture> converted;
    for (const Picture& picture : twins.on_gpu) {
      const Picture rgb = convert_to_tensor(picture, {}, *memory);
      converted.push_back(to_yuv(rgb, Format::nv12, kBt709, *memory));
    }
    for (size_t i = 0; i < converted.size(); ++i) {
      const Picture rgb = convert_to_tensor(twins.on_cpu[i], {}, *memory);
      const Picture cpu = to_yuv(rgb, Format::nv12, kBt709, *memory);
      CHECK(bytes_of(converted[i].converter->to_host(converted[i], *memory)) == bytes_of(cpu));
    }
  }
  check_nothing_left();
}

TEST_CASE("A frame of the host is not converted to YUV on a GPU") {
  cufsim_reset();
  {
    const auto gpu = open_gpu();
    const Twins twins(*gpu, b_frames(), 1);
    const auto memory = host_memory();
    const Picture rgb = convert_to_tensor(twins.on_cpu[0], {}, *memory);
    const YuvShape shape(rgb, Format::nv12, kBt709);
    const Error elsewhere = clips::error_of([&] { twins.on_gpu[0].converter->to_yuv(rgb, shape); });
    CHECK(elsewhere.status == Status::invalid_argument);
    CHECK_THROWS_AS(to_yuv(twins.on_gpu[0], Format::nv12, kBt709, *memory), Error);
  }
  check_nothing_left();
}
