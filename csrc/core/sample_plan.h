#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/packet_index.h"

// Which packets which decoder gets for a set of wanted frames. Pure: no reading, no decoding.
//
// The packets that a set of frames needs are the union of [start_of_frame, packet_of_frame] over
// them. Its connected pieces are the segments: each starts at a key packet, ends at a wanted one
// and holds a leading picture together with the GOP that it refers to. A segment goes whole to one
// decoder, so no packet is decoded twice and none in vain. Open GOPs whose leading pictures
// are wanted chain into one segment, which cannot be spread.
namespace cuf {

// What a seek costs in thousandths of decoding an average packet. Draining and flushing a decoder
// with one thread took 0.1 ms where a packet took 6 ms (H.264 1080p) and 1 ms (720p), and 0.01 of
// 4.5 ms for HEVC. So going on to another key packet only pays where nothing is to be sent between.
inline constexpr uint64_t kSeekCost = 100;

// One decoder's work without a seek: the packets [first_packet, last_packet] in decode order except
// the dropped ones are sent, and the frames of the wanted ones are taken out of what comes.
struct PlannedRun {
  uint32_t first_packet = 0;
  uint32_t last_packet = 0;  // inclusive, always wanted
  // The decoder stands at first_packet: no seek, no flush. Otherwise first_packet is a key packet.
  bool continues = false;
  std::vector<uint32_t> wanted_packets;   // ascending; before first_packet: the decoder holds them
  std::vector<uint32_t> dropped_packets;  // ascending; droppable and not wanted: not to be sent

  uint32_t sent_packets() const {
    return last_packet - first_packet + 1 - static_cast<uint32_t>(dropped_packets.size());
  }
};

// Where a requested frame comes from: queues[decoder][run].wanted_packets[wanted].
struct PlannedFrame {
  uint32_t decoder = 0;
  uint32_t run = 0;
  uint32_t wanted = 0;
};

struct SamplePlan {
  std::vector<std::vector<PlannedRun>> queues;  // one for each decoder, in the order to be done
  std::vector<PlannedFrame> frames;             // as requested: same order, same duplicates
  // plan_sequential only: the frames that the other decoders can have ready while the reader still
  // takes those of one decoder, if nothing holds them back.
  uint32_t frames_ahead = 0;
};

// A decoder still open and not drained: it was sent every packet from the key packet start_packet
// on that is not droppable, up to next_packet, the first that it has not been offered. Frames of
// earlier packets are taken to be gone.
struct StandingDecoder {
  uint32_t start_packet = 0;
  uint32_t next_packet = 0;
};

// Fills `decoders` (>= 1) queues with balanced cost for frames in any order, all below frame_count.
// standing[d] (at most `decoders` of them), where there is one, is the state of the decoder that
// takes queue d: it continues where that sends no more than seeking. Among equals, decoders without
// a state are chosen first, then by number, so list the one least recently used first. No queue
// costs more than the mean plus the dearest segment.
SamplePlan plan_samples(const PacketIndex& index, std::span<const uint32_t> frames,
                        uint32_t decoders,
                        std::span<const std::optional<StandingDecoder>> standing = {});

// For reading frames from, from + step, ... (count of them, step >= 1) in display order through
// several decoders with little memory: segments go round the decoders in turn, each queue
// ascending.
//
// Plan once to the end of what may be read, not once for each batch: batches take finished frames
// in order while the decoders stand in the middle of their runs, so that a batch shorter than a GOP
// decodes no GOP's head again. A seek forgets the plan and gives the decoders' states to the next.
// To bound memory, a decoder waits when the frames held reach the bound, except the one whose queue
// holds the next frame to hand out: it must always go on, or nobody would. frames_ahead above the
// bound means that decoders will wait for most of long GOPs; one decoder with frame threads is then
// the better choice, as it is where a single segment covers everything (queues[1..] empty).
SamplePlan plan_sequential(const PacketIndex& index, uint32_t from, uint32_t count, uint32_t step,
                           uint32_t decoders,
                           std::span<const std::optional<StandingDecoder>> standing = {});

}  // namespace cuf
