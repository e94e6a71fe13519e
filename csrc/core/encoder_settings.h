#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model.h"

namespace cuf {

// Numbers of the rows of encoder_parameters.inc; they cross the C ABI.
enum class EncoderParameter : uint32_t {
#define CUF_ENCODER_PARAMETER(id, ...) id,
#include "core/encoder_parameters.inc"
#undef CUF_ENCODER_PARAMETER
  count
};

inline constexpr size_t kEncoderParameterCount = static_cast<size_t>(EncoderParameter::count);

enum class ParameterKind : uint32_t { choice, integer, flag, quantizers, ratio };

// Names' numbers of the choices.
enum class VideoCodec : uint32_t { h264, hevc, av1 };
enum class EncoderTuning : uint32_t {
  high_quality,
  low_latency,
  ultra_low_latency,
  lossless,
  ultra_high_quality
};
enum class RateControl : uint32_t { cbr, vbr, constqp };
enum class Multipass : uint32_t { disabled, qres, fullres };

struct EncoderParameterRow {
  EncoderParameter parameter;
  std::string_view name;  // in TypeScript
  std::string_view guide;
  ParameterKind kind;
  int64_t least = 0;
  int64_t most = 0;
  std::string_view choices;  // separated by |
};

const EncoderParameterRow& encoder_parameter(EncoderParameter parameter);

// What was said of each parameter; what was not is not there.
class EncoderSettings {
 public:
  struct Value {
    uint32_t count = 0;  // 0: not set; quantizers: 1 or 3; ratio: 2; else 1
    std::array<int64_t, 3> numbers{};

    bool operator==(const Value&) const = default;
  };

  bool has(EncoderParameter parameter) const { return value(parameter).count > 0; }
  const Value& value(EncoderParameter parameter) const {
    return values_[static_cast<size_t>(parameter)];
  }
  // Of one that is set.
  int64_t number(EncoderParameter parameter) const { return value(parameter).numbers[0]; }
  int64_t number_or(EncoderParameter parameter, int64_t otherwise) const {
    return has(parameter) ? number(parameter) : otherwise;
  }
  template <typename E>
  E choice_or(EncoderParameter parameter, E otherwise) const {
    return has(parameter) ? static_cast<E>(number(parameter)) : otherwise;
  }
  // Quantizers of I, P and B pictures: one number stands for all three.
  std::array<int64_t, 3> quantizers(EncoderParameter parameter) const;
  // Pictures per second; 0/0 where it is not set.
  Rational frame_rate() const;

  // Replaces it. Throws Error(invalid_argument) for numbers that the row does not allow.
  void set(EncoderParameter parameter, std::span<const int64_t> numbers);
  void clear(EncoderParameter parameter) { values_[static_cast<size_t>(parameter)] = {}; }

  VideoCodec codec() const { return choice_or(EncoderParameter::codec, VideoCodec::h264); }

  bool operator==(const EncoderSettings&) const = default;

 private:
  std::array<Value, kEncoderParameterCount> values_{};
};

// Throws Error(invalid_argument) where settings contradict each other (a target quality with cbr,
// slices of AV1, half of a timing info, quantizers above the codec's...), and sets what follows
// from others and holds for every encoder: codec, preset, tuning_info, rc, the bit rates and the
// buffer of cbr and vbr, fps, idr_period where gop is set, max_width and max_height. What is the
// encoder's own choice stays unset.
void complete_encoder_settings(EncoderSettings& settings, uint32_t width, uint32_t height);

std::string_view codec_name(VideoCodec codec);  // libav's

}  // namespace cuf
