#include "cuvid/surface.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include "cuvid/capabilities.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace cufsim {

namespace {

bool is_wide(int format) {
  return format == cudaVideoSurfaceFormat_P016 || format == cudaVideoSurfaceFormat_YUV444_16Bit ||
         format == kSurfaceFormatP216;
}

bool is_planar(int format) {
  return format == cudaVideoSurfaceFormat_YUV444 || format == cudaVideoSurfaceFormat_YUV444_16Bit;
}

bool has_full_height_chroma(int format) {
  return is_planar(format) || format == kSurfaceFormatNv16 || format == kSurfaceFormatP216;
}

/** Samples of one plane of a picture, left-aligned in 16 bits. */
class Samples {
 public:
  Samples(const AVFrame& frame, int component, int decoded_width) : frame_(frame) {
    const AVPixFmtDescriptor* descriptor =
        av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    exists_ = component < descriptor->nb_components;
    if (!exists_) return;
    plane_ = descriptor->comp[component].plane;
    depth_ = descriptor->comp[component].depth;
    shift_x_ = component == 0 ? 0 : descriptor->log2_chroma_w;
    shift_y_ = component == 0 ? 0 : descriptor->log2_chroma_h;
    width_ = -(-frame.width >> shift_x_);
    height_ = -(-frame.height >> shift_y_);
    decoded_width_ = decoded_width == 0 ? INT_MAX : decoded_width >> shift_x_;
  }
  int shift_x() const { return shift_x_; }
  int shift_y() const { return shift_y_; }
  unsigned at(int x, int y) const {
    // Without chroma the surface is grey.
    if (!exists_) return 0x8000;
    x = std::clamp(x, 0, width_ - 1);
    y = std::clamp(y, 0, height_ - 1);
    if (x >= decoded_width_) return 0;
    const uint8_t* row = frame_.data[plane_] + static_cast<ptrdiff_t>(y) * frame_.linesize[plane_];
    if (depth_ == 8) return row[x] * 256u;
    uint16_t sample;
    std::memcpy(&sample, row + 2 * static_cast<ptrdiff_t>(x), 2);
    return static_cast<unsigned>(sample) << (16 - depth_);
  }

 private:
  const AVFrame& frame_;
  bool exists_ = false;
  int plane_ = 0;
  int depth_ = 8;
  int shift_x_ = 1;
  int shift_y_ = 1;
  int width_ = 0;
  int height_ = 0;
  int decoded_width_ = 0;
};

/** The range of a plane's samples that one side of the output is made of. */
struct Axis {
  int from;
  int from_size;
  int to;
  int to_size;

  /** Twice 16.16 fixed-point position of an output sample's centre. */
  int64_t position(int index) const {
    const int64_t step = (int64_t{from_size} << 17) / to_size;
    return (int64_t{from} << 17) + step * index + step / 2 - (1 << 16);
  }
  bool is_copy() const { return from_size == to_size; }
};

Axis axis(int from_begin, int from_end, int to_begin, int to_end, int from_shift, int to_shift) {
  Axis result{from_begin >> from_shift, 0, to_begin >> to_shift, 0};
  result.from_size = -(-from_end >> from_shift) - result.from;
  result.to_size = -(-to_end >> to_shift) - result.to;
  return result;
}

/** NVDEC's scaler is not published; this is bilinear. */
unsigned scaled(const Samples& samples, const Axis& across, const Axis& down, int x, int y) {
  const int64_t at_x = across.position(x);
  const int64_t at_y = down.position(y);
  const auto bounded = [](const Axis& along, int64_t at) {
    return std::clamp(static_cast<int>(at), along.from, along.from + along.from_size - 1);
  };
  const int x0 = bounded(across, at_x >> 17);
  const int x1 = bounded(across, (at_x >> 17) + 1);
  const int y0 = bounded(down, at_y >> 17);
  const int y1 = bounded(down, (at_y >> 17) + 1);
  const int64_t right = (at_x & 0x1ffff) >> 1;
  const int64_t below = (at_y & 0x1ffff) >> 1;
  const int64_t upper = samples.at(x0, y0) * (65536 - right) + samples.at(x1, y0) * right;
  const int64_t lower = samples.at(x0, y1) * (65536 - right) + samples.at(x1, y1) * right;
  return static_cast<unsigned>((upper / 65536 * (65536 - below) + lower / 65536 * below) / 65536);
}

/** Where a sample of one component goes. */
struct Target {
  unsigned char* first;
  uint32_t pitch;
  int spacing;  // 2 where chroma samples alternate
  bool wide;

  void put(int x, int y, unsigned value) const {
    unsigned char* row = first + static_cast<ptrdiff_t>(y) * pitch;
    const ptrdiff_t index = static_cast<ptrdiff_t>(x) * spacing;
    if (wide) {
      const auto sample = static_cast<uint16_t>(value);
      std::memcpy(row + 2 * index, &sample, 2);
    } else {
      row[index] = static_cast<unsigned char>(value >> 8);
    }
  }
};

/** The line of the picture from which a line is taken when one field stands for both. */
int line_of(int y, Lines lines) {
  if (lines == Lines::kAll) return y;
  return (y & ~1) + (lines == Lines::kBottom ? 1 : 0);
}

void write_component(const Samples& samples, const Output& output, Lines lines, int to_shift_x,
                     int to_shift_y, const Target& target) {
  const Axis across = axis(output.left, output.right, output.to_left, output.to_right,
                           samples.shift_x(), to_shift_x);
  const Axis down = axis(output.top, output.bottom, output.to_top, output.to_bottom,
                         samples.shift_y(), to_shift_y);
  const bool copies = across.is_copy() && down.is_copy();
  for (int y = 0; y < down.to_size; y++) {
    for (int x = 0; x < across.to_size; x++) {
      const unsigned value = copies ? samples.at(across.from + x, line_of(down.from + y, lines))
                                    : scaled(samples, across, down, x, line_of(y, lines));
      target.put(across.to + x, down.to + y, value);
    }
  }
}

}  // namespace

SurfaceLayout layout_of(const Output& output) {
  const uint64_t row = static_cast<uint64_t>(output.width) * (is_wide(output.format) ? 2 : 1);
  // Never as wide as the picture. A real one can be: that must not be relied upon.
  SurfaceLayout layout;
  layout.pitch = static_cast<uint32_t>((row / 512 + 1) * 512);
  const uint64_t lines = (static_cast<uint64_t>(output.height) + 1) & ~uint64_t{1};
  layout.chroma_offset = layout.pitch * lines;
  const uint64_t chroma_lines = is_planar(output.format)                ? 2 * lines
                                : has_full_height_chroma(output.format) ? lines
                                                                        : lines / 2;
  // Some lines more, so that the end of the picture is not the end of the surface.
  layout.size = layout.pitch * (lines + chroma_lines + 8);
  return layout;
}

void write_surface(const AVFrame& picture, const Output& output, Lines lines,
                   const SurfaceLayout& layout, unsigned char* surface) {
  const bool wide = is_wide(output.format);
  const int sample = wide ? 2 : 1;
  const int shift_x = is_planar(output.format) ? 0 : 1;
  const int shift_y = has_full_height_chroma(output.format) ? 0 : 1;
  const int columns = output.decoded_width;
  write_component(Samples(picture, 0, columns), output, lines, 0, 0,
                  {surface, layout.pitch, 1, wide});
  for (int component = 1; component < 3; component++) {
    unsigned char* first = surface + layout.chroma_offset;
    if (is_planar(output.format)) {
      first += static_cast<uint64_t>(component - 1) * layout.chroma_offset;
    } else {
      first += (component - 1) * sample;
    }
    write_component(Samples(picture, component, columns), output, lines, shift_x, shift_y,
                    {first, layout.pitch, is_planar(output.format) ? 1 : 2, wide});
  }
}

}  // namespace cufsim
