#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model.h"
#include "cuda/functions.h"

// Names of the stream in cuframe's and in NVDEC's words.
namespace cuf::cuda {

// libav's short name to NVDEC's number; nothing: NVDEC knows no such codec.
std::optional<cudaVideoCodec> codec_of(std::string_view name);
const char* name_of(cudaVideoCodec codec);
// All that have a name here.
std::span<const cudaVideoCodec> all_codecs();

// MPEG-1 and 2, whose pictures are whole macroblocks.
inline constexpr uint32_t kMacroblock = 16;
constexpr bool is_mpeg2(cudaVideoCodec codec) {
  return codec == cudaVideoCodec_MPEG1 || codec == cudaVideoCodec_MPEG2;
}

// Unknown chroma is taken for 4:2:0; nothing: NVDEC has no such format.
std::optional<cudaVideoChromaFormat> chroma_of(ChromaFormat chroma);
ChromaFormat chroma_format_of(cudaVideoChromaFormat chroma);
const char* name_of(cudaVideoChromaFormat chroma);

// The surface that keeps chroma and depth. NV16 and P216 have no names in headers before 13.0.
inline constexpr auto kSurfaceNv16 = static_cast<cudaVideoSurfaceFormat>(4);
inline constexpr auto kSurfaceP216 = static_cast<cudaVideoSurfaceFormat>(5);
cudaVideoSurfaceFormat surface_format_of(cudaVideoChromaFormat chroma, uint32_t bit_depth);

// "h264 4:2:0 8 bit"
std::string stream_text(cudaVideoCodec codec, cudaVideoChromaFormat chroma, uint32_t bit_depth);

}  // namespace cuf::cuda
