// cuMemcpy* and cuMemset*.
#include "cuda/copy.h"

using namespace cufsim;

namespace {

uint64_t address_of(const void* host) {
  return reinterpret_cast<uint64_t>(host);
}

CUresult copy_line(const char* function, Side to, Side from, size_t bytes, CUstream handle,
                   bool synchronous) {
  return call(function, kContext, [&](Entry& entry) -> CUresult {
    Copy copy{to, from, bytes, 1};
    copy.to.pitch = copy.from.pitch = bytes;
    return enqueue_copy(entry, copy, stream_of(entry, handle), synchronous);
  });
}

Side device(CUdeviceptr address) {
  return {address, 0, Claim::kDevice};
}
Side host(const void* address) {
  return {address_of(address), 0, Claim::kHost};
}
Side either(CUdeviceptr address) {
  return {address, 0, Claim::kEither};
}

/** One side of a CUDA_MEMCPY2D; false if it says something impossible. */
bool side_of(int type, const void* host_pointer, CUdeviceptr device_pointer, size_t x, size_t y,
             size_t pitch, size_t width, Side& side) {
  switch (type) {
    case CU_MEMORYTYPE_HOST:
      side = host(host_pointer);
      break;
    case CU_MEMORYTYPE_DEVICE:
      side = device(device_pointer);
      break;
    case kMemoryTypeUnified:
      side = either(device_pointer);
      break;
    default:
      return false;
  }
  // 0 stands for rows without padding.
  side.pitch = pitch == 0 ? x + width : pitch;
  if (side.pitch < x + width || side.pitch >= (size_t{1} << 31) || side.address == 0) return false;
  side.address += y * side.pitch + x;
  return true;
}

CUresult copy_2d(const char* function, const CUDA_MEMCPY2D* wanted, CUstream handle,
                 bool synchronous) {
  return call(function, kContext, [&](Entry& entry) -> CUresult {
    if (wanted == nullptr) return kInvalidValue;
    const CUDA_MEMCPY2D& what = *wanted;
    const StreamPtr stream = stream_of(entry, handle);
    if (stream == nullptr) return kInvalidHandle;
    // Before any pointer is looked at: FFmpeg copies planes of no width from nowhere.
    if (what.WidthInBytes == 0 || what.Height == 0) return CUDA_SUCCESS;
    const int from_type = number_in(what.srcMemoryType);
    const int to_type = number_in(what.dstMemoryType);
    if (from_type == CU_MEMORYTYPE_ARRAY || to_type == CU_MEMORYTYPE_ARRAY) {
      return kNotSupported;
    }
    Copy copy;
    copy.width = what.WidthInBytes;
    copy.rows = what.Height;
    const bool possible = side_of(from_type, what.srcHost, what.srcDevice, what.srcXInBytes,
                                  what.srcY, what.srcPitch, what.WidthInBytes, copy.from) &&
                          side_of(to_type, what.dstHost, what.dstDevice, what.dstXInBytes,
                                  what.dstY, what.dstPitch, what.WidthInBytes, copy.to);
    return possible ? enqueue_copy(entry, copy, stream, synchronous) : kInvalidValue;
  });
}

CUresult fill(const char* function, CUdeviceptr to, uint64_t pitch, uint32_t value, unsigned unit,
              size_t width, size_t rows, CUstream handle) {
  return call(function, kContext, [&](Entry& entry) -> CUresult {
    const Side side{to, pitch == 0 ? width * unit : pitch, Claim::kDevice};
    return enqueue_fill(entry, side, value, unit, width, rows, stream_of(entry, handle));
  });
}

}  // namespace

CUFSIM_EXPORT CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return copy_line("cuMemcpy", either(to), either(from), bytes, nullptr, true);
}
CUFSIM_EXPORT CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                     CUstream stream) {
  return copy_line("cuMemcpyAsync", either(to), either(from), bytes, stream, false);
}
CUFSIM_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  return copy_line("cuMemcpyHtoD", device(to), host(from), bytes, nullptr, true);
}
CUFSIM_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes,
                                            CUstream stream) {
  return copy_line("cuMemcpyHtoDAsync", device(to), host(from), bytes, stream, false);
}
CUFSIM_EXPORT CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  return copy_line("cuMemcpyDtoH", host(to), device(from), bytes, nullptr, true);
}
CUFSIM_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes,
                                            CUstream stream) {
  return copy_line("cuMemcpyDtoHAsync", host(to), device(from), bytes, stream, false);
}
CUFSIM_EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return copy_line("cuMemcpyDtoD", device(to), device(from), bytes, nullptr, true);
}
CUFSIM_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                            CUstream stream) {
  return copy_line("cuMemcpyDtoDAsync", device(to), device(from), bytes, stream, false);
}
CUFSIM_EXPORT CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext, CUdeviceptr from, CUcontext,
                                    size_t bytes) {
  return copy_line("cuMemcpyPeer", device(to), device(from), bytes, nullptr, true);
}
CUFSIM_EXPORT CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext, CUdeviceptr from, CUcontext,
                                         size_t bytes, CUstream stream) {
  return copy_line("cuMemcpyPeerAsync", device(to), device(from), bytes, stream, false);
}

CUFSIM_EXPORT CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* copy) {
  return copy_2d("cuMemcpy2D", copy, nullptr, true);
}
CUFSIM_EXPORT CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* copy) {
  return copy_2d("cuMemcpy2DUnaligned", copy, nullptr, true);
}
CUFSIM_EXPORT CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* copy, CUstream stream) {
  return copy_2d("cuMemcpy2DAsync", copy, stream, false);
}

CUFSIM_EXPORT CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return fill("cuMemsetD8", to, 0, value, 1, count, 1, nullptr);
}
CUFSIM_EXPORT CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
  return fill("cuMemsetD16", to, 0, value, 2, count, 1, nullptr);
}
CUFSIM_EXPORT CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  return fill("cuMemsetD32", to, 0, value, 4, count, 1, nullptr);
}
CUFSIM_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                                       CUstream stream) {
  return fill("cuMemsetD8Async", to, 0, value, 1, count, 1, stream);
}
CUFSIM_EXPORT CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count,
                                        CUstream stream) {
  return fill("cuMemsetD16Async", to, 0, value, 2, count, 1, stream);
}
CUFSIM_EXPORT CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count,
                                        CUstream stream) {
  return fill("cuMemsetD32Async", to, 0, value, 4, count, 1, stream);
}
CUFSIM_EXPORT CUresult cuMemsetD2D8_v2(CUdeviceptr to, size_t pitch, unsigned char value,
                                       size_t width, size_t rows) {
  return fill("cuMemsetD2D8", to, pitch, value, 1, width, rows, nullptr);
}
CUFSIM_EXPORT CUresult cuMemsetD2D16_v2(CUdeviceptr to, size_t pitch, unsigned short value,
                                        size_t width, size_t rows) {
  return fill("cuMemsetD2D16", to, pitch, value, 2, width, rows, nullptr);
}
CUFSIM_EXPORT CUresult cuMemsetD2D32_v2(CUdeviceptr to, size_t pitch, unsigned value, size_t width,
                                        size_t rows) {
  return fill("cuMemsetD2D32", to, pitch, value, 4, width, rows, nullptr);
}
CUFSIM_EXPORT CUresult cuMemsetD2D8Async(CUdeviceptr to, size_t pitch, unsigned char value,
                                         size_t width, size_t rows, CUstream stream) {
  return fill("cuMemsetD2D8Async", to, pitch, value, 1, width, rows, stream);
}
CUFSIM_EXPORT CUresult cuMemsetD2D16Async(CUdeviceptr to, size_t pitch, unsigned short value,
                                          size_t width, size_t rows, CUstream stream) {
  return fill("cuMemsetD2D16Async", to, pitch, value, 2, width, rows, stream);
}
CUFSIM_EXPORT CUresult cuMemsetD2D32Async(CUdeviceptr to, size_t pitch, unsigned value,
                                          size_t width, size_t rows, CUstream stream) {
  return fill("cuMemsetD2D32Async", to, pitch, value, 4, width, rows, stream);
}
