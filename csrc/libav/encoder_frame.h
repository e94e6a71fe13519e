#pragma once

#include "core/model.h"
#include "libav/handles.h"

namespace cuf::libav {

// The picture in one of the formats of plan_encoder(). Planes that are arranged as the picture's
// refer to its memory, which the frame keeps.
Owned<AVFrame> make_encoder_frame(const Picture& picture, AVPixelFormat format);

}  // namespace cuf::libav
