// What a client sets of an encoder: presets, the rules that its parameters must keep, and what the
// encoder in software is given of them.
#pragma once
#include <string>

#include "nvenc/backend.h"
#include "nvenc/layouts.h"

namespace cufsim {

/** NV_ENC_INITIALIZE_PARAMS and NV_ENC_CONFIG as a client of some API set them. */
struct EncodeParameters {
  Api api = Api::k121;
  EncodeCodec codec = EncodeCodec::kH264;
  NV_ENC_INITIALIZE_PARAMS initialize = {};
  NV_ENC_CONFIG config = {};

  int preset() const { return preset_number(initialize.presetGUID); }
  uint32_t delay() const;
};

/** What a refused call says when nvEncGetLastErrorString() is asked. */
struct Refusal {
  NVENCSTATUS status = NV_ENC_SUCCESS;
  std::string text;
};

/** Whether a tuning exists in that API, for that codec. */
bool is_tuning(Api api, EncodeCodec codec, int tuning);

/** The configuration that a preset stands for. */
NV_ENC_CONFIG preset_config(Api api, EncodeCodec codec, int preset, int tuning);

int input_depth(const EncodeParameters& parameters);
int output_depth(const EncodeParameters& parameters);
uint32_t chroma_format(const EncodeParameters& parameters);
bool is_lossless(const EncodeParameters& parameters);

/** Reads both structs, with their version words and reserved bytes. */
Refusal read_parameters(const void* initialize, Api api, EncodeParameters& parameters);
/** Whether the values are ones that this GPU's NVENC takes. */
Refusal check_parameters(const EncodeParameters& parameters);
/** The part of it that concerns rate control. */
Refusal check_rate(const EncodeParameters& parameters);
/** The part of it that depends on the codec. */
Refusal check_codec(const EncodeParameters& parameters);
/** Whether an encoder that was made with `before` can go on with `after`. */
Refusal check_change(const EncodeParameters& before, const EncodeParameters& after, bool resets,
                     bool forces_idr);

StreamSettings stream_settings(const EncodeParameters& parameters);

}  // namespace cufsim
