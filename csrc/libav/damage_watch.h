#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string_view>

#include "libav/compat.h"

namespace cuf::libav {

// Which pictures libav concealed errors in. Up to FFmpeg 7 its frame threads copy a picture's flags
// for each other before its slices are decoded, so with reordering decode_error_flags of the frame
// that comes out mostly lacks them (H.264, MPEG-4, RealVideo). Only the log tells it from the right
// thread.
class DamageWatch {
 public:
  // Before each packet is sent.
  void begin_packet(AVCodecContext& context);
  // Of a message of libav's log about a context that is watched.
  static bool tells_damage(std::string_view format);
  void note(const AVCodecContext& context);
  // Asked once for each frame.
  bool is_damaged(const AVFrame& frame);
  void clear();

 private:
  int64_t packet_ = 0;
  std::mutex mutex_;
  std::set<int64_t> damaged_;  // packets whose pictures have not come out yet
};

}  // namespace cuf::libav
