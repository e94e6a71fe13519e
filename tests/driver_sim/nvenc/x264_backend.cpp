// H.264 by x264. Types of pictures are decided by the session, so x264 looks ahead at nothing.
#include "nvenc/backend.h"

#if CUFSIM_HAS_X264
#include <x264.h>

#include <algorithm>
#include <cstring>

namespace cufsim {

namespace {

constexpr const char* kPresets[] = {"superfast", "superfast", "veryfast", "faster",
                                    "fast",      "medium",    "slow"};
/** In the order of profile_guids(). */
constexpr const char* kProfiles[] = {nullptr,   "baseline", "main", "high",
                                     "high444", "high",     "high"};

int type_for_x264(CodedType type) {
  switch (type) {
    case CodedType::kIdr:
      return X264_TYPE_IDR;
    case CodedType::kI:
      return X264_TYPE_I;
    case CodedType::kB:
      return X264_TYPE_B;
    case CodedType::kReferenceB:
      return X264_TYPE_BREF;
    default:
      return X264_TYPE_P;
  }
}

CodedType type_of_x264(const x264_picture_t& picture) {
  switch (picture.i_type) {
    case X264_TYPE_IDR:
      return CodedType::kIdr;
    case X264_TYPE_I:
    case X264_TYPE_KEYFRAME:
      return CodedType::kI;
    case X264_TYPE_B:
      return CodedType::kB;
    case X264_TYPE_BREF:
      return CodedType::kReferenceB;
    default:
      return CodedType::kP;
  }
}

int kilobits(uint32_t bits) {
  return static_cast<int>(std::max<uint32_t>(bits / 1000, 1));
}

void set_rate(x264_param_t& param, const StreamSettings& settings) {
  auto& rc = param.rc;
  const bool is_fixed = settings.rate == RateMode::kConstantQp;
  // X264_RC_CQP keeps pictures to quantisers close to those that it was opened with, whatever a
  // picture says; with X264_RC_CRF each has the one that it says.
  const bool quality = settings.rate == RateMode::kQuality || (is_fixed && !settings.lossless);
  rc.i_rc_method = quality ? X264_RC_CRF : is_fixed ? X264_RC_CQP : X264_RC_ABR;
  rc.i_qp_constant = 0;
  // 0 would be lossless.
  rc.f_rf_constant = is_fixed ? 1.F : static_cast<float>(settings.quality);
  rc.i_bitrate = kilobits(settings.bit_rate);
  const bool constant = settings.rate == RateMode::kConstant;
  const uint32_t most = constant ? settings.bit_rate : settings.max_bit_rate;
  const bool bounded = settings.rate != RateMode::kConstantQp && most > 0;
  rc.i_vbv_max_bitrate = bounded ? kilobits(most) : 0;
  rc.i_vbv_buffer_size =
      bounded ? kilobits(settings.buffer_size > 0 ? settings.buffer_size : most) : 0;
  if (bounded && settings.buffer_size > 0 && settings.buffer_start > 0) {
    rc.f_vbv_buffer_init =
        static_cast<float>(settings.buffer_start) / static_cast<float>(settings.buffer_size);
  }
  if (!is_fixed && settings.min_qp >= 0) rc.i_qp_min = settings.min_qp;
  if (!is_fixed && settings.max_qp >= 0) rc.i_qp_max = settings.max_qp;
  rc.b_filler = constant && settings.fills;
}

void set_signal(x264_param_t& param, const StreamSettings& settings) {
  const StreamSignal& signal = settings.signal;
  param.vui.i_vidformat = signal.video_format;
  param.vui.b_fullrange = signal.full_range;
  param.vui.i_colorprim = signal.primaries;
  param.vui.i_transfer = signal.transfer;
  param.vui.i_colmatrix = signal.matrix;
  param.vui.i_chroma_loc = signal.chroma_location;
  param.vui.i_sar_width = signal.aspect_width;
  param.vui.i_sar_height = signal.aspect_height;
  param.i_fps_num = settings.rate_num;
  param.i_fps_den = settings.rate_den;
  param.i_timebase_num = settings.rate_den;
  param.i_timebase_den = settings.rate_num;
  param.b_vfr_input = 0;
}

void set_slices(x264_param_t& param, const StreamSettings& settings) {
  const int columns = (settings.width + 15) / 16;
  if (settings.slices <= 0) return;
  switch (settings.slice_mode) {
    case 0:
      param.i_slice_max_mbs = settings.slices;
      break;
    case 1:
      param.i_slice_max_size = settings.slices;
      break;
    case 2:
      param.i_slice_max_mbs = settings.slices * columns;
      break;
    default:
      param.i_slice_count = settings.slices;
  }
}

void set_tools(x264_param_t& param, const StreamSettings& settings) {
  param.i_threads = 1;
  param.i_lookahead_threads = 1;
  param.i_sync_lookahead = 0;
  param.rc.i_lookahead = 0;
  param.rc.b_mb_tree = 0;
  param.i_scenecut_threshold = 0;
  param.i_keyint_max = X264_KEYINT_MAX_INFINITE;
  param.i_bframe = settings.b_frames;
  param.i_bframe_adaptive = X264_B_ADAPT_NONE;
  param.i_bframe_pyramid = settings.b_references ? X264_B_PYRAMID_NORMAL : X264_B_PYRAMID_NONE;
  if (settings.references > 0) param.i_frame_reference = settings.references;
  param.b_cabac = settings.cabac;
  param.analyse.b_transform_8x8 = settings.transform_8x8;
  param.b_deblocking_filter = settings.deblocks;
  param.b_aud = settings.access_unit_delimiters;
  param.i_level_idc = settings.level > 0 ? settings.level : -1;
  param.b_intra_refresh = settings.intra_refresh_period > 0;
  if (settings.intra_refresh_period > 0) param.i_keyint_max = settings.intra_refresh_period;
  const bool adapts = settings.adapts_in_space && settings.rate != RateMode::kConstantQp;
  param.rc.i_aq_mode = adapts ? X264_AQ_VARIANCE : X264_AQ_NONE;
  if (settings.space_strength > 0) {
    param.rc.f_aq_strength = static_cast<float>(settings.space_strength) / 8;
  }
}

class X264Backend final : public Backend {
 public:
  explicit X264Backend(const StreamSettings& settings) : settings_(settings) {
    x264_param_default_preset(&param_, kPresets[settings.preset - 1], nullptr);
    param_.i_log_level = X264_LOG_NONE;
    param_.i_width = settings.width;
    param_.i_height = settings.height;
    param_.i_csp = settings.full_chroma ? X264_CSP_I444 : X264_CSP_I420;
    param_.i_bitdepth = settings.depth;
    param_.b_annexb = 1;
    param_.b_repeat_headers = 0;
    set_tools(param_, settings);
    set_slices(param_, settings);
    set_signal(param_, settings);
    set_rate(param_, settings);
    const char* profile = kProfiles[settings.profile];
    const bool fits = profile == nullptr || x264_param_apply_profile(&param_, profile) == 0;
    if (fits) encoder_ = x264_encoder_open(&param_);
  }
  ~X264Backend() override {
    if (encoder_ != nullptr) x264_encoder_close(encoder_);
  }
  bool is_open() const { return encoder_ != nullptr; }

  Bytes headers() override {
    x264_nal_t* units = nullptr;
    int count = 0;
    Bytes bytes;
    if (x264_encoder_headers(encoder_, &units, &count) < 0) return bytes;
    for (int i = 0; i < count; i++) {
      const bool wanted = units[i].i_type == NAL_SPS || units[i].i_type == NAL_PPS;
      if (wanted) {
        bytes.insert(bytes.end(), units[i].p_payload, units[i].p_payload + units[i].i_payload);
      }
    }
    return bytes;
  }

  bool put(const InputPicture& picture, std::vector<OutputPicture>& coded) override {
    const Planes& planes = *picture.planes;
    x264_picture_t input;
    x264_picture_init(&input);
    input.img.i_csp = param_.i_csp | (planes.depth > 8 ? X264_CSP_HIGH_DEPTH : 0);
    input.img.i_plane = 3;
    for (int plane = 0; plane < 3; plane++) {
      input.img.plane[plane] = const_cast<unsigned char*>(planes.data[plane].data());
      input.img.i_stride[plane] = planes.stride(plane);
    }
    input.i_pts = picture.number;
    const bool refreshes = settings_.intra_refresh_period > 0 && picture.type != CodedType::kIdr;
    input.i_type = refreshes ? X264_TYPE_AUTO : type_for_x264(picture.type);
    if (settings_.rate == RateMode::kConstantQp && !settings_.lossless) {
      input.i_qpplus1 = quantiser_of(settings_.constant, picture.type) + 1;
    }
    return code(&input, coded) >= 0;
  }

  void drain(std::vector<OutputPicture>& coded) override {
    while (x264_encoder_delayed_frames(encoder_) > 0) {
      if (code(nullptr, coded) < 0) return;
    }
  }

  bool change_rate(const StreamSettings& settings) override {
    if (settings.rate != settings_.rate || settings.lossless != settings_.lossless) return false;
    if (settings.rate_num != settings_.rate_num || settings.rate_den != settings_.rate_den) {
      return false;
    }
    x264_param_t changed = param_;
    set_rate(changed, settings);
    // A buffer cannot be taken up, or given up, on the way.
    const bool had_buffer = param_.rc.i_vbv_buffer_size > 0;
    if (had_buffer != (changed.rc.i_vbv_buffer_size > 0)) return false;
    if (x264_encoder_reconfig(encoder_, &changed) < 0) return false;
    param_ = changed;
    settings_ = settings;
    return true;
  }

 private:
  int code(x264_picture_t* input, std::vector<OutputPicture>& coded) {
    x264_nal_t* units = nullptr;
    int count = 0;
    x264_picture_t output;
    const int size = x264_encoder_encode(encoder_, &units, &count, input, &output);
    if (size <= 0) return size;
    OutputPicture picture;
    for (int i = 0; i < count; i++) {
      // x264 says who it is in a SEI message.
      if (units[i].i_type == NAL_SEI) continue;
      picture.data.insert(picture.data.end(), units[i].p_payload,
                          units[i].p_payload + units[i].i_payload);
    }
    picture.number = output.i_pts;
    picture.type = type_of_x264(output);
    picture.qp = output.i_qpplus1 - 1;
    coded.push_back(std::move(picture));
    return size;
  }

  StreamSettings settings_;
  x264_param_t param_;
  x264_t* encoder_ = nullptr;
};

}  // namespace

std::unique_ptr<Backend> open_x264(const StreamSettings& settings) {
  auto backend = std::make_unique<X264Backend>(settings);
  if (!backend->is_open()) return nullptr;
  return backend;
}

}  // namespace cufsim

#else

namespace cufsim {

std::unique_ptr<Backend> open_x264(const StreamSettings&) {
  return nullptr;
}

}  // namespace cufsim

#endif
