#pragma once

#include <string>

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

// Keeps the errors and warnings that libav says on this thread about our work while it lives,
// beside what the log does with them. One at a time.
class Overheard {
 public:
  Overheard();
  ~Overheard();
  Overheard(const Overheard&) = delete;
  Overheard& operator=(const Overheard&) = delete;
  const std::string& text() const { return text_; }  // lines

 private:
  std::string text_;
};

}  // namespace cuf::libav
