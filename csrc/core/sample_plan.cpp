#include "core/sample_plan.h"

#include <algorithm>
#include <numeric>

namespace cuf {
namespace {

// Costs are in thousandths of an average packet.
constexpr uint64_t kPacketCost = 1000;

// The part of a packet's cost that grows with its size (entropy decoding); the rest every picture
// has. Regression gave 0.5 for H.264 at 8.5 Mbit/s, 0.2 at 1 and 0.4 for HEVC.
constexpr uint64_t kSizeShare = 400;

// Dropped packets are free to decode, but a container that can only be read through reads them:
// a longer gap is a seek even if all of it is droppable.
constexpr uint32_t kLongestGap = 64;

// Sequential turns are at least this long, so that one-packet GOPs do not mean a seek each.
constexpr uint64_t kShortestTurn = 8 * kPacketCost;

using Standing = std::span<const std::optional<StandingDecoder>>;

struct Wanted {
  uint32_t packet;
  uint32_t start;
};

struct Segment {
  uint32_t first;
  uint32_t last;
  size_t begin;  // its part of the sorted wanted packets
  size_t end;
  std::optional<uint32_t> decoder;  // continues there
  uint32_t packets = 0;             // sent
  uint64_t bytes = 0;
  uint64_t cost = 0;  // with the seek
};

// For each queue, segments by number
using Assignment = std::vector<std::vector<size_t>>;

std::vector<Wanted> sort_wanted(const PacketIndex& index, std::span<const uint32_t> frames) {
  std::vector<Wanted> wanted;
  wanted.reserve(frames.size());
  for (const uint32_t frame : frames) {
    wanted.push_back({index.packet_of_frame(frame), index.start_of_frame(frame)});
  }
  std::sort(wanted.begin(), wanted.end(),
            [](const Wanted& a, const Wanted& b) { return a.packet < b.packet; });
  const auto same = [](const Wanted& a, const Wanted& b) { return a.packet == b.packet; };
  wanted.erase(std::unique(wanted.begin(), wanted.end(), same), wanted.end());
  return wanted;
}

// The connected pieces of the packets that wanted[begin, end) need.
std::vector<Segment> find_segments(std::span<const Wanted> wanted, size_t begin, size_t end) {
  std::vector<Segment> segments;
  for (size_t i = begin; i < end; ++i) {
    Segment segment{wanted[i].start, wanted[i].packet, i, i + 1, {}};
    while (!segments.empty() && segment.first <= segments.back().last) {
      segment.first = std::min(segment.first, segments.back().first);
      segment.begin = segments.back().begin;
      segments.pop_back();
    }
    segments.push_back(segment);
  }
  return segments;
}

// Whether a decoder that stands at `begin` comes to `end` without a seek and for nothing.
bool is_free_gap(const PacketIndex& index, uint32_t begin, uint32_t end) {
  if (end - begin > kLongestGap) return false;
  const auto gap = index.packets().subspan(begin, end - begin);
  return std::all_of(gap.begin(), gap.end(),
                     [](const IndexedPacket& packet) { return packet.is_droppable; });
}

// Lets a decoder take the rest of the segment in which it stands, or the whole of the one it stands
// closely before. What is wanted behind it becomes segments of its own.
void continue_decoder(const PacketIndex& index, std::span<const Wanted> wanted, uint32_t decoder,
                      const StandingDecoder& state, std::vector<Segment>& segments) {
  const auto found =
      std::lower_bound(segments.begin(), segments.end(), state.next_packet,
                       [](const Segment& segment, uint32_t next) { return segment.last < next; });
  if (found == segments.end() || found->decoder) return;
  if (state.next_packet <= found->first) {
    if (!is_free_gap(index, state.next_packet, found->first)) return;
    found->first = state.next_packet;
    found->decoder = decoder;
    return;
  }
  Segment tail = *found;
  while (wanted[tail.begin].packet < state.next_packet) ++tail.begin;
  // A leading picture of the GOP at which the decoder started needs the GOP before.
  for (size_t i = tail.begin; i < tail.end; ++i) {
    if (wanted[i].start < state.start_packet) return;
  }
  const auto heads = find_segments(wanted, found->begin, tail.begin);
  tail.first = state.next_packet;
  tail.decoder = decoder;
  *found = tail;
  segments.insert(found, heads.begin(), heads.end());
}

// The standing decoders, those furthest on first.
std::vector<uint32_t> furthest_first(Standing standing) {
  std::vector<uint32_t> order;
  for (uint32_t d = 0; d < standing.size(); ++d) {
    if (standing[d]) order.push_back(d);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return standing[a]->next_packet > standing[b]->next_packet;
  });
  return order;
}

void count_costs(const PacketIndex& index, std::span<const Wanted> wanted,
                 std::vector<Segment>& segments) {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  for (Segment& segment : segments) {
    size_t next = segment.begin;
    for (uint32_t p = segment.first; p <= segment.last; ++p) {
      const bool is_wanted = wanted[next].packet == p;
      if (is_wanted && next + 1 < segment.end) ++next;
      if (index.is_droppable(p) && !is_wanted) continue;
      ++segment.packets;
      segment.bytes += index.packets()[p].size;
    }
    packets += segment.packets;
    bytes += segment.bytes;
  }
  const double mean =
      static_cast<double>(bytes) / static_cast<double>(std::max<uint64_t>(packets, 1));
  for (Segment& segment : segments) {
    // In packets of average size
    const double size = bytes > 0 ? static_cast<double>(segment.bytes) / mean : segment.packets;
    segment.cost = segment.packets * (kPacketCost - kSizeShare) +
                   static_cast<uint64_t>(size * static_cast<double>(kSizeShare));
    if (!segment.decoder) segment.cost += kSeekCost;
  }
}

// Decoders that no state is lost on come first.
std::vector<uint32_t> preferred_order(uint32_t decoders, Standing standing) {
  std::vector<uint32_t> order(decoders);
  std::iota(order.begin(), order.end(), 0);
  std::stable_partition(order.begin(), order.end(),
                        [&](uint32_t d) { return d >= standing.size() || !standing[d]; });
  return order;
}

// Longest first, each to the queue with the least so far.
Assignment assign_longest_first(std::span<const Segment> segments,
                                std::span<const uint32_t> decoders) {
  std::vector<size_t> order(segments.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return segments[a].cost > segments[b].cost; });
  Assignment queues(decoders.size());
  std::vector<uint64_t> loads(decoders.size());
  for (const size_t i : order) {
    if (!segments[i].decoder) continue;
    queues[*segments[i].decoder].push_back(i);
    loads[*segments[i].decoder] += segments[i].cost;
  }
  for (const size_t i : order) {
    if (segments[i].decoder) continue;
    const uint32_t least =
        *std::min_element(decoders.begin(), decoders.end(),
                          [&](uint32_t a, uint32_t b) { return loads[a] < loads[b]; });
    queues[least].push_back(i);
    loads[least] += segments[i].cost;
  }
  for (uint32_t d = 0; d < queues.size(); ++d) {
    // The segment that continues stays in front.
    const bool continues = !queues[d].empty() && segments[queues[d].front()].decoder;
    std::sort(queues[d].begin() + (continues ? 1 : 0), queues[d].end());
  }
  return queues;
}

// Neighbours to the same queue, which saves seeks: cut where the sum of costs passes equal shares.
Assignment assign_neighbours(std::span<const Segment> segments,
                             std::span<const uint32_t> decoders) {
  uint64_t total = 0;
  for (const Segment& segment : segments) total += segment.cost;
  Assignment queues(decoders.size());
  const uint64_t used = std::min(decoders.size(), segments.size());
  uint64_t before = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    // By its middle, so that a share is exceeded by at most half a segment at either end.
    const uint64_t share = (2 * before + segments[i].cost) * used / (2 * total);
    queues[decoders[share]].push_back(i);
    before += segments[i].cost;
  }
  return queues;
}

// Whether a decoder goes on from one segment of its queue to the next. Only neighbours: what lies
// between others belongs to another queue.
bool is_linked(const PacketIndex& index, std::span<const Segment> segments, size_t from,
               size_t to) {
  return to == from + 1 && is_free_gap(index, segments[from].last + 1, segments[to].first);
}

uint64_t longest_queue(const PacketIndex& index, std::span<const Segment> segments,
                       const Assignment& queues) {
  uint64_t longest = 0;
  for (const auto& queue : queues) {
    uint64_t load = 0;
    for (size_t i = 0; i < queue.size(); ++i) {
      load += segments[queue[i]].cost;
      if (i > 0 && is_linked(index, segments, queue[i - 1], queue[i])) load -= kSeekCost;
    }
    longest = std::max(longest, load);
  }
  return longest;
}

Assignment assign_balanced(const PacketIndex& index, std::span<const Segment> segments,
                           std::span<const uint32_t> decoders) {
  Assignment longest_first = assign_longest_first(segments, decoders);
  for (const Segment& segment : segments) {
    if (segment.decoder) return longest_first;
  }
  Assignment neighbours = assign_neighbours(segments, decoders);
  const bool keep =
      longest_queue(index, segments, neighbours) <= longest_queue(index, segments, longest_first);
  return keep ? neighbours : longest_first;
}

// Round the decoders from `first` on; also gives the most frames of decoders - 1 following turns.
Assignment assign_turns(std::span<const Segment> segments, uint32_t decoders, uint32_t first,
                        uint32_t& frames_ahead) {
  Assignment queues(decoders);
  std::vector<uint32_t> turns;
  uint64_t cost = kShortestTurn;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (cost >= kShortestTurn) {
      turns.push_back(0);
      cost = 0;
    }
    queues[(first + turns.size() - 1) % decoders].push_back(i);
    turns.back() += static_cast<uint32_t>(segments[i].end - segments[i].begin);
    cost += segments[i].cost;
  }
  uint32_t ahead = 0;
  frames_ahead = 0;
  for (size_t i = 1; i < turns.size(); ++i) {
    ahead += turns[i];
    if (i >= decoders) ahead -= turns[i - decoders + 1];
    frames_ahead = std::max(frames_ahead, ahead);
  }
  return queues;
}

void find_dropped(const PacketIndex& index, PlannedRun& run) {
  auto wanted = run.wanted_packets.begin();
  for (uint32_t p = run.first_packet; p <= run.last_packet; ++p) {
    if (p == *wanted) {
      ++wanted;
    } else if (index.is_droppable(p)) {
      run.dropped_packets.push_back(p);
    }
  }
}

// Turns assigned segments into runs and finds each requested frame in them.
SamplePlan make_plan(const PacketIndex& index, std::span<const uint32_t> frames,
                     std::span<const Wanted> wanted, std::span<const Segment> segments,
                     const Assignment& assignment) {
  SamplePlan plan;
  plan.queues.resize(assignment.size());
  std::vector<PlannedFrame> places(wanted.size());
  for (uint32_t d = 0; d < assignment.size(); ++d) {
    auto& queue = plan.queues[d];
    for (size_t i = 0; i < assignment[d].size(); ++i) {
      const Segment& segment = segments[assignment[d][i]];
      if (i == 0 || !is_linked(index, segments, assignment[d][i - 1], assignment[d][i])) {
        queue.push_back({segment.first, segment.last, segment.decoder.has_value(), {}, {}});
      }
      PlannedRun& run = queue.back();
      run.last_packet = segment.last;
      for (size_t w = segment.begin; w < segment.end; ++w) {
        places[w] = {d, static_cast<uint32_t>(queue.size() - 1),
                     static_cast<uint32_t>(run.wanted_packets.size())};
        run.wanted_packets.push_back(wanted[w].packet);
      }
    }
    for (PlannedRun& run : queue) find_dropped(index, run);
  }
  plan.frames.reserve(frames.size());
  for (const uint32_t frame : frames) {
    const auto found = std::lower_bound(
        wanted.begin(), wanted.end(), index.packet_of_frame(frame),
        [](const Wanted& entry, uint32_t packet) { return entry.packet < packet; });
    plan.frames.push_back(places[static_cast<size_t>(found - wanted.begin())]);
  }
  return plan;
}

}  // namespace

SamplePlan plan_samples(const PacketIndex& index, std::span<const uint32_t> frames,
                        uint32_t decoders, Standing standing) {
  const std::vector<Wanted> wanted = sort_wanted(index, frames);
  std::vector<Segment> segments = find_segments(wanted, 0, wanted.size());
  // From the back, so that each finds what those further on have left.
  for (const uint32_t d : furthest_first(standing)) {
    continue_decoder(index, wanted, d, *standing[d], segments);
  }
  count_costs(index, wanted, segments);
  const Assignment queues = assign_balanced(index, segments, preferred_order(decoders, standing));
  return make_plan(index, frames, wanted, segments, queues);
}

SamplePlan plan_sequential(const PacketIndex& index, uint32_t from, uint32_t count, uint32_t step,
                           uint32_t decoders, Standing standing) {
  std::vector<uint32_t> frames(count);
  for (uint32_t i = 0; i < count; ++i) frames[i] = from + i * step;
  const std::vector<Wanted> wanted = sort_wanted(index, frames);
  std::vector<Segment> segments = find_segments(wanted, 0, wanted.size());
  uint32_t first = preferred_order(decoders, standing).front();
  // Queues must ascend, so only the first segment can continue, and only as a whole.
  for (const uint32_t d : furthest_first(standing)) {
    if (wanted.empty() || standing[d]->next_packet > wanted.front().packet) continue;
    continue_decoder(index, wanted, d, *standing[d], segments);
    if (!segments.front().decoder) continue;
    first = d;
    break;
  }
  count_costs(index, wanted, segments);
  uint32_t frames_ahead = 0;
  const Assignment queues = assign_turns(segments, decoders, first, frames_ahead);
  SamplePlan plan = make_plan(index, frames, wanted, segments, queues);
  plan.frames_ahead = frames_ahead;
  return plan;
}

}  // namespace cuf
