#include "cuda/nvdec/picture_origins.h"

#include <algorithm>
#include <utility>

namespace cuf::cuda {

void PictureOrigins::begin_packet(int64_t number, bool is_whole, size_t shown) {
  open_ = is_open_ ? parsing_ : 0;
  is_open_ = !is_whole && !is_in_order_;
  parsing_ = number;
  if (is_in_order_) showing_.insert(showing_.end(), shown, number);
}

void PictureOrigins::decode(int index, bool is_second_field) {
  const int64_t packet = open_ != 0 ? std::exchange(open_, 0) : parsing_;
  if (!is_second_field) {
    pictures_[static_cast<size_t>(index)] = {.packet = packet, .is_waiting = true};
  }
}

int64_t PictureOrigins::show(int index) {
  Picture& picture = pictures_[static_cast<size_t>(index)];
  picture.is_waiting = false;
  if (!is_in_order_) return picture.packet;
  const auto own = std::find(showing_.begin(), showing_.end(), picture.packet);
  // A picture that is shown again belongs to the packet that says so.
  const auto found = own == showing_.end() ? showing_.begin() : own;
  if (found == showing_.end()) return picture.packet;
  const int64_t packet = *found;
  showing_.erase(showing_.begin(), found + 1);
  return packet;
}

std::vector<int> PictureOrigins::waiting() const {
  std::vector<int> indices;
  for (size_t i = 0; i < pictures_.size(); ++i) {
    const Picture& picture = pictures_[i];
    const bool is_shown = !is_in_order_ || std::find(showing_.begin(), showing_.end(),
                                                     picture.packet) != showing_.end();
    if (picture.is_waiting && is_shown) indices.push_back(static_cast<int>(i));
  }
  return indices;
}

void PictureOrigins::clear() {
  pictures_ = {};
  parsing_ = open_ = 0;
  is_open_ = false;
  showing_.clear();
}

}  // namespace cuf::cuda
