#pragma once

#include <deque>
#include <memory>
#include <variant>

#include "core/error.h"
#include "core/model.h"
#include "cuda/stream.h"

namespace cuf::cuda {

// Pictures and errors of a decoder until they are taken, in order.
class Outputs {
 public:
  explicit Outputs(std::shared_ptr<EventPool> events) : events_(std::move(events)) {}
  ~Outputs() { clear(); }
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  // copied: has passed when a picture in host memory is complete; null for the others.
  void put(Picture picture, std::unique_ptr<Event> copied);
  void put(const Error& error) { queue_.push_back({error, nullptr}); }
  bool is_empty() const { return queue_.empty(); }
  // false: there is none. Waits until it is complete; throws what is an error.
  bool take(Picture& out);
  // Pictures in host memory are let go only when nothing is copied into them.
  void clear() noexcept;

 private:
  struct Output {
    std::variant<Picture, Error> what;
    std::unique_ptr<Event> copied;
  };

  const std::shared_ptr<EventPool> events_;
  std::deque<Output> queue_;
};

}  // namespace cuf::cuda
