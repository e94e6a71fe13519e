#pragma once

#include <memory>

#include "core/device.h"
#include "core/model.h"
#include "core/object.h"

namespace cuf {

uint64_t byte_length(const Picture& picture);

// A handle's share of a picture. Several frames may share one picture; its memory lives as long as
// any of them.
class Frame : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::frame;

  Frame(std::shared_ptr<Device> device, std::shared_ptr<const Picture> picture);
  void close() noexcept override;
  // From now on the memory is never reused or freed: a view of it may be out of reach.
  void quarantine();

  const std::shared_ptr<Device> device;
  const std::shared_ptr<const Picture> picture;
};

}  // namespace cuf
