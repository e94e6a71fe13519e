// HEVC by x265. Types of pictures are decided by the session. In one slice each: x265 was seen to
// hang with more.
#include "nvenc/backend.h"

#if CUFSIM_HAS_X265
#include <x265.h>

#include <algorithm>
#include <cstring>

namespace cufsim {

namespace {

constexpr const char* kPresets[] = {"ultrafast", "ultrafast", "ultrafast", "superfast",
                                    "superfast", "veryfast",  "veryfast"};

int type_for_x265(CodedType type) {
  switch (type) {
    case CodedType::kIdr:
      return X265_TYPE_IDR;
    case CodedType::kI:
      return X265_TYPE_I;
    case CodedType::kB:
      return X265_TYPE_B;
    case CodedType::kReferenceB:
      return X265_TYPE_BREF;
    default:
      return X265_TYPE_P;
  }
}

CodedType type_of_x265(int type) {
  switch (type) {
    case X265_TYPE_IDR:
      return CodedType::kIdr;
    case X265_TYPE_I:
      return CodedType::kI;
    case X265_TYPE_B:
      return CodedType::kB;
    case X265_TYPE_BREF:
      return CodedType::kReferenceB;
    default:
      return CodedType::kP;
  }
}

int kilobits(uint32_t bits) {
  return static_cast<int>(std::max<uint32_t>(bits / 1000, 1));
}

void set_rate(x265_param& param, const StreamSettings& settings) {
  auto& rc = param.rc;
  rc.rateControlMode = settings.rate == RateMode::kConstantQp ? X265_RC_CQP
                       : settings.rate == RateMode::kQuality  ? X265_RC_CRF
                                                              : X265_RC_ABR;
  rc.qp = settings.constant.p;
  rc.rfConstant = settings.quality;
  rc.bitrate = settings.rate == RateMode::kVariable || settings.rate == RateMode::kConstant
                   ? kilobits(settings.bit_rate)
                   : 0;
  const bool constant = settings.rate == RateMode::kConstant;
  const uint32_t most = constant ? settings.bit_rate : settings.max_bit_rate;
  const bool bounded = settings.rate != RateMode::kConstantQp && most > 0;
  rc.vbvMaxBitrate = bounded ? kilobits(most) : 0;
  rc.vbvBufferSize = bounded ? kilobits(settings.buffer_size > 0 ? settings.buffer_size : most) : 0;
  if (bounded && settings.buffer_size > 0 && settings.buffer_start > 0) {
    rc.vbvBufferInit = static_cast<double>(settings.buffer_start) / settings.buffer_size;
  }
  if (settings.min_qp >= 0) rc.qpMin = settings.min_qp;
  if (settings.max_qp >= 0) rc.qpMax = settings.max_qp;
}

void set_signal(x265_param& param, const StreamSettings& settings) {
  const StreamSignal& signal = settings.signal;
  auto& vui = param.vui;
  if (signal.aspect_width > 0) {
    vui.aspectRatioIdc = X265_EXTENDED_SAR;
    vui.sarWidth = signal.aspect_width;
    vui.sarHeight = signal.aspect_height;
  }
  const bool described = signal.primaries != 2 || signal.transfer != 2 || signal.matrix != 2;
  vui.bEnableVideoSignalTypePresentFlag =
      described || signal.full_range != 0 || signal.video_format != 5;
  vui.videoFormat = signal.video_format;
  vui.bEnableVideoFullRangeFlag = signal.full_range;
  vui.bEnableColorDescriptionPresentFlag = described;
  vui.colorPrimaries = signal.primaries;
  vui.transferCharacteristics = signal.transfer;
  vui.matrixCoeffs = signal.matrix;
  vui.bEnableChromaLocInfoPresentFlag = signal.chroma_location != 0;
  vui.chromaSampleLocTypeTopField = signal.chroma_location;
  vui.chromaSampleLocTypeBottomField = signal.chroma_location;
  param.fpsNum = settings.rate_num;
  param.fpsDenom = settings.rate_den;
}

void set_tools(x265_param& param, const StreamSettings& settings) {
  param.logLevel = X265_LOG_NONE;
  param.frameNumThreads = 1;
  // Without threads of its own: its name for that is "none".
  param.numaPools = "none";
  param.bEnableWavefront = 0;
  param.bOpenGOP = 0;
  param.scenecutThreshold = 0;
  param.keyframeMax = -1;
  param.keyframeMin = 1;
  param.bframes = settings.b_frames;
  param.bFrameAdaptive = 0;
  param.bBPyramid = settings.b_references;
  param.lookaheadDepth = settings.b_frames > 0 ? settings.b_frames + 1 : 0;
  param.rc.cuTree = 0;
  if (settings.references > 0) param.maxNumReferences = settings.references;
  param.bIntraRefresh = settings.intra_refresh_period > 0;
  if (settings.intra_refresh_period > 0) param.keyframeMax = settings.intra_refresh_period;
  param.rc.aqMode = settings.adapts_in_space ? X265_AQ_VARIANCE : X265_AQ_NONE;
  param.bEnableAccessUnitDelimiters = settings.access_unit_delimiters;
  param.bEmitInfoSEI = 0;
  param.bRepeatHeaders = 0;
  param.bAnnexB = 1;
  param.levelIdc = settings.level / 3;
  param.bHighTier = settings.tier;
  param.bLossless = settings.lossless;
}

class X265Backend final : public Backend {
 public:
  explicit X265Backend(const StreamSettings& settings)
      : settings_(settings), api_(x265_api_get(settings.depth)) {
    if (api_ == nullptr) return;
    param_ = api_->param_alloc();
    input_ = api_->picture_alloc();
    output_ = api_->picture_alloc();
    api_->param_default_preset(param_, kPresets[settings.preset - 1], nullptr);
    param_->sourceWidth = settings.width;
    param_->sourceHeight = settings.height;
    param_->internalCsp = settings.full_chroma ? X265_CSP_I444 : X265_CSP_I420;
    set_tools(*param_, settings);
    set_signal(*param_, settings);
    set_rate(*param_, settings);
    encoder_ = api_->encoder_open(param_);
  }
  ~X265Backend() override {
    if (api_ == nullptr) return;
    if (encoder_ != nullptr) api_->encoder_close(encoder_);
    api_->picture_free(output_);
    api_->picture_free(input_);
    api_->param_free(param_);
  }
  bool is_open() const { return encoder_ != nullptr; }

  Bytes headers() override {
    x265_nal* units = nullptr;
    uint32_t count = 0;
    Bytes bytes;
    if (api_->encoder_headers(encoder_, &units, &count) < 0) return bytes;
    for (uint32_t i = 0; i < count; i++) {
      const bool wanted = units[i].type >= NAL_UNIT_VPS && units[i].type <= NAL_UNIT_PPS;
      if (wanted)
        bytes.insert(bytes.end(), units[i].payload, units[i].payload + units[i].sizeBytes);
    }
    return bytes;
  }

  bool put(const InputPicture& picture, std::vector<OutputPicture>& coded) override {
    const Planes& planes = *picture.planes;
    api_->picture_init(param_, input_);
    input_->bitDepth = planes.depth;
    input_->colorSpace = param_->internalCsp;
    for (int plane = 0; plane < 3; plane++) {
      input_->planes[plane] = const_cast<unsigned char*>(planes.data[plane].data());
      input_->stride[plane] = planes.stride(plane);
    }
    input_->pts = picture.number;
    const bool refreshes = settings_.intra_refresh_period > 0 && picture.type != CodedType::kIdr;
    input_->sliceType = refreshes ? X265_TYPE_AUTO : type_for_x265(picture.type);
    if (settings_.rate == RateMode::kConstantQp && !settings_.lossless) {
      input_->forceqp = quantiser_of(settings_.constant, picture.type) + 1;
    }
    return code(input_, coded) >= 0;
  }

  void drain(std::vector<OutputPicture>& coded) override {
    while (code(nullptr, coded) > 0) {
    }
  }

  bool change_rate(const StreamSettings& settings) override {
    if (settings.rate != settings_.rate || settings.lossless != settings_.lossless) return false;
    if (settings.rate_num != settings_.rate_num || settings.rate_den != settings_.rate_den) {
      return false;
    }
    // Of bit rates x265 was seen to take no notice on the way.
    if (settings.rate != RateMode::kConstantQp) return false;
    settings_ = settings;
    return true;
  }

 private:
  int code(x265_picture* input, std::vector<OutputPicture>& coded) {
    x265_nal* units = nullptr;
    uint32_t count = 0;
    const int got = api_->encoder_encode(encoder_, &units, &count, input, output_);
    if (got <= 0) return got;
    OutputPicture picture;
    for (uint32_t i = 0; i < count; i++) {
      picture.data.insert(picture.data.end(), units[i].payload,
                          units[i].payload + units[i].sizeBytes);
    }
    picture.number = output_->pts;
    picture.type = type_of_x265(output_->sliceType);
    picture.qp = static_cast<int>(output_->frameData.qp);
    coded.push_back(std::move(picture));
    return got;
  }

  StreamSettings settings_;
  const x265_api* api_;
  x265_param* param_ = nullptr;
  x265_picture* input_ = nullptr;
  x265_picture* output_ = nullptr;
  x265_encoder* encoder_ = nullptr;
};

}  // namespace

std::unique_ptr<Backend> open_x265(const StreamSettings& settings) {
  auto backend = std::make_unique<X265Backend>(settings);
  if (!backend->is_open()) return nullptr;
  return backend;
}

}  // namespace cufsim

#else

namespace cufsim {

std::unique_ptr<Backend> open_x265(const StreamSettings&) {
  return nullptr;
}

}  // namespace cufsim

#endif
