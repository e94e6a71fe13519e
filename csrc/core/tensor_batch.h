#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/picture_convert.h"

namespace cuf {

// One contiguous tensor of several frames, written by several threads as the frames are decoded.
class TensorBatch {
 public:
  // Throws Error(out_of_memory), and Error(invalid_argument) if it would be 2 GiB or more.
  // The writer must outlive it.
  TensorBatch(const TensorWriter& writer, const std::vector<uint32_t>& frames, Memory& memory);

  // Writes a frame to each of its places.
  void put(uint32_t frame, const Picture& picture, pixels::ResizeScratch& scratch);
  // The tensor as one plane, with a row for each frame.
  Picture finish();

 private:
  const TensorWriter& writer_;
  std::multimap<uint32_t, size_t> places_;  // of frames
  Memory::Block block_;
};

}  // namespace cuf
