#include "core/encoder_settings.h"

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace cuf {
namespace {

using enum EncoderParameter;

constexpr auto choice = ParameterKind::choice;
constexpr auto integer = ParameterKind::integer;
constexpr auto flag = ParameterKind::flag;
constexpr auto quantizers = ParameterKind::quantizers;
constexpr auto ratio = ParameterKind::ratio;

constexpr int64_t kBitrate = 10'000'000;
constexpr int64_t kMostBits = std::numeric_limits<uint32_t>::max();
constexpr int64_t kAv1Quantizer = 255;
constexpr int64_t kAv1TargetQuality = 63;

// `least` is text for a choice, a number otherwise: two overloads tell them apart.
constexpr EncoderParameterRow row(EncoderParameter parameter, std::string_view name,
                                  std::string_view guide, ParameterKind kind,
                                  std::string_view choices, int64_t) {
  const auto names = std::count(choices.begin(), choices.end(), '|') + 1;
  return {parameter, name, guide, kind, 0, names - 1, choices};
}
constexpr EncoderParameterRow row(EncoderParameter parameter, std::string_view name,
                                  std::string_view guide, ParameterKind kind, int64_t least,
                                  int64_t most) {
  return {parameter, name, guide, kind, least, most, {}};
}

constexpr EncoderParameterRow kRows[] = {
#define CUF_ENCODER_PARAMETER(id, name, guide, kind, least, most, ...) \
  row(EncoderParameter::id, name, guide, kind, least, most),
#include "core/encoder_parameters.inc"
#undef CUF_ENCODER_PARAMETER
};

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(Status::invalid_argument, sentence);
}

std::string name_of(EncoderParameter parameter) {
  return std::string(encoder_parameter(parameter).name);
}

bool has_count(ParameterKind kind, size_t count) {
  if (kind == ParameterKind::quantizers) return count == 1 || count == 3;
  return count == (kind == ParameterKind::ratio ? 2 : 1);
}

int64_t most_of(const EncoderParameterRow& row) {
  // Quantizers of AV1 go further; complete_encoder_settings() knows the codec.
  if (row.kind == ParameterKind::quantizers) return kAv1Quantizer;
  return row.parameter == cq ? kAv1TargetQuality : row.most;
}

void require_codec_range(const EncoderSettings& settings) {
  if (settings.codec() == VideoCodec::av1) return;
  for (const EncoderParameterRow& row : kRows) {
    if (row.kind != ParameterKind::quantizers && row.parameter != cq) continue;
    const auto& value = settings.value(row.parameter);
    for (uint32_t i = 0; i < value.count; ++i) {
      if (value.numbers[i] <= row.most) continue;
      refuse(std::string(row.name) + " of H.264 and HEVC goes up to " + std::to_string(row.most) +
             ", not " + std::to_string(value.numbers[i]));
    }
  }
}

void refuse_for_av1(const EncoderSettings& settings) {
  if (settings.codec() != VideoCodec::av1) return;
  for (const EncoderParameter parameter : {slice_mode, slice_data, num_units_in_tick, timescale}) {
    if (settings.has(parameter)) {
      refuse("AV1 has no " + name_of(parameter) + "; leave it out, or encode H.264 or HEVC");
    }
  }
}

void complete_rate_control(EncoderSettings& settings) {
  const bool is_lossless =
      settings.choice_or(tuning_info, EncoderTuning::high_quality) == EncoderTuning::lossless;
  RateControl mode = settings.has(const_qp) || is_lossless ? RateControl::constqp
                     : settings.has(cq)                    ? RateControl::vbr
                                                           : RateControl::cbr;
  mode = settings.choice_or(rc, mode);
  if (settings.has(cq) && mode != RateControl::vbr) {
    refuse("cq is a target of rc \"vbr\"; leave one of the two out");
  }
  if (settings.has(const_qp) && mode != RateControl::constqp) {
    refuse("constQp is for rc \"constqp\"; leave one of the two out");
  }
  if (is_lossless && mode != RateControl::constqp) {
    refuse("A lossless stream has no bit rate to keep; leave rc out");
  }
  if (is_lossless && settings.has(const_qp) &&
      std::ranges::max(settings.quantizers(const_qp)) > 0) {
    refuse("A lossless stream has no constQp; leave it out");
  }
  settings.set(rc, std::array{static_cast<int64_t>(mode)});
  if (mode == RateControl::constqp) return;
  const bool has_target = settings.has(cq);
  if (!settings.has(bitrate)) settings.set(bitrate, std::array{kBitrate});
  const int64_t rate = settings.number(bitrate);
  if (mode == RateControl::cbr) {
    settings.set(max_bitrate, std::array{rate});
  } else if (!settings.has(max_bitrate)) {
    settings.set(max_bitrate, std::array{std::max(rate, kBitrate)});
  } else if (!has_target && settings.number(max_bitrate) < rate) {
    refuse("maxBitrate is less than bitrate; it is the greatest bit rate of \"vbr\"");
  }
  if (!settings.has(vbv_buffer_size)) {
    settings.set(vbv_buffer_size, std::array{settings.number(max_bitrate)});
  }
  if (settings.number_or(vbv_initial_delay, 0) > settings.number(vbv_buffer_size)) {
    refuse("vbvInit is more than vbvBufSize holds");
  }
}

void require_ordered_bounds(const EncoderSettings& settings) {
  if (!settings.has(qmin) || !settings.has(qmax)) return;
  const auto least = settings.quantizers(qmin);
  const auto most = settings.quantizers(qmax);
  for (size_t i = 0; i < least.size(); ++i) {
    if (least[i] > most[i]) refuse("qmin is above qmax");
  }
}

void complete_sizes(EncoderSettings& settings, uint32_t width, uint32_t height) {
  if (!settings.has(max_width)) settings.set(max_width, std::array{int64_t{width}});
  if (!settings.has(max_height)) settings.set(max_height, std::array{int64_t{height}});
  if (settings.number(max_width) < width || settings.number(max_height) < height) {
    refuse("Pictures of " + std::to_string(width) + " x " + std::to_string(height) +
           " are larger than maxWidth and maxHeight, " +
           std::to_string(settings.number(max_width)) + " x " +
           std::to_string(settings.number(max_height)));
  }
}

void set_if_absent(EncoderSettings& settings, EncoderParameter parameter, int64_t number) {
  if (!settings.has(parameter)) settings.set(parameter, std::array{number});
}

}  // namespace

const EncoderParameterRow& encoder_parameter(EncoderParameter parameter) {
  return kRows[static_cast<size_t>(parameter)];
}

std::array<int64_t, 3> EncoderSettings::quantizers(EncoderParameter parameter) const {
  const Value& stored = value(parameter);
  if (stored.count == 3) return stored.numbers;
  return {stored.numbers[0], stored.numbers[0], stored.numbers[0]};
}

Rational EncoderSettings::frame_rate() const {
  const auto& numbers = value(fps).numbers;
  return {static_cast<int32_t>(numbers[0]), static_cast<int32_t>(numbers[1])};
}

void EncoderSettings::set(EncoderParameter parameter, std::span<const int64_t> numbers) {
  if (parameter >= EncoderParameter::count) refuse("Unknown encoder parameter");
  const EncoderParameterRow& row = encoder_parameter(parameter);
  if (!has_count(row.kind, numbers.size())) {
    refuse(std::string(row.name) + " does not have " + std::to_string(numbers.size()) + " values");
  }
  for (const int64_t number : numbers) {
    if (number < row.least || number > most_of(row)) {
      refuse(std::string(row.name) + " goes from " + std::to_string(row.least) + " to " +
             std::to_string(most_of(row)) + ", not " + std::to_string(number));
    }
  }
  Value& stored = values_[static_cast<size_t>(parameter)];
  stored = {.count = static_cast<uint32_t>(numbers.size())};
  std::copy(numbers.begin(), numbers.end(), stored.numbers.begin());
}

void complete_encoder_settings(EncoderSettings& settings, uint32_t width, uint32_t height) {
  set_if_absent(settings, codec, static_cast<int64_t>(VideoCodec::h264));
  set_if_absent(settings, preset, 3);  // P4
  set_if_absent(settings, tuning_info, static_cast<int64_t>(EncoderTuning::high_quality));
  if (!settings.has(fps)) settings.set(fps, std::array<int64_t, 2>{30, 1});
  require_codec_range(settings);
  refuse_for_av1(settings);
  if (settings.has(num_units_in_tick) != settings.has(timescale)) {
    refuse("timingInfo needs both numUnitsInTick and timescale");
  }
  if (settings.has(slice_data) && !settings.has(slice_mode)) {
    refuse("slice.data needs slice.mode, which says what it counts");
  }
  require_ordered_bounds(settings);
  complete_rate_control(settings);
  const auto tuning = settings.choice_or(tuning_info, EncoderTuning::high_quality);
  const bool is_low_delay =
      tuning == EncoderTuning::low_latency || tuning == EncoderTuning::ultra_low_latency;
  set_if_absent(settings, gop, is_low_delay ? kMostBits : 250);
  if (is_low_delay) set_if_absent(settings, b_frames, 0);
  set_if_absent(settings, idr_period, settings.number(gop));
  complete_sizes(settings, width, height);
}

std::string_view codec_name(VideoCodec codec) {
  constexpr std::string_view kNames[] = {"h264", "hevc", "av1"};
  return kNames[static_cast<size_t>(codec)];
}

}  // namespace cuf
