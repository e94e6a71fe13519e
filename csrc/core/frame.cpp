#include "core/frame.h"

#include <mutex>
#include <utility>
#include <vector>

namespace cuf {

uint64_t byte_length(const Picture& picture) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < picture.plane_count; ++i) {
    total += static_cast<uint64_t>(picture.planes[i].row_bytes) * picture.planes[i].rows;
  }
  return total;
}

Frame::Frame(std::shared_ptr<Device> device, std::shared_ptr<const Picture> picture)
    : Object(kKind), device(std::move(device)), picture(std::move(picture)) {
  ++this->device->counters.live_frames;
  this->device->counters.frame_bytes += byte_length(*this->picture);
}

void Frame::close() noexcept {
  --device->counters.live_frames;
  device->counters.frame_bytes -= byte_length(*picture);
}

void Frame::quarantine() {
  static std::mutex& mutex = *new std::mutex;
  static auto& kept = *new std::vector<std::shared_ptr<const Picture>>;
  std::lock_guard lock(mutex);
  kept.push_back(picture);
  device->counters.quarantined_bytes += byte_length(*picture);
}

}  // namespace cuf
