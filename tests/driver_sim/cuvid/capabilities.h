// What each model's NVDEC takes.
#pragma once
#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_nvcuvid.h>

#include "cuda/device.h"

namespace cufsim {

/** Output formats newer than ffnvcodec 12.1 has names for. */
inline constexpr int kSurfaceFormatNv16 = 4;
inline constexpr int kSurfaceFormatP216 = 5;

/** One line of a table of capabilities. */
struct DecodeCapability {
  cudaVideoCodec codec;
  cudaVideoChromaFormat chroma;
  unsigned depths;  // bit 0: 8, bit 2: 10, bit 4: 12
  unsigned formats;
  unsigned max_width;
  unsigned max_height;
  unsigned max_macroblocks;
  unsigned min_width;
  unsigned min_height;
  bool one_engine;
};

/** The capability of a GPU for what is asked; null if it has none. */
const DecodeCapability* find_capability(const Device& device, cudaVideoCodec codec,
                                        cudaVideoChromaFormat chroma, unsigned depth_minus_8);

/** The output formats of that depth, as nOutputFormatMask. */
unsigned format_mask(const DecodeCapability& capability, unsigned depth_minus_8);

}  // namespace cufsim
