// Fails the Nth call of the driver, for N = 1, 2, ..., while a script of the C ABI works, until it
// gets through without the fault. Every round ends in typed errors or the right bytes, and leaves
// nothing behind.
//
//   fault_walk [--every K] [SCENE [N]]
//
// K: walks every Kth call only. SCENE and N: part of the name of a walk, and one round of it.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "../client.h"
#include "scenes.h"

namespace fault_walk {
namespace {

constexpr unsigned kSecondsOfARound = 40;
constexpr uint64_t kMostRounds = 20000;
constexpr int32_t kUnknown = 999;
// What NVENC says of it, which has no such number; its 2 is an unsupported device.
constexpr int32_t kNvencGeneric = 20;

struct Kind {
  const char* name;
  int32_t code;
  bool is_loss = false;  // from that call on, of everything
};

constexpr Kind kKinds[] = {{"an unknown error", kUnknown},
                           {"no memory", 2},
                           {"a fault of earlier work", 700},
                           {"the loss of the device", kUnknown, true}};

struct Walk {
  std::string name;
  Scene scene;
  Settings settings;
  Kind kind;
  bool has_pools = true;
  bool has_encoder = false;
  bool is_once = false;  // what it does is kept by the process once it succeeded

  std::string full_name() const { return name + ", " + kind.name; }
};

struct Options {
  uint64_t every = 1;
  std::string filter;
  uint64_t only = 0;
};

char place_of_signals[256];

void on_alarm(int) {
  constexpr char kText[] = ": hangs\n";
  const ssize_t written =
      write(2, place_of_signals, std::strlen(place_of_signals)) + write(2, kText, sizeof kText - 1);
  _exit(written < 0 ? 3 : 2);
}

void begin(const std::string& place) {
  set_place(place);
  std::snprintf(place_of_signals, sizeof place_of_signals, "%s", place.c_str());
  alarm(kSecondsOfARound);
}

// Keeps the GPU's primary context alive, which would take with it what was leaked.
class KeptContext {
 public:
  KeptContext() {
    cufsim_spare_thread(1);
    CUcontext context = nullptr;
    if (cuInit(0) != CUDA_SUCCESS || cuDevicePrimaryCtxRetain(&context, 0) != CUDA_SUCCESS) {
      complain("the simulated driver does not work");
    }
    cufsim_spare_thread(0);
  }
  ~KeptContext() {
    cufsim_spare_thread(1);
    cuDevicePrimaryCtxRelease(0);
    cufsim_spare_thread(0);
  }
};

class Fault {
 public:
  Fault(const Kind& kind, uint64_t nth) : kind_(kind), call_(cufsim_calls("*") + nth) {
    if (nth == 0) return;
    if (kind.is_loss) {
      cufsim_set("lose_after", static_cast<int64_t>(call_));
    } else {
      cufsim_fail("*", nth, kind.code);
    }
  }
  bool has_happened() const {
    return kind_.is_loss ? cufsim_calls("*") >= call_ : cufsim_fault_pending() == 0;
  }

 private:
  const Kind kind_;
  const uint64_t call_;
};

// What the caller can do about it is clear, but where the driver itself does not know.
bool is_expected(const Failure& failure, const Kind& kind) {
  if (kind.is_loss || kind.code == 700) return failure.status == CUF_DEVICE_LOST;
  if (kind.code == 2) {
    const bool is_nvencs =
        failure.message.find("NV_ENC_ERR_UNSUPPORTED_DEVICE") != std::string::npos;
    if (failure.status == CUF_UNSUPPORTED && is_nvencs) return true;
    return failure.status == CUF_OUT_OF_MEMORY || failure.status == CUF_DEVICE_LOST ||
           failure.status == CUF_CORRUPT_DATA;
  }
  const bool is_drivers = failure.native_code == kUnknown || failure.native_code == kNvencGeneric;
  return failure.status == CUF_CORRUPT_DATA || failure.status == CUF_DEVICE_LOST ||
         (failure.status == CUF_INTERNAL && is_drivers);
}

void check_failures(const Caller& caller, const Kind& kind) {
  for (const Failure& failure : caller.failures()) {
    const std::string what =
        failure.step + " failed with " + std::to_string(failure.status) + ", " + failure.message;
    if (failure.message.empty()) complain(what + ": there is no sentence");
    if (!is_expected(failure, kind)) complain(what + ": not the error of this fault");
  }
}

void check_results(const Caller& caller, const Caller& reference) {
  for (const auto& [name, bytes] : reference.results()) {
    const auto found = caller.results().find(name);
    if (found == caller.results().end()) {
      // What is in a GPU that is lost without a further call to tell it cannot be read.
      if (caller.failures().empty() && !caller.has(name)) {
        complain(name + " is missing, and there is no error");
      }
    } else if (found->second != bytes) {
      complain(name + " has other bytes than without the fault");
    }
  }
}

void check_nothing_left(uint64_t contexts) {
  constexpr const char* kKinds[] = {"streams",
                                    "events",
                                    "modules",
                                    "allocations",
                                    "pools",
                                    "decoders",
                                    "parsers",
                                    "host_allocations",
                                    "locks",
                                    "mapped",
                                    "context_pushes",
                                    "encoders",
                                    "bitstream_buffers",
                                    "bitstreams_locked",
                                    "registrations",
                                    "encode_mapped"};
  const auto is_clean = [&] {
    if (cufsim_count("contexts") != contexts) return false;
    return std::all_of(std::begin(kKinds), std::end(kKinds),
                       [](const char* name) { return cufsim_count(name) == 0; });
  };
  if (comes_true(is_clean)) return;
  std::string left = "left behind:";
  for (const char* name : kKinds) {
    const uint64_t count = cufsim_count(name);
    if (count > 0) left += " " + std::to_string(count) + " " + name;
  }
  complain(left + ", and " + std::to_string(cufsim_count("contexts")) + " contexts");
}

void check_problems() {
  char text[512];
  for (uint32_t i = 0; cufsim_problem(i, text, sizeof text) > 0; ++i) complain(text);
}

// Whether the fault happened. With nth 0 there is none.
bool play(const Walk& walk, uint64_t nth, Caller& caller, const Caller* reference) {
  begin(walk.full_name() + " at call " + std::to_string(nth));
  cufsim_reset();
  if (!walk.has_pools) cufsim_set("pools", 0);
  if (walk.has_encoder) cufsim_set("encode_sessions", 2);
  bool has_happened = false;
  {
    const KeptContext kept;
    const Fault fault(walk.kind, nth);
    walk.scene(caller, walk.settings);
    caller.end();
    check_nothing_left(1);
    has_happened = nth > 0 && fault.has_happened();
    if (reference) {
      check_failures(caller, walk.kind);
      check_results(caller, *reference);
    }
    check_problems();
  }
  check_nothing_left(0);
  alarm(0);
  return has_happened;
}

// From the call `start` on; the number of rounds.
uint64_t walk_through(const Walk& walk, const Options& options, uint64_t start) {
  Caller reference;
  if (!walk.is_once) play(walk, 0, reference, nullptr);
  if (!reference.failures().empty()) complain(reference.failures().front().message);
  if (options.only > 0) {
    Caller caller;
    play(walk, options.only, caller, &reference);
    return 1;
  }
  for (uint64_t round = 1, nth = start; round <= kMostRounds; ++round, nth += options.every) {
    Caller caller;
    if (!play(walk, nth, caller, &reference)) {
      if (!caller.failures().empty()) complain("there are errors without a fault");
      return round;
    }
  }
  complain("the walk does not end");
  return kMostRounds;
}

Options options_of(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--every") == 0 && i + 1 < count) {
      options.every = std::strtoull(arguments[++i], nullptr, 10);
    } else if (options.filter.empty()) {
      options.filter = arguments[i];
    } else {
      options.only = std::strtoull(arguments[i], nullptr, 10);
    }
  }
  return options;
}

std::string make_clip(const std::filesystem::path& folder, const std::string& name, int side,
                      const std::string& encoding) {
  const std::string path = folder / name;
  const std::string size = std::to_string(side) + "x" + std::to_string(side);
  const std::string command = "ffmpeg -v error -nostdin -y -f lavfi -i testsrc2=s=" + size +
                              ":r=25:d=0.28 -pix_fmt yuv420p " + encoding + " " + path;
  if (std::system(command.c_str()) != 0) {
    std::fprintf(stderr, "The clip %s could not be made\n", name.c_str());
    std::exit(1);
  }
  return path;
}

std::vector<Walk> all_walks(const std::filesystem::path& folder) {
  const Settings h264 = {
      make_clip(folder, "h264.mp4", 64, "-c:v libx264 -g 3 -bf 1 -sc_threshold 0 -b_strategy 0")};
  const Settings hevc = {make_clip(
      folder, "hevc.mp4", 160,
      "-c:v libx265 -x265-params log-level=none:keyint=3:min-keyint=3:bframes=1:open-gop=1")};
  Settings automatic = h264;
  automatic.backend = CUF_BACKEND_AUTO;
  Settings on_host = h264;
  on_host.is_on_host = true;
  Settings into_files = {make_clip(folder, "short.mp4", 64, "-c:v libx264 -bf 1 -frames:v 3")};
  into_files.output = folder / "output";
  const auto& [unknown, no_memory, fault, loss] = kKinds;
  std::vector<Walk> walks = {{"looking for GPUs", look, h264, unknown, true, false, true}};
  for (const Kind& kind : kKinds) {
    walks.push_back({"decoding", decode, h264, kind});
    walks.push_back({"sampling", sample, h264, kind});
  }
  for (const Kind& kind : {unknown, loss}) {
    walks.push_back({"decoding on an automatic device", decode, automatic, kind});
    walks.push_back({"sampling on an automatic device", sample, automatic, kind});
    walks.push_back({"transcoding", transcode, into_files, kind, true, true});
  }
  for (const Kind& kind : {unknown, no_memory}) {
    walks.push_back({"decoding to the host", decode, on_host, kind});
    walks.push_back({"decoding without pools", decode, h264, kind, false});
  }
  for (const Kind& kind : kKinds) {
    walks.push_back({"encoding", encode, h264, kind, true, true});
  }
  walks.push_back({"sampling to the host", sample, on_host, fault});
  walks.push_back({"decoding HEVC", decode, hevc, unknown});
  return walks;
}

int walk_all(const Options& options, const std::vector<Walk>& walks) {
  int passed = 0;
  int failed = 0;
  uint64_t start = 0;  // another one for each, so that few calls are never walked
  for (const Walk& walk : walks) {
    start = walk.is_once ? 1 : start % options.every + 1;
    if (walk.full_name().find(options.filter) == std::string::npos) continue;
    const uint32_t before = complaints();
    const auto started = std::chrono::steady_clock::now();
    const uint64_t rounds = walk_through(walk, options, start);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    const bool is_good = complaints() == before;
    std::printf("%s %s: %llu rounds, %.1f s\n", is_good ? "ok  " : "FAIL", walk.full_name().c_str(),
                static_cast<unsigned long long>(rounds), took.count());
    std::fflush(stdout);
    ++(is_good ? passed : failed);
  }
  std::printf("%d %d\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace fault_walk

int main(int count, char** arguments) {
  using namespace fault_walk;
  signal(SIGALRM, on_alarm);
  std::string pattern = std::filesystem::temp_directory_path() / "fault-walk-XXXXXX";
  const std::filesystem::path folder = mkdtemp(pattern.data());
  const int status = walk_all(options_of(count, arguments), all_walks(folder));
  std::filesystem::remove_all(folder);
  return status;
}
