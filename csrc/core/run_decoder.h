#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/decoder_warm_up.h"
#include "core/decoding_place.h"
#include "core/device.h"
#include "core/index_cache.h"
#include "core/picture_header.h"
#include "core/ports.h"
#include "core/sample_plan.h"
#include "core/source.h"

namespace cuf {

struct SampleCounters {
  std::atomic<uint64_t> packets_decoded = 0;
  std::atomic<uint64_t> packets_dropped = 0;
  std::atomic<uint64_t> frames_decoded = 0;
  std::atomic<uint64_t> gops_decoded = 0;
  std::atomic<uint64_t> seeks = 0;
  std::atomic<uint64_t> decoders_created = 0;
  std::atomic<uint64_t> decoders_reused = 0;
  std::atomic<uint64_t> bytes_read = 0;
};

// What is wanted of the decoders of a file.
struct SampledDecoding {
  bool exports_stats = false;
  bool wants_sei = false;
  uint32_t max_width = 0;  // as in DecoderOptions
  uint32_t max_height = 0;
  uint64_t cuda_stream = 0;
  uint32_t output_width = 0;  // as in DecoderOptions
  uint32_t output_height = 0;

  DecoderOptions options_for(const VideoDescription& video, const Device& device,
                             uint32_t threads) const;
};

// What all decoders of one file share.
struct SampledStream : SampledDecoding {
  SampledStream(std::shared_ptr<Device> device, std::shared_ptr<const IndexedVideo> indexed)
      : device(std::move(device)),
        indexed(std::move(indexed)),
        index(this->indexed->index),
        video(this->indexed->video) {}

  void note_bytes_read(uint64_t bytes) {
    counters.bytes_read += bytes;
    device->counters.bytes_read += bytes;
  }

  const std::shared_ptr<Device> device;
  const std::shared_ptr<const IndexedVideo> indexed;  // may be the cache's, too
  const PacketIndex& index;
  const VideoDescription& video;
  OnError on_error = OnError::raise;
  size_t cache_size = 4;
  std::function<std::unique_ptr<Demuxer>(StopTest)> open_demuxer;
  std::shared_ptr<Source> source;        // null for a file
  std::atomic<bool> is_stopped = false;  // becomes true: work ends with Error(aborted)
  SampleCounters counters;
  DecodingPlace decoding;
  std::shared_ptr<DecoderWarmUp> warm_up;  // null: there is none

  // After is_stopped, or what else a StopTest looks at, became true.
  void wake() const {
    if (source) source->wake();
  }
  // Who gave up waiting does not wait for the same answer of the source again.
  void ask_anew() const {
    if (!source) return;
    source->set_suspended(true);
    source->set_suspended(false);
  }
};

// Decoders hold back at most this many pictures to put them in order; what comes later is lost.
inline constexpr uint32_t kMostHeldBack = 16;

// Gets frames out of planned runs, with a demuxer and a decoder of its own. One thread at a time.
class RunDecoder {
 public:
  RunDecoder(std::shared_ptr<SampledStream> stream, uint32_t threads);
  ~RunDecoder();
  RunDecoder(const RunDecoder&) = delete;
  RunDecoder& operator=(const RunDecoder&) = delete;

  // frame is the place in display order. Each wanted frame of the run goes to one of the two,
  // frames come in order.
  struct Sink {
    // Also good frames that came with the wanted ones unasked.
    std::function<void(uint32_t frame, Picture picture, bool is_wanted)> on_picture;
    std::function<void(uint32_t frame, const Error& error)> on_damage;
  };

  // stays: what the decoder holds back at the end is pushed out by the packets that follow and not
  // drained, so that it can continue there, or, with a run of no packets, give what it holds. Where
  // those packets cannot be had, or do not help, it is drained.
  // Throws Error(corrupt_data) for wanted frames that do not come. Throws Error(aborted) when
  // `stop` becomes true.
  void decode(const PlannedRun& run, bool stays, const std::atomic<bool>& stop, const Sink& sink);

  std::optional<StandingDecoder> standing() const { return standing_; }
  // Whether the decoder was sent the frame's packet and still holds the picture, to give it when
  // it is sent more.
  bool holds(uint32_t frame) const;
  // The runs that give these frames, ascending and at least one, from where the decoder stands on;
  // none where it would have to begin at a key packet for the first. Those that it holds are wanted
  // of the first run.
  std::vector<PlannedRun> runs_on(std::span<const uint32_t> frames) const;

 private:
  // Of an index that is an estimate: where the decoder is, by time.
  struct Place {
    std::optional<Picture> shown;   // the last picture that was looked at
    std::optional<Picture> next;    // the one after it, if it was looked at
    std::optional<Packet> pending;  // read and not sent
    int64_t first_pts = kNoTimestamp;
    int64_t sent_dts = kNoTimestamp;
    bool is_at_end = false;
  };

  bool take_decoder();
  void acquire_decoder();
  void open_demuxer();
  void go_to(uint32_t packet);
  bool skip_to(uint32_t packet);
  bool read_next(Packet& out);
  Packet read(uint32_t packet);
  bool is_orphan(uint32_t packet) const;
  bool is_second_field(uint32_t packet) const;
  bool completes_wanted(uint32_t packet) const;
  bool may_drop(const PlannedRun& run, uint32_t packet, const Packet& data);
  void send(uint32_t packet, Packet data);
  void receive_all(const Sink& sink);
  void show(Picture picture, const Sink& sink);
  void hand_out(uint32_t frame, Picture picture, bool is_wanted, const Sink& sink);
  std::optional<Error> push_out(const Sink& sink);
  std::optional<Error> push_next();
  void finish(const PlannedRun& run, bool stays, const Sink& sink);
  void check_delivered(const PlannedRun& run) const;
  uint32_t ordinal_of(const Packet& packet, uint32_t expected) const;
  double seconds_of_packet(uint32_t packet) const;

  void decode_by_time(const PlannedRun& run, const Sink& sink);
  const Picture& picture_at(int64_t time, int64_t duration);
  void go_to_time(int64_t time);
  bool next_picture(Picture& out);

  const std::shared_ptr<SampledStream> stream_;
  const DecoderOptions options_;
  std::unique_ptr<Demuxer> demuxer_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<PictureHeaderReader> headers_;
  static constexpr uint32_t kNowhere = UINT32_MAX;
  uint32_t demuxer_next_ = kNowhere;  // ordinal that the demuxer gives next
  uint64_t noted_bytes_ = 0;
  std::optional<StandingDecoder> standing_;
  std::set<uint32_t> held_;  // frames that were sent and not given
  const PlannedRun* run_ = nullptr;
  const std::atomic<bool>* stop_ = nullptr;
  size_t missing_ = 0;  // wanted frames of the run that did not come yet
  Place place_;
};

}  // namespace cuf
