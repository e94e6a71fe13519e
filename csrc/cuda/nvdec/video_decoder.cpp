#include "cuda/nvdec/video_decoder.h"

#include <cstring>
#include <string>

#include "cuda/nvdec/codecs.h"

namespace cuf::cuda {
namespace {

// Fields of API 13.1 in what is reserved before; facts of its layout, since older headers are
// enough to build.
constexpr size_t kEnabledFeaturesOffset = 144;    // of CUVIDDECODECREATEINFO, unsigned long
constexpr size_t kProcessExtensionOffset = 256;   // of CUVIDPROCPARAMS, pointer
constexpr size_t kStatisticsAddressOffset = 128;  // of CUVIDPROCPARAMSEXT, pointer to CUdeviceptr
constexpr tcu_ulong kFeatureStatistics = 1;
static_assert(sizeof(CUVIDDECODECREATEINFO) == 176 && sizeof(CUVIDPROCPARAMS) == 264);

struct ProcessExtension {
  alignas(8) uint8_t bytes[256] = {};
};

template <class Struct, class Value>
void store(Struct& target, size_t offset, const Value& value) {
  std::memcpy(reinterpret_cast<uint8_t*>(&target) + offset, &value, sizeof value);
}

std::string size_text(uint32_t width, uint32_t height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

// Copies of the output are taken at once, so one surface is read while the next is made.
constexpr tcu_ulong kOutputSurfaces = 2;

}  // namespace

CUVIDDECODECREATEINFO VideoDecoder::create_info(const VideoDecoderConfig& config) {
  CUVIDDECODECREATEINFO info{};
  info.CodecType = config.kind.codec;
  info.ChromaFormat = config.kind.chroma;
  info.bitDepthMinus8 = config.kind.bit_depth - 8;
  info.ulWidth = config.coded_width;
  info.ulHeight = config.coded_height;
  info.ulMaxWidth = config.max_width;
  info.ulMaxHeight = config.max_height;
  info.ulNumDecodeSurfaces = config.surfaces;
  info.ulCreationFlags = cudaVideoCreate_PreferCUVID;
  info.OutputFormat = surface_format_of(config.kind.chroma, config.kind.bit_depth);
  info.DeinterlaceMode = cudaVideoDeinterlaceMode_Weave;
  info.display_area.left = static_cast<short>(config.left);
  info.display_area.top = static_cast<short>(config.top);
  info.display_area.right = static_cast<short>(config.right);
  info.display_area.bottom = static_cast<short>(config.bottom);
  info.ulTargetWidth = config.target_width;
  info.ulTargetHeight = config.target_height;
  info.ulNumOutputSurfaces = kOutputSurfaces;
  if (config.has_statistics) store(info, kEnabledFeaturesOffset, kFeatureStatistics);
  return info;
}

// What the surfaces take, about; the driver does not tell.
uint64_t VideoDecoder::bytes_of(const VideoDecoderConfig& config) {
  const uint64_t sample = config.kind.bit_depth > 8 ? 2 : 1;
  const uint64_t halves = config.kind.chroma == cudaVideoChromaFormat_444   ? 6
                          : config.kind.chroma == cudaVideoChromaFormat_422 ? 4
                                                                            : 3;
  const uint64_t decoded = uint64_t{config.max_width} * config.max_height * config.surfaces;
  const uint64_t shown = uint64_t{config.target_width} * config.target_height * kOutputSurfaces;
  return (decoded + shown) * sample * halves / 2;
}

VideoDecoder::VideoDecoder(const GpuResources& gpu, const VideoDecoderConfig& config,
                           CUstream stream)
    : context_(gpu.context),
      memory_(gpu.memory),
      stream_(stream),
      config_(config),
      reserved_bytes_(bytes_of(config)),
      created_surfaces_(config.surfaces) {
  if (config.kind.codec == cudaVideoCodec_JPEG) jpeg_order_ = std::make_unique<Event>(context_);
  memory_->reserve(reserved_bytes_);
  CUVIDDECODECREATEINFO info = create_info(config);
  const auto create = [&] {
    const SessionLock lock;
    return context_->cuvid().cuvidCreateDecoder(&handle_, &info);
  };
  CUresult result = create();
  if (status_of(result) == Status::out_of_memory) {
    // Memory that is kept for frames helps.
    memory_->trim();
    result = create();
  }
  if (result == CUDA_SUCCESS) return;
  memory_->unreserve(reserved_bytes_);
  throw make_error(result,
                   "Could not create an NVDEC decoder for " +
                       stream_text(config.kind.codec, config.kind.chroma, config.kind.bit_depth) +
                       " of " + size_text(config.max_width, config.max_height) + " with " +
                       std::to_string(config.surfaces) + " surfaces");
}

VideoDecoder::~VideoDecoder() {
  const ContextScope scope(*context_, std::nothrow);
  if (scope) {
    // Copies of its surfaces may be under way.
    context_->cuda().cuStreamSynchronize(stream_);
    const SessionLock lock;
    context_->cuvid().cuvidDestroyDecoder(handle_);
  }
  memory_->unreserve(reserved_bytes_);
}

bool VideoDecoder::can_become(const VideoDecoderConfig& config) const {
  return config.kind == config_.kind && config.has_statistics == config_.has_statistics &&
         config.coded_width <= config_.max_width && config.coded_height <= config_.max_height &&
         config.max_width <= config_.max_width && config.max_height <= config_.max_height &&
         config.surfaces <= created_surfaces_;
}

void VideoDecoder::reconfigure(const VideoDecoderConfig& config) {
  const bool is_same =
      config.coded_width == config_.coded_width && config.coded_height == config_.coded_height &&
      config.left == config_.left && config.top == config_.top && config.right == config_.right &&
      config.bottom == config_.bottom && config.target_width == config_.target_width &&
      config.target_height == config_.target_height && config.surfaces <= config_.surfaces;
  if (is_same) return;
  // Copies of its surfaces, which are made anew, may be under way.
  check(context_->cuda().cuStreamSynchronize(stream_), "Could not wait for copies of pictures");
  CUVIDRECONFIGUREDECODERINFO info{};
  info.ulWidth = config.coded_width;
  info.ulHeight = config.coded_height;
  info.ulTargetWidth = config.target_width;
  info.ulTargetHeight = config.target_height;
  info.ulNumDecodeSurfaces = config.surfaces;
  info.display_area.left = static_cast<short>(config.left);
  info.display_area.top = static_cast<short>(config.top);
  info.display_area.right = static_cast<short>(config.right);
  info.display_area.bottom = static_cast<short>(config.bottom);
  const CUresult result = [&] {
    const SessionLock lock;
    return context_->cuvid().cuvidReconfigureDecoder(handle_, &info);
  }();
  if (result != CUDA_SUCCESS) {
    throw make_error(result, "Could not reconfigure an NVDEC decoder from " +
                                 size_text(config_.coded_width, config_.coded_height) + " to " +
                                 size_text(config.coded_width, config.coded_height));
  }
  const uint32_t max_width = config_.max_width;
  const uint32_t max_height = config_.max_height;
  config_ = config;
  config_.max_width = max_width;
  config_.max_height = max_height;
}

CUresult VideoDecoder::decode(CUVIDPICPARAMS& parameters) {
  return context_->cuvid().cuvidDecodePicture(handle_, &parameters);
}

DecodeStatus VideoDecoder::status(int index) {
  if (!has_status_) return DecodeStatus::ok;
  CUVIDGETDECODESTATUS status{};
  const CUresult result = context_->cuvid().cuvidGetDecodeStatus(handle_, index, &status);
  if (status_of(result) == Status::unsupported) {
    has_status_ = false;
    return DecodeStatus::ok;
  }
  check(result, "Could not ask NVDEC how it decoded a picture");
  if (status.decodeStatus == cuvidDecodeStatus_Error) return DecodeStatus::corrupt;
  if (status.decodeStatus == cuvidDecodeStatus_Error_Concealed) return DecodeStatus::concealed;
  return DecodeStatus::ok;
}

MappedPicture::MappedPicture(const VideoDecoder& decoder, const CUVIDPARSERDISPINFO& shown)
    : decoder_(decoder) {
  CUVIDPROCPARAMS parameters{};
  parameters.progressive_frame = shown.progressive_frame;
  parameters.top_field_first = shown.top_field_first;
  parameters.unpaired_field = shown.repeat_first_field < 0;
  parameters.output_stream = decoder.stream_;
  ProcessExtension extension;
  CUdeviceptr* const statistics = &statistics_;
  if (decoder.config_.has_statistics) {
    ProcessExtension* const address = &extension;
    store(extension, kStatisticsAddressOffset, statistics);
    store(parameters, kProcessExtensionOffset, address);
  }
  unsigned long long address = 0;
  check(decoder.context_->cuvid().cuvidMapVideoFrame(decoder.handle_, shown.picture_index, &address,
                                                     &pitch_, &parameters),
        "Could not map a decoded picture");
  address_ = address;
  if (!decoder.jpeg_order_) return;
  try {
    order_jpeg(legacy_stream(), decoder.stream_);
  } catch (...) {
    decoder.context_->cuvid().cuvidUnmapVideoFrame(decoder.handle_, address_);
    throw;
  }
}

// JPEG is decoded on the default stream of the context, whatever output_stream says, and mapping
// does not wait for it: a third of the pictures were those that the surface had held before (seen
// on an H200). Nor does the next picture wait for who reads the surface.
void MappedPicture::order_jpeg(CUstream before, CUstream behind) const {
  decoder_.jpeg_order_->record(before);
  decoder_.jpeg_order_->order_before(behind);
}

MappedPicture::~MappedPicture() {
  try {
    if (decoder_.jpeg_order_) order_jpeg(decoder_.stream_, legacy_stream());
  } catch (...) {
    // The context is gone, and nothing is decoded in it any more.
  }
  decoder_.context_->cuvid().cuvidUnmapVideoFrame(decoder_.handle_, address_);
}

}  // namespace cuf::cuda
