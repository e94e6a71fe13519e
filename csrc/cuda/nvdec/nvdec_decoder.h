#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/picture_limits.h"
#include "core/sei_tracker.h"
#include "core/self_contained.h"
#include "cuda/gpu.h"
#include "cuda/nvdec/codecs.h"
#include "cuda/nvdec/copy_out.h"
#include "cuda/nvdec/decoder_slot.h"
#include "cuda/nvdec/expected_format.h"
#include "cuda/nvdec/lost_references.h"
#include "cuda/nvdec/outputs.h"
#include "cuda/nvdec/packet_log.h"
#include "cuda/nvdec/parser.h"
#include "cuda/nvdec/picture_facts.h"
#include "cuda/nvdec/picture_origins.h"
#include "cuda/nvdec/sequence.h"

namespace cuf::cuda {

inline Error damaged(const std::string& what, const PacketLog::Entry& entry, int32_t code = 0) {
  return Error(Status::corrupt_data, what, code, entry.timestamp_us());
}

// What create_nvdec_decoder() makes. Its calls are in decoder.cpp, what the parser makes it do with
// pictures in decoder_pictures.cpp.
class NvdecDecoder final : public Decoder, private ParserEvents {
 public:
  NvdecDecoder(std::shared_ptr<const GpuResources> gpu, const DecoderOptions& options);
  ~NvdecDecoder() override;

  void send(const Packet& packet) override;
  void send_end() override;
  bool receive(Picture& out) override;
  void reset() override;
  void begin_stream(uint32_t width, uint32_t height) override;
  Latency effective_latency() const override {
    return has_begun_ ? given_latency(options_.latency, codec_) : options_.latency;
  }
  Backend backend() const override { return Backend::cuda; }
  bool fits(const DecoderOptions& options) const override;
  void prepare() override;
  void reconfigure(const DecoderOptions& options) override;
  const std::string& implementation() const override;

 private:
  int on_sequence(CUVIDEOFORMAT& format) noexcept override;
  int on_decode(CUVIDPICPARAMS& parameters) noexcept override;
  int on_display(CUVIDPARSERDISPINFO& shown) noexcept override;

  struct Decoded {
    CodedPicture coded;
    int32_t failure = 0;  // of the driver; there is no picture
  };

  // To be copied out of its surface.
  struct Shown {
    CUVIDPARSERDISPINFO info;
    Decoded decoded;
    PacketLog::Entry entry;
    bool lacks_references;
  };

  // A picture of a sequence that has ended, copied before it is shown.
  struct Saved {
    Decoded decoded;
    CopiedPicture copied;
  };

  void require_parser();
  void track_sei();
  bool is_passed_over(std::span<const uint8_t> payload);
  void require_announced(const PacketLog::Entry& entry, bool is_end);
  void parse(std::span<const uint8_t> payload, const PacketLog::Entry& entry);
  void check_parsed(CUresult result, const PacketLog::Entry& entry);
  void decode(CUVIDPICPARAMS& parameters, Decoded& decoded);
  void begin_sequence(const CUVIDEOFORMAT& format);
  void refuse_lossless(const CUVIDPICPARAMS& parameters);
  void show_unpaired();
  void show_in_decode_order(const CUVIDPICPARAMS& parameters);
  std::optional<Shown> if_wanted(const CUVIDPARSERDISPINFO& shown, const Decoded& decoded);
  void show(const CUVIDPARSERDISPINFO& shown);
  void save_waiting();
  void show_saved(const CUVIDPARSERDISPINFO& shown);
  void give_shown();
  void lose_shown(std::optional<int> index);
  CopiedPicture copy(const CUVIDPARSERDISPINFO& info);
  void hand_out(const Shown& one, CopiedPicture copied);
  void describe(Picture& picture, const Decoded& decoded, const PacketLog::Entry& entry,
                const CUVIDPARSERDISPINFO& shown);
  int note_failure(const Error& error);
  bool gives_in_decode_order() const {
    return cuda::gives_in_decode_order(options_.latency, codec_);
  }

  const std::shared_ptr<const GpuResources> gpu_;
  DecoderOptions options_;
  const cudaVideoCodec codec_;
  SelfContained packets_;
  DecoderSlot decoder_;               // made when the stream says what it is, or the container
  std::optional<Parser> parser_;      // of one start; goes before the decoder that it works for
  std::optional<Sequence> sequence_;  // nothing: not begun, or refused
  std::array<Decoded, LostReferences::kMost> decoded_{};  // by picture index
  LostReferences references_;
  PictureOrigins origins_;
  PacketLog log_;
  std::optional<SeiTracker> sei_;  // if asked for
  std::map<int, Saved> saved_;     // by picture index
  std::deque<Shown> shown_;        // more than none only while there is no room
  Outputs outputs_;
  std::optional<Error> shortage_;                // the last one
  std::optional<Error> failure_;                 // in the callbacks
  std::optional<Error> refusal_;                 // of the stream that begins, to be told
  std::optional<CUVIDPARSERDISPINFO> unpaired_;  // a first field, in decode order
  bool is_parsing_key_ = false;                  // as the container says
  uint32_t calls_ = 0;                           // of decode and display for it
  bool has_begun_ = false;                       // a picture was decoded since the start
  bool has_told_ = false;        // the parser announced a sequence or failed since the start
  bool knows_stream_ = false;    // or since the stream's
  bool is_passed_over_ = false;  // the parser says nothing of this stream
  uint32_t silent_packets_ = 0;  // from a key packet on, announced nowhere
  bool is_fresh_ = true;         // nothing was parsed since the start
  bool is_ending_ = false;
};

}  // namespace cuf::cuda
