#include "core/transcode_options.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/encoder_input.h"

namespace cuf {
namespace {

bool is_positive(Rational value) {
  return value.num > 0 && value.den > 0;
}

// The side that keeps the proportion, even as 4:2:0 needs it.
uint32_t in_proportion(uint32_t side, uint32_t other, uint32_t other_before) {
  const double exact = static_cast<double>(side) * other / other_before;
  return std::max<uint32_t>(2, 2 * static_cast<uint32_t>(std::lround(exact / 2)));
}

// The picture keeps its shape on the screen.
Rational stretched_ratio(const VideoDescription& video, uint32_t width, uint32_t height) {
  const Rational before =
      is_positive(video.sample_aspect_ratio) ? video.sample_aspect_ratio : Rational{1, 1};
  int64_t num = int64_t{before.num} * video.width * height;
  int64_t den = int64_t{before.den} * video.height * width;
  const int64_t divisor = std::gcd(num, den);
  num /= divisor;
  den /= divisor;
  if (std::max(num, den) > INT32_MAX) return before;
  return {static_cast<int32_t>(num), static_cast<int32_t>(den)};
}

// Samples of luma for one of chroma, across and down.
std::pair<uint32_t, uint32_t> chroma_steps(SampleFamily family) {
  switch (family) {
    case SampleFamily::c420_8:
    case SampleFamily::c420_16:
      return {2, 2};
    case SampleFamily::c422_8:
    case SampleFamily::c422_16:
      return {2, 1};
    default:
      return {1, 1};
  }
}

bool is_deep(const TranscodeOptions& options, const VideoDescription& video) {
  return video.bit_depth > 8 && options.settings.codec() != VideoCodec::h264;
}

Color color_of(const TranscodeOptions& options, const VideoDescription& video,
               const TranscodeShape& shape) {
  const bool is_said = options.color || options.settings.has(EncoderParameter::color_space);
  Color color = is_said ? encoder_color(shape.format, options.settings, shape.height, options.color)
                        : video.color;
  // RGB is made YUV by some matrix, and the stream says which.
  if (color.matrix == 0) {
    color.matrix = shape.height >= 720 ? 1 : 6;
    color.full_range = false;
  }
  return color;
}

}  // namespace

TranscodeShape transcode_shape(const TranscodeOptions& options, const VideoDescription& video) {
  if (video.width == 0 || video.height == 0) {
    throw Error(Status::unsupported, "The video's size is not known before it is decoded");
  }
  TranscodeShape shape;
  shape.format =
      options.format.value_or(is_deep(options, video) ? EncoderFormat::p010 : EncoderFormat::nv12);
  if (is_rgb(family_of(shape.format))) {
    throw Error(Status::invalid_argument,
                "A video is encoded as YUV: nv12, p010, nv16, p210, yuv444 or yuv444_16bit");
  }
  shape.width = options.width;
  shape.height = options.height;
  if (shape.width == 0 && shape.height == 0) {
    const auto [columns, rows] = chroma_steps(family_of(shape.format));
    shape.width = std::max(columns, video.width / columns * columns);
    shape.height = std::max(rows, video.height / rows * rows);
    shape.is_cropped = shape.width + 1 == video.width || shape.height + 1 == video.height;
  } else if (shape.width == 0) {
    shape.width = in_proportion(video.width, shape.height, video.height);
  } else if (shape.height == 0) {
    shape.height = in_proportion(video.height, shape.width, video.width);
  }
  require_encoder_size(shape.format, shape.width, shape.height);
  shape.sample_aspect_ratio = video.sample_aspect_ratio;
  if (!shape.is_cropped)
    shape.sample_aspect_ratio = stretched_ratio(video, shape.width, shape.height);
  shape.color = color_of(options, video, shape);
  return shape;
}

EncoderSettings transcode_settings(const TranscodeOptions& options, const VideoDescription& video,
                                   const TranscodeShape& shape) {
  EncoderSettings settings = options.settings;
  if (!settings.has(EncoderParameter::fps) && is_positive(video.frame_rate)) {
    settings.set(EncoderParameter::fps,
                 std::array<int64_t, 2>{video.frame_rate.num, video.frame_rate.den});
  }
  complete_encoder_settings(settings, shape.width, shape.height);
  return settings;
}

}  // namespace cuf
