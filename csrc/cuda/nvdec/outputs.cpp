#include "cuda/nvdec/outputs.h"

#include <utility>

namespace cuf::cuda {

void Outputs::put(Picture picture, std::unique_ptr<Event> copied) {
  queue_.push_back({std::move(picture), std::move(copied)});
}

bool Outputs::take(Picture& out) {
  if (queue_.empty()) return false;
  Output output = std::move(queue_.front());
  queue_.pop_front();
  if (const auto* error = std::get_if<Error>(&output.what)) throw *error;
  out = std::move(std::get<Picture>(output.what));
  if (output.copied) {
    output.copied->wait();
    events_->give_back(std::move(output.copied));
  }
  return true;
}

void Outputs::clear() noexcept {
  try {
    for (const Output& output : queue_) {
      if (output.copied) output.copied->wait();
    }
  } catch (...) {
    // The context is gone: nothing is copied any more.
  }
  queue_.clear();
}

}  // namespace cuf::cuda
