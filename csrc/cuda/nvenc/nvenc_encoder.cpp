#include "cuda/nvenc/nvenc_encoder.h"

#include <utility>

#include "core/log.h"
#include "cuda/nvenc/encoder.h"

namespace cuf::cuda {
namespace {

const std::string kImplementation = "nvenc";

// NV_MAX_SEQ_HDR_LEN and more.
constexpr uint32_t kMostHeaders = 4096;
// References and what is on its way, of an encoder's own pictures.
constexpr uint64_t kOwnSurfaces = 8;

}  // namespace

NvencEncoder::NvencEncoder(std::shared_ptr<const GpuResources> gpu, const EncoderOptions& options,
                           std::shared_ptr<const NvencFacts> facts)
    : gpu_(std::move(gpu)),
      facts_(std::move(facts)),
      options_(options),
      parameters_(nvenc_parameters(options, *facts_)),
      settings_(chosen_settings(options.settings, parameters_)),
      stream_(gpu_->context),
      io_stream_(stream_.handle()),
      session_(gpu_->context) {
  reserve_surfaces();
  try {
    initialize();
  } catch (...) {
    release_all();
    throw;
  }
}

NvencEncoder::~NvencEncoder() {
  const ContextScope scope(*gpu_->context, std::nothrow);
  if (scope) release_all();
  // A context that cannot be entered is gone, and with it what was in it.
  gpu_->memory->unreserve(std::exchange(reserved_bytes_, 0));
}

// About; the driver does not tell.
void NvencEncoder::reserve_surfaces() {
  const uint64_t width = settings_.number(EncoderParameter::max_width);
  const uint64_t height = settings_.number(EncoderParameter::max_height);
  const NvencFormat& format = *nvenc_format(options_.format);
  const uint64_t sample = format.bit_depth > 8 ? 2 : 1;
  const uint64_t halves = format.chroma == ChromaFormat::c444 ? 6 : 3;
  const uint64_t bytes =
      width * height * sample * halves / 2 * (kOwnSurfaces + held_back_by(parameters_));
  gpu_->memory->reserve(bytes);
  reserved_bytes_ = bytes;
}

void NvencEncoder::initialize() {
  NV_ENC_INITIALIZE_PARAMS init = parameters_.init;
  init.encodeConfig = &parameters_.config;
  session_.check(session_.calls().nvEncInitializeEncoder(session_.handle(), &init),
                 "Could not make an NVENC encoder for " + stream_text());
  set_streams();
  inputs_.emplace(gpu_, session_, *nvenc_format(options_.format), init.maxEncodeWidth,
                  init.maxEncodeHeight, stream_.handle());
  read_sequence_params();
}

// Without them NVENC reads what is there when a picture is sent.
void NvencEncoder::set_streams() {
  const auto set = session_.calls().nvEncSetIOCudaStreams;
  has_streams_ = set && set(session_.handle(), &io_stream_, &io_stream_) == NV_ENC_SUCCESS;
}

void NvencEncoder::read_sequence_params() {
  std::vector<uint8_t> headers(kMostHeaders);
  uint32_t size = 0;
  NV_ENC_SEQUENCE_PARAM_PAYLOAD payload{};
  payload.version = NV_ENC_SEQUENCE_PARAM_PAYLOAD_VER;
  payload.inBufferSize = kMostHeaders;
  payload.spsppsBuffer = headers.data();
  payload.outSPSPPSPayloadSize = &size;
  session_.check(session_.calls().nvEncGetSequenceParams(session_.handle(), &payload),
                 "Could not get the stream's headers from NVENC");
  headers.resize(size);
  sequence_params_ = std::move(headers);
}

// Needs the context. Nothing is read any more behind the session's end.
void NvencEncoder::release_all() noexcept {
  const auto& calls = session_.calls();
  // What NVENC has not read yet, and copies for it.
  gpu_->context->cuda().cuStreamSynchronize(stream_.handle());
  if (!held_.empty()) {
    // Only then NVENC lets go of inputs whose pictures nobody fetched. What fails once need not
    // fail again: the first failure may be another's.
    NV_ENC_PIC_PARAMS end{};
    end.version = NV_ENC_PIC_PARAMS_VER;
    end.encodePicFlags = NV_ENC_PIC_FLAG_EOS;
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (calls.nvEncEncodePicture(session_.handle(), &end) == NV_ENC_SUCCESS) break;
    }
  }
  for (auto& [number, held] : held_) {
    // The owner waits for the session's end.
    NvencInputs::Mapped mapped = held.input;
    inputs_->unmap(mapped);
  }
  if (inputs_) inputs_->unregister_all();
  for (NV_ENC_OUTPUT_PTR bitstream : bitstreams_) {
    calls.nvEncDestroyBitstreamBuffer(session_.handle(), bitstream);
  }
  bitstreams_.clear();
  session_.close();
  held_.clear();
  inputs_.reset();
  gpu_->memory->unreserve(std::exchange(reserved_bytes_, 0));
}

const std::string& NvencEncoder::implementation() const {
  return kImplementation;
}

std::string NvencEncoder::stream_text() const {
  return std::string(codec_name(codec())) + " of " + std::to_string(options_.width) + " x " +
         std::to_string(options_.height);
}

void NvencEncoder::send_end() {
  is_ended_ = true;
  if (!std::exchange(has_pictures_, false)) return;
  begins_stream_ = true;
  const ContextScope scope(*gpu_->context);
  NV_ENC_PIC_PARAMS end{};
  end.version = NV_ENC_PIC_PARAMS_VER;
  end.encodePicFlags = NV_ENC_PIC_FLAG_EOS;
  session_.check(session_.calls().nvEncEncodePicture(session_.handle(), &end),
                 "Could not end a stream of NVENC's");
  still_held_back_ = 0;
}

bool NvencEncoder::receive(EncodedPicture& out) {
  if (!drained_.empty()) {
    out = std::move(drained_.front());
    drained_.pop_front();
    return true;
  }
  if (!is_ready()) return false;
  const ContextScope scope(*gpu_->context);
  out = lock_next();
  return true;
}

void NvencEncoder::drain() {
  send_end();
  const ContextScope scope(*gpu_->context);
  while (!sent_.empty()) drained_.push_back(lock_next());
}

// What an encoder cannot change while it works, by what it says of itself.
bool NvencEncoder::can_become(const NvencParameters& wanted) const {
  const NvencCaps& caps = facts_->caps;
  const NV_ENC_CONFIG& now = parameters_.config;
  const NV_ENC_CONFIG& next = wanted.config;
  const bool resizes = wanted.init.encodeWidth != parameters_.init.encodeWidth ||
                       wanted.init.encodeHeight != parameters_.init.encodeHeight;
  if (resizes && !caps[NV_ENC_CAPS_SUPPORT_DYN_RES_CHANGE]) return false;
  if (now.rcParams.rateControlMode != next.rcParams.rateControlMode &&
      !caps[NV_ENC_CAPS_SUPPORT_DYN_RCMODE_CHANGE]) {
    return false;
  }
  if (!caps[NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE] &&
      (now.rcParams.averageBitRate != next.rcParams.averageBitRate ||
       now.rcParams.maxBitRate != next.rcParams.maxBitRate)) {
    return false;
  }
  return now.gopLength == next.gopLength && now.frameIntervalP == next.frameIntervalP &&
         wanted.init.maxEncodeWidth == parameters_.init.maxEncodeWidth &&
         wanted.init.maxEncodeHeight == parameters_.init.maxEncodeHeight;
}

bool NvencEncoder::reconfigure(const EncoderSettings& settings, uint32_t width, uint32_t height) {
  EncoderOptions options = options_;
  options.settings = settings;
  options.width = width;
  options.height = height;
  const NvencParameters wanted = nvenc_parameters(options, *facts_);
  if (!can_become(wanted)) return false;
  const bool resizes = width != options_.width || height != options_.height;
  // Pictures of two sizes are not in NVENC at once.
  if (resizes) drain();
  const ContextScope scope(*gpu_->context);
  NvencParameters made = wanted;
  NV_ENC_RECONFIGURE_PARAMS change{};
  change.version = NV_ENC_RECONFIGURE_PARAMS_VER;
  change.reInitEncodeParams = made.init;
  change.reInitEncodeParams.encodeConfig = &made.config;
  change.resetEncoder = resizes;
  change.forceIDR = resizes;
  const NVENCSTATUS status = session_.calls().nvEncReconfigureEncoder(session_.handle(), &change);
  if (is_refusal(status)) {
    log(LogLevel::info, "encoder",
        "NVENC does not go on with other settings: ", session_.error(status, stream_text()).what());
    return false;
  }
  session_.check(status, "Could not reconfigure an NVENC encoder for " + stream_text());
  options_ = options;
  parameters_ = made;
  settings_ = chosen_settings(settings, made);
  begins_stream_ = begins_stream_ || resizes;
  read_sequence_params();
  return true;
}

std::unique_ptr<Encoder> create_nvenc_encoder(std::shared_ptr<const GpuResources> gpu,
                                              NvencCatalog& catalog,
                                              const EncoderOptions& options) {
  const auto facts = catalog.facts(options.settings);
  const ContextScope scope(*gpu->context);
  try {
    return std::make_unique<NvencEncoder>(gpu, options, facts);
  } catch (const Error& error) {
    if (error.status != Status::out_of_memory) throw;
  }
  // Memory that is kept for frames helps.
  gpu->memory->trim();
  return std::make_unique<NvencEncoder>(gpu, options, facts);
}

EncoderSupport nvenc_support(NvencCatalog& catalog, const EncoderOptions& options) {
  EncoderSupport support;
  support.implementation = kImplementation;
  try {
    const auto caps = catalog.caps(options.settings.codec());
    support.formats = caps->formats;
    support.min_width = static_cast<uint32_t>((*caps)[NV_ENC_CAPS_WIDTH_MIN]);
    support.min_height = static_cast<uint32_t>((*caps)[NV_ENC_CAPS_HEIGHT_MIN]);
    support.max_width = static_cast<uint32_t>((*caps)[NV_ENC_CAPS_WIDTH_MAX]);
    support.max_height = static_cast<uint32_t>((*caps)[NV_ENC_CAPS_HEIGHT_MAX]);
    support.max_b_frames = static_cast<uint32_t>((*caps)[NV_ENC_CAPS_NUM_MAX_BFRAMES]);
    const auto facts = catalog.facts(options.settings);
    support.settings = chosen_settings(options.settings, nvenc_parameters(options, *facts));
    support.is_supported = true;
  } catch (const Error& error) {
    // Others tell of the moment, not of what NVENC can do.
    if (error.status != Status::unsupported && error.status != Status::invalid_argument) throw;
    support.reason = error.what();
  }
  return support;
}

}  // namespace cuf::cuda
