#include "core/picture_to_yuv.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/frame_memory.h"
#include "core/ports.h"

using namespace cuf;

namespace {

struct Rgb8 {
  uint8_t r;
  uint8_t g;
  uint8_t b;
};

// One colour, [H, W, 3].
struct Filled {
  Filled(uint32_t width, uint32_t height, Rgb8 color) {
    for (uint32_t i = 0; i < width * height; ++i) {
      bytes.insert(bytes.end(), {color.r, color.g, color.b});
    }
    picture.format = Format::rgb;
    picture.width = width;
    picture.height = height;
    picture.pts = 7;
    picture.plane_count = 1;
    picture.planes[0] = {.data = bytes.data(),
                         .stride = static_cast<ptrdiff_t>(3 * width),
                         .rows = height,
                         .row_bytes = 3 * width};
  }

  std::vector<uint8_t> bytes;
  Picture picture;
};

std::string refusal(const Picture& picture, Format format, const Color& color = {}) {
  try {
    const YuvShape shape(picture, format, color);
  } catch (const Error& error) {
    CHECK(error.status == Status::unsupported);
    return error.what();
  }
  return "";
}

std::vector<int> samples_of(const Picture& picture) {
  if (picture.plane_count == 3) {
    return {picture.planes[0].data[0], picture.planes[1].data[0], picture.planes[2].data[0]};
  }
  return {picture.planes[0].data[0], picture.planes[1].data[0], picture.planes[1].data[1]};
}

}  // namespace

// Samples as they are in ITU-R BT.709-6 and BT.601-7, and in sRGB's own use of the latter (JFIF).
TEST_CASE("An RGB picture becomes YUV of the colour that is asked for") {
  const auto shared = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
  FrameMemory& memory = *shared;
  const Filled red(6, 4, {255, 0, 0});
  const Picture bt709 = to_yuv(red.picture, Format::nv12, {1, 1, 1, false}, memory);
  CHECK(samples_of(bt709) == std::vector{63, 102, 240});
  const Picture bt601 = to_yuv(red.picture, Format::yuv444, {6, 6, 6, false}, memory);
  CHECK(samples_of(bt601) == std::vector{81, 90, 240});
  const Picture jfif = to_yuv(red.picture, Format::yuv444, {1, 13, 5, true}, memory);
  CHECK(samples_of(jfif) == std::vector{76, 85, 255});
  CHECK(bt709.pts == 7);
  CHECK(bt709.color.matrix == 1);
  CHECK(jfif.color.full_range);
  CHECK(jfif.color.transfer == 13);
}

TEST_CASE("YUV of an odd size has chroma to its last row and column") {
  const auto shared = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
  FrameMemory& memory = *shared;
  const Filled blue(5, 3, {0, 0, 255});
  const Picture nv12 = to_yuv(blue.picture, Format::nv12, {}, memory);
  REQUIRE(nv12.plane_count == 2);
  CHECK(nv12.format == Format::nv12);
  CHECK(nv12.color.matrix == 6);  // of less than 720 lines
  CHECK(nv12.block_bytes == 5 * 3 + 6 * 2);
  CHECK(nv12.planes[1].row_bytes == 6);
  CHECK(nv12.planes[1].rows == 2);
  CHECK(nv12.planes[1].data == nv12.block + 15);
  CHECK(nv12.planes[1].data[11] == nv12.planes[1].data[1]);
  CHECK(nv12.planes[1].data[10] == 240);
  CHECK(nv12.owner != nullptr);
}

TEST_CASE("Words of 10 bits become 16-bit samples") {
  const auto shared = std::make_shared<FrameMemory>(MemoryBudget::of_device(UINT64_MAX));
  FrameMemory& memory = *shared;
  Filled words(4, 2, {0, 0, 0});
  const std::vector<uint32_t> white(8, 0x3fffffff);
  words.picture.format = Format::bgr10;
  words.picture.planes[0].data = reinterpret_cast<const uint8_t*>(white.data());
  words.picture.planes[0].stride = 16;
  const Picture p010 = to_yuv(words.picture, Format::p010, {9, 16, 9, false}, memory);
  CHECK(p010.bit_depth == 10);
  CHECK(p010.dtype == Dtype::uint16);
  const auto* luma = reinterpret_cast<const uint16_t*>(p010.planes[0].data);
  const auto* chroma = reinterpret_cast<const uint16_t*>(p010.planes[1].data);
  CHECK(luma[7] == 940 << 6);
  CHECK(chroma[3] == 512 << 6);
  CHECK(refusal(words.picture, Format::nv12).find("P010") != std::string::npos);
}

TEST_CASE("What is not RGB, and what it cannot become, is refused by name") {
  Filled rgb(4, 2, {1, 2, 3});
  CHECK(refusal(rgb.picture, Format::nv12).empty());
  CHECK(refusal(rgb.picture, Format::p010).find("NV12 or YUV444") != std::string::npos);
  CHECK(refusal(rgb.picture, Format::nv16).find("NV12 or YUV444") != std::string::npos);
  for (const uint32_t matrix : {0U, 8U, 10U, 14U}) {
    const std::string why = refusal(rgb.picture, Format::nv12, {1, 1, matrix, false});
    CHECK(why.find("matrix coefficients " + std::to_string(matrix)) != std::string::npos);
  }
  rgb.picture.dtype = Dtype::float32;
  CHECK_FALSE(is_rgb_input(rgb.picture));
  CHECK(refusal(rgb.picture, Format::nv12).find("frame of RGB") != std::string::npos);
  rgb.picture.dtype = Dtype::uint8;
  rgb.picture.frames = 2;
  CHECK_FALSE(is_rgb_input(rgb.picture));
  rgb.picture.frames = 0;
  rgb.picture.format = Format::nv12;
  CHECK_FALSE(is_rgb_input(rgb.picture));
}
