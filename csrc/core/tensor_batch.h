#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/picture_convert.h"

namespace cuf {

// One contiguous tensor of several frames, written by several threads as the frames are decoded,
// where they are decoded.
class TensorBatch {
 public:
  // Throws Error(invalid_argument) if it would be 2 GiB or more. What is given must outlive it.
  TensorBatch(const TensorShape& shape, const std::vector<uint32_t>& frames, Memory& memory);

  // Writes a frame to each of its places. Throws Error(out_of_memory).
  void put(uint32_t frame, const Picture& picture, pixels::ResizeScratch& scratch);
  // The tensor as one plane, with a row for each frame; after all frames were put.
  Picture finish();

 private:
  TensorTarget& target_for(const Picture& picture);

  const TensorShape& shape_;
  Memory& memory_;
  std::multimap<uint32_t, size_t> places_;  // of frames
  std::mutex mutex_;
  std::unique_ptr<TensorTarget> target_;  // made where the first picture is
};

}  // namespace cuf
