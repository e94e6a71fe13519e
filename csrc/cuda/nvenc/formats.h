#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/model.h"
#include "cuda/functions.h"

namespace cuf::cuda {

// A layout of pictures that NVENC may take.
struct NvencFormat {
  Format format = Format::unknown;
  NV_ENC_BUFFER_FORMAT buffer = NV_ENC_BUFFER_FORMAT_UNDEFINED;
  uint32_t bit_depth = 8;
  ChromaFormat chroma = ChromaFormat::c420;  // of YUV
  bool is_rgb = false;
};

// Null: NVENC has none for it, or these headers do not know it.
const NvencFormat* nvenc_format(Format format);
const NvencFormat* nvenc_format(NV_ENC_BUFFER_FORMAT buffer);

// Where the planes of a picture lie that NVENC reads as one block.
struct NvencPlane {
  uint64_t offset = 0;
  uint32_t pitch = 0;
  uint32_t row_bytes = 0;
  uint32_t rows = 0;
};
struct NvencLayout {
  uint32_t count = 0;
  std::array<NvencPlane, 3> planes;
};

// With `pitch` bytes between the rows of the first plane.
NvencLayout nvenc_layout(const NvencFormat& format, uint32_t width, uint32_t height,
                         uint32_t pitch);
// Rows of `pitch` bytes that all planes take together.
uint32_t nvenc_rows(const NvencFormat& format, uint32_t height);
uint32_t nvenc_row_bytes(const NvencFormat& format, uint32_t width);

}  // namespace cuf::cuda
