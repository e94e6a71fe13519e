#pragma once

namespace cuf::libav {

// Takes libav's log, once for the process. What it says about our work goes to our log, which is
// quiet unless asked for; what it says to another user of libav in this process is printed as if we
// were not here. A callback that such a user installs later replaces ours.
void install_log_handler();

// While it lives, what libav says on this thread is of no interest but at the lowest level: it was
// given a picture that is cut off on purpose.
class Muffled {
 public:
  Muffled();
  ~Muffled();
  Muffled(const Muffled&) = delete;
  Muffled& operator=(const Muffled&) = delete;
};

}  // namespace cuf::libav
