#include "cuda/nvdec/decoder.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/memory_budget.h"
#include "core/picture_limits.h"
#include "core/self_contained.h"
#include "cuda/nvdec/codecs.h"
#include "cuda/nvdec/copy_out.h"
#include "cuda/nvdec/packet_log.h"
#include "cuda/nvdec/parser.h"
#include "cuda/nvdec/picture_facts.h"
#include "cuda/nvdec/sequence.h"
#include "cuda/nvdec/statistics.h"

namespace cuf::cuda {
namespace {

const std::string kImplementation = "nvdec";

class NvdecDecoder final : public Decoder, private ParserEvents {
 public:
  NvdecDecoder(std::shared_ptr<const GpuResources> gpu, const DecoderOptions& options);
  ~NvdecDecoder() override;

  void send(const Packet& packet) override;
  void send_end() override;
  bool receive(Picture& out) override;
  void reset() override;
  void begin_stream(uint32_t width, uint32_t height) override;
  Latency effective_latency() const override { return options_.latency; }
  Backend backend() const override { return Backend::cuda; }
  bool fits(const DecoderOptions& options) const override;
  void reconfigure(const DecoderOptions& options) override;
  const std::string& implementation() const override { return kImplementation; }

 private:
  int on_sequence(CUVIDEOFORMAT& format) noexcept override;
  int on_decode(CUVIDPICPARAMS& parameters) noexcept override;
  int on_display(CUVIDPARSERDISPINFO& shown) noexcept override;

  // What comes out, in order.
  struct Output {
    std::variant<Picture, Error> what;
    std::unique_ptr<Event> copied;  // has passed when a picture in host memory is complete
  };

  struct Decoded {
    CodedPicture coded;
    int32_t failure = 0;  // of the driver; there is no picture
    bool lacks_references = false;
  };

  void make_parser();
  void parse(std::span<const uint8_t> payload, const PacketLog::Entry& entry);
  void check_parsed(CUresult result, const PacketLog::Entry& entry);
  void decode(CUVIDPICPARAMS& parameters, Decoded& decoded);
  void begin_sequence(const CUVIDEOFORMAT& format);
  void show_unpaired();
  void show_in_decode_order(const CUVIDPICPARAMS& parameters);
  void show(const CUVIDPARSERDISPINFO& shown);
  Output copy(const CUVIDPARSERDISPINFO& shown);
  void describe(Picture& picture, const Decoded& decoded, const PacketLog::Entry& entry,
                const CUVIDPARSERDISPINFO& shown) const;
  void put_error(const Error& error) { outputs_.push_back({error, nullptr}); }
  int note_failure(const Error& error);
  bool gives_in_decode_order() const;
  void drop_outputs() noexcept;
  CUstream consumer() const { return reinterpret_cast<CUstream>(options_.cuda_stream); }

  const std::shared_ptr<const GpuResources> gpu_;
  DecoderOptions options_;
  const cudaVideoCodec codec_;
  Stream stream_;  // of the copies; the caller's waits for it by event
  SelfContained packets_;
  std::optional<Parser> parser_;
  std::optional<VideoDecoder> decoder_;  // made when the stream says what it is
  std::optional<Sequence> sequence_;     // nothing: not begun, or refused
  std::array<Decoded, 32> decoded_{};    // by picture index
  PacketLog log_;
  std::deque<Output> outputs_;
  std::optional<Error> failure_;                 // in the callbacks
  std::optional<Error> refusal_;                 // of the stream that begins, to be told
  std::optional<CUVIDPARSERDISPINFO> unpaired_;  // a first field, in decode order
  int64_t parsing_ = 0;                          // number of the packet
  uint32_t calls_ = 0;                           // of decode and display for it
  bool has_begun_ = false;                       // a picture was decoded since the start
  bool lacks_references_ = false;                // until a key picture: the decoder is another
  bool is_fresh_ = true;                         // nothing was parsed since the start
  bool is_ending_ = false;
  bool is_discarding_ = false;  // what is shown belongs to what is being forgotten
};

// A picture's memory, and its part of the budget.
struct ChargedMemory {
  ChargedMemory(std::shared_ptr<const void> memory, MemoryBudget::Charge charge)
      : memory(std::move(memory)), charge(std::move(charge)) {}

  std::shared_ptr<const void> memory;
  MemoryBudget::Charge charge;
};

Error damaged(const std::string& what, const PacketLog::Entry& entry, int32_t code = 0) {
  return Error(Status::corrupt_data, what, code, entry.timestamp_us());
}

cudaVideoCodec require_codec(const Context& context, const DecoderOptions& options) {
  const DecoderLimits limits =
      decoder_limits(context, options.codec, options.chroma, options.bit_depth);
  if (!limits.is_supported) throw Error(Status::unsupported, limits.reason);
  return *codec_of(options.codec);
}

NvdecDecoder::NvdecDecoder(std::shared_ptr<const GpuResources> gpu, const DecoderOptions& options)
    : gpu_(std::move(gpu)),
      options_(options),
      codec_(require_codec(*gpu_->context, options)),
      stream_(gpu_->context),
      packets_(options.codec, options.extradata) {
  const ContextScope scope(*gpu_->context);
  make_parser();
}

NvdecDecoder::~NvdecDecoder() {
  const ContextScope scope(*gpu_->context, std::nothrow);
  drop_outputs();
  // Before the decoder whose pictures it counts.
  parser_.reset();
  decoder_.reset();
}

bool NvdecDecoder::gives_in_decode_order() const {
  // The others have no pictures out of order, and some of theirs are not shown.
  return options_.latency == Latency::zero &&
         (codec_ == cudaVideoCodec_H264 || codec_ == cudaVideoCodec_HEVC ||
          codec_ == cudaVideoCodec_MPEG2 || codec_ == cudaVideoCodec_MPEG1);
}

void NvdecDecoder::make_parser() {
  ParserEvents& events = *this;
  parser_.reset();
  parser_.emplace(gpu_->context,
                  Parser::Options{.codec = codec_,
                                  .display_delay = display_delay(options_.latency),
                                  .shows_nothing = gives_in_decode_order()},
                  events);
}

void NvdecDecoder::check_parsed(CUresult result, const PacketLog::Entry& entry) {
  // It stays: the parser was stopped within a picture.
  if (failure_) throw *failure_;
  if (refusal_) {
    const Error refusal = *std::exchange(refusal_, std::nullopt);
    throw refusal;
  }
  const Status status = result == CUDA_SUCCESS ? Status::ok : status_of(result);
  if (status == Status::device_lost || status == Status::out_of_memory) {
    throw make_error(result, "NVIDIA's parser failed on a packet of " + options_.codec);
  }
  if (options_.on_error != OnError::raise || status == Status::ok) return;
  throw damaged("A packet of " + options_.codec + " could not be parsed: " + result_name(result),
                entry, static_cast<int32_t>(result));
}

void NvdecDecoder::parse(std::span<const uint8_t> payload, const PacketLog::Entry& entry) {
  const bool may_be_interlaced = !sequence_ || sequence_->may_be_interlaced;
  uint32_t flags = 0;
  if (is_one_picture(codec_, may_be_interlaced, payload)) flags |= CUVID_PKT_ENDOFPICTURE;
  if (is_fresh_) flags |= CUVID_PKT_DISCONTINUITY;
  is_fresh_ = false;
  calls_ = 0;
  parsing_ = entry.number;
  const bool had_begun = has_begun_;
  check_parsed(parser_->parse(payload, flags, entry.number), entry);
  const bool is_silent = had_begun && calls_ == 0 && (flags & CUVID_PKT_ENDOFPICTURE);
  if (is_silent && options_.on_error == OnError::raise && must_give_picture(codec_, payload)) {
    throw damaged("A packet of " + options_.codec + " could not be decoded", entry);
  }
}

void NvdecDecoder::send(const Packet& packet) {
  if (is_ending_) reset();
  if (failure_) throw *failure_;
  if (packet.extradata.size > 0) {
    packets_.set_headers({packet.extradata.data, packet.extradata.size});
    options_.extradata.assign(packet.extradata.data, packet.extradata.data + packet.extradata.size);
  }
  if (packet.payload.size == 0) return;
  if (packet.payload.size > INT32_MAX) {
    throw Error(Status::invalid_argument, "A packet must be smaller than 2 GiB");
  }
  // A copy: callbacks add nothing to the log, but may outlast what is in it.
  const PacketLog::Entry entry = log_.add(packet);
  const ContextScope scope(*gpu_->context);
  parse(packets_.convert({packet.payload.data, packet.payload.size}), entry);
}

void NvdecDecoder::send_end() {
  if (is_ending_ || is_fresh_) return;
  is_ending_ = true;
  const ContextScope scope(*gpu_->context);
  const CUresult result = parser_->parse_end();
  if (!failure_ && unpaired_) show_unpaired();
  check_parsed(result, {});
}

bool NvdecDecoder::receive(Picture& out) {
  if (outputs_.empty()) return false;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  if (const auto* error = std::get_if<Error>(&output.what)) throw *error;
  out = std::move(std::get<Picture>(output.what));
  if (output.copied) {
    output.copied->wait();
    gpu_->events->give_back(std::move(output.copied));
  }
  return true;
}

// Pictures in host memory are let go only when nothing is copied into them.
void NvdecDecoder::drop_outputs() noexcept {
  try {
    for (const Output& output : outputs_) {
      if (output.copied) output.copied->wait();
    }
  } catch (...) {
    // The context is gone: nothing is copied any more.
  }
  outputs_.clear();
}

void NvdecDecoder::reset() {
  const bool is_parsing = !is_fresh_ && !is_ending_;
  if (is_parsing) {
    const ContextScope scope(*gpu_->context);
    is_discarding_ = true;
    const CUresult result = parser_->parse_end();
    is_discarding_ = false;
    // A parser that was stopped is of no use, and one that goes on with the same stream says
    // nothing of it, so that a refused one would not be refused again.
    if (result != CUDA_SUCCESS || failure_ || !sequence_) make_parser();
  }
  drop_outputs();
  failure_.reset();
  refusal_.reset();
  unpaired_.reset();
  log_.clear();
  packets_.restart();
  has_begun_ = false;
  is_fresh_ = true;
  is_ending_ = false;
}

void NvdecDecoder::begin_stream(uint32_t width, uint32_t height) {
  reset();
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
  packets_.set_headers(options.extradata);
  sequence_.reset();
  // The parser would not announce a stream that looks like the last one.
  const ContextScope scope(*gpu_->context);
  make_parser();
}

int NvdecDecoder::note_failure(const Error& error) {
  failure_ = error;
  return 0;
}

int NvdecDecoder::on_sequence(CUVIDEOFORMAT& format) noexcept {
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
  if (is_discarding_) return;
  if (unpaired_) show_unpaired();
  sequence_.reset();
  const auto width = static_cast<uint32_t>(format.display_area.right - format.display_area.left);
  const auto height = static_cast<uint32_t>(format.display_area.bottom - format.display_area.top);
  if (is_too_large(options_, width, height)) {
    // Behind the pictures of the stream before.
    put_error(too_large(options_, width, height));
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
  if (decoder_ && decoder_->can_become(sequence.config)) {
    decoder_->reconfigure(sequence.config);
  } else {
    lacks_references_ = has_begun_;
    decoder_.reset();
    decoder_.emplace(*gpu_, sequence.config, stream_.handle());
  }
  sequence_ = sequence;
}

int NvdecDecoder::on_decode(CUVIDPICPARAMS& parameters) noexcept {
  ++calls_;
  if (is_discarding_ || !sequence_ || !decoder_) return 1;
  try {
    has_begun_ = true;
    const auto index = static_cast<size_t>(parameters.CurrPicIdx);
    if (index >= decoded_.size()) return 1;
    decode(parameters, decoded_[index]);
    if (gives_in_decode_order()) show_in_decode_order(parameters);
    return 1;
  } catch (const Error& error) {
    return note_failure(error);
  } catch (...) {
    return note_failure(Error(Status::out_of_memory, "No memory to decode"));
  }
}

void NvdecDecoder::decode(CUVIDPICPARAMS& parameters, Decoded& decoded) {
  const bool is_second = parameters.field_pic_flag && parameters.second_field;
  if (!is_second) {
    decoded = {.coded = coded_picture(codec_, parameters)};
    if (decoded.coded.is_key) lacks_references_ = false;
    if (decoded.coded.color) sequence_->color = *decoded.coded.color;
    decoded.lacks_references = lacks_references_;
  }
  const CUresult result = decoder_->decode(parameters);
  if (result == CUDA_SUCCESS) return;
  const Error error = make_error(result, "NVDEC failed on a picture of " + options_.codec);
  if (error.status == Status::device_lost || error.status == Status::out_of_memory) throw error;
  decoded.failure = error.native_code;
}

void NvdecDecoder::show_unpaired() {
  const CUVIDPARSERDISPINFO shown = *std::exchange(unpaired_, std::nullopt);
  show(shown);
}

void NvdecDecoder::show_in_decode_order(const CUVIDPICPARAMS& parameters) {
  const bool is_second = parameters.field_pic_flag && parameters.second_field;
  if (unpaired_ && !is_second) show_unpaired();
  CUVIDPARSERDISPINFO shown{};
  shown.picture_index = parameters.CurrPicIdx;
  shown.progressive_frame = !parameters.field_pic_flag;
  shown.top_field_first = parameters.field_pic_flag && !parameters.bottom_field_flag;
  shown.timestamp = parsing_;
  if (is_second) {
    if (!unpaired_) return;
    shown = *std::exchange(unpaired_, std::nullopt);
    shown.repeat_first_field = 0;
  } else if (parameters.field_pic_flag) {
    shown.repeat_first_field = -1;
    unpaired_ = shown;
    return;
  }
  show(shown);
}

int NvdecDecoder::on_display(CUVIDPARSERDISPINFO& shown) noexcept {
  ++calls_;
  try {
    show(shown);
    return 1;
  } catch (const Error& error) {
    return note_failure(error);
  } catch (...) {
    return note_failure(Error(Status::out_of_memory, "No memory for a decoded picture"));
  }
}

void NvdecDecoder::show(const CUVIDPARSERDISPINFO& shown) {
  const auto index = static_cast<size_t>(shown.picture_index);
  if (is_discarding_ || !sequence_ || !decoder_ || index >= decoded_.size()) return;
  const PacketLog::Entry entry = log_.take(shown.timestamp);
  if (!entry.is_wanted) return;
  const bool raises = options_.on_error == OnError::raise;
  if (const int32_t failure = decoded_[index].failure) {
    if (!raises) return;
    put_error(damaged("NVDEC refused a picture of " + options_.codec, entry, failure));
    return;
  }
  try {
    Output output = copy(shown);
    auto& picture = std::get<Picture>(output.what);
    describe(picture, decoded_[index], entry, shown);
    if (picture.decode_status == DecodeStatus::ok || !raises) {
      outputs_.push_back(std::move(output));
      return;
    }
    if (output.copied) output.copied->wait();
    put_error(damaged("A picture of " + options_.codec + " is damaged", entry));
  } catch (const Error& error) {
    // Frames that are closed make room for the next picture; this one is lost.
    if (error.status != Status::out_of_memory) throw;
    put_error(Error(error.status, error.what(), error.native_code, entry.timestamp_us()));
  }
}

NvdecDecoder::Output NvdecDecoder::copy(const CUVIDPARSERDISPINFO& shown) {
  MemoryBudget::Charge charge;
  if (options_.budget) {
    charge = options_.budget->reserve(bytes_of_copy(decoder_->config(), sequence_->part));
  }
  const MappedPicture mapped(*decoder_, shown);
  CopiedPicture copied = copy_out(*gpu_, mapped, decoder_->config(), sequence_->part,
                                  stream_.handle(), consumer(), options_.uses_host_memory);
  copied.picture.decode_status = decoder_->status(shown.picture_index);
  copied.picture.decode_stats =
      read_statistics(*gpu_->context, mapped, decoder_->config(), stream_.handle());
  if (options_.budget) {
    copied.picture.owner =
        std::make_shared<const ChargedMemory>(std::move(copied.picture.owner), std::move(charge));
  }
  return {std::move(copied.picture), std::move(copied.copied)};
}

void NvdecDecoder::describe(Picture& picture, const Decoded& decoded, const PacketLog::Entry& entry,
                            const CUVIDPARSERDISPINFO& shown) const {
  picture.color = sequence_->color;
  picture.pts = entry.pts;
  picture.duration = entry.duration;
  picture.time_base = entry.time_base;
  picture.rotation = entry.rotation;
  picture.picture_type = decoded.coded.type;
  picture.is_key = decoded.coded.is_key || entry.is_key;
  picture.is_interlaced = !shown.progressive_frame;
  picture.is_top_field_first = picture.is_interlaced && shown.top_field_first;
  if (decoded.lacks_references) picture.decode_status = DecodeStatus::corrupt;
}

}  // namespace

std::unique_ptr<Decoder> create_nvdec_decoder(std::shared_ptr<const GpuResources> gpu,
                                              const DecoderOptions& options) {
  return std::make_unique<NvdecDecoder>(std::move(gpu), options);
}

}  // namespace cuf::cuda
