#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "core/ports.h"
#include "core/reorder_watch.h"
#include "core/stream_gate.h"
#include "libav/context_link.h"
#include "libav/decode_statistics.h"
#include "libav/handles.h"
#include "libav/picture.h"

namespace cuf::libav {

// One of libav's decoders, with its pictures in host memory.
class LibavDecoder : public Decoder {
 public:
  explicit LibavDecoder(const DecoderOptions& options);

  void send(const Packet& packet) override;
  void send_end() override;
  bool receive(Picture& out) override;
  bool drains_with_stats() const override { return !statistics_ || statistics_->is_told_at_end(); }
  void reset() override;
  void begin_stream(uint32_t width, uint32_t height) override;
  Latency effective_latency() const override;
  bool fits(const DecoderOptions& options) const override;
  void reconfigure(const DecoderOptions& options) override;
  const std::string& implementation() const override { return name_; }

 private:
  size_t headroom() const;
  void open(const Packet& first);
  void fill_context(AVCodecContext& context, const Packet& first) const;
  std::span<const uint8_t> headers_of(const Packet& packet) const;
  bool admit(const Packet& packet);
  void end_stream();
  void watch_order(const Packet& packet);
  void add_new_headers(AVPacket& input, const Packet& packet);
  struct Decoded {
    Owned<AVFrame> frame;
    int coded_width = 0;
    int coded_height = 0;
    Rational time_base;
    int32_t rotation = 0;
  };
  std::optional<Decoded> next_frame();
  void keep_ready_frames();
  bool is_refused(const AVFrame& frame);
  void show(Decoded& decoded, Picture& out);
  void fill_missing_pts(AVFrame& frame);
  void note_sent(const Packet& packet);
  void note_shown(const AVFrame& frame);
  void check_memory(int code);
  void refuse(int code);
  int feed(const AVPacket* packet);

  struct Sent {
    int64_t dts;
    int64_t timestamp_us;
  };

  DecoderOptions options_;
  const AVCodec& codec_;
  std::string name_;
  ContextLink link_;
  Owned<AVCodecContext> context_;  // opened by the first packet, which knows the stream best
  std::deque<std::variant<Decoded, Error>> ready_;  // received while sending
  std::deque<Sent> in_flight_;                      // packets whose outcome is not known
  PictureMaker maker_;
  std::optional<DecodeStatistics> statistics_;
  StreamGate gate_;
  HeldHeaders held_headers_;
  std::shared_ptr<const void> container_;      // the last packet's backend_stream
  std::optional<ReorderWatch> reorder_watch_;  // with low latency, of H.264
  uint32_t refused_width_ = 0;                 // of pictures that no header announced
  uint32_t refused_height_ = 0;
  Rational time_base_{1, 1000000};
  int32_t rotation_ = 0;
  int64_t last_pts_ = kNoTimestamp;
  int64_t last_duration_ = 0;
  bool is_ending_ = false;
  bool has_pending_headers_ = false;    // options_.extradata is news to the open decoder
  bool is_container_outdated_ = false;  // the stream became another than the container announced
};

}  // namespace cuf::libav
