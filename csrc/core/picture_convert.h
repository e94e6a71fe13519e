#pragma once

#include "core/model.h"
#include "core/ports.h"
#include "core/tensor_shape.h"

namespace cuf {

// How pictures are handed out.
struct OutputOptions {
  ColorType type = ColorType::native;  // raw is the decoder's picture itself
  ColorOverride color = {};
  bool is_on_host = false;  // pictures of a GPU are copied to the host
};

// Whether a GPU's decoder itself copies pictures to the host; converted ones come from the GPU.
bool decodes_to_host(const OutputOptions& options);

// The picture as it is asked for. Pictures of a GPU are converted there, in the layout that NVDEC
// gives, which raw and native are alike.
Picture convert_output(const Picture& picture, const OutputOptions& options, Memory& memory);

Picture convert_to_tensor(const Picture& picture, const TensorOptions& options, Memory& memory);

// Of a picture in host memory.
void write_tensor(const Picture& picture, const TensorShape& shape, pixels::ResizeScratch& scratch,
                  uint8_t* out);

// The picture is in this memory now.
void use_block(Picture& picture, Memory::Block block);

// The layout of native pictures of this kind.
Format native_format_of(ChromaFormat chroma, uint32_t bit_depth);

// Name of the vector instructions that conversions use.
const char* conversion_target();

}  // namespace cuf
