#include "nvenc/picture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace cufsim {

namespace {

/** One plane of the input: where it begins, how far rows and samples are apart. */
struct Source {
  const unsigned char* first;
  uint64_t pitch;
  int spacing;
  bool wide;

  /** In the high bits of 16. */
  unsigned at(int x, int y) const {
    const unsigned char* row = first + static_cast<uint64_t>(y) * pitch;
    const std::ptrdiff_t index = static_cast<std::ptrdiff_t>(x) * spacing;
    if (!wide) return row[index] * 256u;
    uint16_t sample;
    std::memcpy(&sample, row + 2 * index, sizeof sample);
    return sample;
  }
};

void put(Planes& planes, int plane, int x, int y, unsigned value) {
  unsigned char* row = planes.data[plane].data() + static_cast<size_t>(y) * planes.stride(plane);
  if (planes.depth == 8) {
    row[x] = static_cast<unsigned char>(value);
  } else {
    const auto sample = static_cast<uint16_t>(value);
    std::memcpy(row + 2 * static_cast<size_t>(x), &sample, sizeof sample);
  }
}

/** Copies a plane; of every `step` samples and lines, one. */
void copy_plane(Planes& planes, int plane, const Source& source, int step) {
  const int width = planes.plane_width(plane);
  for (int y = 0; y < planes.plane_height(plane); y++) {
    if (!source.wide && planes.depth == 8) {
      const unsigned char* from = source.first + static_cast<uint64_t>(y) * step * source.pitch;
      unsigned char* to = planes.data[plane].data() + static_cast<size_t>(y) * width;
      const std::ptrdiff_t apart = static_cast<std::ptrdiff_t>(source.spacing) * step;
      for (int x = 0; x < width; x++) to[x] = from[x * apart];
      continue;
    }
    for (int x = 0; x < width; x++) {
      put(planes, plane, x, y, source.at(x * step, y * step) >> (16 - planes.depth));
    }
  }
}

struct Pixel {
  unsigned first;  // R, or Y
  unsigned second;
  unsigned third;
};

/** Three of the four components of a pixel, at 16 bits. */
Pixel read_pixel(const unsigned char* pixel, NV_ENC_BUFFER_FORMAT format) {
  uint32_t word;
  std::memcpy(&word, pixel, sizeof word);
  const auto eight = [&](int shift) { return (word >> shift & 0xff) * 257u; };
  const auto ten = [&](int shift) { return (word >> shift & 0x3ff) * 64u; };
  switch (format) {
    case NV_ENC_BUFFER_FORMAT_ARGB:
    case NV_ENC_BUFFER_FORMAT_AYUV:
      return {eight(16), eight(8), eight(0)};
    case NV_ENC_BUFFER_FORMAT_ABGR:
      return {eight(0), eight(8), eight(16)};
    case NV_ENC_BUFFER_FORMAT_ARGB10:
      return {ten(20), ten(10), ten(0)};
    default:
      return {ten(0), ten(10), ten(20)};
  }
}

/** Y'CbCr of RGB, in the stream's own depth. */
Pixel to_ycbcr(const Pixel& rgb, const Target& target) {
  const double kr = target.matrix == 1 ? 0.2126 : target.matrix == 9 ? 0.2627 : 0.299;
  const double kb = target.matrix == 1 ? 0.0722 : target.matrix == 9 ? 0.0593 : 0.114;
  const double red = rgb.first / 65535.0;
  const double green = rgb.second / 65535.0;
  const double blue = rgb.third / 65535.0;
  const double luma = kr * red + (1 - kr - kb) * green + kb * blue;
  const double cb = (blue - luma) / (2 * (1 - kb));
  const double cr = (red - luma) / (2 * (1 - kr));
  const int top = (1 << target.depth) - 1;
  const double unit = target.full_range ? top / 255.0 : 1 << (target.depth - 8);
  const double luma_size = target.full_range ? 255 : 219;
  const double chroma_size = target.full_range ? 255 : 224;
  const auto bounded = [&](double value) {
    return static_cast<unsigned>(std::clamp(std::lround(value), 0l, static_cast<long>(top)));
  };
  const double middle = 1 << (target.depth - 1);
  return {bounded((target.full_range ? 0 : 16 * unit) + luma * luma_size * unit),
          bounded(middle + cb * chroma_size * unit), bounded(middle + cr * chroma_size * unit)};
}

void unpack_pixels(Planes& planes, const unsigned char* bytes, uint64_t pitch,
                   NV_ENC_BUFFER_FORMAT format, const Target& target) {
  const int step = planes.full_chroma ? 1 : 2;
  for (int y = 0; y < planes.height; y++) {
    for (int x = 0; x < planes.width; x++) {
      Pixel pixel = read_pixel(bytes + static_cast<uint64_t>(y) * pitch + 4 * x, format);
      if (format == NV_ENC_BUFFER_FORMAT_AYUV) {
        const int shift = 16 - planes.depth;
        pixel = {pixel.first >> shift, pixel.second >> shift, pixel.third >> shift};
      } else {
        pixel = to_ycbcr(pixel, target);
      }
      put(planes, 0, x, y, pixel.first);
      if (x % step != 0 || y % step != 0) continue;
      put(planes, 1, x / step, y / step, pixel.second);
      put(planes, 2, x / step, y / step, pixel.third);
    }
  }
}

}  // namespace

InputLayout layout_of(NV_ENC_BUFFER_FORMAT format, int width) {
  switch (format) {
    case NV_ENC_BUFFER_FORMAT_NV12:
    case NV_ENC_BUFFER_FORMAT_YV12:
    case NV_ENC_BUFFER_FORMAT_IYUV:
      return {width, false, false, false};
    case NV_ENC_BUFFER_FORMAT_YUV444:
      return {width, true, false, false};
    case NV_ENC_BUFFER_FORMAT_YUV420_10BIT:
      return {2 * width, false, true, false};
    case NV_ENC_BUFFER_FORMAT_YUV444_10BIT:
      return {2 * width, true, true, false};
    case NV_ENC_BUFFER_FORMAT_ARGB:
    case NV_ENC_BUFFER_FORMAT_ABGR:
    case NV_ENC_BUFFER_FORMAT_AYUV:
      return {4 * width, true, false, true};
    case NV_ENC_BUFFER_FORMAT_ARGB10:
    case NV_ENC_BUFFER_FORMAT_ABGR10:
      return {4 * width, true, true, true};
    default:
      return {};
  }
}

uint64_t input_size(NV_ENC_BUFFER_FORMAT format, uint64_t pitch, uint64_t height) {
  const InputLayout layout = layout_of(format, 2);
  if (layout.packed) return pitch * height;
  return layout.full_chroma ? pitch * height * 3 : pitch * height + pitch * (height / 2);
}

uint64_t used_bytes(NV_ENC_BUFFER_FORMAT format, uint64_t pitch, uint32_t width) {
  const bool halved = format == NV_ENC_BUFFER_FORMAT_YV12 || format == NV_ENC_BUFFER_FORMAT_IYUV;
  if (halved) return pitch / 2 + width / 2;
  return static_cast<uint64_t>(layout_of(format, static_cast<int>(width)).bytes);
}

Planes unpack(const Surface& surface, int width, int height, const Target& target) {
  Planes planes;
  planes.width = width;
  planes.height = height;
  planes.depth = target.depth;
  planes.full_chroma = target.full_chroma;
  for (int plane = 0; plane < 3; plane++) {
    const size_t size = static_cast<size_t>(planes.stride(plane)) * planes.plane_height(plane);
    planes.data[plane].resize(size);
  }
  const auto& [bytes, pitch, rows, format] = surface;
  const InputLayout layout = layout_of(format, width);
  if (layout.packed) {
    unpack_pixels(planes, bytes, pitch, format, target);
    return planes;
  }
  const unsigned char* chroma = bytes + pitch * rows;
  copy_plane(planes, 0, {bytes, pitch, 1, layout.wide}, 1);
  if (layout.full_chroma) {
    const int step = target.full_chroma ? 1 : 2;
    copy_plane(planes, 1, {chroma, pitch, 1, layout.wide}, step);
    copy_plane(planes, 2, {chroma + pitch * rows, pitch, 1, layout.wide}, step);
    return planes;
  }
  if (format == NV_ENC_BUFFER_FORMAT_NV12 || format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT) {
    const int second = layout.wide ? 2 : 1;
    copy_plane(planes, 1, {chroma, pitch, 2, layout.wide}, 1);
    copy_plane(planes, 2, {chroma + second, pitch, 2, layout.wide}, 1);
    return planes;
  }
  // The chroma planes follow each other, with half the pitch.
  const uint64_t half = pitch / 2;
  const unsigned char* later = chroma + half * (rows / 2);
  const bool swapped = format == NV_ENC_BUFFER_FORMAT_YV12;
  copy_plane(planes, 1, {swapped ? later : chroma, half, 1, false}, 1);
  copy_plane(planes, 2, {swapped ? chroma : later, half, 1, false}, 1);
  return planes;
}

}  // namespace cufsim
