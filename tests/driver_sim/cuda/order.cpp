#include "cuda/order.h"

#include <algorithm>
#include <sstream>

#include "cuda/driver.h"
#include "cuda/stream.h"

namespace cufsim {

namespace {

constexpr size_t kMaxTouches = 256;

std::string describe(const Touch& touch) {
  std::ostringstream text;
  text << touch.what << (touch.writes ? " writes" : " reads") << " bytes " << touch.span.begin
       << " to " << touch.span.end() << " (stream " << touch.timeline << ", operation "
       << touch.number << ")";
  return text.str();
}

}  // namespace

bool Order::before(const Touch& first, const Touch& second) const {
  if (first.timeline == second.timeline) return first.number <= second.number;
  if (second.clock->at(first.timeline) >= first.number) return true;
  return retired_.count(first.timeline) > 0 && unknown_.count(first.timeline) == 0;
}

void Order::report(const Allocation& allocation, const Touch& first, const Touch& second) const {
  std::ostringstream text;
  text << "allocation " << allocation.id << " of " << allocation.size
       << " bytes: " << describe(second) << " and is not ordered with: " << describe(first);
  driver().journal.problem(Problem::kMissingSync, text.str());
}

void Order::touch(Allocation& allocation, Touch touch) {
  std::vector<Touch>& touches = allocation.touches;
  for (size_t i = 0; i < touches.size();) {
    const Touch& earlier = touches[i];
    const bool ordered = before(earlier, touch);
    const bool conflict = (earlier.writes || touch.writes) && earlier.span.overlaps(touch.span);
    if (conflict && !ordered && !before(touch, earlier)) report(allocation, earlier, touch);
    // What conflicts with the earlier touch will conflict with this one too, or come after both.
    const bool replaced = ordered && touch.span.covers(earlier.span) &&
                          (touch.writes || (!earlier.writes && earlier.timeline == touch.timeline));
    if (replaced) {
      touches[i] = std::move(touches.back());
      touches.pop_back();
    } else {
      i++;
    }
  }
  if (touches.size() >= kMaxTouches) touches.erase(touches.begin());
  touches.push_back(std::move(touch));
}

void Order::host_learns(const Moment& moment) {
  if (moment.clock != nullptr) host_.merge(*moment.clock);
  if (moment.stream != nullptr) host_.raise(moment.stream->timeline, moment.number);
  for (auto it = unknown_.begin(); it != unknown_.end();) {
    // A retired timeline enqueues nothing more: its last operation was noted when it retired.
    const bool known =
        moment.clock != nullptr && moment.clock->at(*it) > 0 && host_.at(*it) >= last_.at(*it);
    if (known) host_.forget(*it);
    it = known ? unknown_.erase(it) : std::next(it);
  }
}

void Order::prune(Clock& clock) const {
  for (size_t i = 0; i < clock.entries().size();) {
    const uint32_t timeline = clock.entries()[i].first;
    if (retired_.count(timeline) > 0 && unknown_.count(timeline) == 0) {
      clock.forget(timeline);
    } else {
      i++;
    }
  }
}

void Order::retire(const Moment& moment) {
  const uint32_t timeline = moment.stream->timeline;
  retired_.insert(timeline);
  if (moment.number == 0) return;
  if (host_.at(timeline) >= moment.number) {
    host_.forget(timeline);
  } else {
    unknown_.insert(timeline);
    last_.raise(timeline, moment.number);
  }
}

}  // namespace cufsim
