// Functions that FFmpeg's loader demands and cuframe never needs: textures, OpenGL, EGL, arrays and
// external memory. A GPU without a display answers much the same.
#include "cuda/entry.h"

using namespace cufsim;

namespace {

CUresult unsupported(const char* function) {
  return call(function, kInit, [](Entry&) { return kNotSupported; });
}

}  // namespace

CUFSIM_EXPORT CUresult cuTexObjectCreate(CUtexObject*, const CUDA_RESOURCE_DESC*,
                                         const CUDA_TEXTURE_DESC*, const CUDA_RESOURCE_VIEW_DESC*) {
  return unsupported("cuTexObjectCreate");
}
CUFSIM_EXPORT CUresult cuTexObjectDestroy(CUtexObject) {
  return unsupported("cuTexObjectDestroy");
}
CUFSIM_EXPORT CUresult cuGLGetDevices_v2(unsigned*, CUdevice*, unsigned, CUGLDeviceList) {
  return unsupported("cuGLGetDevices");
}
CUFSIM_EXPORT CUresult cuGraphicsGLRegisterImage(CUgraphicsResource*, GLuint, GLenum, unsigned) {
  return unsupported("cuGraphicsGLRegisterImage");
}
CUFSIM_EXPORT CUresult cuGraphicsUnregisterResource(CUgraphicsResource) {
  return unsupported("cuGraphicsUnregisterResource");
}
CUFSIM_EXPORT CUresult cuGraphicsMapResources(unsigned, CUgraphicsResource*, CUstream) {
  return unsupported("cuGraphicsMapResources");
}
CUFSIM_EXPORT CUresult cuGraphicsUnmapResources(unsigned, CUgraphicsResource*, CUstream) {
  return unsupported("cuGraphicsUnmapResources");
}
CUFSIM_EXPORT CUresult cuGraphicsSubResourceGetMappedArray(CUarray*, CUgraphicsResource, unsigned,
                                                           unsigned) {
  return unsupported("cuGraphicsSubResourceGetMappedArray");
}
CUFSIM_EXPORT CUresult cuGraphicsResourceGetMappedPointer_v2(CUdeviceptr*, size_t*,
                                                             CUgraphicsResource) {
  return unsupported("cuGraphicsResourceGetMappedPointer");
}
CUFSIM_EXPORT CUresult cuImportExternalMemory(CUexternalMemory*,
                                              const CUDA_EXTERNAL_MEMORY_HANDLE_DESC*) {
  return unsupported("cuImportExternalMemory");
}
CUFSIM_EXPORT CUresult cuDestroyExternalMemory(CUexternalMemory) {
  return unsupported("cuDestroyExternalMemory");
}
CUFSIM_EXPORT CUresult cuExternalMemoryGetMappedBuffer(CUdeviceptr*, CUexternalMemory,
                                                       const CUDA_EXTERNAL_MEMORY_BUFFER_DESC*) {
  return unsupported("cuExternalMemoryGetMappedBuffer");
}
CUFSIM_EXPORT CUresult cuExternalMemoryGetMappedMipmappedArray(
    CUmipmappedArray*, CUexternalMemory, const CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC*) {
  return unsupported("cuExternalMemoryGetMappedMipmappedArray");
}
CUFSIM_EXPORT CUresult cuMipmappedArrayGetLevel(CUarray*, CUmipmappedArray, unsigned) {
  return unsupported("cuMipmappedArrayGetLevel");
}
CUFSIM_EXPORT CUresult cuMipmappedArrayDestroy(CUmipmappedArray) {
  return unsupported("cuMipmappedArrayDestroy");
}
CUFSIM_EXPORT CUresult cuImportExternalSemaphore(CUexternalSemaphore*,
                                                 const CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC*) {
  return unsupported("cuImportExternalSemaphore");
}
CUFSIM_EXPORT CUresult cuDestroyExternalSemaphore(CUexternalSemaphore) {
  return unsupported("cuDestroyExternalSemaphore");
}
CUFSIM_EXPORT CUresult cuSignalExternalSemaphoresAsync(const CUexternalSemaphore*,
                                                       const CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS*,
                                                       unsigned, CUstream) {
  return unsupported("cuSignalExternalSemaphoresAsync");
}
CUFSIM_EXPORT CUresult cuWaitExternalSemaphoresAsync(const CUexternalSemaphore*,
                                                     const CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS*,
                                                     unsigned, CUstream) {
  return unsupported("cuWaitExternalSemaphoresAsync");
}
CUFSIM_EXPORT CUresult cuArrayCreate_v2(CUarray*, const CUDA_ARRAY_DESCRIPTOR*) {
  return unsupported("cuArrayCreate");
}
CUFSIM_EXPORT CUresult cuArray3DCreate_v2(CUarray*, const CUDA_ARRAY3D_DESCRIPTOR*) {
  return unsupported("cuArray3DCreate");
}
CUFSIM_EXPORT CUresult cuArrayDestroy(CUarray) {
  return unsupported("cuArrayDestroy");
}
CUFSIM_EXPORT CUresult cuEGLStreamProducerConnect(CUeglStreamConnection*, ffnv_EGLStreamKHR,
                                                  ffnv_EGLint, ffnv_EGLint) {
  return unsupported("cuEGLStreamProducerConnect");
}
CUFSIM_EXPORT CUresult cuEGLStreamProducerDisconnect(CUeglStreamConnection*) {
  return unsupported("cuEGLStreamProducerDisconnect");
}
CUFSIM_EXPORT CUresult cuEGLStreamConsumerDisconnect(CUeglStreamConnection*) {
  return unsupported("cuEGLStreamConsumerDisconnect");
}
CUFSIM_EXPORT CUresult cuEGLStreamProducerPresentFrame(CUeglStreamConnection*, CUeglFrame,
                                                       CUstream*) {
  return unsupported("cuEGLStreamProducerPresentFrame");
}
CUFSIM_EXPORT CUresult cuEGLStreamProducerReturnFrame(CUeglStreamConnection*, CUeglFrame*,
                                                      CUstream*) {
  return unsupported("cuEGLStreamProducerReturnFrame");
}
