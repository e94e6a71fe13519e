#pragma once

#include <cstdint>
#include <memory>

#include "core/model.h"
#include "cuda/gpu.h"
#include "cuda/nvdec/video_decoder.h"

namespace cuf::cuda {

// The part of a surface that a picture is, in samples.
struct SurfacePart {
  uint32_t x = 0;
  uint32_t y = 0;
  uint32_t width = 0;
  uint32_t height = 0;
};

// A copy of a mapped surface in native layout, plane behind plane without gaps, as the CPU's native
// pictures are. Only enqueued: `copied` has passed when it is there.
struct CopiedPicture {
  Picture picture;                // with nothing but memory, layout and size
  std::unique_ptr<Event> copied;  // of a picture in host memory; else the picture knows itself
};

// What the copy takes.
size_t bytes_of_copy(const VideoDecoderConfig& config, const SurfacePart& part);

// Needs the context. consumer: the caller's stream, or null.
CopiedPicture copy_out(const GpuResources& gpu, const MappedPicture& mapped,
                       const VideoDecoderConfig& config, const SurfacePart& part, CUstream stream,
                       CUstream consumer, bool to_host);

// Of a decoder's picture, as the options want it: charged to their budget, with its status and
// statistics. Needs the context.
CopiedPicture copy_shown(const GpuResources& gpu, VideoDecoder& decoder, const SurfacePart& part,
                         const CUVIDPARSERDISPINFO& shown, CUstream stream,
                         const DecoderOptions& options);

}  // namespace cuf::cuda
