#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

#include "core/error.h"
#include "core/model.h"

namespace cuf {

// Pictures on their way from one thread to another, a bounded number of them.
class PictureQueue {
 public:
  explicit PictureQueue(size_t capacity) : capacity_(capacity) {}

  // Waits for room. false: nobody takes pictures any more.
  bool push(Picture picture);
  // No more pictures come, because of an error or not.
  void end(std::optional<Error> failure);
  // Waits for a picture; nothing: the end. Throws the error that was the end, behind what came
  // before.
  std::optional<Picture> pop();
  // No more pictures are taken; those that wait are let go.
  void stop();

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Picture> pictures_;
  std::optional<Error> failure_;
  bool is_ended_ = false;
  bool is_stopped_ = false;
};

}  // namespace cuf
