// The kernels of csrc/pixels as the text that the driver compiles, from csrc/pixels/ptx.
#pragma once

namespace cuf::cuda {

extern const char* const kRgbPtx;
extern const char* const kResizePtx;
extern const char* const kYuvPtx;

}  // namespace cuf::cuda
