#include "nvenc/backend.h"

namespace cufsim {

std::unique_ptr<Backend> open_backend(const StreamSettings& settings) {
  switch (settings.codec) {
    case EncodeCodec::kH264:
      return open_x264(settings);
    case EncodeCodec::kHevc:
      return open_x265(settings);
    default:
      return open_aom(settings);
  }
}

}  // namespace cufsim
