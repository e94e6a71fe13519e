#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/encoder_port.h"
#include "libav/compat.h"

// How an encoder of libav's is told what EncoderOptions say.
namespace cuf::libav {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct EncoderPlan {
  const AVCodec* codec = nullptr;
  AVPixelFormat pixel_format = AV_PIX_FMT_NONE;
  NamedValues options;  // AVOptions of the context or the encoder; the last one holds
  std::string_view parameters_option;  // that takes the encoder's own names: "x264-params"
  NamedValues parameters;
  // Own parameters that some versions of the encoder lack, which is no failure.
  std::vector<std::string> optional_parameters;
  bool has_closed_gops = false;
  // Not 0: key pictures are no IDR pictures, but where one is forced after so many.
  int64_t forced_idr_period = 0;
  bool writes_timing_messages = false;  // SEI of types 0 and 1
  // A key picture cannot be forced: what comes next is encoded as a new stream.
  bool forces_by_new_stream = false;
  bool reconfigures = false;        // follows fields that change while it works
  bool has_global_headers = false;  // extradata has the stream's headers, packets have not
  EncoderSettings settings;         // with what is the encoder's own choice

  void set(std::string name, std::string value) {
    options.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string name, int64_t value) { set(std::move(name), std::to_string(value)); }
  void set_parameter(std::string name, std::string value) {
    parameters.emplace_back(std::move(name), std::move(value));
  }
  void set_parameter(std::string name, int64_t value) {
    set_parameter(std::move(name), std::to_string(value));
  }
};

// Throws Error(unsupported), or Error(invalid_argument) for settings and native options that are
// wrong.
EncoderPlan plan_encoder(const EncoderOptions& options);

// The encoder of libav's that takes a codec; null: there is none.
const AVCodec* encoder_for(VideoCodec codec);
// What it takes, and its limits.
EncoderSupport encoder_limits(VideoCodec codec);

}  // namespace cuf::libav
