// How a parser tells the decoder, through the client, that a stream begins anew: NVDEC is given the
// references of each picture, while libav remembers those of the stream before.
#pragma once
#include "cuvid/header_writer.h"

namespace cufsim {

/** A unit of a type that H.264 and HEVC leave to others, in front of the picture; else nothing. */
Bytes restart_mark(cudaVideoCodec codec);

/** Whether the data begin with it; it is taken off. */
bool take_restart_mark(cudaVideoCodec codec, Bytes& data);

}  // namespace cufsim
