// Faults on demand: the Nth call of a function, the Nth picture.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cufsim {

class Settings;

/** Whether drivers say it of work that faulted: the context of it is of no use any more. */
bool breaks_context(int code);

/** Not locked by itself: used under the driver's mutex. */
class Faults {
 public:
  /** Forgets all and takes those of the settings. */
  void reset(const Settings& settings);

  void fail(const std::string& function, uint64_t nth, int code);
  bool pending() const { return !calls_.empty(); }
  /** To be asked once for each call: the code with which it is to fail. */
  std::optional<int> next_call(const char* function);

  void decode_status(uint64_t nth, int status) { pictures_[picture_ + nth] = status; }
  /** To be asked once for each picture: the status with which it is to end. */
  std::optional<int> next_picture();

 private:
  struct Fault {
    std::string function;
    uint64_t calls_left;
    int code;
  };
  std::vector<Fault> calls_;
  std::map<uint64_t, int> pictures_;
  uint64_t picture_ = 0;
};

}  // namespace cufsim
