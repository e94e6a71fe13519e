#include <algorithm>
#include <utility>

#include "core/sei_writer.h"
#include "cuda/nvenc/nvenc_encoder.h"

namespace cuf::cuda {
namespace {

// Pictures beside those that NVENC holds back, so that it works while others come and go; for each
// picture between two P pictures, since B pictures come in groups.
constexpr size_t kAhead = 3;

PictureType type_of(NV_ENC_PIC_TYPE type) {
  switch (type) {
    case NV_ENC_PIC_TYPE_I:
    case NV_ENC_PIC_TYPE_IDR:
      return PictureType::i;
    case NV_ENC_PIC_TYPE_P:
    case NV_ENC_PIC_TYPE_NONREF_P:
      return PictureType::p;
    case NV_ENC_PIC_TYPE_B:
    case NV_ENC_PIC_TYPE_BI:
      return PictureType::b;
    default:
      return PictureType::unknown;
  }
}

// A bitstream that is locked until the end of the scope.
class LockedBitstream {
 public:
  LockedBitstream(const NvencSession& session, NV_ENC_OUTPUT_PTR bitstream) : session_(session) {
    lock_.version = NV_ENC_LOCK_BITSTREAM_VER;
    lock_.outputBitstream = bitstream;
    session_.check(session_.calls().nvEncLockBitstream(session_.handle(), &lock_),
                   "NVENC failed to encode a picture");
  }
  ~LockedBitstream() {
    session_.calls().nvEncUnlockBitstream(session_.handle(), lock_.outputBitstream);
  }
  LockedBitstream(const LockedBitstream&) = delete;
  LockedBitstream& operator=(const LockedBitstream&) = delete;

  const NV_ENC_LOCK_BITSTREAM& operator*() const { return lock_; }

 private:
  const NvencSession& session_;
  NV_ENC_LOCK_BITSTREAM lock_{};
};

uint32_t flags_of(const EncoderInput& input, bool begins_stream) {
  uint32_t flags = 0;
  if (input.forces_idr || begins_stream) flags |= NV_ENC_PIC_FLAG_FORCEIDR;
  if (input.forces_intra) flags |= NV_ENC_PIC_FLAG_FORCEINTRA;
  if (input.wants_headers || begins_stream) flags |= NV_ENC_PIC_FLAG_OUTPUT_SPSPPS;
  return flags;
}

std::vector<NV_ENC_SEI_PAYLOAD> payloads_of(const EncoderInput& input) {
  std::vector<NV_ENC_SEI_PAYLOAD> payloads;
  for (const SideMessage& message : input.messages) {
    payloads.push_back({.payloadSize = static_cast<uint32_t>(message.payload.size()),
                        .payloadType = message.type,
                        .payload = const_cast<uint8_t*>(message.payload.data())});
  }
  return payloads;
}

void set_payloads(NV_ENC_CODEC_PIC_PARAMS& parameters, VideoCodec codec,
                  std::vector<NV_ENC_SEI_PAYLOAD>& payloads) {
  if (payloads.empty()) return;
  const auto count = static_cast<uint32_t>(payloads.size());
  if (codec == VideoCodec::h264) {
    parameters.h264PicParams.seiPayloadArray = payloads.data();
    parameters.h264PicParams.seiPayloadArrayCnt = count;
  } else if (codec == VideoCodec::hevc) {
    parameters.hevcPicParams.seiPayloadArray = payloads.data();
    parameters.hevcPicParams.seiPayloadArrayCnt = count;
  } else {
    parameters.av1PicParams.obuPayloadArray = payloads.data();
    parameters.av1PicParams.obuPayloadArrayCnt = count;
  }
}

}  // namespace

void NvencEncoder::require_picture(const EncoderInput& input) const {
  const Picture& picture = input.picture;
  if (picture.format != options_.format || picture.width != options_.width ||
      picture.height != options_.height) {
    throw Error(Status::invalid_argument,
                "The picture is not of the format and size that the encoder was made for");
  }
  const auto context = reinterpret_cast<uint64_t>(gpu_->context->handle());
  if (picture.device && picture.device->context() != context) {
    throw Error(Status::invalid_argument,
                "The frame is in the memory of another GPU or CUDA context than the encoder's");
  }
}

void NvencEncoder::require_messages(const EncoderInput& input) const {
  for (const SideMessage& message : input.messages) {
    const std::string type = std::to_string(message.type);
    if (message.payload.empty()) {
      throw Error(
          Status::unsupported,
          "NVENC takes no message without a payload, as that of type " + type + " is" + kUseCpu);
    }
    if (codec() == VideoCodec::av1) continue;
    if (message.type > kMostSeiType) {
      throw Error(Status::invalid_argument, "An SEI message's type goes up to " +
                                                std::to_string(kMostSeiType) + ", not " + type);
    }
    if (is_suffix_only(codec(), message.type)) {
      throw Error(Status::unsupported, "NVENC puts SEI messages in front of the slices, where " +
                                           type + " is not allowed" + kUseCpu);
    }
  }
}

NV_ENC_OUTPUT_PTR NvencEncoder::take_bitstream() {
  if (idle_.empty()) {
    bitstreams_.reserve(bitstreams_.size() + 1);
    idle_.reserve(bitstreams_.size() + 1);
    NV_ENC_CREATE_BITSTREAM_BUFFER buffer{};
    buffer.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER;
    session_.check(session_.calls().nvEncCreateBitstreamBuffer(session_.handle(), &buffer),
                   "Could not make a bitstream buffer of NVENC's");
    bitstreams_.push_back(buffer.bitstreamBuffer);
    idle_.push_back(buffer.bitstreamBuffer);
  }
  NV_ENC_OUTPUT_PTR taken = idle_.back();
  idle_.pop_back();
  return taken;
}

void NvencEncoder::encode(const EncoderInput& input, const NvencInputs::Mapped& mapped,
                          NV_ENC_OUTPUT_PTR bitstream) {
  if (!has_streams_) stream_.synchronize();
  std::vector<NV_ENC_SEI_PAYLOAD> payloads = payloads_of(input);
  NV_ENC_PIC_PARAMS picture{};
  picture.version = NV_ENC_PIC_PARAMS_VER;
  picture.inputWidth = options_.width;
  picture.inputHeight = options_.height;
  picture.inputPitch = mapped.pitch;
  picture.encodePicFlags = flags_of(input, begins_stream_);
  picture.frameIdx = static_cast<uint32_t>(frame_index_);
  picture.inputTimeStamp = input.number;
  picture.inputDuration = 1;
  picture.inputBuffer = mapped.input;
  picture.outputBitstream = bitstream;
  picture.bufferFmt = nvenc_format(options_.format)->buffer;
  picture.pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
  set_payloads(picture.codecPicParams, codec(), payloads);
  const NVENCSTATUS status = session_.calls().nvEncEncodePicture(session_.handle(), &picture);
  if (status != NV_ENC_ERR_NEED_MORE_INPUT) {
    session_.check(status, "NVENC did not take a picture of " + stream_text());
  }
  still_held_back_ = status == NV_ENC_SUCCESS ? 0 : still_held_back_ + 1;
}

void NvencEncoder::send(const EncoderInput& input) {
  require_picture(input);
  require_messages(input);
  const ContextScope scope(*gpu_->context);
  // What the caller did not fetch of the stream before.
  while (is_ended_ && !sent_.empty()) drained_.push_back(lock_next());
  const NV_ENC_OUTPUT_PTR bitstream = take_bitstream();
  Held& held = held_[input.number];
  try {
    held.input = inputs_->map(input.picture);
    sent_.push_back({.number = input.number, .bitstream = bitstream});
    try {
      encode(input, held.input, bitstream);
    } catch (...) {
      sent_.pop_back();
      // A copy may still read what is let go here.
      gpu_->context->cuda().cuStreamSynchronize(stream_.handle());
      inputs_->unmap(held.input);
      throw;
    }
  } catch (...) {
    held_.erase(input.number);
    idle_.push_back(bitstream);
    throw;
  }
  ++frame_index_;
  has_pictures_ = true;
  is_ended_ = false;
  begins_stream_ = false;
}

// Locking waits for the picture, so it is put off while NVENC has others to work on; not where a
// low latency is what the stream is for.
bool NvencEncoder::is_ready() const {
  if (sent_.empty()) return false;
  if (is_ended_) return true;
  const auto tuning =
      settings_.choice_or(EncoderParameter::tuning_info, EncoderTuning::high_quality);
  const bool is_low_latency =
      tuning == EncoderTuning::low_latency || tuning == EncoderTuning::ultra_low_latency;
  const size_t ahead = is_low_latency ? 0 : kAhead * (b_frames_of(parameters_) + 1);
  return sent_.size() > held_back_by(parameters_) + ahead && sent_.size() > still_held_back_;
}

EncodedPicture NvencEncoder::lock_next() {
  const Sent next = sent_.front();
  const LockedBitstream bitstream(session_, next.bitstream);
  const NV_ENC_LOCK_BITSTREAM& locked = *bitstream;
  // Whatever fails from here on, it cannot be locked again.
  sent_.pop_front();
  idle_.push_back(next.bitstream);
  end_wait(next.number);
  end_wait(locked.outputTimeStamp);
  EncodedPicture picture;
  const auto* bytes = static_cast<const uint8_t*>(locked.bitstreamBufferPtr);
  picture.data.assign(bytes, bytes + locked.bitstreamSizeInBytes);
  picture.number = locked.outputTimeStamp;
  picture.type = type_of(locked.pictureType);
  picture.is_key = locked.pictureType == NV_ENC_PIC_TYPE_IDR;
  return picture;
}

void NvencEncoder::end_wait(uint64_t number) noexcept {
  const auto found = held_.find(number);
  if (found == held_.end() || --found->second.waits_for > 0) return;
  inputs_->unmap(found->second.input);
  held_.erase(found);
}

}  // namespace cuf::cuda
