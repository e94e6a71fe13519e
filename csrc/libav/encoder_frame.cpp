#include "libav/encoder_frame.h"

#include <cstring>
#include <memory>

#include "libav/errors.h"

namespace cuf::libav {
namespace {

constexpr int kAlignment = 64;
constexpr int kUnusedBits = 6;  // of 10-bit samples, which stand in the upper bits of 16

using Keeper = std::shared_ptr<const void>;

// Refers to the picture's memory.
void refer_to(AVFrame& frame, const Picture& picture) {
  auto keeper = std::make_unique<Keeper>(picture.owner);
  // No more than a handle: the planes say where the memory is, which nobody writes to.
  auto* data = const_cast<uint8_t*>(picture.planes[0].data);
  const auto release = [](void* opaque, uint8_t*) { delete static_cast<Keeper*>(opaque); };
  frame.buf[0] = require(av_buffer_create(data, 1, release, keeper.get(), AV_BUFFER_FLAG_READONLY),
                         "a picture");
  keeper.release();
}

void refer_plane(AVFrame& frame, int index, const Plane& plane) {
  frame.data[index] = const_cast<uint8_t*>(plane.data);
  frame.linesize[index] = static_cast<int>(plane.stride);
}

const uint8_t* row_of(const Plane& plane, uint32_t row) {
  return plane.data + plane.stride * static_cast<ptrdiff_t>(row);
}

// Interleaved chroma taken apart. T: a sample; shift: to the lower bits.
template <typename T>
void split(const Plane& from, AVFrame& to, int shift) {
  const uint32_t count = from.row_bytes / (2 * sizeof(T));
  for (uint32_t row = 0; row < from.rows; ++row) {
    const T* __restrict in = reinterpret_cast<const T*>(row_of(from, row));
    T* __restrict u = reinterpret_cast<T*>(to.data[1] + ptrdiff_t{to.linesize[1]} * row);
    T* __restrict v = reinterpret_cast<T*>(to.data[2] + ptrdiff_t{to.linesize[2]} * row);
    for (uint32_t x = 0; x < count; ++x) {
      u[x] = static_cast<T>(in[2 * x] >> shift);
      v[x] = static_cast<T>(in[2 * x + 1] >> shift);
    }
  }
}

void join(const Plane& first, const Plane& second, AVFrame& to) {
  for (uint32_t row = 0; row < first.rows; ++row) {
    const uint8_t* __restrict u = row_of(first, row);
    const uint8_t* __restrict v = row_of(second, row);
    uint8_t* __restrict out = to.data[1] + ptrdiff_t{to.linesize[1]} * row;
    for (uint32_t x = 0; x < first.row_bytes; ++x) {
      out[2 * x] = u[x];
      out[2 * x + 1] = v[x];
    }
  }
}

void shift_plane(const Plane& from, AVFrame& to, int index) {
  for (uint32_t row = 0; row < from.rows; ++row) {
    const auto* __restrict in = reinterpret_cast<const uint16_t*>(row_of(from, row));
    auto* __restrict out =
        reinterpret_cast<uint16_t*>(to.data[index] + ptrdiff_t{to.linesize[index]} * row);
    for (uint32_t x = 0; x < from.row_bytes / 2; ++x) {
      out[x] = static_cast<uint16_t>(in[x] >> kUnusedBits);
    }
  }
}

// Memory of its own for all planes; those that stay the picture's are set later.
void allocate(AVFrame& frame) {
  const int result = av_frame_get_buffer(&frame, kAlignment);
  if (result < 0) throw out_of_memory("a picture for the encoder");
}

bool is_deep(AVPixelFormat format) {
  return av_pix_fmt_desc_get(format)->comp[0].depth > 8;
}

void fill_deep(const Picture& picture, AVFrame& frame) {
  allocate(frame);
  shift_plane(picture.planes[0], frame, 0);
  if (picture.plane_count == 2) {
    split<uint16_t>(picture.planes[1], frame, kUnusedBits);
    return;
  }
  for (int i = 1; i < 3; ++i) shift_plane(picture.planes[i], frame, i);
}

// Chroma in memory of its own, luma in the picture's.
void fill_chroma(const Picture& picture, AVFrame& frame) {
  const Owned<AVFrame> chroma(require(av_frame_alloc(), "a frame"));
  chroma->format = frame.format;
  chroma->width = frame.width;
  chroma->height = frame.height;
  allocate(*chroma);
  if (picture.plane_count == 2) {
    split<uint8_t>(picture.planes[1], *chroma, 0);
  } else {
    join(picture.planes[1], picture.planes[2], *chroma);
  }
  refer_to(frame, picture);
  refer_plane(frame, 0, picture.planes[0]);
  for (int i = 0; i < 3 && chroma->buf[i]; ++i) {
    frame.buf[i + 1] = require(av_buffer_ref(chroma->buf[i]), "a picture");
  }
  for (int i = 1; i < 3; ++i) {
    frame.data[i] = chroma->data[i];
    frame.linesize[i] = chroma->linesize[i];
  }
}

}  // namespace

Owned<AVFrame> make_encoder_frame(const Picture& picture, AVPixelFormat format) {
  Owned<AVFrame> frame(require(av_frame_alloc(), "a frame"));
  frame->format = format;
  frame->width = static_cast<int>(picture.width);
  frame->height = static_cast<int>(picture.height);
  const auto planes = static_cast<uint32_t>(av_pix_fmt_count_planes(format));
  if (is_deep(format)) {
    fill_deep(picture, *frame);
  } else if (planes == picture.plane_count) {
    refer_to(*frame, picture);
    for (uint32_t i = 0; i < planes; ++i) {
      refer_plane(*frame, static_cast<int>(i), picture.planes[i]);
    }
  } else {
    fill_chroma(picture, *frame);
  }
  frame->extended_data = frame->data;
  return frame;
}

}  // namespace cuf::libav
