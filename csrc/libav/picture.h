#pragma once

#include "core/model.h"
#include "libav/handles.h"

namespace cuf::libav {

// Makes pictures of frames; without a copy where cuframe knows the format.
class PictureMaker {
 public:
  // coded_*: of the decoder; rotation: of the packet, used where the frame tells none.
  Picture make(Owned<AVFrame> frame, int coded_width, int coded_height, Rational time_base,
               int32_t rotation);

 private:
  Owned<AVFrame> convert(const AVFrame& frame, AVPixelFormat target);

  Owned<SwsContext> scaler_;
};

// libav says that the frame is damaged.
DecodeStatus decode_status(const AVFrame& frame);

}  // namespace cuf::libav
