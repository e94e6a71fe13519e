// Decoded pictures as NVDEC writes them into its output surfaces.
#pragma once
#include <cstdint>

#include "cuvid/libav.h"

namespace cufsim {

/** What a decoder makes of its pictures. */
struct Output {
  int format = cudaVideoSurfaceFormat_NV12;  // or one of capabilities.h
  unsigned depth_minus_8 = 0;
  /** Part of the coded picture. */
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
  /** Columns from here on were not decoded; 0: all were. */
  int decoded_width = 0;
  int width = 0;
  int height = 0;
  /** Part of the output that the picture fills. */
  int to_left = 0;
  int to_top = 0;
  int to_right = 0;
  int to_bottom = 0;
};

/** Where the planes of a surface lie. */
struct SurfaceLayout {
  uint32_t pitch = 0;
  uint64_t chroma_offset = 0;
  uint64_t size = 0;
};

SurfaceLayout layout_of(const Output& output);

/** Which lines of an interlaced picture are taken. */
enum class Lines { kAll, kTop, kBottom };

/** Writes the picture; padding stays as it was. */
void write_surface(const AVFrame& picture, const Output& output, Lines lines,
                   const SurfaceLayout& layout, unsigned char* surface);

}  // namespace cufsim
