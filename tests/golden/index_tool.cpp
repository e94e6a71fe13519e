// Shows the packet index of a file, or checks it by decoding, for packet_index_test.ts:
//   index_tool tables|packets|approximate FILE   the index as lines of JSON
//   index_tool verify FILE                       what decoding says about it as one line of JSON
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "core/index_builder.h"
#include "libav/backend.h"

using namespace cuf;

namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<Demuxer> open(const std::string& path) {
  DemuxerOptions options;
  options.path = path;
  options.keeps_container_bitstream = true;
  return libav::backend().open_demuxer(options);
}

std::string number(int64_t value) {
  return value == kNoTimestamp ? "null" : std::to_string(value);
}

int show(const std::string& mode, const std::string& path) {
  const auto begin = Clock::now();
  const auto demuxer = open(path);
  const auto opened = Clock::now();
  const uint64_t bytes_to_open = demuxer->bytes_read();
  IndexOptions options;
  if (mode == "packets") options.mode = IndexMode::packets;
  if (mode == "approximate") options.mode = IndexMode::approximate;
  const BuiltIndex built = build_index(*demuxer, options);
  const std::chrono::duration<double, std::milli> open_time = opened - begin;
  const std::chrono::duration<double, std::milli> time = Clock::now() - opened;
  constexpr const char* kOrigins[] = {"tables", "packets", "estimate"};
  const PacketIndex& index = built.index;
  std::printf("{\"origin\":\"%s\",\"openMs\":%.3f,\"ms\":%.3f,\"bytesToOpen\":%" PRIu64
              ",\"bytes\":%" PRIu64 ",\"damaged\":%s,\"packets\":%zu,\"frames\":%u}\n",
              kOrigins[static_cast<int>(built.origin)], open_time.count(), time.count(),
              bytes_to_open, built.bytes_read, built.damage ? "true" : "false",
              index.packets().size(), index.frame_count());
  for (const IndexedPacket& packet : index.packets()) {
    std::printf("{\"pts\":%s,\"dts\":%s,\"size\":%u,\"position\":%" PRId64
                ",\"key\":%s,\"shown\":%s,\"droppable\":%s}\n",
                number(packet.pts).c_str(), number(packet.dts).c_str(), packet.size,
                packet.position, packet.is_key ? "true" : "false",
                packet.is_shown ? "true" : "false", packet.is_droppable ? "true" : "false");
  }
  for (uint32_t frame = 0; frame < index.frame_count(); ++frame) {
    std::printf("{\"packet\":%u,\"pts\":%" PRId64 ",\"duration\":%" PRId64 ",\"start\":%u}\n",
                index.packet_of_frame(frame), index.pts_of_frame(frame),
                index.duration_of_frame(frame), index.start_of_frame(frame));
  }
  return 0;
}

// Decodes packets of a file under pts that are the ranks of their frames.
class Replay {
 public:
  explicit Replay(const std::string& path) : demuxer_(open(path)) {
    Packet packet;
    try {
      while (demuxer_->read(packet)) packets_.push_back(std::exchange(packet, {}));
    } catch (const Error& error) {
      if (error.status != Status::corrupt_data) throw;
    }
    DecoderOptions options;
    options.codec = demuxer_->video().codec;
    options.extradata = demuxer_->video().extradata;
    options.width = demuxer_->video().coded_width;
    options.height = demuxer_->video().coded_height;
    plain_ = libav::backend().create_decoder(options);
    options.has_all_references = true;
    positioned_ = libav::backend().create_decoder(options);
  }

  // Rank and checksum in the order that the decoder gives.
  using Shown = std::vector<std::pair<int64_t, uint64_t>>;
  Shown decode_all(const PacketIndex& index) {
    return decode(*plain_, index, 0, static_cast<uint32_t>(packets_.size()) - 1,
                  [](uint32_t) { return true; });
  }
  Shown decode_needed(const PacketIndex& index) {
    return decode(*positioned_, index, index.keys()[0], static_cast<uint32_t>(packets_.size()) - 1,
                  [&](uint32_t i) { return !index.is_droppable(i) && !is_cut_off(index, 0, i); });
  }
  Shown decode_to(const PacketIndex& index, uint32_t frame) {
    const uint32_t first = index.start_of_frame(frame);
    return decode(*positioned_, index, first, index.packet_of_frame(frame),
                  [&](uint32_t i) { return !is_cut_off(index, index.gop_of_packet(first), i); });
  }

 private:
  static bool is_cut_off(const PacketIndex& index, uint32_t first_gop, uint32_t packet) {
    return index.gop_of_packet(packet) == first_gop && index.is_leading(packet);
  }

  template <typename Wanted>
  Shown decode(Decoder& decoder, const PacketIndex& index, uint32_t first, uint32_t last,
               const Wanted& is_wanted) {
    Shown shown;
    decoder.reset();
    for (uint32_t i = first; i <= last; ++i) {
      if (!is_wanted(i)) continue;
      Packet packet = packets_[i];
      const uint32_t frame = index.frame_of_packet(i);
      packet.dts = kNoTimestamp;
      packet.pts = frame == PacketIndex::kNoFrame ? kNoTimestamp : int64_t{frame};
      decoder.send(packet);
      drain(decoder, shown);
    }
    decoder.send_end();
    drain(decoder, shown);
    return shown;
  }

  static void drain(Decoder& decoder, Shown& shown) {
    Picture picture;
    while (decoder.receive(picture)) shown.emplace_back(picture.pts, checksum(picture));
  }

  static uint64_t checksum(const Picture& picture) {
    uint64_t sum = picture.width * 31u + picture.height;
    for (uint32_t i = 0; i < picture.plane_count; ++i) {
      const Plane& plane = picture.planes[i];
      for (uint32_t row = 0; row < plane.rows; ++row) {
        const uint8_t* bytes = plane.data + row * plane.stride;
        for (uint32_t x = 0; x < plane.row_bytes; ++x) sum = (sum ^ bytes[x]) * 0x100000001b3;
      }
    }
    return sum;
  }

  std::unique_ptr<Demuxer> demuxer_;
  std::vector<Packet> packets_;
  std::unique_ptr<Decoder> plain_;
  std::unique_ptr<Decoder> positioned_;
};

int verify(const std::string& path) {
  const auto demuxer = open(path);
  IndexOptions options;
  options.mode = IndexMode::packets;
  const PacketIndex index = build_index(*demuxer, options).index;
  const auto count = static_cast<uint32_t>(index.packets().size());
  Replay replay(path);
  const Replay::Shown all = replay.decode_all(index);
  bool is_ordered = all.size() == index.frame_count();
  std::map<int64_t, uint64_t> sums;
  for (size_t i = 0; i < all.size(); ++i) {
    is_ordered = is_ordered && all[i].first == static_cast<int64_t>(i);
    sums.insert(all[i]);
  }
  uint32_t droppable = 0;
  for (uint32_t i = 0; i < count; ++i) droppable += index.is_droppable(i);
  size_t differences = 0;
  size_t left = 0;
  for (const auto& [frame, sum] : replay.decode_needed(index)) {
    ++left;
    differences += sums[frame] != sum;
  }
  size_t lost = 0;
  for (uint32_t frame = 0; frame < index.frame_count(); frame += 4) {
    const auto shown = replay.decode_to(index, frame);
    bool is_found = false;
    for (const auto& [rank, sum] : shown)
      is_found = is_found || (rank == frame && sum == sums[rank]);
    lost += !is_found;
  }
  std::printf(
      "{\"frames\":%u,\"decoded\":%zu,\"ordered\":%s,\"droppable\":%u,\"left\":%zu,"
      "\"differences\":%zu,\"lost\":%zu}\n",
      index.frame_count(), all.size(), is_ordered ? "true" : "false", droppable, left, differences,
      lost);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string mode = argv[1];
  try {
    return mode == "verify" ? verify(argv[2]) : show(mode, argv[2]);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
