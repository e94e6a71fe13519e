#include "libav/muxer.h"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/log.h"
#include "libav/errors.h"
#include "libav/mux_container.h"
#include "libav/mux_track.h"
#include "libav/output_file.h"
#include "libav/sink_io.h"

namespace cuf::libav {
namespace {

// Of packets that wait for another track: for its first packet, which tells what stands at the
// front of the file, or, inside libav, to be interleaved with it.
constexpr uint64_t kMostHeldBytes = 64 << 20;

// A player must have a whole fragment, and so must the muxer.
constexpr const char* kLongestFragment = "2000000";  // microseconds

constexpr int kExperimental = FF_COMPLIANCE_EXPERIMENTAL;  // Opus and FLAC in mp4 were that once

struct FreeOutput {
  void operator()(AVFormatContext* context) const { avformat_free_context(context); }
};

class LibavMuxer : public Muxer {
 public:
  explicit LibavMuxer(const MuxerOptions& options);

  uint32_t add_track(const TrackDescription& description) override;
  void write(uint32_t track, const Packet& packet) override;
  void finish() override;
  void discard() noexcept override {
    if (output_) output_->discard();
  }
  const std::string& container() const override { return name_; }
  uint64_t bytes_written() const override { return io_->bytes_written(); }
  uint64_t packets_written() const override { return packets_written_; }

 private:
  void open_sink(const MuxerOptions& options);
  void require_fitting(const MuxerOptions& options) const;
  void make_file(const MuxerOptions& options);
  static int open_again(AVFormatContext* file, AVIOContext** out, const char* url, int flags,
                        AVDictionary** options);
  static int close_again(AVFormatContext* file, AVIOContext* io);
  bool are_tracks_ready() const;
  void begin();
  void begin_file();
  void write_now(uint32_t track, const Packet& packet);
  void bound_interleaving();
  template <typename Call>
  int checked(const char* what, Call&& call);
  template <typename Call>
  void only_once(Call&& call);

  const MuxContainer& container_;
  const std::string name_;
  std::string subject_;
  std::shared_ptr<ByteSink> sink_;
  OutputFile* output_ = nullptr;  // sink_, if it is a file
  const std::optional<int64_t> chapters_from_us_;
  bool is_fragmented_ = false;
  bool has_fast_start_ = false;
  std::unique_ptr<SinkIo> io_;
  std::unique_ptr<AVFormatContext, FreeOutput> file_;
  std::deque<MuxTrack> tracks_;
  std::deque<std::pair<uint32_t, Packet>> held_;  // until the header is written
  uint64_t held_bytes_ = 0;
  uint64_t payload_bytes_ = 0;  // given to libav
  uint64_t packets_written_ = 0;
  bool has_begun_ = false;
  bool is_finished_ = false;
  std::optional<Error> failure_;  // of the file's begin or end, which are not tried again
};

LibavMuxer::LibavMuxer(const MuxerOptions& options)
    : container_(choose_mux_container(options.container, options.path)),
      name_(container_.name),
      subject_(options.sink ? "the sink" : options.path),
      chapters_from_us_(options.chapters_from_us) {
  output_format(container_);
  require_fitting(options);
  open_sink(options);
  io_ = std::make_unique<SinkIo>(*sink_, options.is_aborted);
  make_file(options);
}

void LibavMuxer::require_fitting(const MuxerOptions& options) const {
  const bool is_special = options.is_fragmented || options.has_fast_start;
  if (is_special && !container_.is_fragmentable()) {
    throw Error(Status::invalid_argument,
                "Only mp4 and mov can be fragmented or have a fast start, not " + name_);
  }
  if (options.is_fragmented && options.has_fast_start) {
    throw Error(Status::invalid_argument,
                "A fragmented file has no index that a fast start could put in front");
  }
  const bool can_go_back = !options.sink || options.sink->is_seekable();
  if (can_go_back) return;
  if (options.has_fast_start) {
    throw Error(Status::unsupported,
                "A fast start rewrites the file, which takes a path or bytes: true; a stream can "
                "be fragmented");
  }
  if (container_.needs_seeking && !container_.is_fragmentable()) {
    throw Error(Status::unsupported, name_ +
                                         " is completed at its begin, which takes a path or "
                                         "bytes: true; mkv, webm, ts and fragmented mp4 can be "
                                         "streams");
  }
}

void LibavMuxer::open_sink(const MuxerOptions& options) {
  const bool is_stream = options.sink && !options.sink->is_seekable();
  is_fragmented_ = options.is_fragmented || (is_stream && container_.is_fragmentable());
  has_fast_start_ = options.has_fast_start;
  if (options.sink) {
    sink_ = options.sink;
    return;
  }
  auto file = std::make_shared<OutputFile>(options.path, options.overwrites);
  output_ = file.get();
  sink_ = std::move(file);
}

void LibavMuxer::make_file(const MuxerOptions& options) {
  AVFormatContext* made = nullptr;
  const int result =
      avformat_alloc_output_context2(&made, &output_format(container_), nullptr, nullptr);
  file_.reset(made);
  if (result < 0) throw make_error(result, "Could not make a muxer for " + name_);
  made->url = require(av_strdup("media"), "a muxer");
  made->pb = io_->context();
  made->flags |= AVFMT_FLAG_CUSTOM_IO;
  if (!sink_->is_seekable()) made->flags |= AVFMT_FLAG_FLUSH_PACKETS;
  made->opaque = this;
  made->io_open = open_again;
  made->io_close2 = close_again;
  made->strict_std_compliance = kExperimental;
  for (const auto& [key, value] : options.metadata) {
    if (av_dict_set(&made->metadata, key.c_str(), value.c_str(), 0) < 0) {
      throw out_of_memory("metadata");
    }
  }
}

// A fast start reads what was written; nothing else is opened.
int LibavMuxer::open_again(AVFormatContext* file, AVIOContext** out, const char*, int flags,
                           AVDictionary**) {
  auto* self = static_cast<LibavMuxer*>(file->opaque);
  if (flags != AVIO_FLAG_READ || !self->sink_->is_seekable()) return AVERROR(EPERM);
  *out = self->io_->make_reader();
  return *out ? 0 : AVERROR(ENOMEM);
}

int LibavMuxer::close_again(AVFormatContext*, AVIOContext* io) {
  Owned<AVIOContext> freed(io);
  return 0;
}

uint32_t LibavMuxer::add_track(const TrackDescription& description) {
  if (has_begun_ || !held_.empty()) {
    throw Error(Status::invalid_argument, "Tracks are added before the first packet is written");
  }
  if (container_.holds_one_track() && !tracks_.empty()) {
    throw Error(Status::unsupported, name_ + " holds one track; mp4, mov, mkv and ts hold several");
  }
  tracks_.emplace_back(container_, description, *file_);
  return static_cast<uint32_t>(tracks_.size() - 1);
}

template <typename Call>
int LibavMuxer::checked(const char* what, Call&& call) {
  io_->rethrow();
  const int result = call();
  io_->rethrow();
  if (result == AVERROR(ENOMEM)) throw out_of_memory("writing " + subject_);
  if (result < 0) {
    const bool is_damage = result == AVERROR_INVALIDDATA;
    throw Error(is_damage ? Status::corrupt_data : Status::invalid_argument,
                "libav's muxer for " + name_ + " refused " + what + ": " + error_text(result),
                result);
  }
  return result;
}

template <typename Call>
void LibavMuxer::only_once(Call&& call) {
  try {
    call();
  } catch (...) {
    failure_ = current_error();
    throw;
  }
}

bool LibavMuxer::are_tracks_ready() const {
  for (const MuxTrack& track : tracks_) {
    if (!track.is_ready()) return false;
  }
  return true;
}

void LibavMuxer::write(uint32_t track, const Packet& packet) {
  if (is_finished_) throw Error(Status::invalid_argument, subject_ + " is finished already");
  if (track >= tracks_.size()) {
    throw Error(Status::invalid_argument, "There is no track " + std::to_string(track) +
                                              "; the muxer has " + std::to_string(tracks_.size()));
  }
  io_->rethrow();
  if (failure_) throw *failure_;
  tracks_[track].learn_from(packet);
  Packet checked_packet = packet;
  tracks_[track].check_order(checked_packet);
  if (!has_begun_ && !are_tracks_ready()) {
    if (held_bytes_ > kMostHeldBytes) {
      throw Error(Status::invalid_argument,
                  "64 MiB of packets were written while a track has none yet: write packets of all "
                  "tracks in the order of their times");
    }
    held_bytes_ += packet.payload.size;
    held_.emplace_back(track, std::move(checked_packet));
    return;
  }
  begin();
  write_now(track, checked_packet);
}

// Writes the header, and what waited for it.
void LibavMuxer::begin() {
  if (has_begun_) return;
  only_once([&] { begin_file(); });
  has_begun_ = true;
  while (!held_.empty()) {
    const auto [track, packet] = std::move(held_.front());
    held_.pop_front();
    write_now(track, packet);
  }
}

void LibavMuxer::begin_file() {
  const FileCopy* copied = nullptr;
  for (const MuxTrack& track : tracks_) {
    if (!copied) copied = track.file();
  }
  if (copied) copy_file_metadata(file_->metadata, copied->metadata.get());
  // In fragments they would be a track of their own, without a fragment.
  if (copied && chapters_from_us_ && !is_fragmented_)
    copy_chapters(*file_, copied->chapters, *chapters_from_us_);
  AVDictionary* options = nullptr;
  if (is_fragmented_) {
    av_dict_set(&options, "movflags", "frag_keyframe+empty_moov+delay_moov+default_base_moof", 0);
    av_dict_set(&options, "frag_duration", kLongestFragment, 0);
  } else if (has_fast_start_) {
    av_dict_set(&options, "movflags", "faststart", 0);
  }
  const int result = avformat_write_header(file_.get(), &options);
  Owned<AVDictionary> unused(options);
  checked("these tracks", [&] { return result; });
  log(LogLevel::info, "muxer", subject_, " is ", name_,
      is_fragmented_ ? ", fragmented, with " : " with ", tracks_.size(), " tracks");
}

void LibavMuxer::write_now(uint32_t track, const Packet& packet) {
  Owned<AVPacket> stored = tracks_[track].to_stored(packet);
  payload_bytes_ += packet.payload.size;
  checked("a packet", [&] { return av_interleaved_write_frame(file_.get(), stored.get()); });
  ++packets_written_;
  bound_interleaving();
}

// libav holds packets back until each track has one that is later, or ten seconds of them.
void LibavMuxer::bound_interleaving() {
  const auto written = static_cast<uint64_t>(std::max<int64_t>(io_->position(), 0));
  if (payload_bytes_ <= written + kMostHeldBytes) return;
  checked("a packet", [&] { return av_interleaved_write_frame(file_.get(), nullptr); });
}

void LibavMuxer::finish() {
  if (is_finished_) return;
  io_->rethrow();
  if (failure_) throw *failure_;
  if (tracks_.empty()) {
    throw Error(Status::invalid_argument, "The muxer has no track; add one and write its packets");
  }
  for (MuxTrack& track : tracks_) {
    if (!track.is_ready()) track.settle_without_packets();
  }
  begin();
  only_once([&] {
    checked("the end", [&] { return av_write_trailer(file_.get()); });
    avio_flush(io_->context());
    io_->rethrow();
    if (output_) output_->commit();
  });
  is_finished_ = true;
}

}  // namespace

std::unique_ptr<Muxer> open_muxer(const MuxerOptions& options) {
  return std::make_unique<LibavMuxer>(options);
}

}  // namespace cuf::libav
