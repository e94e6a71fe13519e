#include "cuda/faults.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <sstream>

#include "cuda/settings.h"

namespace cufsim {

bool breaks_context(int code) {
  constexpr int kFaults[] = {214, 220, 226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721};
  return std::count(std::begin(kFaults), std::end(kFaults), code) > 0;
}

void Faults::reset(const Settings& settings) {
  calls_.clear();
  pictures_.clear();
  picture_ = 0;
  std::istringstream faults(settings.faults);
  for (std::string item; std::getline(faults, item, ',');) {
    char function[64];
    unsigned long long nth = 0;
    int code = 0;
    if (std::sscanf(item.c_str(), "%63[^:]:%llu:%d", function, &nth, &code) == 3) {
      fail(function, nth, code);
    } else {
      std::fprintf(stderr, "cufsim: CUFSIM_FAIL is FUNCTION:N:CODE, not %s\n", item.c_str());
    }
  }
  std::istringstream pictures(settings.decode_faults);
  for (std::string item; std::getline(pictures, item, ',');) {
    unsigned long long nth = 0;
    int status = 0;
    if (std::sscanf(item.c_str(), "%llu:%d", &nth, &status) == 2) {
      decode_status(nth, status);
    } else {
      std::fprintf(stderr, "cufsim: CUFSIM_DECODE_STATUS is PICTURE:STATUS, not %s\n",
                   item.c_str());
    }
  }
}

void Faults::fail(const std::string& function, uint64_t nth, int code) {
  if (nth > 0) calls_.push_back({function, nth, code});
}

std::optional<int> Faults::next_call(const char* function) {
  std::optional<int> code;
  for (size_t i = 0; i < calls_.size();) {
    Fault& fault = calls_[i];
    const bool concerned = fault.function == "*" || fault.function == function;
    if (concerned && --fault.calls_left == 0) {
      code = fault.code;
      calls_.erase(calls_.begin() + static_cast<ptrdiff_t>(i));
    } else {
      i++;
    }
  }
  return code;
}

std::optional<int> Faults::next_picture() {
  picture_++;
  const auto found = pictures_.find(picture_);
  if (found == pictures_.end()) return std::nullopt;
  const int status = found->second;
  pictures_.erase(found);
  return status;
}

}  // namespace cufsim
