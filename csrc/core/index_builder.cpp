#include "core/index_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/log.h"
#include "core/mp4_tables.h"
#include "core/picture_header.h"

namespace cuf {
namespace {

// Packets and what was learned about their pictures.
struct Pass {
  std::vector<IndexedPacket> packets;
  std::vector<PictureFacts> facts;
};

void check_aborted(const IndexOptions& options) {
  if (options.is_aborted && *options.is_aborted) {
    throw Error(Status::aborted, "Building the index was aborted");
  }
}

// Leading pictures of the first GOP refer to pictures that are not there.
void hide_undecodable(std::vector<IndexedPacket>& packets, const std::vector<PictureFacts>& facts) {
  const auto is_key = [](const IndexedPacket& packet) { return packet.is_key; };
  const auto key = std::find_if(packets.begin(), packets.end(), is_key);
  if (key == packets.end()) return;
  const auto end = std::find_if(key + 1, packets.end(), is_key);
  for (auto packet = key + 1; packet != end; ++packet) {
    const bool has_pts = packet->pts != kNoTimestamp && key->pts != kNoTimestamp;
    const bool is_leading =
        has_pts ? packet->pts < key->pts : packet->display_order < key->display_order;
    const auto i = static_cast<size_t>(packet - packets.begin());
    if (is_leading && facts[i].needs_earlier_gop) packet->is_shown = false;
  }
}

// An anchor (I or P) of the MPEG codecs is shown in front of the next anchor's B pictures.
void order_packets(Pass& pass) {
  const size_t count = pass.packets.size();
  auto next_anchor = static_cast<int64_t>(count);
  for (size_t i = count; i-- > 0;) {
    const PictureFacts& facts = pass.facts[i];
    int64_t& order = pass.packets[i].display_order;
    switch (facts.order_kind) {
      case PictureFacts::Order::absolute:
        order = facts.order;
        break;
      case PictureFacts::Order::anchor:
        order = 2 * next_anchor - 1;
        next_anchor = static_cast<int64_t>(i);
        break;
      case PictureFacts::Order::b_picture:
      case PictureFacts::Order::none:
        order = 2 * static_cast<int64_t>(i);
        break;
    }
  }
  // A damaged header among many that count: next to the picture before it.
  const bool counts = std::any_of(pass.facts.begin(), pass.facts.end(), [](const auto& facts) {
    return facts.order_kind == PictureFacts::Order::absolute;
  });
  for (size_t i = 1; counts && i < count; ++i) {
    if (pass.facts[i].order_kind == PictureFacts::Order::absolute) continue;
    pass.packets[i].display_order = pass.packets[i - 1].display_order;
  }
}

class Progress {
 public:
  Progress(const Demuxer& demuxer, int64_t bytes, const std::function<void(double)>& report)
      : video_(demuxer.video()), bytes_(bytes), report_(report) {}

  void note(const Packet& packet) {
    if (!report_ || ++count_ % 64 != 0) return;
    double part = 0;
    if (bytes_ > 0 && packet.position >= 0) {
      part = static_cast<double>(packet.position) / static_cast<double>(bytes_);
    } else if (video_.duration_us > 0 && packet.dts != kNoTimestamp) {
      const int64_t start = video_.start_time_us == kNoTimestamp ? 0 : video_.start_time_us;
      const int64_t time =
          wrapping_difference(to_microseconds(packet.dts, packet.time_base), start);
      part = static_cast<double>(time) / static_cast<double>(video_.duration_us);
    }
    done_ = std::max(done_, std::min(part, 1.0));
    report_(done_);
  }

 private:
  const VideoDescription& video_;
  int64_t bytes_;
  const std::function<void(double)>& report_;
  uint32_t count_ = 0;
  double done_ = 0;
};

IndexedPacket to_indexed(const Packet& packet, const PictureFacts& facts) {
  IndexedPacket out;
  out.pts = packet.pts;
  out.dts = packet.dts;
  out.duration = packet.duration;
  out.position = packet.position;
  out.size = static_cast<uint32_t>(packet.payload.size);
  out.is_key = packet.is_key && !facts.completes_frame;
  out.is_shown = facts.is_shown && !packet.is_discard && packet.payload.size > 0;
  out.is_droppable = facts.is_droppable;
  return out;
}

Pass read_packets(Demuxer& demuxer, const IndexOptions& options, std::optional<Error>& damage) {
  const VideoDescription& video = demuxer.video();
  auto reader = make_picture_header_reader(video.codec, video.extradata);
  const auto source = demuxer.bytes();
  Progress progress(demuxer, source ? source->size() : -1, options.on_progress);
  Pass pass;
  try {
    Packet packet;
    while (demuxer.read(packet)) {
      check_aborted(options);
      if (packet.extradata.data) {
        reader =
            make_picture_header_reader(video.codec, {packet.extradata.data, packet.extradata.size});
      }
      const PictureFacts facts =
          reader ? reader->read({packet.payload.data, packet.payload.size}) : PictureFacts();
      pass.packets.push_back(to_indexed(packet, facts));
      pass.facts.push_back(facts);
      progress.note(packet);
      packet = {};
    }
  } catch (const Error& error) {
    if (error.status != Status::corrupt_data || pass.packets.empty()) throw;
    damage = error;
  }
  return pass;
}

// Leading pictures of the first GOP, and its key picture, are read for their headers: few bytes,
// and nearly never any.
void check_first_gop(ByteSource& source, const VideoDescription& video,
                     std::vector<IndexedPacket>& packets) {
  auto reader = make_picture_header_reader(video.codec, video.extradata);
  if (!reader || packets.empty() || !packets[0].is_key) return;
  std::vector<PictureFacts> facts(packets.size());
  std::vector<uint8_t> head;
  const auto read_head = [&](size_t i) {
    head.resize(std::min<size_t>(packets[i].size, kPictureHeadBytes));
    source.seek(packets[i].position);
    size_t filled = 0;
    while (filled < head.size()) {
      const size_t count = source.read(head.data() + filled, head.size() - filled);
      if (count == 0) break;
      filled += count;
    }
    facts[i] = reader->read({head.data(), filled});
  };
  for (size_t i = 1; i < packets.size() && !packets[i].is_key; ++i) {
    if (packets[i].pts >= packets[0].pts) continue;
    if (head.empty()) read_head(0);
    read_head(i);
  }
  hide_undecodable(packets, facts);
}

bool is_mp4(const VideoDescription& video) {
  return video.container.starts_with("mov,");
}

// libavformat parses these in mp4, and cuts or joins samples.
bool is_reframed(std::string_view codec) {
  return codec == "mpeg1video" || codec == "vc1" || codec == "vp8" || codec == "vp9";
}

std::optional<std::vector<IndexedPacket>> read_tables(Demuxer& demuxer) {
  const VideoDescription& video = demuxer.video();
  const auto source = demuxer.bytes();
  if (!source || !is_mp4(video) || is_reframed(video.codec)) return std::nullopt;
  auto track = read_mp4_tables(*source, video.stream_index);
  if (!track) return std::nullopt;
  const bool is_same_base =
      int64_t{video.time_base.num} * track->timescale == int64_t{video.time_base.den};
  if (!is_same_base) return std::nullopt;
  check_first_gop(*source, video, track->packets);
  // Where the payload tells, the muxer's word is not taken: SVT-AV1 through libavformat calls
  // packets disposable that hold a hidden reference beside the shown picture.
  if (make_picture_header_reader(video.codec, video.extradata)) {
    for (IndexedPacket& packet : track->packets) packet.is_droppable = false;
  }
  return std::move(track->packets);
}

// What the container says about its length and rate; nothing if it says too little, or if its
// packets have no times to be found by. AVI stores none of presentation.
std::vector<IndexedPacket> estimate_packets(Demuxer& demuxer) {
  constexpr double kMostFrames = 1e7;
  constexpr double kMostTicks = 9e15;
  const VideoDescription& video = demuxer.video();
  if (video.start_time_us == kNoTimestamp || video.container == "avi") return {};
  const double rate = video.frame_rate.den > 0
                          ? static_cast<double>(video.frame_rate.num) / video.frame_rate.den
                          : 0;
  if (!(rate > 0) || video.time_base.num <= 0) return {};
  double count = static_cast<double>(video.num_frames);
  if (count <= 0) count = std::round(static_cast<double>(video.duration_us) * 1e-6 * rate);
  const auto source = demuxer.bytes();
  const double most =
      source && source->size() >= 0 ? static_cast<double>(source->size()) : kMostFrames;
  if (!(count >= 1) || count > std::min(most, kMostFrames)) return {};
  const double ticks = static_cast<double>(video.time_base.den) / video.time_base.num;
  const double start = static_cast<double>(video.start_time_us) * 1e-6;
  if (!((std::abs(start) + (count + 1) / rate) * ticks < kMostTicks)) return {};
  std::vector<IndexedPacket> packets(static_cast<size_t>(count));
  for (size_t i = 0; i < packets.size(); ++i) {
    const auto time = [&](size_t frame) {
      return std::llround((start + static_cast<double>(frame) / rate) * ticks);
    };
    packets[i].pts = packets[i].dts = time(i);
    packets[i].duration = time(i + 1) - time(i);
    packets[i].is_key = i == 0;
  }
  return packets;
}

}  // namespace

BuiltIndex build_index(Demuxer& demuxer, const IndexOptions& options) {
  const uint64_t bytes_before = demuxer.bytes_read();
  const Rational time_base = demuxer.video().time_base;
  const auto finish = [&](std::vector<IndexedPacket> packets, IndexOrigin origin,
                          std::optional<Error> damage = std::nullopt) {
    if (options.on_progress) options.on_progress(1);
    return BuiltIndex{.index = PacketIndex(std::move(packets), time_base),
                      .origin = origin,
                      .bytes_read = demuxer.bytes_read() - bytes_before,
                      .damage = std::move(damage)};
  };
  check_aborted(options);
  if (options.mode != IndexMode::packets) {
    if (auto packets = read_tables(demuxer)) {
      return finish(std::move(*packets), IndexOrigin::tables);
    }
  }
  if (options.mode == IndexMode::approximate) {
    auto packets = estimate_packets(demuxer);
    if (!packets.empty()) return finish(std::move(packets), IndexOrigin::estimate);
  }
  if (options.mode == IndexMode::approximate) {
    log(LogLevel::info, "index",
        "The container claims too little for an approximate index: reading the whole file");
  }
  std::optional<Error> damage;
  Pass pass = read_packets(demuxer, options, damage);
  if (pass.packets.empty()) {
    throw Error(status_of_damage(), "The video stream has no packets to index");
  }
  order_packets(pass);
  hide_undecodable(pass.packets, pass.facts);
  return finish(std::move(pass.packets), IndexOrigin::packets, std::move(damage));
}

}  // namespace cuf
