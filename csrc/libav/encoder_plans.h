#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"
#include "libav/encoder_plan.h"

// Inside of plan_encoder(): one function per encoder, and what they share.
namespace cuf::libav {

// gop and idr_period at which only the first picture is a key picture.
inline constexpr int64_t kEndless = 4294967295;

struct PlanRequest {
  explicit PlanRequest(const EncoderOptions& options);

  const EncoderOptions& options;
  const EncoderSettings& settings;
  EncoderTuning tuning;
  RateControl mode;
  bool has_target = false;  // vbr towards cq
  bool is_low_latency = false;
  bool is_lossless = false;
  bool is_deep = false;  // 10 bits
  ChromaFormat chroma = ChromaFormat::c420;
  size_t speed = 0;               // 0: P1; one more than the preset's for ultra_high_quality
  bool keeps_own_choices = true;  // no native option chooses what a preset does
};

// What a preset chooses.
struct PresetChoices {
  std::string_view name;
  int64_t b_frames;
  int64_t lookahead;
};
using PresetTable = std::array<PresetChoices, 8>;

[[noreturn]] void refuse(const std::string& sentence);  // Error(unsupported)
std::string number_text(double number);                 // with a point, whatever the locale

// The bit rates, the buffer and cq as libx264 and libx265 take them.
void plan_rate(const PlanRequest& request, EncoderPlan& plan);
// g, closed or open GOPs and forced IDR pictures; returns whether the GOP has an end.
bool plan_gop(const PlanRequest& request, EncoderPlan& plan);
// Quantizers of I, P and B pictures by the factors between them, which `parameters` call ipratio
// and pbratio.
void plan_const_qp(const PlanRequest& request, EncoderPlan& plan, int64_t otherwise,
                   int64_t offset);
// Macroblocks in a row or a column of so many samples; also what libx265 cuts slices at.
int64_t macroblocks(uint32_t samples);
// The preset, and bf: as said, else as the preset chooses. Sets lookahead of plan.settings
// likewise.
void plan_choices(const PlanRequest& request, EncoderPlan& plan, const PresetTable& presets);
// The number of a quantizer bound that is one for all pictures.
int64_t only_quantizer(const PlanRequest& request, EncoderParameter parameter,
                       std::string_view encoder);
void refuse_choice(const PlanRequest& request, EncoderParameter parameter,
                   const std::string& reason);
std::string_view choice_name(const PlanRequest& request, EncoderParameter parameter);

void plan_x264(const PlanRequest& request, EncoderPlan& plan);
void plan_x265(const PlanRequest& request, EncoderPlan& plan);
void plan_svt(const PlanRequest& request, EncoderPlan& plan);
void plan_aom(const PlanRequest& request, EncoderPlan& plan);

// The caller's own options, last.
void plan_native(const PlanRequest& request, EncoderPlan& plan);

}  // namespace cuf::libav
