#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "core/model.h"
#include "cuda/stream.h"

namespace cuf::cuda {

// Memory in a GPU that is not ours. Its owner is let go when what was noted to read it is done; the
// caller may fill it again, by what it puts on `filler` behind give_back().
class AdoptedMemory final : public DeviceMemoryInfo {
 public:
  // Filled by what is now on `filler`, which lives as long as the memory is encoded; null: it is
  // filled.
  AdoptedMemory(std::shared_ptr<const Context> context, std::shared_ptr<const void> owner,
                CUstream filler);
  ~AdoptedMemory() override;
  AdoptedMemory(const AdoptedMemory&) = delete;
  AdoptedMemory& operator=(const AdoptedMemory&) = delete;

  int32_t gpu() const override { return context_->gpu(); }
  uint64_t context() const override { return reinterpret_cast<uint64_t>(context_->handle()); }
  void order_before(uint64_t stream) const override;
  void note_use(uint64_t stream) const override;
  void share() const override { is_shared_ = true; }
  void wait() const override;
  void note_refill(uint64_t stream) const override;
  void give_back(uint64_t stream) const override;

 private:
  // What is left to be waited for when the picture is gone.
  struct Rest {
    std::shared_ptr<const Context> context;
    std::shared_ptr<const void> owner;
    StreamPoints uses;
    bool is_shared = false;

    bool is_done() const noexcept;
    void wait() const noexcept;
  };

  void note(StreamPoints& points, CUstream stream) const;

  const std::shared_ptr<const Context> context_;
  std::shared_ptr<const void> owner_;
  const CUstream filler_;
  mutable std::mutex mutex_;
  mutable StreamPoints fills_;  // none: it was filled from the beginning
  mutable StreamPoints uses_;
  mutable std::atomic<bool> is_shared_ = false;
};

}  // namespace cuf::cuda
