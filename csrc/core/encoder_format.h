#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/model.h"

namespace cuf {

// What an encoder is given, by the guide's names; the numbers cross the C ABI.
enum class EncoderFormat : uint32_t {
  nv12,
  yv12,
  iyuv,
  yuv444,
  p010,
  yuv444_10bit,
  yuv444_16bit,
  argb,
  argb10,
  abgr,
  abgr10,
  nv16,
  p210,
  rgb,
  rgbp,
  count
};

// Chroma and depth of samples, however they are arranged in memory.
enum class SampleFamily { none, c420_8, c420_16, c422_8, c422_16, c444_8, c444_16, rgb_8, rgb_10 };

struct PlaneSize {
  uint32_t row_bytes = 0;
  uint32_t rows = 0;
};

struct PlaneSizes {
  uint32_t count = 0;
  std::array<PlaneSize, 3> planes;
};

std::string_view encoder_format_name(EncoderFormat format);
// How a Picture of it is arranged. YV12 is I420 whose last two planes lie the other way round.
Format arrangement_of(EncoderFormat format);
SampleFamily family_of(EncoderFormat format);
// Of a picture in memory; none for what no encoder takes, such as tensors of float or of batches.
SampleFamily family_of(const Picture& picture);
bool is_rgb(SampleFamily family);
uint32_t significant_bits(EncoderFormat format);

// Of an arrangement that an encoder or arrangement_of() has.
PlaneSizes plane_sizes(Format format, uint32_t width, uint32_t height);

// "uint8 [1620, 1920]": as an array of one block without padding.
std::string expected_array(EncoderFormat format, uint32_t width, uint32_t height);
// Throws Error(invalid_argument) for sizes that the format does not have.
void require_encoder_size(EncoderFormat format, uint32_t width, uint32_t height);

// A picture whose planes follow one another from `data` on, rows `stride` bytes apart (0: without
// padding; rows of half the width half of that). Throws Error(invalid_argument), which says what is
// expected, where `length` is not what that takes. The last row's padding may be missing.
Picture picture_in(EncoderFormat format, uint32_t width, uint32_t height, const uint8_t* data,
                   size_t length, uint32_t stride);
// Planes in the format's own order, at any place.
Picture picture_of_planes(EncoderFormat format, uint32_t width, uint32_t height,
                          const Plane* planes);

}  // namespace cuf
