#include "cuda/settings.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace cufsim {

namespace {

constexpr const char* kNumbers[] = {
    "gpus",          "memory_mb",       "driver_version",  "ptx_version",
    "pools",         "stream_delay_us", "nvdecs",          "picture_us",
    "create_us",     "destroy_us",      "reconfigure_us",  "lose_after",
    "log",           "abort",           "encode_sessions", "encode_limit_status",
    "encode_codecs", "encode_api",      "encode_us",       "encode_stall_ms",
    "decode_stats",  "late_display",
};

std::string variable(const std::string& name) {
  std::string text = "CUFSIM_" + name;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const char* value = std::getenv(text.c_str());
  return value == nullptr ? "" : value;
}

}  // namespace

void Settings::read_environment() {
  numbers_.clear();
  for (const char* name : kNumbers) {
    const std::string text = variable(name);
    if (!text.empty()) numbers_[name] = std::strtoll(text.c_str(), nullptr, 10);
  }
  gpu = variable("gpu");
  if (gpu.empty()) gpu = "h100";
  faults = variable("fail");
  decode_faults = variable("decode_status");
  report = variable("report");
  encode_caps.clear();
  std::istringstream caps(variable("encode_caps"));
  for (std::string item; std::getline(caps, item, ',');) {
    int cap = 0;
    int value = 0;
    if (std::sscanf(item.c_str(), "%d:%d", &cap, &value) == 2) {
      encode_caps[cap] = value;
    } else {
      std::fprintf(stderr, "cufsim: CUFSIM_ENCODE_CAPS is CAP:VALUE, not %s\n", item.c_str());
    }
  }
}

bool Settings::set(const std::string& name, int64_t value) {
  const bool known = std::any_of(std::begin(kNumbers), std::end(kNumbers),
                                 [&](const char* number) { return name == number; });
  if (known) numbers_[name] = value;
  return known;
}

int64_t Settings::number(const char* name, int64_t fallback) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? fallback : found->second;
}

}  // namespace cufsim
