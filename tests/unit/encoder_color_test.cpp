#include <doctest/doctest.h>

#include <array>
#include <optional>

#include "core/encoder_input.h"
#include "core/error.h"

using namespace cuf;

namespace {

// colorspace as callers number it; -1: nothing is said.
Color color(EncoderFormat format, uint32_t height, int64_t color_space = -1,
            const std::optional<Color>& given = {}) {
  EncoderSettings settings;
  if (color_space >= 0) settings.set(EncoderParameter::color_space, std::array{color_space});
  return encoder_color(format, settings, height, given);
}

constexpr Color kWide{.primaries = 9, .transfer = 16, .matrix = 9, .full_range = true};
constexpr Color kNoMatrix{.primaries = 9, .transfer = 16, .matrix = 2, .full_range = true};

}  // namespace

TEST_CASE("RGB says the matrix that it is made YUV by, YUV what is known of it") {
  CHECK(color(EncoderFormat::argb, 719).matrix == 6);
  CHECK(color(EncoderFormat::argb, 720).matrix == 1);
  CHECK(color(EncoderFormat::argb, 720, 0).matrix == 6);
  CHECK(color(EncoderFormat::argb, 480, 1).matrix == 1);
  CHECK(color(EncoderFormat::nv12, 720).matrix == 2);
  CHECK(color(EncoderFormat::nv12, 720).primaries == 2);
  CHECK(color(EncoderFormat::nv12, 480, 1).matrix == 1);
}

TEST_CASE("A colour that was given stands, but for a matrix that it leaves open") {
  for (const EncoderFormat format : {EncoderFormat::argb, EncoderFormat::nv12}) {
    const Color whole = color(format, 480, -1, kWide);
    CHECK(whole.primaries == 9);
    CHECK(whole.transfer == 16);
    CHECK(whole.matrix == 9);
    CHECK(whole.full_range);
  }
  const Color filled = color(EncoderFormat::rgb, 480, -1, kNoMatrix);
  CHECK(filled.primaries == 9);
  CHECK(filled.matrix == 6);
  CHECK(color(EncoderFormat::rgb, 480, 1, kNoMatrix).matrix == 1);
  CHECK(color(EncoderFormat::nv12, 480, -1, kNoMatrix).matrix == 2);
  CHECK(color(EncoderFormat::nv12, 480, 1, kNoMatrix).matrix == 1);
}

TEST_CASE("RGB that would stay RGB is refused") {
  const Color identity{.primaries = 1, .transfer = 1, .matrix = 0, .full_range = true};
  CHECK_THROWS_WITH(color(EncoderFormat::argb, 480, -1, identity),
                    "RGB is encoded as YUV; give a colour matrix other than 0, or none");
  CHECK(color(EncoderFormat::yuv444, 480, -1, identity).matrix == 0);
  for (const EncoderFormat format : {EncoderFormat::nv12, EncoderFormat::p210}) {
    CHECK_THROWS_AS(color(format, 480, -1, identity), Error);
  }
}
