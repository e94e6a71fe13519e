// What happened: calls by function, problems that a real driver would not report, live objects.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cufsim {

/** A mistake of the client that real hardware may let pass, or answer with wrong pictures. */
enum class Problem {
  kMissingSync,
  kUseAfterFree,
  kUseAfterDestroy,
  kOutOfBounds,
  kMisaligned,
  kContextLeftPushed,
  kWrongContext,
  kCallFromCallback,
  kDestroyedWithLiveObjects,
  kReleasedTwice,
  kForeignPointer,
  kNoHostKernel,
  kParserOverflow,
  kOrder,
  kCount,
};

/** The name under which cufsim_count() and the report know it. */
const char* name_of(Problem kind);

/** Not locked by itself: used under the driver's mutex. */
class Journal {
 public:
  /** Forgets all but the counters of what is alive. */
  void clear();
  void count_call(const char* function) {
    calls_[function]++;
    total_calls_++;
  }
  uint64_t calls(const std::string& function) const;
  uint64_t total_calls() const { return total_calls_; }
  const std::map<std::string, uint64_t>& all_calls() const { return calls_; }

  void add(const char* counter, int64_t amount = 1) { counters_[counter] += amount; }
  uint64_t counter(const std::string& name) const;
  const std::map<std::string, int64_t>& counters() const { return counters_; }

  void problem(Problem kind, const std::string& text);
  const std::vector<std::string>& problems() const { return problems_; }
  uint64_t problems_of(Problem kind) const { return kinds_[static_cast<size_t>(kind)]; }

  bool prints = false;
  bool aborts = false;

 private:
  std::map<std::string, uint64_t> calls_;
  std::map<std::string, int64_t> counters_;
  std::vector<std::string> problems_;
  uint64_t kinds_[static_cast<size_t>(Problem::kCount)] = {};
  uint64_t total_calls_ = 0;
};

}  // namespace cufsim
