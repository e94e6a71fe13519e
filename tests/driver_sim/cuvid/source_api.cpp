// cuvidVideoSource*: NVIDIA's own file reader, which loaders demand and nobody here uses.
#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_nvcuvid.h>

#include "cuda/entry.h"

using namespace cufsim;

namespace {

CUresult unsupported(const char* function) {
  return call(function, kNothing, [](Entry&) { return kNotSupported; });
}

}  // namespace

CUFSIM_EXPORT CUresult cuvidCreateVideoSource(CUvideosource*, const char*, CUVIDSOURCEPARAMS*) {
  return unsupported("cuvidCreateVideoSource");
}
CUFSIM_EXPORT CUresult cuvidCreateVideoSourceW(CUvideosource*, const wchar_t*, CUVIDSOURCEPARAMS*) {
  return unsupported("cuvidCreateVideoSourceW");
}
CUFSIM_EXPORT CUresult cuvidDestroyVideoSource(CUvideosource) {
  return unsupported("cuvidDestroyVideoSource");
}
CUFSIM_EXPORT CUresult cuvidSetVideoSourceState(CUvideosource, cudaVideoState) {
  return unsupported("cuvidSetVideoSourceState");
}
CUFSIM_EXPORT cudaVideoState cuvidGetVideoSourceState(CUvideosource) {
  return cudaVideoState_Error;
}
CUFSIM_EXPORT CUresult cuvidGetSourceVideoFormat(CUvideosource, CUVIDEOFORMAT*, unsigned) {
  return unsupported("cuvidGetSourceVideoFormat");
}
CUFSIM_EXPORT CUresult cuvidGetSourceAudioFormat(CUvideosource, CUAUDIOFORMAT*, unsigned) {
  return unsupported("cuvidGetSourceAudioFormat");
}
