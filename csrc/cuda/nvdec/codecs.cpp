#include "cuda/nvdec/codecs.h"

#include <algorithm>
#include <iterator>

namespace cuf::cuda {
namespace {

struct Name {
  cudaVideoCodec codec;
  const char* name;
};

// The rest of cudaVideoCodec are extensions of H.264 (SVC, MVC), whose base layer is H.264, and raw
// pictures.
constexpr Name kNames[] = {
    {cudaVideoCodec_MPEG1, "mpeg1video"}, {cudaVideoCodec_MPEG2, "mpeg2video"},
    {cudaVideoCodec_MPEG4, "mpeg4"},      {cudaVideoCodec_VC1, "vc1"},
    {cudaVideoCodec_H264, "h264"},        {cudaVideoCodec_JPEG, "mjpeg"},
    {cudaVideoCodec_HEVC, "hevc"},        {cudaVideoCodec_VP8, "vp8"},
    {cudaVideoCodec_VP9, "vp9"},          {cudaVideoCodec_AV1, "av1"},
};

constexpr cudaVideoCodec kCodecs[] = {
    cudaVideoCodec_H264, cudaVideoCodec_HEVC,  cudaVideoCodec_AV1,   cudaVideoCodec_VP9,
    cudaVideoCodec_VP8,  cudaVideoCodec_MPEG2, cudaVideoCodec_MPEG1, cudaVideoCodec_MPEG4,
    cudaVideoCodec_VC1,  cudaVideoCodec_JPEG,
};
static_assert(std::size(kNames) == std::size(kCodecs));

}  // namespace

std::optional<cudaVideoCodec> codec_of(std::string_view name) {
  const auto found = std::find_if(std::begin(kNames), std::end(kNames),
                                  [&](const Name& entry) { return name == entry.name; });
  if (found == std::end(kNames)) return std::nullopt;
  return found->codec;
}

const char* name_of(cudaVideoCodec codec) {
  const auto found = std::find_if(std::begin(kNames), std::end(kNames),
                                  [&](const Name& entry) { return codec == entry.codec; });
  return found == std::end(kNames) ? "unknown codec" : found->name;
}

std::span<const cudaVideoCodec> all_codecs() {
  return kCodecs;
}

std::optional<cudaVideoChromaFormat> chroma_of(ChromaFormat chroma) {
  switch (chroma) {
    case ChromaFormat::c400:
      return cudaVideoChromaFormat_Monochrome;
    case ChromaFormat::unknown:
    case ChromaFormat::c420:
      return cudaVideoChromaFormat_420;
    case ChromaFormat::c422:
      return cudaVideoChromaFormat_422;
    case ChromaFormat::c444:
      return cudaVideoChromaFormat_444;
    case ChromaFormat::other:
      break;
  }
  return std::nullopt;
}

ChromaFormat chroma_format_of(cudaVideoChromaFormat chroma) {
  switch (chroma) {
    case cudaVideoChromaFormat_Monochrome:
      return ChromaFormat::c400;
    case cudaVideoChromaFormat_420:
      return ChromaFormat::c420;
    case cudaVideoChromaFormat_422:
      return ChromaFormat::c422;
    case cudaVideoChromaFormat_444:
      return ChromaFormat::c444;
  }
  return ChromaFormat::other;
}

const char* name_of(cudaVideoChromaFormat chroma) {
  switch (chroma) {
    case cudaVideoChromaFormat_Monochrome:
      return "4:0:0";
    case cudaVideoChromaFormat_420:
      return "4:2:0";
    case cudaVideoChromaFormat_422:
      return "4:2:2";
    case cudaVideoChromaFormat_444:
      return "4:4:4";
  }
  return "unknown chroma";
}

cudaVideoSurfaceFormat surface_format_of(cudaVideoChromaFormat chroma, uint32_t bit_depth) {
  const bool is_wide = bit_depth > 8;
  switch (chroma) {
    case cudaVideoChromaFormat_422:
      return is_wide ? kSurfaceP216 : kSurfaceNv16;
    case cudaVideoChromaFormat_444:
      return is_wide ? cudaVideoSurfaceFormat_YUV444_16Bit : cudaVideoSurfaceFormat_YUV444;
    case cudaVideoChromaFormat_Monochrome:
    case cudaVideoChromaFormat_420:
      break;
  }
  return is_wide ? cudaVideoSurfaceFormat_P016 : cudaVideoSurfaceFormat_NV12;
}

std::string stream_text(cudaVideoCodec codec, cudaVideoChromaFormat chroma, uint32_t bit_depth) {
  return std::string(name_of(codec)) + " " + name_of(chroma) + " " + std::to_string(bit_depth) +
         " bit";
}

}  // namespace cuf::cuda
