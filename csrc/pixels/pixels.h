// Pixel conversions of the CPU: a decoded picture to NVDEC's layouts ("native") and to RGB.
// The integer definition of RGB is color_math.h; every function here gives exactly its bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cuf::pixels {

// Matrix coefficients of ITU-T H.273. An unspecified matrix is for the caller to resolve, see
// default_matrix.
enum class Matrix : uint8_t { bt601, bt709, bt2020_ncl, fcc, smpte240m, identity };

enum class ChromaLayout : uint8_t { none, planar, semi_planar };

struct ColorSpec {
  Matrix matrix;
  bool full_range;
};

// BT.709 from 720 lines up, BT.601 below (what players assume when a stream says nothing).
Matrix default_matrix(int32_t height);

// A decoded picture, cropped to its display size; only read. Chroma planes have
// ceil(width >> log2_chroma_width) x ceil(height >> log2_chroma_height) samples.
struct Image {
  int32_t width;   // luma samples, at least 1, any parity
  int32_t height;  // luma rows, at least 1, any parity
  uint8_t log2_chroma_width;
  uint8_t log2_chroma_height;
  uint8_t bit_depth;  // significant bits, 8..16; more than 8 means 16-bit containers
  uint8_t shift;      // 0: LSB-aligned (libav planar); 16 - bit_depth: MSB-aligned (P010, P016)
  ChromaLayout chroma;
  // Y, U, V (or Y, UV for semi_planar; G, B, R with Matrix::identity). Addresses and strides of
  // 16-bit containers are multiples of 2; nothing else is asked of them.
  const uint8_t* data[3];
  ptrdiff_t stride[3];  // bytes; may be negative
};

// NVDEC's output layouts. 16-bit ones are MSB-aligned: the low 16 - bit_depth bits are 0.
enum class NativeFormat : uint8_t { nv12, p010, p016, nv16, p210, p216, yuv444, yuv444_16 };

// The layout that holds the image without loss: 4:0:0 becomes 4:2:0 with chroma at mid value, and
// subsamplings that NVDEC lacks (4:1:1, 4:4:0, 4:1:0) become 4:4:4 with chroma repeated.
NativeFormat native_format_of(const Image& image);

// Planes: 2 for nv12 .. p216 (Y, interleaved UV), 3 for yuv444 and yuv444_16.
int32_t native_plane_count(NativeFormat format);

struct PlaneShape {
  int32_t row_bytes;  // bytes of samples in one row
  int32_t rows;
};

// Size of one plane; odd picture sizes have ceil chroma.
PlaneShape native_plane_shape(NativeFormat format, int32_t plane, int32_t width, int32_t height);

struct NativeView {
  uint8_t* data[3];  // 2-aligned for 16-bit layouts
  ptrdiff_t stride[3];
};

// Writes the image in `format`, which must be native_format_of(image).
void to_native(const Image& image, NativeFormat format, const NativeView& target);

// The same for the luma rows [row_begin, row_end) and their chroma, so that threads can share a
// picture: row_begin is even, row_end is even or the height.
void to_native_rows(const Image& image, NativeFormat format, const NativeView& target,
                    int32_t row_begin, int32_t row_end);

enum class Order : uint8_t { hwc, chw };
enum class DType : uint8_t { u8, u16, f16, f32 };

// u8: 0..255 whatever the depth. u16: 0..2^depth - 1. f16, f32: (that integer) * scale + bias, the
// product and the sum each rounded to float, f16 then rounded to nearest even.
struct RgbTarget {
  Order order;
  uint8_t channels;  // 3; or, with hwc, 4: an opaque alpha (the greatest integer; 1.0 for floats)
  DType dtype;
  uint8_t* data;           // aligned to the element size
  ptrdiff_t row_stride;    // bytes, a multiple of the element size; may be negative
  ptrdiff_t plane_stride;  // bytes from R to G to B; chw only
  float scale[3];          // f16 and f32 only, R, G, B
  float bias[3];
};

void to_rgb(const Image& image, const ColorSpec& color, const RgbTarget& target);

// The rows [row_begin, row_end) only, any split: threads can share a picture.
void to_rgb_rows(const Image& image, const ColorSpec& color, const RgbTarget& target,
                 int32_t row_begin, int32_t row_end);

// scale and bias for (v / (2^depth - 1) - mean) / deviation, per channel.
void normalization(int32_t depth, const float mean[3], const float deviation[3], float scale[3],
                   float bias[3]);

// Name of the vector instructions in use, such as "AVX3", for reports of speed.
const char* vector_target();

}  // namespace cuf::pixels
