#pragma once

#include <memory>

#include "core/ports.h"
#include "cuda/lanes.h"
#include "cuda/memory.h"
#include "cuda/stream.h"

namespace cuf::cuda {

// Conversions of the pictures in one GPU's memory. They only put work on streams, but for
// to_host(), which waits for an event.
class GpuConverter final : public PictureConverter,
                           public std::enable_shared_from_this<GpuConverter> {
 public:
  GpuConverter(std::shared_ptr<const Context> context, std::shared_ptr<Lanes> lanes,
               std::shared_ptr<PinnedMemory> pinned, std::shared_ptr<EventPool> events);

  Picture to_tensor(const Picture& picture, const TensorShape& shape) const override;
  std::unique_ptr<TensorTarget> tensors(const TensorShape& shape, size_t count) const override;
  Picture to_yuv(const Picture& picture, const YuvShape& shape) const override;
  Picture to_depth(const Picture& picture, uint32_t bits) const override;
  Picture to_host(const Picture& picture, Memory& memory) const override;

 private:
  class Tensors;
  void wait_for(std::unique_ptr<Event> event, CUstream stream) const;
  // The picture is in this memory, which the consumer's stream finds filled.
  void put_in(std::shared_ptr<DeviceBlock> block, size_t bytes, CUstream consumer,
              Picture& picture) const;

  const std::shared_ptr<const Context> context_;
  const std::shared_ptr<Lanes> lanes_;
  const std::shared_ptr<PinnedMemory> pinned_;
  const std::shared_ptr<EventPool> events_;
};

}  // namespace cuf::cuda
