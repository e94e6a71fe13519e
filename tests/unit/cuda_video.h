#pragma once

#include <memory>
#include <vector>

#include "core/sample_session.h"
#include "cuda_clips.h"
#include "session_bench.h"

// A video that is open for random access on the simulated GPU.
namespace cuda_clips {

constexpr uint32_t kEngines = 4;

inline DeviceGpu one_gpu(bool falls_back = false) {
  return {.port = open_gpu(), .ordinal = 0, .engines = kEngines, .falls_back = falls_back};
}

struct GpuVideo : SessionBench {
  std::shared_ptr<SampleSession> session;
  uint32_t handle = 0;

  explicit GpuVideo(bool falls_back = false)
      : SessionBench(libav::backend(), one_gpu(falls_back)) {}
  ~GpuVideo() { close(); }

  SampleSession::Options options(const std::string& path) const {
    SampleSession::Options options;
    options.path = path;
    options.engines = kEngines;
    return options;
  }
  void open(const SampleSession::Options& options) {
    SampleSession::open(device, options, ticket());
    opened(wait());
  }
  void opened(const Completion& outcome) {
    REQUIRE(outcome.status == Status::ok);
    handle = static_cast<uint32_t>(outcome.value);
    session = object_of<SampleSession>(handle);
  }
  void close() {
    if (handle != 0) Registry::instance().close(handle);
    handle = 0;
    session = nullptr;
  }
  // Frames that are as the CPU's.
  void check_taken(const std::vector<uint32_t>& frames, const Decoded& expected) {
    const auto pictures = session->take(last_ticket);
    REQUIRE(pictures.size() == frames.size());
    for (size_t i = 0; i < frames.size(); ++i) {
      CHECK(pictures[i]->index == frames[i]);
      CHECK(bytes_of(*pictures[i]) == expected.shown[frames[i]].bytes);
    }
  }
  void check_read(const std::vector<uint32_t>& frames, const Decoded& expected) {
    session->read(frames, ticket());
    REQUIRE(wait().status == Status::ok);
    check_taken(frames, expected);
  }
};

}  // namespace cuda_clips
