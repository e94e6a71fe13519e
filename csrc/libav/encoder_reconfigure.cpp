#include "libav/encoder_reconfigure.h"

#include <algorithm>

namespace cuf::libav {
namespace {

using enum EncoderParameter;

// What libx264 looks for in its context with each picture.
constexpr EncoderParameter kFollowed[] = {bitrate, max_bitrate, vbv_buffer_size, cq};

// libx264 begins with an average and stays with it, where that is not also the greatest bit rate.
bool keeps_an_average(const EncoderSettings& settings) {
  return settings.choice_or(rc, RateControl::cbr) == RateControl::vbr && !settings.has(cq);
}

}  // namespace

bool apply_in_place(const EncoderSettings& before, const EncoderSettings& after,
                    const EncoderPlan& plan, AVCodecContext& context) {
  for (uint32_t i = 0; i < kEncoderParameterCount; ++i) {
    const auto parameter = static_cast<EncoderParameter>(i);
    if (before.value(parameter) == after.value(parameter)) continue;
    const bool is_followed = std::ranges::find(kFollowed, parameter) != std::end(kFollowed);
    // A target that comes or goes is another rate control.
    if (!is_followed || before.has(parameter) != after.has(parameter)) return false;
    if (parameter == bitrate && keeps_an_average(after)) return false;
  }
  // In order, so that the caller's own options hold as they did before.
  constexpr std::string_view kFields[] = {"b", "maxrate", "bufsize"};
  for (const auto& [name, value] : plan.options) {
    const bool is_field = std::ranges::find(kFields, name) != std::end(kFields);
    if (is_field) av_opt_set(&context, name.c_str(), value.c_str(), 0);
    if (name == "crf") av_opt_set(context.priv_data, name.c_str(), value.c_str(), 0);
  }
  return true;
}

}  // namespace cuf::libav
