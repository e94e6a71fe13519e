#include "core/transcode_encoder.h"

#include <utility>

#include "core/encoder_input.h"
#include "core/sei.h"

namespace cuf {
namespace {

// Types of SEI messages of H.264 and HEVC that players show HDR by.
constexpr uint32_t kMasteringDisplay = 137;
constexpr uint32_t kContentLight = 144;

std::vector<SideMessage> hdr_messages(const Picture& picture) {
  std::vector<SideMessage> messages;
  if (!picture.sei) return messages;
  for (const SeiMessage& message : picture.sei->list) {
    const bool is_hdr = message.type == kMasteringDisplay || message.type == kContentLight;
    if (!is_hdr || message.is_malformed) continue;
    const auto payload = picture.sei->payload(message);
    messages.push_back({.type = message.type, .payload = {payload.begin(), payload.end()}});
  }
  return messages;
}

}  // namespace

TranscodeEncoder::TranscodeEncoder(std::shared_ptr<Device> device, const TranscodeOptions& options,
                                   EncoderSettings settings, TranscodeShape shape, uint32_t threads)
    : device_(std::move(device)), settings_(std::move(settings)), shape_(shape) {
  options_ = {.width = shape.width,
              .height = shape.height,
              .settings = settings_,
              .color = shape.color,
              .native_options = options.native_options,
              .threads = threads};
}

void TranscodeEncoder::make(EncoderFormat format) {
  ChosenEncoder chosen = open_encoder(*device_, options_, format);
  encoder_ = std::move(chosen.encoder);
  sent_format_ = chosen.format;
  has_begun_ = false;
  ++state_.created;
  state_.backend = encoder_->backend();
  state_.implementation = encoder_->implementation();
  state_.fallback_reason = std::move(chosen.fallback_reason);
}

void TranscodeEncoder::prepare() {
  if (encoder_) return;
  // Planes that libav's decoders give need not be taken apart and put together.
  const bool is_planar = !device_->gpu.port && shape_.format == EncoderFormat::nv12;
  make(is_planar ? EncoderFormat::iyuv : shape_.format);
}

void TranscodeEncoder::send(const Picture& picture, const PictureTime& time, const Sink& sink) {
  prepare();
  require_input(picture, shape_.format, shape_.width, shape_.height);
  PlacedInput placed = placed_for(*encoder_, picture, sent_format_, shape_.color, *device_);
  state_.host_copies += placed.is_copied;
  encoder_->send({.picture = std::move(placed.picture),
                  .number = next_number_,
                  .forces_idr = !has_begun_,
                  .messages = hdr_messages(picture)});
  has_begun_ = true;
  times_.emplace(next_number_++, time);
  receive_all(sink);
}

void TranscodeEncoder::receive_all(const Sink& sink) {
  for (EncodedPicture picture; encoder_->receive(picture); picture = {}) {
    const auto found = times_.find(picture.number);
    if (found == times_.end()) {
      throw Error(Status::internal, "The encoder gave a picture that it was not sent");
    }
    const PictureTime time = found->second;
    times_.erase(found);
    sink(std::move(picture), time, encoder_->reorder_depth());
  }
}

void TranscodeEncoder::end(const Sink& sink) {
  if (!encoder_ || !has_begun_) return;
  encoder_->send_end();
  receive_all(sink);
  has_begun_ = false;
  times_.clear();
  if (!encoder_->can_restart()) encoder_.reset();
}

void TranscodeEncoder::drop() noexcept {
  times_.clear();
  has_begun_ = false;
  encoder_.reset();
}

}  // namespace cuf
