#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libav/encoder_plan.h"
#include "libav/handles.h"

namespace cuf::libav {

struct CloseEncoder {
  bool has_pictures = false;  // it was sent some
  void operator()(AVCodecContext* context) const;
};
using OpenEncoder = std::unique_ptr<AVCodecContext, CloseEncoder>;

// An open encoder of libav's that does what a plan says. Throws Error(unsupported), with what libav
// says about it, where it cannot, and Error(invalid_argument) for native options that it does not
// know.
OpenEncoder open_encoder_context(const EncoderOptions& options, const EncoderPlan& plan);

// Headers that an opened encoder has beside its packets, Annex B, with the timing and the tier that
// the settings ask for.
std::vector<uint8_t> global_headers(const AVCodecContext& context, const EncoderSettings& settings);

}  // namespace cuf::libav
