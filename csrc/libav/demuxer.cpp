#include "libav/demuxer.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <string_view>
#include <utility>

#include "core/headroom.h"
#include "core/log.h"
#include "libav/av_packet.h"
#include "libav/bitstream.h"
#include "libav/byte_io.h"
#include "libav/container_choice.h"
#include "libav/errors.h"
#include "libav/quick_probe.h"
#include "libav/stream_choice.h"
#include "libav/stream_copy.h"
#include "libav/stream_info.h"

namespace cuf::libav {
namespace {

// To probe a container, for which libav decodes some pictures.
constexpr size_t kHeadroom = 16 << 20;

int is_interrupted(void* io) {
  return static_cast<ByteIo*>(io)->is_aborted();
}

// External data references, segments and key files of whatever container: nothing is opened that
// was not named.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

// A second position in the bytes that libav reads.
class ContainerBytes : public ByteSource {
 public:
  explicit ContainerBytes(ByteIo& io) : io_(io) {}
  size_t read(uint8_t* out, size_t capacity) override {
    const size_t count = io_.read_at(position_, out, capacity);
    position_ += static_cast<int64_t>(count);
    return count;
  }
  bool is_seekable() const override { return io_.is_seekable(); }
  int64_t size() const override { return io_.size(); }
  void seek(int64_t position) override { position_ = position; }

 private:
  ByteIo& io_;
  int64_t position_ = 0;
};

// time - step, at the least what is no timestamp yet.
int64_t earlier(int64_t time, int64_t step) {
  constexpr int64_t kFirst = INT64_MIN + 1;
  return time < kFirst + step ? kFirst : time - step;
}

class LibavDemuxer : public Demuxer {
 public:
  explicit LibavDemuxer(const DemuxerOptions& options);

  const VideoDescription& video() const override { return video_; }
  const std::vector<StreamDescription>& streams() const override { return streams_; }
  bool read(Packet& out) override;
  TrackDescription track(uint32_t stream_index) const override;
  void seek(double seconds) override;
  uint64_t bytes_read() const override { return io_.bytes_read(); }
  std::shared_ptr<ByteSource> bytes() override {
    return io_.is_seekable() ? std::make_shared<ContainerBytes>(io_) : nullptr;
  }

 private:
  void open_container(const DemuxerOptions& options);
  void describe(const DemuxerOptions& options);
  AVStream& stream() const { return *container_->streams[video_.stream_index]; }
  bool is_video(const AVPacket& packet) const {
    return packet.stream_index == static_cast<int>(video_.stream_index);
  }
  Owned<AVPacket> next_of_any();
  Owned<AVPacket> next_stored();
  Owned<AVPacket> next_leaving();
  void check_end() const;
  int64_t time_of(const AVPacket& packet) const;
  bool has_exact_index(int64_t wanted) const;
  bool jump(int64_t timestamp);
  Owned<AVPacket> next_key();
  Owned<AVPacket> land(int64_t wanted);
  void rewind();
  Owned<AVPacket> land_by_counting(int64_t wanted);
  Owned<AVPacket> last_key_before(Owned<AVPacket> key, int64_t wanted,
                                  const std::function<bool()>& return_there);
  void unread(Owned<AVPacket> video);
  void drop_passed_before(const AVPacket& video);
  Packet to_packet(Owned<AVPacket> packet);
  void fill_video(Packet& out, const std::shared_ptr<AVPacket>& packet);

  std::string subject_;
  ByteIo io_;
  Owned<AVFormatContext> container_;
  std::unique_ptr<Bitstream> bitstream_;
  std::vector<StreamDescription> streams_;
  VideoDescription video_;
  std::deque<Owned<AVPacket>> unread_;  // stored packets that were looked at
  std::deque<Owned<AVPacket>> passed_;  // of other streams, on the way to one of the video's
  bool is_at_end_ = false;
  bool has_pts_ = false;
  bool is_behind_seek_ = false;
  Bytes palette_;            // AVI and mov give it once; a seek must not lose it
  bool is_untimed_ = false;  // raw elementary stream: packets have durations only
};

std::shared_ptr<ByteSource> source_of(const DemuxerOptions& options) {
  if (options.source) return options.source;
  return open_file(options.path, options.is_aborted);
}

LibavDemuxer::LibavDemuxer(const DemuxerOptions& options)
    : subject_(options.source ? "The source" : options.path),
      io_(source_of(options), options.is_aborted) {
  open_container(options);
  describe(options);
  log(LogLevel::info, "demuxer", subject_, " is ", video_.container, " with ", video_.codec, ", ",
      video_.width, " x ", video_.height, ", stream ", video_.stream_index, " of ",
      streams_.size());
}

void LibavDemuxer::open_container(const DemuxerOptions& options) {
  const std::string path = options.source ? "" : options.path;
  require_headroom(kHeadroom);
  const std::string extension = extension_of(path);
  const AVInputFormat& format = choose_container(io_, subject_, extension);
  AVFormatContext* context = require(avformat_alloc_context(), "a demuxer");
  context->pb = io_.context();
  context->interrupt_callback = {is_interrupted, &io_};
  context->io_open = refuse_to_open;
  context->protocol_whitelist = av_strdup("none");
  const std::string name = extension.empty() ? "" : "media." + extension;
  // On failure libav frees the context.
  const int opened = avformat_open_input(&context, name.c_str(), &format, nullptr);
  container_.reset(context);
  io_.rethrow();
  const auto fail = [&](int code) {
    const bool is_cut = code == AVERROR_INVALIDDATA || code == AVERROR_EOF;
    throw make_error(code, "Could not read " + subject_ + " as " + format.name +
                               (is_cut ? ", its headers are damaged or it ends too early" : ""));
  };
  if (opened < 0) fail(opened);
  QuickProbe probe(*container_, options.most_pixels);
  const int found = avformat_find_stream_info(container_.get(), probe.options());
  io_.rethrow();
  if (found < 0) fail(found);
  const bool is_mov = std::string_view(format.name).starts_with("mov,");
  if (is_mov && io_.has_refused_seek()) {
    throw Error(
        Status::unsupported,
        subject_ +
            " has its index (moov) behind the media data, which takes a seekable "
            "source, such as a path; or move it to the front by ffmpeg -movflags +faststart");
  }
}

void LibavDemuxer::describe(const DemuxerOptions& options) {
  for (unsigned i = 0; i < container_->nb_streams; ++i) {
    streams_.push_back(describe_stream(*container_, i));
  }
  video_.stream_index = choose_stream(*container_, streams_, options.stream_index, subject_);
  for (StreamDescription& stream : streams_) {
    const bool is_beside = (stream.kind == StreamKind::audio && options.reads_audio) ||
                           (stream.kind == StreamKind::subtitle && options.reads_subtitles);
    stream.is_read = stream.index == video_.stream_index || is_beside;
    if (!stream.is_read) container_->streams[stream.index]->discard = AVDISCARD_ALL;
  }
  bitstream_ = std::make_unique<Bitstream>(*stream().codecpar, options.keeps_container_bitstream);
  // libav's image pipes count on from wherever a seek left them.
  is_untimed_ = std::string_view(container_->iformat->name).ends_with("_pipe");
  Owned<AVPacket> first = next_stored();
  video_ = describe_video(*container_, video_.stream_index, *bitstream_->parameters(), first.get());
  if (!first) return;
  is_untimed_ |= first->pts == AV_NOPTS_VALUE && first->dts == AV_NOPTS_VALUE;
  has_pts_ = first->pts != AV_NOPTS_VALUE;
  if (is_untimed_) first->pts = 0;
  if (const uint8_t* data = av_packet_get_side_data(first.get(), AV_PKT_DATA_PALETTE, nullptr)) {
    auto copy = std::make_shared<std::vector<uint8_t>>(data, data + AVPALETTE_SIZE);
    palette_ = {copy, copy->data(), copy->size()};
  }
  unread(std::move(first));
}

// The video's next packet as the container has it; null at the end.
Owned<AVPacket> LibavDemuxer::next_stored() {
  for (;;) {
    Owned<AVPacket> packet = next_of_any();
    if (!packet || is_video(*packet)) return packet;
    passed_.push_back(std::move(packet));
  }
}

// Puts back what next_stored() gave, with what it passed on the way.
void LibavDemuxer::unread(Owned<AVPacket> video) {
  unread_.push_front(std::move(video));
  unread_.insert(unread_.begin(), std::make_move_iterator(passed_.begin()),
                 std::make_move_iterator(passed_.end()));
  passed_.clear();
}

// Of the wanted streams, as the container has it; null at the end.
Owned<AVPacket> LibavDemuxer::next_of_any() {
  if (!unread_.empty()) {
    Owned<AVPacket> packet = std::move(unread_.front());
    unread_.pop_front();
    return packet;
  }
  for (;;) {
    Owned<AVPacket> packet(require(av_packet_alloc(), "a packet"));
    const int result = av_read_frame(container_.get(), packet.get());
    io_.rethrow();
    if (result == AVERROR_EOF) {
      // Demuxers take for the end what they have no memory for.
      if (status_of_damage() == Status::out_of_memory) throw out_of_memory("reading on");
      return nullptr;
    }
    if (result == AVERROR(EAGAIN)) continue;
    if (result < 0) throw make_error(result, "Could not read on in " + subject_);
    // Streams may turn up while it is read.
    const auto index = static_cast<size_t>(packet->stream_index);
    if (index >= streams_.size() || !streams_[index].is_read) continue;
    if (av_packet_make_refcounted(packet.get()) < 0) throw out_of_memory("a packet");
    if (is_untimed_ && is_video(*packet)) packet->pts = packet->dts = AV_NOPTS_VALUE;
    return packet;
  }
}

// A file that was cut off looks to libav as if it ended there: its index knows better.
void LibavDemuxer::check_end() const {
  const int count = avformat_index_get_entries_count(&stream());
  int64_t wanted = 0;
  for (int i = 0; i < count; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(&stream(), i);
    if (entry) wanted = std::max(wanted, entry->pos + entry->size);
  }
  if (wanted > io_.end()) {
    throw Error(Status::corrupt_data, subject_ + " ends at byte " + std::to_string(io_.end()) +
                                          ", but its index names pictures up to byte " +
                                          std::to_string(wanted));
  }
}

// The next packet as the caller wants it; null at the end.
Owned<AVPacket> LibavDemuxer::next_leaving() {
  Owned<AVPacket> out(require(av_packet_alloc(), "a packet"));
  while (!bitstream_->pull(*out)) {
    if (is_at_end_) return nullptr;
    Owned<AVPacket> stored = next_of_any();
    if (stored && !is_video(*stored)) return stored;
    is_at_end_ = !stored;
    bitstream_->push(stored.get());
    if (is_at_end_) check_end();
  }
  return out;
}

Packet LibavDemuxer::to_packet(Owned<AVPacket> from) {
  const std::shared_ptr<AVPacket> packet(std::move(from));
  Packet out = from_av_packet(packet, container_->streams[packet->stream_index]->time_base);
  if (is_video(*packet)) {
    fill_video(out, packet);
  } else {
    out.extradata = side_data(packet, AV_PKT_DATA_NEW_EXTRADATA);
  }
  return out;
}

void LibavDemuxer::fill_video(Packet& out, const std::shared_ptr<AVPacket>& packet) {
  if (!bitstream_->carries_headers()) {
    out.extradata = side_data(packet, AV_PKT_DATA_NEW_EXTRADATA);
  }
  out.palette = side_data(packet, AV_PKT_DATA_PALETTE);
  if (out.palette.size > 0) palette_ = out.palette;
  if (std::exchange(is_behind_seek_, false)) out.palette = palette_;
  out.backend_stream = bitstream_->parameters();
  out.rotation = video_.rotation;
  out.hints = hints_of(*bitstream_->parameters());
}

TrackDescription LibavDemuxer::track(uint32_t stream_index) const {
  if (stream_index >= streams_.size() || !streams_[stream_index].is_read) {
    throw Error(Status::invalid_argument, "Stream " + std::to_string(stream_index) +
                                              " is not read: " + subject_ + " has " +
                                              list_streams(streams_));
  }
  AVStream& from = *container_->streams[stream_index];
  const bool is_main = stream_index == video_.stream_index;
  TrackDescription out;
  out.codec = streams_[stream_index].codec;
  out.copied = copy_stream(*container_, from, is_main ? *bitstream_->parameters() : *from.codecpar);
  return out;
}

bool LibavDemuxer::read(Packet& out) {
  Owned<AVPacket> packet = next_leaving();
  if (!packet) return false;
  out = to_packet(std::move(packet));
  return true;
}

// Where the stream has presentation times, a packet that lacks its own (the first after a jump in
// MPEG-PS) has none.
int64_t LibavDemuxer::time_of(const AVPacket& packet) const {
  return packet.pts != AV_NOPTS_VALUE || has_pts_ ? packet.pts : packet.dts;
}

bool LibavDemuxer::jump(int64_t timestamp) {
  unread_.clear();
  passed_.clear();
  const int index = static_cast<int>(video_.stream_index);
  int result = avformat_seek_file(container_.get(), index, INT64_MIN, timestamp, timestamp, 0);
  if (result < 0) {
    result = av_seek_frame(container_.get(), index, timestamp, AVSEEK_FLAG_BACKWARD);
  }
  io_.rethrow();
  return result >= 0;
}

// Null: none up to the end.
Owned<AVPacket> LibavDemuxer::next_key() {
  for (;;) {
    Owned<AVPacket> packet = next_stored();
    if (!packet || (packet->flags & AV_PKT_FLAG_KEY)) return packet;
  }
}

// These seek by a table of all key packets; elsewhere a nearer one may follow where libav lands.
// Of a fragmented mp4 libav knows those fragments only that it has come by.
bool LibavDemuxer::has_exact_index(int64_t wanted) const {
  const int count = avformat_index_get_entries_count(&stream());
  const AVIndexEntry* last = avformat_index_get_entry(&stream(), count - 1);
  if (!last || last->timestamp < wanted) return false;
  const std::string_view name = container_->iformat->name;
  return name.starts_with("mov,") || name.starts_with("matroska,") || name == "avi";
}

// Containers seek by decoding time, or to where a packet of about that time begins, so the first
// key packet found may be one behind the wanted time: try from earlier places until it is not.
Owned<AVPacket> LibavDemuxer::land(int64_t wanted) {
  const AVStream& st = stream();
  const int64_t start = st.start_time != AV_NOPTS_VALUE ? st.start_time : 0;
  int64_t step = std::max<int64_t>(av_rescale_q(1, {1, 2}, st.time_base), 1);
  int64_t from = wanted;
  for (bool is_first = true; is_first || from > start; is_first = false) {
    Owned<AVPacket> key = jump(from) ? next_key() : nullptr;
    // The first packet after a jump may lack its time (MPEG-PS): then it is not known where this
    // is.
    if (key && time_of(*key) != AV_NOPTS_VALUE && time_of(*key) <= wanted) {
      if (is_first && has_exact_index(wanted)) return key;
      return last_key_before(std::move(key), wanted, [&] { return jump(from); });
    }
    if (key && is_first && key->dts != AV_NOPTS_VALUE) {
      from = std::min(from, key->dts) - 1;
    } else {
      from = earlier(from, step);
      step = std::min(step, INT64_MAX / 2) * 2;
    }
  }
  const auto to_begin = [&] {
    // In program and transport streams times are searched for, and the search may stop too late.
    const bool is_searched = container_->iformat->flags & AVFMT_TS_DISCONT;
    const bool has_jumped =
        !is_searched && (jump(earlier(std::min<int64_t>(start, 0), step)) || jump(start));
    if (!has_jumped) rewind();
    return true;
  };
  to_begin();
  Owned<AVPacket> key = next_key();
  // With the first key packet behind it, there is none before the wanted time.
  if (!key || time_of(*key) >= wanted) return key;
  return last_key_before(std::move(key), wanted, to_begin);
}

void LibavDemuxer::rewind() {
  unread_.clear();
  passed_.clear();
  const int result = av_seek_frame(container_.get(), -1, 0, AVSEEK_FLAG_BYTE);
  io_.rethrow();
  if (result < 0) {
    throw Error(Status::unsupported, "libav cannot seek in " + subject_ + " (" + video_.container +
                                         "); read it from the start");
  }
}

// Without timestamps only counting from the start tells where a picture is.
Owned<AVPacket> LibavDemuxer::land_by_counting(int64_t wanted) {
  int64_t key_time = 0;
  int64_t time = 0;
  rewind();
  while (Owned<AVPacket> packet = next_stored()) {
    if (packet->flags & AV_PKT_FLAG_KEY) key_time = time;
    time = wrapping_sum(time, packet->duration);
    if (time > wanted || packet->duration <= 0) break;
  }
  rewind();
  time = 0;
  Owned<AVPacket> packet = next_stored();
  for (; packet && time < key_time; packet = next_stored()) {
    time = wrapping_sum(time, packet->duration);
  }
  if (packet) packet->pts = time;
  return packet;
}

// From a place well before the wanted time there may be several key packets up to it. return_there
// goes back to it.
Owned<AVPacket> LibavDemuxer::last_key_before(Owned<AVPacket> key, int64_t wanted,
                                              const std::function<bool()>& return_there) {
  const int64_t first_time = time_of(*key);
  int64_t best_time = first_time;
  while (Owned<AVPacket> packet = next_stored()) {
    if (packet->dts != AV_NOPTS_VALUE && packet->dts > wanted) break;
    const int64_t time = time_of(*packet);
    const bool is_key = (packet->flags & AV_PKT_FLAG_KEY) && time != AV_NOPTS_VALUE;
    if (is_key && time <= wanted) best_time = time;
  }
  Owned<AVPacket> found = return_there() ? next_key() : nullptr;
  while (found && best_time != first_time && time_of(*found) != best_time) found = next_key();
  return found;
}

void LibavDemuxer::seek(double seconds) {
  if (!std::isfinite(seconds)) {
    throw Error(Status::invalid_argument, "The time to seek to must be a finite number of seconds");
  }
  if (!video_.is_seekable) {
    throw Error(Status::unsupported,
                subject_ +
                    " cannot be seeked in: its bytes come as a stream; open it by a path or "
                    "as a seekable source");
  }
  const double ticks = std::floor(seconds / av_q2d(stream().time_base) + 1e-6);
  const double limit = 9e15;
  const auto wanted = static_cast<int64_t>(std::clamp(ticks, -limit, limit));
  is_at_end_ = false;
  bitstream_->reset();
  is_behind_seek_ = true;
  Owned<AVPacket> key = is_untimed_ ? land_by_counting(wanted) : land(wanted);
  if (!key) return;
  drop_passed_before(*key);
  unread(std::move(key));
}

// Behind a seek, of the packets of other streams that were passed only those that are played
// together with the video.
void LibavDemuxer::drop_passed_before(const AVPacket& video) {
  const int64_t time = time_of(video);
  if (time == AV_NOPTS_VALUE) return;
  std::erase_if(passed_, [&](const Owned<AVPacket>& packet) {
    if (packet->pts == AV_NOPTS_VALUE) return false;
    const int64_t end = wrapping_sum(packet->pts, std::max<int64_t>(packet->duration, 0));
    const AVRational base = container_->streams[packet->stream_index]->time_base;
    return av_compare_ts(end, base, time, stream().time_base) <= 0;
  });
}

}  // namespace

std::unique_ptr<Demuxer> open_demuxer(const DemuxerOptions& options) {
  return std::make_unique<LibavDemuxer>(options);
}

}  // namespace cuf::libav
