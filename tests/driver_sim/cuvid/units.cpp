#include "cuvid/units.h"

#include "cuvid/av1.h"
#include "cuvid/scan.h"

namespace cufsim {

namespace {

AVCodecID codec_id(cudaVideoCodec codec) {
  switch (codec) {
    case cudaVideoCodec_MPEG1:
      return AV_CODEC_ID_MPEG1VIDEO;
    case cudaVideoCodec_MPEG2:
      return AV_CODEC_ID_MPEG2VIDEO;
    case cudaVideoCodec_MPEG4:
      return AV_CODEC_ID_MPEG4;
    case cudaVideoCodec_VC1:
      return AV_CODEC_ID_VC1;
    case cudaVideoCodec_HEVC:
      return AV_CODEC_ID_HEVC;
    case cudaVideoCodec_JPEG:
      return AV_CODEC_ID_MJPEG;
    default:
      return AV_CODEC_ID_H264;
  }
}

/** The frames of a VP9 packet, of which all but the last are usually not shown. */
std::vector<Bytes> split_superframe(const Bytes& data) {
  const unsigned char marker = data.empty() ? 0 : data.back();
  const size_t frames = (marker & 7) + 1u;
  const size_t width = (marker >> 3 & 3) + 1u;
  const size_t index = 2 + width * frames;
  const bool has_index =
      (marker & 0xe0) == 0xc0 && data.size() >= index && data[data.size() - index] == marker;
  if (!has_index) return {data};
  std::vector<Bytes> parts;
  size_t at = 0;
  for (size_t i = 0; i < frames; i++) {
    size_t size = 0;
    for (size_t byte = 0; byte < width; byte++) {
      size |= static_cast<size_t>(data[data.size() - index + 1 + i * width + byte]) << (8 * byte);
    }
    if (at + size > data.size() - index) break;
    if (size > 0)
      parts.emplace_back(data.begin() + static_cast<ptrdiff_t>(at),
                         data.begin() + static_cast<ptrdiff_t>(at + size));
    at += size;
  }
  return parts;
}

}  // namespace

/** Finds where pictures end when packets do not tell. */
struct UnitSplitter::Streaming {
  explicit Streaming(cudaVideoCodec codec)
      : context(avcodec_alloc_context3(nullptr)), parser(av_parser_init(codec_id(codec))) {
    context->codec_id = codec_id(codec);
    context->log_level_offset = kSilent;
  }
  ~Streaming() {
    av_parser_close(parser);
    avcodec_free_context(&context);
  }
  Streaming(const Streaming&) = delete;

  std::vector<Unit> parse(const unsigned char* data, size_t size,
                          std::optional<int64_t> timestamp) {
    std::vector<Unit> units;
    // av_parser_parse2() may read over the end.
    Bytes padded(data, data + size);
    padded.resize(size + AV_INPUT_BUFFER_PADDING_SIZE);
    size_t at = 0;
    do {
      uint8_t* out = nullptr;
      int out_size = 0;
      const int used =
          av_parser_parse2(parser, context, &out, &out_size,
                           size == 0 ? nullptr : padded.data() + at, static_cast<int>(size - at),
                           at == 0 && timestamp ? *timestamp : AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
      if (used < 0) break;
      at += static_cast<size_t>(used);
      if (out_size > 0) {
        Unit unit{Bytes(out, out + out_size), {}};
        if (parser->pts != AV_NOPTS_VALUE) unit.timestamp = parser->pts;
        units.push_back(std::move(unit));
      }
      if (used == 0 && out_size == 0) break;
    } while (at < size);
    return units;
  }

  AVCodecContext* context;
  AVCodecParserContext* parser;
};

UnitSplitter::UnitSplitter(cudaVideoCodec codec) : codec_(codec) {}
UnitSplitter::~UnitSplitter() = default;

bool UnitSplitter::has_start_codes() const {
  return codec_ != cudaVideoCodec_VP8 && codec_ != cudaVideoCodec_VP9 &&
         codec_ != cudaVideoCodec_AV1;
}

void UnitSplitter::add(std::vector<Unit>& units, Unit unit) const {
  std::vector<Bytes> parts;
  if (codec_ == cudaVideoCodec_VP9) {
    parts = split_superframe(unit.data);
  } else if (codec_ == cudaVideoCodec_AV1) {
    parts = split_temporal_unit(unit.data);
  } else {
    parts.push_back(std::move(unit.data));
  }
  for (Bytes& part : parts) units.push_back({std::move(part), unit.timestamp});
}

std::vector<Unit> UnitSplitter::feed(const unsigned char* data, size_t size,
                                     std::optional<int64_t> timestamp, bool whole) {
  std::vector<Unit> units;
  if (size == 0) return units;
  if (!has_start_codes() || (whole && streaming_ == nullptr)) {
    add(units, {Bytes(data, data + size), timestamp});
    return units;
  }
  // Headers that come before the first packet have no time, and must not take it from a picture.
  headers_.insert(headers_.end(), data, data + size);
  if (!timestamp && !whole && !scan_unit(codec_, headers_).has_picture) return units;
  Bytes all;
  all.swap(headers_);
  if (streaming_ == nullptr) streaming_ = std::make_unique<Streaming>(codec_);
  for (Unit& unit : streaming_->parse(all.data(), all.size(), timestamp)) {
    add(units, std::move(unit));
  }
  if (whole) {
    for (Unit& unit : finish()) units.push_back(std::move(unit));
  }
  return units;
}

std::vector<Unit> UnitSplitter::finish() {
  std::vector<Unit> units;
  if (streaming_ == nullptr) return units;
  for (Unit& unit : streaming_->parse(nullptr, 0, {})) add(units, std::move(unit));
  streaming_ = nullptr;
  return units;
}

void UnitSplitter::clear() {
  streaming_ = nullptr;
}

}  // namespace cufsim
