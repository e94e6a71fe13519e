// AV1 by libaom, since SVT-AV1 gives no picture out before the next one came in. Without
// reordering: what the session takes for B-frames is coded in the order of display.
#include "nvenc/access_unit.h"
#include "nvenc/backend.h"

#if CUFSIM_HAS_AOM
#include <aom/aom_encoder.h>
#include <aom/aomcx.h>

#include <algorithm>
#include <cstring>

namespace cufsim {

namespace {

unsigned kilobits(uint32_t bits) {
  return std::max<unsigned>(bits / 1000, 1);
}

/** The position of the highest bit. */
int log2_of(int number) {
  int bits = 0;
  while (number >> (bits + 1) > 0) bits++;
  return bits;
}

/** NVENC counts quantisers to 255, libaom's settings to 63. */
unsigned quantiser(int qp) {
  return static_cast<unsigned>(std::clamp(qp / 4, 0, 63));
}

void set_rate(aom_codec_enc_cfg& config, const StreamSettings& settings) {
  config.rc_end_usage = settings.rate == RateMode::kConstantQp ? AOM_Q
                        : settings.rate == RateMode::kQuality  ? AOM_CQ
                        : settings.rate == RateMode::kConstant ? AOM_CBR
                                                               : AOM_VBR;
  const uint32_t most = std::max(settings.bit_rate, settings.max_bit_rate);
  config.rc_target_bitrate =
      kilobits(settings.bit_rate > 0 ? settings.bit_rate : std::max<uint32_t>(most, 20000000));
  if (settings.min_qp >= 0) config.rc_min_quantizer = quantiser(settings.min_qp);
  config.rc_max_quantizer = settings.max_qp >= 0 ? quantiser(settings.max_qp) : 63;
  if (settings.rate == RateMode::kConstant && settings.buffer_size > 0) {
    config.rc_buf_sz =
        static_cast<unsigned>(uint64_t{settings.buffer_size} * 1000 / settings.bit_rate);
    config.rc_buf_optimal_sz = config.rc_buf_sz * 2 / 3;
    config.rc_buf_initial_sz = config.rc_buf_sz / 2;
  }
}

aom_img_fmt_t format_of(int depth) {
  return depth > 8 ? AOM_IMG_FMT_I42016 : AOM_IMG_FMT_I420;
}

class AomBackend final : public Backend {
 public:
  explicit AomBackend(const StreamSettings& settings) : settings_(settings) {
    aom_codec_iface_t* codec = aom_codec_av1_cx();
    if (aom_codec_enc_config_default(codec, &config_, AOM_USAGE_REALTIME) != AOM_CODEC_OK) return;
    config_.g_w = static_cast<unsigned>(settings.width);
    config_.g_h = static_cast<unsigned>(settings.height);
    config_.g_timebase.num = static_cast<int>(settings.rate_den);
    config_.g_timebase.den = static_cast<int>(settings.rate_num);
    config_.g_lag_in_frames = 0;
    config_.g_threads = 1;
    config_.g_bit_depth = settings.depth > 8 ? AOM_BITS_10 : AOM_BITS_8;
    config_.g_input_bit_depth = static_cast<unsigned>(settings.depth);
    config_.kf_mode = AOM_KF_DISABLED;
    set_rate(config_, settings);
    const aom_codec_flags_t flags = settings.depth > 8 ? AOM_CODEC_USE_HIGHBITDEPTH : 0;
    is_open_ = aom_codec_enc_init(&encoder_, codec, &config_, flags) == AOM_CODEC_OK;
    if (is_open_) set_controls();
  }
  ~AomBackend() override {
    if (is_open_) aom_codec_destroy(&encoder_);
  }
  bool is_open() const { return is_open_; }

  // libaom's word on its headers before the first picture is not what it then writes: pictures
  // behind the first cannot be decoded by it. So another encoder codes a picture to look at.
  Bytes headers() override {
    AomBackend other(settings_);
    if (!other.is_open()) return {};
    aom_image_t* blank =
        aom_img_alloc(nullptr, format_of(settings_.depth), config_.g_w, config_.g_h, 16);
    if (blank == nullptr) return {};
    for (int plane = 0; plane < 3; plane++) {
      const int rows = aom_img_plane_height(blank, plane);
      std::memset(blank->planes[plane], 1, static_cast<size_t>(blank->stride[plane]) * rows);
    }
    const bool coded =
        aom_codec_encode(&other.encoder_, blank, 0, 1, AOM_EFLAG_FORCE_KF) == AOM_CODEC_OK;
    aom_img_free(blank);
    aom_codec_iter_t iterator = nullptr;
    while (const aom_codec_cx_pkt_t* packet =
               coded ? aom_codec_get_cx_data(&other.encoder_, &iterator) : nullptr) {
      if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
      const auto* bytes = static_cast<const unsigned char*>(packet->data.frame.buf);
      return sequence_header_of(Bytes(bytes, bytes + packet->data.frame.sz));
    }
    return {};
  }

  bool put(const InputPicture& picture, std::vector<OutputPicture>& coded) override {
    const Planes& planes = *picture.planes;
    if (settings_.rate == RateMode::kConstantQp) {
      const auto level = quantiser(quantiser_of(settings_.constant, picture.type));
      config_.rc_min_quantizer = config_.rc_max_quantizer = level;
      aom_codec_enc_config_set(&encoder_, &config_);
      aom_codec_control(&encoder_, AOME_SET_CQ_LEVEL, level);
    }
    aom_image_t image;
    if (aom_img_wrap(&image, format_of(planes.depth), config_.g_w, config_.g_h, 1,
                     const_cast<unsigned char*>(planes.data[0].data())) == nullptr) {
      return false;
    }
    image.bit_depth = static_cast<unsigned>(planes.depth);
    for (int plane = 0; plane < 3; plane++) {
      image.planes[plane] = const_cast<unsigned char*>(planes.data[plane].data());
      image.stride[plane] = planes.stride(plane);
    }
    const bool intra = picture.type == CodedType::kIdr || picture.type == CodedType::kI;
    const aom_enc_frame_flags_t flags = intra ? AOM_EFLAG_FORCE_KF : 0;
    if (aom_codec_encode(&encoder_, &image, picture.number, 1, flags) != AOM_CODEC_OK) return false;
    collect(picture, coded);
    return true;
  }

  void drain(std::vector<OutputPicture>&) override {}

  bool change_rate(const StreamSettings& settings) override {
    if (settings.rate != settings_.rate || settings.rate_num != settings_.rate_num ||
        settings.rate_den != settings_.rate_den) {
      return false;
    }
    set_rate(config_, settings);
    if (aom_codec_enc_config_set(&encoder_, &config_) != AOM_CODEC_OK) return false;
    settings_ = settings;
    if (settings.rate == RateMode::kQuality) {
      aom_codec_control(&encoder_, AOME_SET_CQ_LEVEL, static_cast<unsigned>(settings.quality));
    }
    return true;
  }

 private:
  void set_controls() {
    const StreamSignal& signal = settings_.signal;
    aom_codec_control(&encoder_, AOME_SET_CPUUSED, std::max(10 - settings_.preset / 3, 8));
    aom_codec_control(&encoder_, AV1E_SET_COLOR_PRIMARIES, signal.primaries);
    aom_codec_control(&encoder_, AV1E_SET_TRANSFER_CHARACTERISTICS, signal.transfer);
    aom_codec_control(&encoder_, AV1E_SET_MATRIX_COEFFICIENTS, signal.matrix);
    aom_codec_control(&encoder_, AV1E_SET_COLOR_RANGE, signal.full_range);
    aom_codec_control(&encoder_, AV1E_SET_CHROMA_SAMPLE_POSITION, signal.chroma_location);
    if (settings_.slices > 1) {
      aom_codec_control(&encoder_, AV1E_SET_TILE_COLUMNS, log2_of(settings_.slices));
    }
    if (settings_.level >= 0) {
      aom_codec_control(&encoder_, AV1E_SET_TARGET_SEQ_LEVEL_IDX, settings_.level);
    }
    if (settings_.rate == RateMode::kQuality) {
      aom_codec_control(&encoder_, AOME_SET_CQ_LEVEL, static_cast<unsigned>(settings_.quality));
    }
  }

  void collect(const InputPicture& picture, std::vector<OutputPicture>& coded) {
    aom_codec_iter_t iterator = nullptr;
    OutputPicture output;
    output.number = picture.number;
    output.type = picture.type == CodedType::kI ? CodedType::kIdr : picture.type;
    while (const aom_codec_cx_pkt_t* packet = aom_codec_get_cx_data(&encoder_, &iterator)) {
      if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
      const auto* bytes = static_cast<const unsigned char*>(packet->data.frame.buf);
      output.data.insert(output.data.end(), bytes, bytes + packet->data.frame.sz);
    }
    int qp = 0;
    aom_codec_control(&encoder_, AOME_GET_LAST_QUANTIZER, &qp);
    output.qp = qp;
    coded.push_back(std::move(output));
  }

  StreamSettings settings_;
  aom_codec_enc_cfg_t config_ = {};
  aom_codec_ctx_t encoder_ = {};
  bool is_open_ = false;
};

}  // namespace

std::unique_ptr<Backend> open_aom(const StreamSettings& settings) {
  auto backend = std::make_unique<AomBackend>(settings);
  if (!backend->is_open()) return nullptr;
  return backend;
}

}  // namespace cufsim

#else

namespace cufsim {

std::unique_ptr<Backend> open_aom(const StreamSettings&) {
  return nullptr;
}

}  // namespace cufsim

#endif
