// Decoded pictures to NVDEC's layouts: luma copied, chroma interleaved, 16-bit samples MSB-aligned.
#include <algorithm>
#include <cstring>

#include "pixels/pixels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pixels/native_layout.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

#ifndef CUF_PIXELS_ALIGNMENT_
#define CUF_PIXELS_ALIGNMENT_
namespace cuf::pixels {

// A 16-bit container to an MSB-aligned one: (v >> right & mask) << left. Bits that are not part of
// the sample are dropped, as NVDEC leaves them 0.
struct Alignment {
  int right;
  uint16_t mask;
  int left;
};

}  // namespace cuf::pixels
#endif

HWY_BEFORE_NAMESPACE();
namespace cuf::pixels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V>
HWY_INLINE V align(D d, V v, const Alignment& a) {
  const V sample = hn::And(hn::ShiftRightSame(v, a.right), hn::Set(d, a.mask));
  return hn::ShiftLeftSame(sample, a.left);
}

HWY_INLINE uint16_t align_one(uint16_t v, const Alignment& a) {
  return static_cast<uint16_t>((v >> a.right & a.mask) << a.left);
}

void align_words(const uint16_t* from, size_t n, Alignment a, uint16_t* to) {
  const hn::ScalableTag<uint16_t> d;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    hn::StoreU(align(d, hn::LoadU(d, from + i), a), d, to + i);
  }
  for (; i < n; ++i) to[i] = align_one(from[i], a);
}

void interleave_bytes(const uint8_t* u, const uint8_t* v, size_t n, uint8_t* to) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint8_t> d;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    hn::StoreInterleaved2(hn::LoadU(d, u + i), hn::LoadU(d, v + i), d, to + 2 * i);
  }
#endif
  for (; i < n; ++i) {
    to[2 * i] = u[i];
    to[2 * i + 1] = v[i];
  }
}

void interleave_words(const uint16_t* u, const uint16_t* v, size_t n, Alignment a, uint16_t* to) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint16_t> d;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    hn::StoreInterleaved2(align(d, hn::LoadU(d, u + i), a), align(d, hn::LoadU(d, v + i), a), d,
                          to + 2 * i);
  }
#endif
  for (; i < n; ++i) {
    to[2 * i] = align_one(u[i], a);
    to[2 * i + 1] = align_one(v[i], a);
  }
}

}  // namespace cuf::pixels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cuf::pixels {
HWY_EXPORT(align_words);
HWY_EXPORT(interleave_bytes);
HWY_EXPORT(interleave_words);

namespace {

struct Layout {
  int log2_chroma_width;
  int log2_chroma_height;
  bool interleaved;
  bool words;
};

Layout layout_of(NativeFormat format) {
  switch (format) {
    case NativeFormat::nv12:
      return {1, 1, true, false};
    case NativeFormat::p010:
    case NativeFormat::p016:
      return {1, 1, true, true};
    case NativeFormat::nv16:
      return {1, 0, true, false};
    case NativeFormat::p210:
    case NativeFormat::p216:
      return {1, 0, true, true};
    case NativeFormat::yuv444:
      return {0, 0, false, false};
    case NativeFormat::yuv444_16:
      break;
  }
  return {0, 0, false, true};
}

int32_t ceil_shift(int32_t v, int log2) {
  return (v + (1 << log2) - 1) >> log2;
}

template <class T>
struct Pair {
  const T* u;
  const T* v;
};

void write_plane(const uint8_t* from, size_t n, const Alignment&, uint8_t* to) {
  std::memcpy(to, from, n);
}

void write_plane(const uint16_t* from, size_t n, const Alignment& a, uint16_t* to) {
  HWY_DYNAMIC_DISPATCH(align_words)(from, n, a, to);
}

void write_pairs(const Pair<uint8_t>& in, size_t n, const Alignment&, uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(interleave_bytes)(in.u, in.v, n, to);
}

void write_pairs(const Pair<uint16_t>& in, size_t n, const Alignment& a, uint16_t* to) {
  HWY_DYNAMIC_DISPATCH(interleave_words)(in.u, in.v, n, a, to);
}

template <class T>
class Converter {
 public:
  Converter(const Image& image, NativeFormat format, const NativeView& target)
      : image_(image), layout_(layout_of(format)), target_(target) {
    const int unused = 16 - image.bit_depth;
    alignment_ = {image.shift, static_cast<uint16_t>(0xffff >> unused), unused};
  }

  void luma_row(int32_t row) const {
    write_plane(source(0, row), static_cast<size_t>(image_.width), alignment_, out(0, row));
  }

  void chroma_row(int32_t row) const {
    const auto count = static_cast<size_t>(ceil_shift(image_.width, layout_.log2_chroma_width));
    if (image_.chroma == ChromaLayout::none) {
      const T middle = static_cast<T>(1 << (sizeof(T) * 8 - 1));
      std::fill_n(out(1, row), 2 * count, middle);
      return;
    }
    const int32_t from = row << layout_.log2_chroma_height >> image_.log2_chroma_height;
    const bool same_width = image_.log2_chroma_width == layout_.log2_chroma_width;
    if (image_.chroma == ChromaLayout::semi_planar) {
      if (same_width && layout_.interleaved) {
        write_plane(source(1, from), 2 * count, alignment_, out(1, row));
      } else {
        const T* pairs = source(1, from);
        gather_row({pairs, pairs + 1}, 2, count, row);
      }
    } else if (same_width) {
      write({source(1, from), source(2, from)}, 0, count, row);
    } else {
      gather_row({source(1, from), source(2, from)}, 1, count, row);
    }
  }

 private:
  const T* source(int plane, int32_t row) const {
    return reinterpret_cast<const T*>(image_.data[plane] + image_.stride[plane] * row);
  }

  T* out(int plane, int32_t row) const {
    return reinterpret_cast<T*>(target_.data[plane] + target_.stride[plane] * row);
  }

  void write(const Pair<T>& in, size_t at, size_t n, int32_t row) const {
    if (layout_.interleaved) {
      write_pairs(in, n, alignment_, out(1, row) + 2 * at);
    } else {
      write_plane(in.u, n, alignment_, out(1, row) + at);
      write_plane(in.v, n, alignment_, out(2, row) + at);
    }
  }

  // Chroma that lies otherwise than the format has it: interleaved, or fewer samples.
  void gather_row(const Pair<T>& in, size_t step, size_t count, int32_t row) const {
    constexpr size_t kChunk = 512;
    T u[kChunk];
    T v[kChunk];
    for (size_t at = 0; at < count; at += kChunk) {
      const size_t n = std::min(kChunk, count - at);
      for (size_t i = 0; i < n; ++i) {
        const size_t from =
            ((at + i) << layout_.log2_chroma_width >> image_.log2_chroma_width) * step;
        u[i] = in.u[from];
        v[i] = in.v[from];
      }
      write({u, v}, at, n, row);
    }
  }

  const Image& image_;
  Layout layout_;
  const NativeView& target_;
  Alignment alignment_;
};

template <class T>
void convert_rows(const Image& image, NativeFormat format, const NativeView& target, int32_t begin,
                  int32_t end) {
  const Converter<T> converter(image, format, target);
  const int log2 = layout_of(format).log2_chroma_height;
  for (int32_t row = begin; row < end; ++row) {
    converter.luma_row(row);
    if (row % (1 << log2) == 0) converter.chroma_row(row >> log2);
  }
}

}  // namespace

NativeFormat native_format_of(const Image& image) {
  const bool gray = image.chroma == ChromaLayout::none;
  const int w = gray ? 1 : image.log2_chroma_width;
  const int h = gray ? 1 : image.log2_chroma_height;
  const int depth = image.bit_depth;
  if (w == 1 && h == 1) {
    return depth == 8 ? NativeFormat::nv12 : depth == 10 ? NativeFormat::p010 : NativeFormat::p016;
  }
  if (w == 1 && h == 0) {
    return depth == 8 ? NativeFormat::nv16 : depth == 10 ? NativeFormat::p210 : NativeFormat::p216;
  }
  return depth == 8 ? NativeFormat::yuv444 : NativeFormat::yuv444_16;
}

int32_t native_plane_count(NativeFormat format) {
  return layout_of(format).interleaved ? 2 : 3;
}

PlaneShape native_plane_shape(NativeFormat format, int32_t plane, int32_t width, int32_t height) {
  const Layout layout = layout_of(format);
  const int32_t sample = layout.words ? 2 : 1;
  if (plane == 0) return {width * sample, height};
  const int32_t in_row = ceil_shift(width, layout.log2_chroma_width) * sample;
  return {layout.interleaved ? 2 * in_row : in_row, ceil_shift(height, layout.log2_chroma_height)};
}

void to_native(const Image& image, NativeFormat format, const NativeView& target) {
  to_native_rows(image, format, target, 0, image.height);
}

void to_native_rows(const Image& image, NativeFormat format, const NativeView& target,
                    int32_t row_begin, int32_t row_end) {
  if (image.bit_depth == 8) {
    convert_rows<uint8_t>(image, format, target, row_begin, row_end);
  } else {
    convert_rows<uint16_t>(image, format, target, row_begin, row_end);
  }
}

}  // namespace cuf::pixels
#endif
