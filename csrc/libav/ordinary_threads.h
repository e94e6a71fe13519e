#pragma once

#include <sched.h>

#include <set>

namespace cuf::libav {

// SVT-AV1 gives its threads and the one that makes an encoder the highest real-time priority where
// the process may, as root may: threads and processes that are started from there later inherit it,
// and what spins for another thread then stops a machine of few processors (seen: ffmpeg, 12
// minutes). From here to the end of the scope that is undone.
class OrdinaryThreads {
 public:
  OrdinaryThreads();
  ~OrdinaryThreads();
  OrdinaryThreads(const OrdinaryThreads&) = delete;
  OrdinaryThreads& operator=(const OrdinaryThreads&) = delete;

 private:
  int policy_ = SCHED_OTHER;
  sched_param priority_{};
  std::set<int> known_;  // threads of the process
};

}  // namespace cuf::libav
