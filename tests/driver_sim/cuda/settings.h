// The knobs of the simulated driver: from the environment and from tests.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace cufsim {

class Settings {
 public:
  Settings() { read_environment(); }

  void read_environment();
  /** False if no number has that name. */
  bool set(const std::string& name, int64_t value);
  /** The number of that name; `fallback` if it was not given. */
  int64_t number(const char* name, int64_t fallback) const;

  std::string gpu;
  std::string faults;
  std::string decode_faults;
  std::string report;
  /** Capabilities of NVENC that differ from the model's, by their number. */
  std::map<int, int> encode_caps;

 private:
  std::map<std::string, int64_t> numbers_;
};

}  // namespace cufsim
