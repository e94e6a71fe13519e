#include "cuda/journal.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace cufsim {

namespace {

constexpr size_t kMaxTexts = 1000;
/** What is summed up; the other counters say how many objects are alive. */
constexpr const char* kSums[] = {"pictures_decoded",
                                 "pictures_parsed",
                                 "parser_us",
                                 "decoder_us",
                                 "kernels",
                                 "copies",
                                 "decoders_created",
                                 "decoders_reconfigured",
                                 "pictures_encoded",
                                 "encoded_bytes",
                                 "encoders_created",
                                 "encoders_reconfigured",
                                 "encode_host_copies",
                                 "encoder_restarts"};

}  // namespace

const char* name_of(Problem kind) {
  static constexpr const char* kNames[] = {
      "missing_sync",
      "use_after_free",
      "use_after_destroy",
      "out_of_bounds",
      "misaligned",
      "context_left_pushed",
      "wrong_context",
      "call_from_callback",
      "destroyed_with_live_objects",
      "released_twice",
      "foreign_pointer",
      "no_host_kernel",
      "parser_overflow",
      "order",
  };
  static_assert(std::size(kNames) == static_cast<size_t>(Problem::kCount));
  return kNames[static_cast<size_t>(kind)];
}

void Journal::clear() {
  calls_.clear();
  for (const char* sum : kSums) counters_[sum] = 0;
  problems_.clear();
  std::fill(std::begin(kinds_), std::end(kinds_), 0);
  total_calls_ = 0;
}

uint64_t Journal::calls(const std::string& function) const {
  if (function == "*") return total_calls_;
  const auto found = calls_.find(function);
  return found == calls_.end() ? 0 : found->second;
}

uint64_t Journal::counter(const std::string& name) const {
  if (name == "problems") {
    uint64_t sum = 0;
    for (const uint64_t count : kinds_) sum += count;
    return sum;
  }
  for (size_t kind = 0; kind < std::size(kinds_); kind++) {
    if (name == name_of(static_cast<Problem>(kind))) return kinds_[kind];
  }
  const auto found = counters_.find(name);
  return found == counters_.end() || found->second < 0 ? 0 : static_cast<uint64_t>(found->second);
}

void Journal::problem(Problem kind, const std::string& text) {
  kinds_[static_cast<size_t>(kind)]++;
  const std::string line = std::string(name_of(kind)) + ": " + text;
  if (problems_.size() < kMaxTexts) problems_.push_back(line);
  if (prints || aborts) std::fprintf(stderr, "cufsim: %s\n", line.c_str());
  if (aborts) std::abort();
}

}  // namespace cufsim
