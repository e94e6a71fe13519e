#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/memory_budget.h"
#include "cuda/gpu_kernels.h"
#include "cuda/kernels/picture_kernels.h"
#include "cuda/stream.h"

namespace cuf::cuda {

// Streams that conversions are put on, so that threads do not wait for each other's, and the
// working memory of the kernels on each. Made on demand and kept. Thread-safe.
class Lanes final : public Reclaimable {
 public:
  // More would not make the GPU faster, and each holds working memory.
  static constexpr size_t kMost = 8;

  Lanes(std::shared_ptr<const Context> context, std::shared_ptr<DeviceMemory> memory);
  ~Lanes() override;
  // Loads the kernels. Needs the context.
  void prepare();
  // Gives the working memory of idle lanes back. Their streams stay: what was put on them is told
  // apart by stream as long as pictures live.
  void reclaim() noexcept override;

 private:
  friend class LaneUse;
  struct Lane {
    explicit Lane(std::shared_ptr<const Context> context) : stream(std::move(context)) {}
    const Stream stream;
    std::optional<PictureKernels> kernels;
  };
  std::unique_ptr<Lane> take();
  void give_back(std::unique_ptr<Lane> lane) noexcept;

  const std::shared_ptr<const Context> context_;
  const std::shared_ptr<DeviceMemory> memory_;
  GpuKernels kernels_;
  std::mutex mutex_;
  std::condition_variable is_given_back_;
  std::vector<std::unique_ptr<Lane>> idle_;  // the latest used last
  size_t made_ = 0;
};

// A lane of one thread's own from here to the end of the scope; waits for one where all are taken,
// which they are only while work is put on them. Unless all went well, and done() was called, the
// end of the scope waits for what was put on the stream: whoever owns the memory that it writes
// gives that back next. Needs the context.
class LaneUse {
 public:
  explicit LaneUse(Lanes& lanes) : lanes_(lanes), lane_(lanes.take()) {}
  ~LaneUse();
  LaneUse(const LaneUse&) = delete;
  LaneUse& operator=(const LaneUse&) = delete;

  CUstream stream() const { return lane_->stream.handle(); }
  PictureKernels& kernels();
  // Memory for what is put on the stream. Throws Error(out_of_memory).
  std::shared_ptr<DeviceBlock> allocate(size_t size);
  void done() { is_done_ = true; }

 private:
  Lanes& lanes_;
  std::unique_ptr<Lanes::Lane> lane_;
  bool is_done_ = false;
};

}  // namespace cuf::cuda
