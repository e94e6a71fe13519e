// Pictures on their way into an encoder: from NVENC's input formats to planes.
#pragma once
#include <ffnvcodec/nvEncodeAPI.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cufsim {

/** Planes of 8 bits, or of 10 bits in 16. */
struct Planes {
  int width = 0;
  int height = 0;
  int depth = 8;
  bool full_chroma = false;
  std::vector<unsigned char> data[3];

  int sample_bytes() const { return depth > 8 ? 2 : 1; }
  int plane_width(int plane) const { return plane == 0 || full_chroma ? width : width / 2; }
  int plane_height(int plane) const { return plane == 0 || full_chroma ? height : height / 2; }
  int stride(int plane) const { return plane_width(plane) * sample_bytes(); }
};

/** What is known of an input format; `bytes` is 0 for none. */
struct InputLayout {
  /** Bytes of a row of luma, or of whole pixels. */
  int bytes = 0;
  bool full_chroma = false;
  bool wide = false;
  bool packed = false;
};

InputLayout layout_of(NV_ENC_BUFFER_FORMAT format, int width);

/** Bytes that a picture of `height` rows takes, `pitch` apart. */
uint64_t input_size(NV_ENC_BUFFER_FORMAT format, uint64_t pitch, uint64_t height);

/** Bytes of each `pitch` of a picture that belong to it: with halved planes, up to two of its rows.
 */
uint64_t used_bytes(NV_ENC_BUFFER_FORMAT format, uint64_t pitch, uint32_t width);

/** Which planes an encoder is given. */
struct Target {
  int depth = 8;
  bool full_chroma = false;
  bool full_range = false;
  /** Of the streams that carry colours: 1 BT.709, 9 BT.2020, else BT.601. */
  int matrix = 2;
};

/** A picture in memory; its planes follow each other after `rows` lines. */
struct Surface {
  const unsigned char* bytes = nullptr;
  uint64_t pitch = 0;
  uint64_t rows = 0;
  NV_ENC_BUFFER_FORMAT format = NV_ENC_BUFFER_FORMAT_UNDEFINED;
};

/** A surface's upper left part as NVENC reads it; RGB becomes Y'CbCr. */
Planes unpack(const Surface& surface, int width, int height, const Target& target);

}  // namespace cufsim
