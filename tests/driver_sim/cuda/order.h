// Whether operations that touch the same bytes are ordered: finds missing synchronisation even
// when the timing happened to be good.
#pragma once
#include <set>

#include "cuda/clock.h"
#include "cuda/memory.h"

namespace cufsim {

struct Moment;

/** Used under the driver's mutex. */
class Order {
 public:
  /** Reports what an unordered operation touched before, and remembers the touch. */
  void touch(Allocation& allocation, Touch touch);

  /** The host has waited for that moment, so what it enqueues from now on comes after. */
  void host_learns(const Moment& moment);
  const Clock& host() const { return host_; }
  /** Drops what no longer tells anything. */
  void prune(Clock& clock) const;

  /** A stream is destroyed at that moment. */
  void retire(const Moment& moment);

 private:
  bool before(const Touch& first, const Touch& second) const;
  void report(const Allocation& allocation, const Touch& first, const Touch& second) const;

  Clock host_;
  /** Timelines of destroyed streams of whose end the host does not know. */
  std::set<uint32_t> unknown_;
  /** The last operations of those. */
  Clock last_;
  std::set<uint32_t> retired_;
};

}  // namespace cufsim
