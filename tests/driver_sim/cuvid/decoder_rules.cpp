// What cuvidCreateDecoder refuses.
#include <algorithm>

#include "cuvid/capabilities.h"
#include "cuvid/decoder.h"

namespace cufsim {

namespace {

bool reserved_is_zero(const CUVIDDECODECREATEINFO& info) {
  // Reserved2[0] is enableDecodeFeatures since the headers of 13.1.
  return info.Reserved1 == 0 && info.Reserved2[0] <= 1 && info.Reserved2[1] == 0 &&
         info.Reserved2[2] == 0 && info.Reserved2[3] == 0;
}

bool is_even(const short left, const short top, const short right, const short bottom) {
  return ((left | top) & 1) == 0 && right >= left && bottom >= top;
}

}  // namespace

CUresult check_creation(const Device& device, const CUVIDDECODECREATEINFO& info) {
  if (info.ulNumDecodeSurfaces < 1 || info.ulNumDecodeSurfaces > 32) return kInvalidValue;
  if (info.ulNumOutputSurfaces > 64) return kInvalidValue;
  if (info.bitDepthMinus8 > 8) return kInvalidValue;
  // A driver ignores these. It must not be asked: another one may not.
  if (!reserved_is_zero(info)) return kInvalidValue;
  const auto depth = static_cast<unsigned>(info.bitDepthMinus8);
  const DecodeCapability* capability =
      find_capability(device, info.CodecType, info.ChromaFormat, depth);
  if (capability == nullptr) return kNotSupported;
  const unsigned width = static_cast<unsigned>(info.ulWidth);
  const unsigned height = static_cast<unsigned>(info.ulHeight);
  const unsigned max_width = std::max(width, static_cast<unsigned>(info.ulMaxWidth));
  const unsigned max_height = std::max(height, static_cast<unsigned>(info.ulMaxHeight));
  if (width < capability->min_width || height < capability->min_height) return kInvalidValue;
  if (max_width > capability->max_width || max_height > capability->max_height) {
    return kInvalidValue;
  }
  if (width * height / 256 > capability->max_macroblocks) return kInvalidValue;
  const auto format = static_cast<unsigned>(number_in(info.OutputFormat));
  if (format > kSurfaceFormatP216) return kInvalidValue;
  if ((format_mask(*capability, depth) >> format & 1) == 0) {
    const bool only_depth =
        (capability->formats >> format & 1) != 0 || format == cudaVideoSurfaceFormat_P016;
    return only_depth ? kInvalidValue : kNotSupported;
  }
  if (info.ulTargetWidth == 0 || info.ulTargetHeight == 0) return kInvalidValue;
  if (info.ulTargetWidth > capability->max_width || info.ulTargetHeight > capability->max_height) {
    return result(300);
  }
  const auto& area = info.display_area;
  if (!is_even(area.left, area.top, area.right, area.bottom)) return kInvalidValue;
  const auto& target = info.target_rect;
  if (!is_even(target.left, target.top, target.right, target.bottom)) return kInvalidValue;
  return number_in(info.DeinterlaceMode) > cudaVideoDeinterlaceMode_Adaptive ? kInvalidValue
                                                                             : CUDA_SUCCESS;
}

}  // namespace cufsim
