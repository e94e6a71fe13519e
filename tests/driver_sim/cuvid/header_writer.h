// Headers that a client of the decoder alone (FFmpeg's hwaccel) leaves out of its bitstream, made
// again from the parameters that it gives.
#pragma once
#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_nvcuvid.h>

#include <vector>

namespace cufsim {

using Bytes = std::vector<unsigned char>;

/** SPS and PPS in Annex B for a picture of which only slices are given. */
Bytes h264_headers(const CUVIDPICPARAMS& picture);

/** Sequence and picture headers with their extensions. */
Bytes mpeg2_sequence_header(const CUVIDPICPARAMS& picture);
Bytes mpeg2_picture_header(const CUVIDPICPARAMS& picture);

}  // namespace cufsim
