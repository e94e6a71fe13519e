#include "cuvid/capabilities.h"

#include <cstring>
#include <vector>

#include "cuda/driver.h"
#include "cuda/entry.h"

namespace cufsim {

namespace {

constexpr auto k400 = cudaVideoChromaFormat_Monochrome;
constexpr auto k420 = cudaVideoChromaFormat_420;
constexpr auto k422 = cudaVideoChromaFormat_422;
constexpr auto k444 = cudaVideoChromaFormat_444;
constexpr unsigned k8 = 1;
constexpr unsigned k8to10 = 1 | 1 << 2;
constexpr unsigned k8to12 = k8to10 | 1 << 4;
constexpr unsigned kNv12 = 1 << cudaVideoSurfaceFormat_NV12;
constexpr unsigned kP016 = 1 << cudaVideoSurfaceFormat_P016;
constexpr unsigned k444Planes =
    1 << cudaVideoSurfaceFormat_YUV444 | 1 << cudaVideoSurfaceFormat_YUV444_16Bit;
constexpr unsigned k422Planes = 1 << kSurfaceFormatNv16 | 1 << kSurfaceFormatP216;

// Asked of an H100 with driver 580.159: neither AV1, nor monochrome but in JPEG.
const std::vector<DecodeCapability> kH100 = {
    {cudaVideoCodec_MPEG1, k420, k8, kNv12, 4080, 4080, 65280, 48, 16, false},
    {cudaVideoCodec_MPEG2, k420, k8, kNv12, 4080, 4080, 65280, 48, 16, false},
    {cudaVideoCodec_MPEG4, k420, k8, kNv12, 2048, 2048, 8192, 48, 16, false},
    {cudaVideoCodec_VC1, k420, k8, kNv12, 2048, 2048, 8192, 48, 16, false},
    {cudaVideoCodec_H264, k420, k8, kNv12, 4096, 4096, 65536, 48, 16, false},
    {cudaVideoCodec_JPEG, k400, k8, kNv12, 32768, 16384, 67108864, 64, 64, true},
    {cudaVideoCodec_JPEG, k420, k8, kNv12, 32768, 16384, 67108864, 64, 64, true},
    {cudaVideoCodec_JPEG, k422, k8, kNv12, 32768, 16384, 67108864, 64, 64, true},
    {cudaVideoCodec_JPEG, k444, k8, kNv12, 32768, 16384, 67108864, 64, 64, true},
    {cudaVideoCodec_HEVC, k420, k8to12, kNv12 | kP016, 8192, 8192, 262144, 144, 144, false},
    {cudaVideoCodec_HEVC, k444, k8to12, k444Planes, 8192, 8192, 262144, 144, 144, false},
    {cudaVideoCodec_VP8, k420, k8, kNv12, 4096, 4096, 65536, 48, 16, false},
    {cudaVideoCodec_VP9, k420, k8to12, kNv12 | kP016, 8192, 8192, 262144, 128, 128, false},
};

// By NVIDIA's support matrix, not asked of the hardware: what newer engines take besides.
const std::vector<DecodeCapability> kMoreOfL4 = {
    {cudaVideoCodec_AV1, k420, k8to10, kNv12 | kP016, 8192, 8192, 262144, 128, 128, false},
    {cudaVideoCodec_AV1, k400, k8to10, kNv12 | kP016, 8192, 8192, 262144, 128, 128, false},
};
const std::vector<DecodeCapability> kMoreOfB200 = {
    {cudaVideoCodec_H264, k420, k8to10, kNv12 | kP016, 8192, 8192, 262144, 48, 16, false},
    {cudaVideoCodec_H264, k422, k8to10, k422Planes, 8192, 8192, 262144, 48, 16, false},
    {cudaVideoCodec_HEVC, k422, k8to12, k422Planes, 8192, 8192, 262144, 144, 144, false},
    {cudaVideoCodec_AV1, k420, k8to10, kNv12 | kP016, 8192, 8192, 262144, 128, 128, false},
    {cudaVideoCodec_AV1, k400, k8to10, kNv12 | kP016, 8192, 8192, 262144, 128, 128, false},
};

const DecodeCapability* find_in(const std::vector<DecodeCapability>& table, cudaVideoCodec codec,
                                cudaVideoChromaFormat chroma, unsigned depth) {
  for (const DecodeCapability& line : table) {
    if (line.codec == codec && line.chroma == chroma && (line.depths >> depth & 1) != 0) {
      return &line;
    }
  }
  return nullptr;
}

}  // namespace

const DecodeCapability* find_capability(const Device& device, cudaVideoCodec codec,
                                        cudaVideoChromaFormat chroma, unsigned depth_minus_8) {
  if (device.nvdecs == 0 || depth_minus_8 > 8) return nullptr;
  const DecodeCapability* found = nullptr;
  if (std::strcmp(device.model.id, "l4") == 0) {
    found = find_in(kMoreOfL4, codec, chroma, depth_minus_8);
  }
  if (std::strcmp(device.model.id, "b200") == 0) {
    found = find_in(kMoreOfB200, codec, chroma, depth_minus_8);
  }
  return found != nullptr ? found : find_in(kH100, codec, chroma, depth_minus_8);
}

unsigned format_mask(const DecodeCapability& capability, unsigned depth_minus_8) {
  const unsigned narrow = 1 << cudaVideoSurfaceFormat_NV12 | 1 << cudaVideoSurfaceFormat_YUV444 |
                          1 << kSurfaceFormatNv16;
  const bool planes444 = capability.chroma == k444 && capability.codec != cudaVideoCodec_JPEG;
  if (depth_minus_8 == 0) return capability.formats & narrow;
  // 4:2:0 of more bits can also be had in 8; 4:4:4 cannot.
  return planes444 ? capability.formats & ~narrow : capability.formats;
}

}  // namespace cufsim

using namespace cufsim;

CUFSIM_EXPORT CUresult cuvidGetDecoderCaps(CUVIDDECODECAPS* caps) {
  return call("cuvidGetDecoderCaps", kContext, [&](Entry& entry) -> CUresult {
    if (caps == nullptr) return kInvalidValue;
    for (const unsigned reserved : caps->reserved1) {
      if (reserved != 0) return kInvalidValue;
    }
    const Device& device = *entry.context->device;
    const DecodeCapability* found =
        find_capability(device, caps->eCodecType, caps->eChromaFormat, caps->nBitDepthMinus8);
    // The other fields stay as the client left them: a driver does not touch them.
    caps->bIsSupported = found != nullptr ? 1 : 0;
    if (found == nullptr) return CUDA_SUCCESS;
    caps->nNumNVDECs = static_cast<unsigned char>(found->one_engine ? 1 : device.nvdecs);
    caps->nOutputFormatMask =
        static_cast<unsigned short>(format_mask(*found, caps->nBitDepthMinus8));
    caps->nMaxWidth = found->max_width;
    caps->nMaxHeight = found->max_height;
    caps->nMaxMBCount = found->max_macroblocks;
    caps->nMinWidth = static_cast<unsigned short>(found->min_width);
    caps->nMinHeight = static_cast<unsigned short>(found->min_height);
    const bool stats =
        found->codec == cudaVideoCodec_H264 && entry.sim.settings.number("decode_stats", 0) != 0;
    // bIsDecodeStatsSupported of the 13.1 headers. Older drivers leave it alone.
    if (stats) reinterpret_cast<unsigned char*>(caps)[48] = 1;
    if (found->codec == cudaVideoCodec_H264) {
      caps->bIsHistogramSupported = 1;
      caps->nCounterBitDepth = 32;
      caps->nMaxHistogramBins = 256;
    }
    return CUDA_SUCCESS;
  });
}
