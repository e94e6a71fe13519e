#include "core/sample_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

using namespace cuf;

namespace {

using Random = std::mt19937;

uint32_t pick(Random& random, uint32_t least, uint32_t most) {
  return least + static_cast<uint32_t>(random() % (most - least + 1));
}

// A stream of which is known what each packet refers to.
struct Clip {
  std::vector<IndexedPacket> packets;
  std::vector<std::vector<uint32_t>> references;

  uint32_t add(std::vector<uint32_t> refers_to, bool is_key = false) {
    IndexedPacket packet;
    packet.is_key = is_key;
    packets.push_back(packet);
    references.push_back(std::move(refers_to));
    return static_cast<uint32_t>(packets.size() - 1);
  }
};

// Pictures between two others, as a pyramid; appends them to `order` as they are shown.
void add_pyramid(Clip& clip, Random& random, uint32_t count, uint32_t left, uint32_t right,
                 std::vector<uint32_t>& order) {
  if (count == 0) return;
  const uint32_t before = pick(random, 0, count - 1);
  const uint32_t middle = clip.add({left, right});
  add_pyramid(clip, random, before, left, middle, order);
  order.push_back(middle);
  add_pyramid(clip, random, count - 1 - before, middle, right, order);
}

struct Style {
  uint32_t gops, least_length, most_length, pyramid;
  bool is_open, has_hidden, has_discarded, knows_droppable;
};

// One GOP; `previous` is the last picture of the one before that others may refer to.
uint32_t add_gop(Clip& clip, Random& random, const Style& style, std::optional<uint32_t> previous,
                 std::vector<uint32_t>& order) {
  const uint32_t length = pick(random, style.least_length, style.most_length);
  const uint32_t key = clip.add({}, true);
  uint32_t anchor = key;
  if (style.is_open && previous && length > 1 && random() % 4 != 0) {
    add_pyramid(clip, random, pick(random, 1, std::min(length - 1, 4u)), *previous, key, order);
  }
  order.push_back(key);
  while (clip.packets.size() < key + length) {
    if (style.has_hidden && random() % 5 == 0) {
      anchor = clip.add({anchor});
      clip.packets[anchor].is_shown = false;
      order.push_back(anchor);
      continue;
    }
    const uint32_t next = clip.add({anchor});
    const auto left =
        static_cast<uint32_t>(key + length - std::min<size_t>(key + length, clip.packets.size()));
    add_pyramid(clip, random, std::min(left, pick(random, 0, style.pyramid)), anchor, next, order);
    order.push_back(next);
    anchor = next;
  }
  return anchor;
}

Clip make_clip(Random& random, const Style& style) {
  Clip clip;
  std::vector<uint32_t> order;
  for (uint32_t i = pick(random, 0, 2); i > 0 && style.has_discarded; --i)
    order.push_back(clip.add({}));
  std::optional<uint32_t> previous;
  for (uint32_t g = 0; g < style.gops; ++g) {
    previous = add_gop(clip, random, style, previous, order);
  }
  int64_t pts = -static_cast<int64_t>(pick(random, 0, 5000));
  for (const uint32_t packet : order) {
    clip.packets[packet].pts = pts;
    pts += pick(random, 1, 3000);
  }
  std::vector<bool> is_reference(clip.packets.size());
  for (const auto& refers_to : clip.references) {
    for (const uint32_t packet : refers_to) is_reference[packet] = true;
  }
  for (uint32_t p = 0; p < clip.packets.size(); ++p) {
    IndexedPacket& packet = clip.packets[p];
    packet.is_droppable = style.knows_droppable && !is_reference[p];
    packet.size = packet.is_key ? pick(random, 1000, 90000) : pick(random, 0, 9000);
    if (style.has_discarded && random() % 8 == 0) packet.is_shown = false;
  }
  return clip;
}

Style pick_style(Random& random) {
  Style style{pick(random, 1, 12), 1, pick(random, 1, 30), pick(random, 0, 5), false, false, false,
              random() % 4 != 0};
  style.is_open = random() % 2;
  style.has_hidden = random() % 4 == 0;
  style.has_discarded = random() % 4 == 0;
  const uint32_t shape = pick(random, 0, 5);
  if (shape == 0) style.gops = pick(random, 1, 60), style.most_length = 1;
  if (shape == 1) style.gops = 1, style.least_length = 50, style.most_length = 250;
  if (shape == 2) style.least_length = style.most_length;
  return style;
}

std::vector<uint32_t> pick_frames(Random& random, uint32_t count) {
  std::vector<uint32_t> frames;
  if (count == 0) return frames;
  if (random() % 4 == 0) {
    frames.resize(pick(random, 1, count));
    std::iota(frames.begin(), frames.end(),
              pick(random, 0, count - static_cast<uint32_t>(frames.size())));
    return frames;
  }
  const uint32_t wanted = pick(random, 0, random() % 2 ? 5 : 40);
  for (uint32_t i = 0; i < wanted; ++i) frames.push_back(pick(random, 0, count - 1));
  return frames;
}

using States = std::vector<std::optional<StandingDecoder>>;

States pick_states(Random& random, const PacketIndex& index, uint32_t decoders) {
  States states(random() % 2 ? decoders : pick(random, 0, decoders));
  const auto packets = static_cast<uint32_t>(index.packets().size());
  for (auto& state : states) {
    if (random() % 3 == 0) continue;
    const uint32_t gop = pick(random, 0, static_cast<uint32_t>(index.keys().size()) - 1);
    const uint32_t start = index.keys()[gop];
    const uint32_t reach = random() % 2 ? packets : std::min(packets, start + 40);
    state = StandingDecoder{start, pick(random, start + 1, reach)};
  }
  return states;
}

// What a plan must come to at least, found packet by packet.
struct Needs {
  std::set<uint32_t> wanted;
  std::set<uint32_t> packets;
  uint32_t segments = 0;
  uint32_t longest_segment = 0;
  uint32_t sequential = 0;  // one pass from the first needed packet to the last
};

Needs find_needs(const PacketIndex& index, const std::vector<uint32_t>& frames) {
  Needs needs;
  for (const uint32_t frame : frames) needs.wanted.insert(index.packet_of_frame(frame));
  std::vector<bool> is_covered(index.packets().size() + 1);
  for (const uint32_t frame : frames) {
    for (uint32_t p = index.start_of_frame(frame); p <= index.packet_of_frame(frame); ++p) {
      is_covered[p] = true;
    }
  }
  std::set<uint32_t> starts;
  for (const uint32_t frame : frames) starts.insert(index.start_of_frame(frame));
  uint32_t length = 0;
  for (uint32_t p = 0; p < index.packets().size(); ++p) {
    const bool is_needed = !index.packets()[p].is_droppable || needs.wanted.contains(p);
    // Pieces that only touch are two: what starts here is not covered from before.
    const bool touches =
        starts.contains(p) && std::none_of(frames.begin(), frames.end(), [&](uint32_t frame) {
          return index.start_of_frame(frame) < p && index.packet_of_frame(frame) >= p;
        });
    if (touches || !is_covered[p]) length = 0;
    if (touches) ++needs.segments;
    if (is_covered[p] && is_needed) needs.packets.insert(p), ++length;
    needs.longest_segment = std::max(needs.longest_segment, length);
    if (!needs.wanted.empty() && p >= *starts.begin() && p <= *needs.wanted.rbegin()) {
      needs.sequential += is_needed;
    }
  }
  return needs;
}

// A decoder that knows which pictures have come out right.
class ModelDecoder {
 public:
  ModelDecoder(const Clip& clip, const std::optional<StandingDecoder>& state)
      : clip_(clip), is_right_(clip.packets.size()) {
    if (!state) return;
    next_ = state->next_packet;
    for (uint32_t p = state->start_packet; p < next_; ++p) {
      if (!clip.packets[p].is_droppable) send(p);
    }
    next_ = state->next_packet;
  }

  void seek(uint32_t packet) {
    std::fill(is_right_.begin(), is_right_.end(), false);
    next_ = packet;
  }

  // Whether the picture comes out right
  bool send(uint32_t packet) {
    bool is_right = true;
    for (const uint32_t reference : clip_.references[packet]) is_right &= is_right_[reference];
    is_right_[packet] = is_right;
    return is_right;
  }

  void end_at(uint32_t packet) { next_ = packet; }
  std::optional<uint32_t> next() const { return next_; }

 private:
  const Clip& clip_;
  std::vector<bool> is_right_;
  std::optional<uint32_t> next_;
};

struct Outcome {
  std::multiset<uint32_t> sent;
  std::multiset<uint32_t> wanted;
  std::set<uint32_t> dropped;
  uint32_t seeks = 0;
  std::vector<uint64_t> loads;  // thousandths of a packet, with seeks
  uint32_t faults = 0;
};

uint32_t run_faults(const Clip& clip, const PlannedRun& run, const ModelDecoder& decoder) {
  uint32_t faults = 0;
  faults += run.wanted_packets.empty() || run.last_packet != run.wanted_packets.back();
  faults += !std::is_sorted(run.wanted_packets.begin(), run.wanted_packets.end());
  faults += !std::is_sorted(run.dropped_packets.begin(), run.dropped_packets.end());
  if (run.continues) {
    faults += decoder.next() != run.first_packet;
  } else {
    faults += !clip.packets[run.first_packet].is_key;
  }
  for (const uint32_t p : run.dropped_packets) {
    faults += !clip.packets[p].is_droppable || p < run.first_packet || p > run.last_packet;
    faults += std::binary_search(run.wanted_packets.begin(), run.wanted_packets.end(), p);
  }
  return faults;
}

Outcome carry_out(const Clip& clip, const SamplePlan& plan, const States& states) {
  Outcome outcome;
  for (uint32_t d = 0; d < plan.queues.size(); ++d) {
    ModelDecoder decoder(clip, d < states.size() ? states[d] : std::nullopt);
    uint64_t load = 0;
    for (const PlannedRun& run : plan.queues[d]) {
      outcome.faults += run_faults(clip, run, decoder);
      outcome.seeks += !run.continues;
      load += run.sent_packets() * 1000 + (run.continues ? 0 : kSeekCost);
      outcome.dropped.insert(run.dropped_packets.begin(), run.dropped_packets.end());
      if (!run.continues) decoder.seek(run.first_packet);
      for (uint32_t p = run.first_packet; p <= run.last_packet; ++p) {
        if (std::binary_search(run.dropped_packets.begin(), run.dropped_packets.end(), p)) continue;
        outcome.sent.insert(p);
        const bool is_right = decoder.send(p);
        if (!std::binary_search(run.wanted_packets.begin(), run.wanted_packets.end(), p)) continue;
        outcome.wanted.insert(p);
        outcome.faults += !is_right;
      }
      decoder.end_at(run.last_packet + 1);
    }
    outcome.loads.push_back(load);
  }
  return outcome;
}

void check_places(const PacketIndex& index, const std::vector<uint32_t>& frames,
                  const SamplePlan& plan) {
  REQUIRE(plan.frames.size() == frames.size());
  uint32_t misplaced = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    const PlannedFrame& place = plan.frames[i];
    const PlannedRun& run = plan.queues.at(place.decoder).at(place.run);
    misplaced += run.wanted_packets.at(place.wanted) != index.packet_of_frame(frames[i]);
  }
  CHECK(misplaced == 0);
}

void check_outcome(const Needs& needs, const Outcome& outcome) {
  CHECK(outcome.faults == 0);
  CHECK(std::vector(outcome.wanted.begin(), outcome.wanted.end()) ==
        std::vector(needs.wanted.begin(), needs.wanted.end()));
  CHECK(std::set(outcome.sent.begin(), outcome.sent.end()).size() == outcome.sent.size());
  uint32_t missed = 0;
  for (const uint32_t p : needs.wanted) missed += outcome.dropped.contains(p);
  CHECK(missed == 0);
}

struct Case {
  Clip clip;
  PacketIndex index;
  std::vector<uint32_t> frames;
  uint32_t decoders;
};

Case make_case(uint32_t seed) {
  Random random(seed);
  Clip clip = make_clip(random, pick_style(random));
  PacketIndex index(clip.packets, {1, 90000});
  auto frames = pick_frames(random, index.frame_count());
  return {std::move(clip), std::move(index), std::move(frames), pick(random, 1, 8)};
}

constexpr uint32_t kCases = 4000;

}  // namespace

TEST_CASE("sample plan: each wanted frame once and right, no packet twice or in vain") {
  for (uint32_t seed = 0; seed < kCases; ++seed) {
    CAPTURE(seed);
    const Case c = make_case(seed);
    const SamplePlan plan = plan_samples(c.index, c.frames, c.decoders);
    const Needs needs = find_needs(c.index, c.frames);
    const Outcome outcome = carry_out(c.clip, plan, {});
    REQUIRE(plan.queues.size() == c.decoders);
    check_places(c.index, c.frames, plan);
    check_outcome(needs, outcome);
    CHECK(outcome.sent.size() <= needs.sequential);
    CHECK(std::vector(outcome.sent.begin(), outcome.sent.end()) ==
          std::vector(needs.packets.begin(), needs.packets.end()));
    CHECK(outcome.seeks <= needs.segments);
  }
}

TEST_CASE("sample plan: standing decoders are continued only where right, and save packets") {
  uint32_t continued = 0;
  for (uint32_t seed = 0; seed < kCases; ++seed) {
    CAPTURE(seed);
    const Case c = make_case(seed);
    Random random(seed + kCases);
    const States states = pick_states(random, c.index, c.decoders);
    const SamplePlan plan = plan_samples(c.index, c.frames, c.decoders, states);
    const Needs needs = find_needs(c.index, c.frames);
    const Outcome outcome = carry_out(c.clip, plan, states);
    check_places(c.index, c.frames, plan);
    check_outcome(needs, outcome);
    CHECK(outcome.sent.size() <= needs.packets.size());
    // Several decoders may each seek to a part that a continued one leaves of a segment.
    if (c.decoders == 1) CHECK(outcome.seeks <= needs.segments);
    for (const auto& queue : plan.queues) {
      continued += !queue.empty() && queue.front().continues;
      const auto starts = [](const PlannedRun& a, const PlannedRun& b) {
        return a.first_packet < b.first_packet;
      };
      if (queue.size() > 1) CHECK(std::is_sorted(queue.begin() + 1, queue.end(), starts));
    }
  }
  CHECK(continued > kCases / 4);
}

TEST_CASE("sample plan: no queue is longer than the mean plus one segment") {
  for (uint32_t seed = 0; seed < kCases; ++seed) {
    CAPTURE(seed);
    Case c = make_case(seed);
    // Sizes tell nothing here, so that a cost is a number of packets.
    for (IndexedPacket& packet : c.clip.packets) packet.size = 0;
    const PacketIndex index(c.clip.packets, {1, 90000});
    const SamplePlan plan = plan_samples(index, c.frames, c.decoders);
    const Needs needs = find_needs(index, c.frames);
    const Outcome outcome = carry_out(c.clip, plan, {});
    const uint64_t total = needs.packets.size() * 1000 + kSeekCost * needs.segments;
    const uint64_t longest = needs.longest_segment * 1000 + kSeekCost;
    const uint64_t most = *std::max_element(outcome.loads.begin(), outcome.loads.end());
    CHECK(most <= (total + c.decoders - 1) / c.decoders + longest);
  }
}

TEST_CASE("sample plan: sequential reading with decoders standing between batches") {
  for (uint32_t seed = 0; seed < kCases; ++seed) {
    CAPTURE(seed);
    const Case c = make_case(seed);
    if (c.index.frame_count() == 0) continue;
    Random random(seed);
    const uint32_t step = random() % 3 == 0 ? pick(random, 1, 20) : 1;
    const uint32_t from = pick(random, 0, c.index.frame_count() - 1);
    const uint32_t count = 1 + pick(random, 0, (c.index.frame_count() - 1 - from) / step);
    const States states = pick_states(random, c.index, c.decoders);
    std::vector<uint32_t> frames;
    for (uint32_t i = 0; i < count; ++i) frames.push_back(from + i * step);
    const SamplePlan plan = plan_sequential(c.index, from, count, step, c.decoders, states);
    check_places(c.index, frames, plan);
    const Needs needs = find_needs(c.index, frames);
    const Outcome outcome = carry_out(c.clip, plan, states);
    check_outcome(needs, outcome);
    CHECK(outcome.sent.size() <= needs.packets.size());
    // Ascending runs are what lets the reader stop every decoder but the one it waits for: each
    // decoder's frames come in the order in which the reader takes them.
    uint32_t disorder = 0;
    for (const auto& queue : plan.queues) {
      std::optional<int64_t> pts;
      for (const PlannedRun& run : queue) {
        std::vector<int64_t> shown;
        for (const uint32_t p : run.wanted_packets) shown.push_back(c.clip.packets[p].pts);
        std::sort(shown.begin(), shown.end());
        disorder += pts && shown.front() < *pts;
        pts = shown.back();
      }
    }
    CHECK(disorder == 0);
  }
}
