#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cuda_clips.h"

using namespace cuf;
using namespace cuda_clips;

namespace {

struct Recipe {
  const char* name;
  const char* arguments;
};

constexpr Recipe kBFrames = {"b_frames.mp4", "-c:v libx264 -bf 3 -g 10 -b_strategy 0"};
constexpr Recipe kIpp = {"ipp.mp4", "-c:v libx264 -bf 0 -g 12 -x264-params bframes=0"};
constexpr Recipe kHevc = {"hevc.mp4", "-c:v libx265 -x265-params log-level=0:keyint=12"};

// Decoding is exact by their specifications.
constexpr Recipe kExact[] = {
    kBFrames,
    {"mbaff.mp4", "-c:v libx264 -flags +ilme+ildct -x264-params interlaced=1"},
    {"open_gop.mkv", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"},
    {"open_gop.ts", "-c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3"},
    {"raw.h264", "-c:v libx264 -bf 2"},
    {"crop.mp4", "-vf scale=342:250 -c:v libx264"},
    kHevc,
    {"hevc10.mp4", "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=0"},
    {"hevc444.mp4", "-c:v libx265 -pix_fmt yuv444p -x265-params log-level=0 -vf scale=321:241"},
    {"hevc_raw.h265", "-c:v libx265 -x265-params log-level=0"},
    {"vp8.webm", "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16"},
    {"vp9.webm", "-c:v libvpx-vp9 -deadline realtime -auto-alt-ref 1 -lag-in-frames 16"},
    {"vp9_10bit.webm", "-c:v libvpx-vp9 -deadline realtime -pix_fmt yuv420p10le"},
    {"vp9_odd.webm", "-c:v libvpx-vp9 -deadline realtime -vf scale=321:241"},
    {"av1.mkv", "-c:v libsvtav1 -preset 12"},
    {"av1.mp4", "-c:v libsvtav1 -preset 12 -pix_fmt yuv420p10le"},
};

// Their inverse transform is not.
constexpr Recipe kNear[] = {
    {"mpeg1.mpg", "-c:v mpeg1video -b:v 1M"},
    {"mpeg2.ts", "-c:v mpeg2video -flags +ilme+ildct -bf 2 -b:v 1M"},
    {"mpeg2.mkv", "-c:v mpeg2video -bf 2 -b:v 1M"},
    {"mpeg4.avi", "-c:v mpeg4 -bf 2 -vtag XVID"},
    {"mpeg4.mp4", "-c:v mpeg4 -bf 2"},
    {"mpeg1_odd.mpg", "-c:v mpeg1video -b:v 1M -vf scale=321:241"},
    {"mpeg2_odd.ts", "-c:v mpeg2video -b:v 1M -vf scale=321:241"},
    {"mpeg2_uneven.ts", "-c:v mpeg2video -b:v 1M -vf scale=328:248"},
    {"mjpeg.avi", "-c:v mjpeg"},
    {"mjpeg_limited.avi", "-c:v mjpeg -strict unofficial -pix_fmt yuv420p -color_range tv"},
};

std::string clip(const Recipe& recipe) {
  return clips::make(recipe.name, recipe.arguments);
}

// Decodes a clip and gives what the driver was asked for meanwhile.
struct Run {
  explicit Run(const Recipe& recipe, const How& how = {}) {
    // H100s decode no AV1.
    const Setting setting("gpu", "l4");
    decoded = decode(*open_gpu(), clip(recipe), how);
    check_nothing_left();
  }
  Decoded decoded;
};

double psnr(const std::string& left, const std::string& right) {
  REQUIRE(left.size() == right.size());
  double sum = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    const int difference = static_cast<uint8_t>(left[i]) - static_cast<uint8_t>(right[i]);
    sum += difference * difference;
  }
  return sum == 0 ? 100 : 10 * std::log10(255.0 * 255.0 * static_cast<double>(left.size()) / sum);
}

void check_same_color(const Picture& ours, const Picture& cpu) {
  CHECK(ours.color.matrix == cpu.color.matrix);
  CHECK(ours.color.full_range == cpu.color.full_range);
}

void check_same_properties(const Picture& ours, const Picture& cpu) {
  CHECK(ours.pts == cpu.pts);
  CHECK(ours.duration == cpu.duration);
  CHECK(ours.time_base.den == cpu.time_base.den);
  CHECK(ours.format == cpu.format);
  CHECK(ours.dtype == cpu.dtype);
  CHECK(ours.bit_depth == cpu.bit_depth);
  CHECK(ours.width == cpu.width);
  CHECK(ours.height == cpu.height);
  CHECK(ours.picture_type == cpu.picture_type);
  CHECK(ours.is_key == cpu.is_key);
  CHECK(ours.is_interlaced == cpu.is_interlaced);
  CHECK(ours.is_top_field_first == cpu.is_top_field_first);
  check_same_color(ours, cpu);
  CHECK(ours.decode_status == DecodeStatus::ok);
  REQUIRE(ours.plane_count == cpu.plane_count);
  for (uint32_t i = 0; i < ours.plane_count; ++i) {
    CHECK(ours.planes[i].stride == cpu.planes[i].stride);
    CHECK(ours.planes[i].rows == cpu.planes[i].rows);
    CHECK(ours.planes[i].row_bytes == cpu.planes[i].row_bytes);
  }
}

}  // namespace

TEST_CASE("Native pictures are those of the CPU, byte for byte") {
  for (const Recipe& recipe : kExact) {
    INFO(std::string(recipe.name));
    const Decoded cpu = decode_on_cpu(clip(recipe));
    for (const bool keeps_container : {true, false}) {
      const Run run(recipe, {.keeps_container = keeps_container});
      CHECK(run.decoded.errors.empty());
      CHECK(times(run.decoded) == times(cpu));
      REQUIRE(run.decoded.shown.size() == cpu.shown.size());
      CHECK(differing(run.decoded, cpu) == 0);
      for (size_t i = 0; i < cpu.shown.size(); ++i) {
        check_same_properties(run.decoded.shown[i].picture, cpu.shown[i].picture);
        CHECK(run.decoded.shown[i].was_on_gpu);
      }
    }
  }
}

TEST_CASE("Native pictures of codecs with a free transform are near those of the CPU") {
  for (const Recipe& recipe : kNear) {
    INFO(std::string(recipe.name));
    const Decoded cpu = decode_on_cpu(clip(recipe));
    for (const bool keeps_container : {true, false}) {
      const Run run(recipe, {.keeps_container = keeps_container});
      CHECK(run.decoded.errors.empty());
      REQUIRE(run.decoded.shown.size() == cpu.shown.size());
      CHECK(times(run.decoded) == times(cpu));
      for (size_t i = 0; i < cpu.shown.size(); ++i) {
        CHECK(psnr(run.decoded.shown[i].bytes, cpu.shown[i].bytes) >= 48);
        check_same_color(run.decoded.shown[i].picture, cpu.shown[i].picture);
      }
    }
  }
}
