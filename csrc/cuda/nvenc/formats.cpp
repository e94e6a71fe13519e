#include "cuda/nvenc/formats.h"

#include <algorithm>
#include <iterator>

#include "core/encoder_format.h"
#include "cuda/nvenc/session.h"

namespace cuf::cuda {
namespace {

constexpr auto c420 = ChromaFormat::c420;
constexpr auto c444 = ChromaFormat::c444;

// NVENC's ARGB and its like name the components of a word from the most significant byte on.
constexpr NvencFormat kFormats[] = {
    {Format::nv12, NV_ENC_BUFFER_FORMAT_NV12, 8, c420, false},
    {Format::i420, NV_ENC_BUFFER_FORMAT_IYUV, 8, c420, false},
    {Format::p010, NV_ENC_BUFFER_FORMAT_YUV420_10BIT, 10, c420, false},
    {Format::yuv444, NV_ENC_BUFFER_FORMAT_YUV444, 8, c444, false},
    {Format::yuv444_16, NV_ENC_BUFFER_FORMAT_YUV444_10BIT, 10, c444, false},
    {Format::bgra, NV_ENC_BUFFER_FORMAT_ARGB, 8, c420, true},
    {Format::rgba, NV_ENC_BUFFER_FORMAT_ABGR, 8, c420, true},
    {Format::bgr10, NV_ENC_BUFFER_FORMAT_ARGB10, 10, c420, true},
    {Format::rgb10, NV_ENC_BUFFER_FORMAT_ABGR10, 10, c420, true},
#if CUF_NVENC_API(13, 0)
    {Format::nv16, NV_ENC_BUFFER_FORMAT_NV16, 8, ChromaFormat::c422, false},
    {Format::p210, NV_ENC_BUFFER_FORMAT_P210, 10, ChromaFormat::c422, false},
#endif
};

template <class Key>
const NvencFormat* find(Key NvencFormat::*member, Key key) {
  const auto found = std::ranges::find(kFormats, key, member);
  return found == std::end(kFormats) ? nullptr : found;
}

}  // namespace

const NvencFormat* nvenc_format(Format format) {
  return find(&NvencFormat::format, format);
}

const NvencFormat* nvenc_format(NV_ENC_BUFFER_FORMAT buffer) {
  return find(&NvencFormat::buffer, buffer);
}

NvencLayout nvenc_layout(const NvencFormat& format, uint32_t width, uint32_t height,
                         uint32_t pitch) {
  const PlaneSizes sizes = plane_sizes(format.format, width, height);
  NvencLayout layout;
  layout.count = sizes.count;
  uint64_t offset = 0;
  for (uint32_t i = 0; i < sizes.count; ++i) {
    // Chroma planes of their own have half the samples of a row.
    const bool is_halved = i > 0 && format.format == Format::i420;
    layout.planes[i] = {.offset = offset,
                        .pitch = is_halved ? pitch / 2 : pitch,
                        .row_bytes = sizes.planes[i].row_bytes,
                        .rows = sizes.planes[i].rows};
    offset += uint64_t{layout.planes[i].pitch} * sizes.planes[i].rows;
  }
  return layout;
}

uint32_t nvenc_rows(const NvencFormat& format, uint32_t height) {
  if (format.is_rgb) return height;
  if (format.chroma == ChromaFormat::c444) return 3 * height;
  return format.chroma == ChromaFormat::c422 ? 2 * height : height + (height + 1) / 2;
}

uint32_t nvenc_row_bytes(const NvencFormat& format, uint32_t width) {
  return plane_sizes(format.format, width, 2).planes[0].row_bytes;
}

}  // namespace cuf::cuda
