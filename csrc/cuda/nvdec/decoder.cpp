#include "cuda/nvdec/decoder.h"

#include <string>
#include <utility>

#include "core/picture_limits.h"
#include "cuda/nvdec/codecs.h"
#include "cuda/nvdec/nvdec_decoder.h"

namespace cuf::cuda {
namespace {

const std::string kImplementation = "nvdec";

cudaVideoCodec require_codec(const Context& context, const DecoderOptions& options) {
  const DecoderLimits limits =
      decoder_limits(context, options.codec, options.chroma, options.bit_depth);
  if (!limits.is_supported) throw Error(Status::unsupported, limits.reason);
  return *codec_of(options.codec);
}

}  // namespace

NvdecDecoder::NvdecDecoder(std::shared_ptr<const GpuResources> gpu, const DecoderOptions& options)
    : gpu_(std::move(gpu)),
      options_(options),
      codec_(require_codec(*gpu_->context, options)),
      packets_(options.codec, options.extradata),
      decoder_(gpu_),
      origins_(codec_),
      log_(codec_ == cudaVideoCodec_MPEG1 || codec_ == cudaVideoCodec_MPEG2 ||
           codec_ == cudaVideoCodec_MPEG4),
      outputs_(gpu_->events) {
  track_sei();
}

NvdecDecoder::~NvdecDecoder() {
  const ContextScope scope(*gpu_->context, std::nothrow);
  outputs_.clear();
}

const std::string& NvdecDecoder::implementation() const {
  return kImplementation;
}

void NvdecDecoder::require_parser() {
  if (parser_) return;
  ParserEvents& events = *this;
  parser_.emplace(gpu_->context,
                  Parser::Options{.codec = codec_,
                                  .display_delay = display_delay(options_.latency),
                                  .shows_nothing = gives_in_decode_order()},
                  events);
}

void NvdecDecoder::track_sei() {
  sei_.reset();
  if (options_.wants_sei) sei_.emplace(options_.codec, options_.extradata);
}

void NvdecDecoder::check_parsed(CUresult result, const PacketLog::Entry& entry) {
  // It stays: the parser was stopped within a picture.
  if (failure_) throw *failure_;
  if (refusal_) {
    const Error refusal = *std::exchange(refusal_, std::nullopt);
    throw refusal;
  }
  const Status status = result == CUDA_SUCCESS ? Status::ok : status_of(result);
  has_told_ |= status != Status::ok;
  if (status == Status::device_lost || status == Status::out_of_memory) {
    throw make_error(result, "NVIDIA's parser failed on a packet of " + options_.codec);
  }
  if (status == Status::ok) return;
  references_.note_lost();
  if (options_.on_error != OnError::raise) return;
  throw damaged("A packet of " + options_.codec + " could not be parsed: " + result_name(result),
                entry, static_cast<int32_t>(result));
}

// NVIDIA's parser passes over VP9 that it does not know without a word (seen on an H200). Throws
// Error(unsupported) once for such a stream.
bool NvdecDecoder::is_passed_over(std::span<const uint8_t> payload) {
  const auto kind = coded_kind(codec_, payload);
  if (!kind) return is_passed_over_;
  const bool was_passed_over = std::exchange(is_passed_over_, false);
  if (kind->chroma == cudaVideoChromaFormat_420) return false;
  try {
    require_caps(*gpu_->context, *kind);
  } catch (const Error& error) {
    if (error.status != Status::unsupported) throw;
    is_passed_over_ = true;
    if (!was_passed_over) throw;
  }
  return is_passed_over_;
}

// Nor does it say anything of whatever else it does not know.
void NvdecDecoder::require_announced(const PacketLog::Entry& entry, bool is_end) {
  // Fewer than what decodes instead is given again.
  constexpr uint32_t kMostSilent = 128;
  if (has_told_ || silent_packets_ == 0) return;
  if (knows_stream_) {
    if (!is_end || options_.on_error != OnError::raise) return;
    throw damaged("No packet of " + options_.codec + " could be decoded", entry);
  }
  if (is_end ? silent_packets_ >= kMostSilent : silent_packets_ != kMostSilent) return;
  throw Error(Status::unsupported,
              "NVIDIA's parser found no picture in " + std::to_string(silent_packets_) +
                  " packets of " + options_.codec +
                  ": they are damaged, or of a profile that NVDEC does not decode; backend "
                  "\"cpu\" or \"auto\" decodes every profile");
}

void NvdecDecoder::parse(std::span<const uint8_t> payload, const PacketLog::Entry& entry) {
  const bool may_be_interlaced = !sequence_ || sequence_->may_be_interlaced;
  uint32_t flags = 0;
  if (is_one_picture(codec_, may_be_interlaced, payload)) flags |= CUVID_PKT_ENDOFPICTURE;
  is_fresh_ = false;
  calls_ = 0;
  origins_.begin_packet(entry.number, flags & CUVID_PKT_ENDOFPICTURE, count_shown(codec_, payload));
  is_parsing_key_ = entry.is_key;
  const bool had_begun = has_begun_;
  check_parsed(parser_->parse(payload, flags, entry.number), entry);
  if (!has_told_ && (silent_packets_ > 0 || entry.is_key)) ++silent_packets_;
  require_announced(entry, false);
  const bool is_silent = had_begun && calls_ == 0 && (flags & CUVID_PKT_ENDOFPICTURE);
  if (is_silent && options_.on_error == OnError::raise && must_give_picture(codec_, payload)) {
    throw damaged("A packet of " + options_.codec + " could not be decoded", entry);
  }
}

void NvdecDecoder::send(const Packet& packet) {
  if (is_ending_) reset();
  if (failure_) throw *failure_;
  const ContextScope scope(*gpu_->context);
  give_shown();
  if (packet.extradata.size > 0) {
    packets_.set_headers({packet.extradata.data, packet.extradata.size});
    options_.extradata.assign(packet.extradata.data, packet.extradata.data + packet.extradata.size);
    if (sei_) sei_->set_headers(options_.extradata);
  }
  if (packet.payload.size == 0) return;
  if (packet.payload.size > INT32_MAX) {
    throw Error(Status::invalid_argument, "A packet must be smaller than 2 GiB");
  }
  if (is_passed_over({packet.payload.data, packet.payload.size})) return;
  require_parser();
  const PacketLog::Entry& entry = log_.add(packet);
  if (sei_) sei_->send(entry.number, {packet.payload.data, packet.payload.size});
  parse(packets_.convert({packet.payload.data, packet.payload.size}), entry);
}

void NvdecDecoder::send_end() {
  if (is_ending_ || is_fresh_) return;
  is_ending_ = true;
  const ContextScope scope(*gpu_->context);
  origins_.begin_end();
  const CUresult result = parser_->parse_end();
  if (!failure_ && unpaired_) show_unpaired();
  check_parsed(result, {});
  require_announced({}, true);
}

bool NvdecDecoder::receive(Picture& out) {
  if (outputs_.is_empty() && !shown_.empty()) {
    const ContextScope scope(*gpu_->context);
    try {
      give_shown();
    } catch (const Error& error) {
      // While packets come, the next one is refused until there is room.
      if (error.status != Status::out_of_memory || (is_ending_ && outputs_.is_empty())) throw;
    }
  }
  return outputs_.take(out);
}

void NvdecDecoder::reset() {
  // A parser that goes on after a flush keeps the first picture until a second packet comes and
  // never shows it when only one does, CUVID_PKT_DISCONTINUITY or not (seen on an H200, driver
  // 580.159). Nor would it announce a stream that looks like the last one. The decoder itself is
  // kept.
  if (!is_fresh_) parser_.reset();
  shown_.clear();
  outputs_.clear();
  failure_.reset();
  refusal_.reset();
  unpaired_.reset();
  references_ = {};
  origins_.clear();
  saved_.clear();
  log_.clear();
  if (sei_) sei_->reset();
  packets_.restart();
  has_begun_ = false;
  has_told_ = false;
  is_passed_over_ = false;
  silent_packets_ = 0;
  is_fresh_ = true;
  is_ending_ = false;
}

void NvdecDecoder::begin_stream(uint32_t width, uint32_t height) {
  reset();
  knows_stream_ = false;
  options_.width = width;
  options_.height = height;
}

bool NvdecDecoder::fits(const DecoderOptions& other) const {
  if (other.codec != options_.codec || other.exports_stats != options_.exports_stats) return false;
  if (!decoder_) return true;
  const VideoDecoderConfig& config = decoder_->config();
  const bool has_chroma = other.chroma != ChromaFormat::unknown;
  return other.width <= config.max_width && other.height <= config.max_height &&
         other.max_width <= config.max_width && other.max_height <= config.max_height &&
         (!has_chroma || chroma_of(other.chroma) == config.kind.chroma) &&
         (other.bit_depth == 0 || other.bit_depth == config.kind.bit_depth);
}

void NvdecDecoder::reconfigure(const DecoderOptions& options) {
  reset();
  options_ = options;
  knows_stream_ = false;
  packets_.set_headers(options.extradata);
  track_sei();
  sequence_.reset();
}

void NvdecDecoder::prepare() {
  const ContextScope scope(*gpu_->context);
  gpu_->lanes->prepare();
  require_parser();
  const auto format = expected_format(codec_, options_);
  if (format && !decoder_) decoder_.become(read_sequence(*gpu_->context, *format, options_).config);
}

int NvdecDecoder::note_failure(const Error& error) {
  failure_ = error;
  return 0;
}

int NvdecDecoder::on_sequence(CUVIDEOFORMAT& format) noexcept {
  has_told_ = true;
  knows_stream_ = true;
  try {
    begin_sequence(format);
    // Also of a stream that is refused, whose pictures the parser goes on to count.
    return static_cast<int>(surfaces_for(format, options_.latency));
  } catch (const Error& error) {
    return note_failure(error);
  } catch (...) {
    return note_failure(Error(Status::out_of_memory, "No memory to begin decoding"));
  }
}

void NvdecDecoder::begin_sequence(const CUVIDEOFORMAT& format) {
  if (unpaired_) show_unpaired();
  save_waiting();
  lose_shown({});
  sequence_.reset();
  const auto width = static_cast<uint32_t>(format.display_area.right - format.display_area.left);
  const auto height = static_cast<uint32_t>(format.display_area.bottom - format.display_area.top);
  if (is_too_large(options_, width, height)) {
    // Behind the pictures of the stream before.
    outputs_.put(too_large(options_, width, height));
    return;
  }
  Sequence sequence;
  try {
    sequence = read_sequence(*gpu_->context, format, options_);
  } catch (const Error& error) {
    if (error.status != Status::unsupported) throw;
    refusal_ = error;
    return;
  }
  const bool is_other = decoder_.become(sequence.config);
  // Of the others a new sequence begins with a key picture.
  const bool has_key = codec_ != cudaVideoCodec_VP9 && codec_ != cudaVideoCodec_AV1;
  if (is_other && has_begun_ && !has_key) references_.note_lost();
  sequence_ = sequence;
}

std::unique_ptr<Decoder> create_nvdec_decoder(std::shared_ptr<const GpuResources> gpu,
                                              const DecoderOptions& options) {
  return std::make_unique<NvdecDecoder>(std::move(gpu), options);
}

}  // namespace cuf::cuda
