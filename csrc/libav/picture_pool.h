#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "core/error.h"
#include "core/memory_budget.h"
#include "libav/compat.h"

namespace cuf::libav {

// Memory of a libav decoder's own pictures: as libav's, but charged to a budget before it is
// allocated. Pictures may outlive the pool; what is idle stays charged until the pool dies or the
// budget runs out.
class PicturePool {
 public:
  explicit PicturePool(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}
  ~PicturePool() { drop_buffers(); }
  PicturePool(const PicturePool&) = delete;
  PicturePool& operator=(const PicturePool&) = delete;

  // Gives the frame its planes; from any of the decoder's threads. Returns libav's error code.
  int get(AVCodecContext& context, AVFrame& frame) noexcept;
  // Throws Error(out_of_memory) if there is no room for one more picture like the last: in the
  // midst of a packet the decoder would lose it.
  void require_room();
  // What the budget said when it refused a picture, once.
  std::optional<Error> take_refusal();

 private:
  static constexpr int kMostPlanes = 4;
  struct Shape {
    int format = AV_PIX_FMT_NONE;
    int width = 0;
    int height = 0;
    bool operator==(const Shape&) const = default;
  };
  struct Origin;

  static AVBufferRef* allocate(void* from, size_t size) noexcept;
  static void free_origin(void* origin) noexcept;
  int shape_buffers(AVCodecContext& context, const Shape& shape);
  using Planes = std::array<AVBufferRef*, kMostPlanes>;
  bool get_planes(Planes& planes);
  void make_buffers();
  void drop_buffers() noexcept;

  const std::shared_ptr<MemoryBudget> budget_;
  std::mutex mutex_;
  Shape shape_;
  int strides_[kMostPlanes] = {};
  size_t sizes_[kMostPlanes] = {};
  AVBufferPool* buffers_[kMostPlanes] = {};
  // Shared with the buffers' origins; touched with mutex_ held.
  const std::shared_ptr<std::optional<Error>> refusal_ = std::make_shared<std::optional<Error>>();
};

}  // namespace cuf::libav
