#pragma once

#include <string>
#include <vector>

#include "core/model.h"
#include "libav/compat.h"

namespace cuf::libav {

// The index of the video stream to read: the wanted one, or for -1 the best; cover pictures only
// when asked for.
unsigned choose_stream(const AVFormatContext& container,
                       const std::vector<StreamDescription>& streams, int wanted,
                       const std::string& subject);

}  // namespace cuf::libav
