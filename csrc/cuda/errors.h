#pragma once

#include <string>

#include "core/error.h"
#include "cuda/functions.h"

namespace cuf::cuda {

// "CUDA_ERROR_OUT_OF_MEMORY"; of the numbers of a newer driver "CUDA error 4711".
std::string result_name(CUresult result);
std::string result_name(NVENCSTATUS status);

// What the caller can do about it.
Status status_of(CUresult result);
Status status_of(NVENCSTATUS status);

// Of CUDA_ERROR_UNKNOWN the GPU is asked whether it is lost, which drivers do not tell otherwise.
// "<what>: CUDA_ERROR_..." with what would work, where that is known; the number is its native
// code. `what` says what failed, on what: "Could not create an NVDEC decoder for h264 1920x1080".
Error make_error(CUresult result, const std::string& what);
Error make_error(NVENCSTATUS status, const std::string& what);

// Throws make_error() for whatever is not success.
inline void check(CUresult result, const char* what) {
  if (result != CUDA_SUCCESS) [[unlikely]]
    throw make_error(result, what);
}
inline void check(NVENCSTATUS status, const char* what) {
  if (status != NV_ENC_SUCCESS) [[unlikely]]
    throw make_error(status, what);
}

}  // namespace cuf::cuda
