// RGB pictures with random samples, and what their conversion to YUV writes to.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "pixels/yuv.h"

namespace cuf::pixels::testing {

inline constexpr RgbLayout kRgbLayouts[] = {RgbLayout::rgb,  RgbLayout::rgbp,  RgbLayout::bgra,
                                            RgbLayout::rgba, RgbLayout::bgr10, RgbLayout::rgb10};

inline constexpr NativeFormat kYuvFormats[] = {NativeFormat::nv12, NativeFormat::p010,
                                               NativeFormat::yuv444, NativeFormat::yuv444_16};

// Bytes of a row of one plane.
inline ptrdiff_t rgb_row_bytes(RgbLayout layout, int32_t width) {
  return ptrdiff_t{width} * (layout == RgbLayout::rgbp ? 1 : layout == RgbLayout::rgb ? 3 : 4);
}

// Rows with padding between them, at odd addresses; exactly as long as needed, so that ASan sees
// one byte too many. `flipped` stores the rows bottom up.
class RgbPicture {
 public:
  RgbPicture(int32_t width, int32_t height, RgbLayout layout, uint32_t seed, bool flipped = false) {
    image_ = {.width = width, .height = height, .layout = layout, .data = {}, .stride = {}};
    const ptrdiff_t row = rgb_row_bytes(layout, width);
    const ptrdiff_t stride = row + 5;
    constexpr ptrdiff_t kLead = 1;
    std::mt19937 random(seed);
    for (int p = 0; p < (layout == RgbLayout::rgbp ? 3 : 1); ++p) {
      storage_[p].resize(static_cast<size_t>(kLead + stride * (height - 1) + row));
      for (uint8_t& byte : storage_[p]) {
        const uint32_t r = random();
        byte = (r & 7) == 0 ? 0 : (r & 7) == 1 ? 255 : static_cast<uint8_t>(r >> 8);
      }
      image_.data[p] = storage_[p].data() + kLead + (flipped ? stride * (height - 1) : 0);
      image_.stride[p] = flipped ? -stride : stride;
    }
  }
  RgbPicture(const RgbPicture&) = delete;
  RgbPicture& operator=(const RgbPicture&) = delete;

  const RgbImage& image() const { return image_; }

 private:
  RgbImage image_;
  std::vector<uint8_t> storage_[3];
};

// Planes one behind the other whose rows lie between canaries: comparing whole buffers also proves
// that nothing beside the rows was written. Rows begin anywhere, or at multiples of `alignment`.
struct YuvOutput {
  YuvOutput(int32_t width, int32_t height, NativeFormat format, ptrdiff_t alignment = 0) {
    constexpr uint8_t kCanary = 0xa5;
    const int planes = native_plane_count(format);
    const ptrdiff_t lead = alignment > 0 ? alignment : 2;
    size_t offsets[3] = {};
    size_t end = static_cast<size_t>(lead);
    target.format = format;
    for (int p = 0; p < planes; ++p) {
      const PlaneShape shape = native_plane_shape(format, p, width, height);
      const ptrdiff_t beside = alignment > 0 ? 2 * alignment - shape.row_bytes % alignment : 6;
      target.stride[p] = shape.row_bytes + beside;
      offsets[p] = end;
      end += static_cast<size_t>(target.stride[p] * shape.rows);
    }
    bytes.assign(end, kCanary);
    for (int p = 0; p < planes; ++p) target.data[p] = bytes.data() + offsets[p];
  }
  YuvOutput(const RgbImage& image, NativeFormat format, ptrdiff_t alignment = 0)
      : YuvOutput(image.width, image.height, format, alignment) {}
  YuvOutput(const YuvOutput&) = delete;  // the target would be the other's
  YuvOutput& operator=(const YuvOutput&) = delete;

  std::vector<uint8_t> bytes;
  YuvTarget target{};
};

inline std::string description_of(const RgbImage& image, const ColorSpec& color,
                                  NativeFormat format) {
  const auto number = [](auto v) { return std::to_string(static_cast<int>(v)); };
  return std::to_string(image.width) + "x" + std::to_string(image.height) + " layout " +
         number(image.layout) + " format " + number(format) + " matrix " + number(color.matrix) +
         " full " + number(color.full_range);
}

}  // namespace cuf::pixels::testing
