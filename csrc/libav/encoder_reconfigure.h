#pragma once

#include "core/encoder_settings.h"
#include "libav/encoder_plan.h"

namespace cuf::libav {

// Has an encoder that works go on with other settings, of which `plan` was made. false: it cannot,
// and nothing was changed.
bool apply_in_place(const EncoderSettings& before, const EncoderSettings& after,
                    const EncoderPlan& plan, AVCodecContext& context);

}  // namespace cuf::libav
