#pragma once

#include "core/ports.h"
#include "cuda/nvdec/copy_out.h"
#include "cuda/nvdec/video_decoder.h"

namespace cuf::cuda {

// A stream between two changes of its format.
struct Sequence {
  VideoDecoderConfig config;
  SurfacePart part;  // of the surface that NVDEC gives
  Color color;
  bool may_be_interlaced = true;
};

// Pictures that are decoded before they are shown, so that the host does not wait for the engine.
uint32_t display_delay(Latency latency);

// Whether the decode callback is followed at once by the picture, whatever is to be shown first.
bool gives_in_decode_order(Latency latency, cudaVideoCodec codec);

// What is kept of a latency: MPEG-4 and VC-1 come in display order whatever is asked for.
Latency given_latency(Latency latency, cudaVideoCodec codec);

// Surfaces that pictures are decoded into.
uint32_t surfaces_for(const CUVIDEOFORMAT& format, Latency latency);

// How the stream is to be decoded. Throws Error(unsupported) for what the GPU does not decode.
// Needs the context.
Sequence read_sequence(const Context& context, const CUVIDEOFORMAT& format,
                       const DecoderOptions& options);

}  // namespace cuf::cuda
