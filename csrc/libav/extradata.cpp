#include "libav/extradata.h"

#include <algorithm>

#include "libav/errors.h"

namespace cuf::libav {

void set_extradata(AVCodecParameters& parameters, const uint8_t* data, size_t size) {
  auto* copy = static_cast<uint8_t*>(
      require(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE), "codec headers"));
  std::copy_n(data, size, copy);
  av_freep(&parameters.extradata);
  parameters.extradata = copy;
  parameters.extradata_size = static_cast<int>(size);
}

}  // namespace cuf::libav
