// Decode statistics in the layout of headers 13.1.
#pragma once
#include "cuvid/header_writer.h"
#include "cuvid/libav.h"

namespace cufsim {

bool stats_wanted(const CUVIDDECODECREATEINFO& info);
/** Makes a decoder export QPs and motion vectors: before the first packet. */
void ask_for_stats(AVCodecContext& context);
/** Where a map is to put the address of statistics; null if none are wanted. */
unsigned long long* stats_target(const CUVIDDECODECREATEINFO& info,
                                 const CUVIDPROCPARAMS& parameters);
/** Header and one record for each 16 x 16 block; not valid without a frame. */
Bytes make_stats(const AVFrame* frame, unsigned width, unsigned height);

}  // namespace cufsim
