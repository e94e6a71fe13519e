#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/device.h"
#include "core/encoder_choice.h"
#include "core/input_times.h"
#include "core/transcode_options.h"

namespace cuf {

// Encodes one segment after another. An encoder that can begin anew is kept for the next one; of
// others each segment has its own.
class TranscodeEncoder {
 public:
  struct State {
    Backend backend = Backend::automatic;  // automatic: none was made yet
    std::string implementation;
    std::string fallback_reason;
    uint64_t created = 0;
    uint64_t host_copies = 0;
  };
  // In decode order. reorder_depth: Encoder::reorder_depth().
  using Sink =
      std::function<void(EncodedPicture picture, const PictureTime& time, uint32_t reorder_depth)>;

  TranscodeEncoder(std::shared_ptr<Device> device, const TranscodeOptions& options,
                   EncoderSettings settings, TranscodeShape shape, uint32_t threads);

  // Makes the encoder, if there is none, for pictures as the device's decoder gives them.
  void prepare();
  // The first picture of a segment becomes an IDR picture.
  void send(const Picture& picture, const PictureTime& time, const Sink& sink);
  // The segment ends: gives what is held back.
  void end(const Sink& sink);
  // The segment is given up.
  void drop() noexcept;

  const EncoderSettings& settings() const { return settings_; }
  const State& state() const { return state_; }

 private:
  void make(EncoderFormat format);
  void receive_all(const Sink& sink);

  const std::shared_ptr<Device> device_;
  const EncoderSettings settings_;
  const TranscodeShape shape_;
  EncoderOptions options_;
  std::unique_ptr<Encoder> encoder_;
  Format sent_format_ = Format::unknown;
  bool has_begun_ = false;  // the segment
  uint64_t next_number_ = 0;
  std::map<uint64_t, PictureTime> times_;  // of pictures in the encoder
  State state_;
};

}  // namespace cuf
