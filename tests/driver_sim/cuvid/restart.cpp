#include "cuvid/restart.h"

#include <algorithm>

namespace cufsim {

Bytes restart_mark(cudaVideoCodec codec) {
  // Types 31 and 63 are unspecified, so that a client that looks for slices reads over it.
  if (codec == cudaVideoCodec_H264) return {0, 0, 1, 0x1f, 'n', 'e', 'w'};
  if (codec == cudaVideoCodec_HEVC) return {0, 0, 1, 0x7e, 0x01, 'n', 'e', 'w'};
  return {};
}

bool take_restart_mark(cudaVideoCodec codec, Bytes& data) {
  const Bytes mark = restart_mark(codec);
  if (mark.empty() || data.size() < mark.size()) return false;
  if (!std::equal(mark.begin(), mark.end(), data.begin())) return false;
  data.erase(data.begin(), data.begin() + static_cast<ptrdiff_t>(mark.size()));
  return true;
}

}  // namespace cufsim
