#include "core/tensor_batch.h"

#include <cstring>
#include <string>
#include <utility>

namespace cuf {
namespace {

// Copies report their size as a signed 32-bit number.
constexpr size_t kMostBytes = INT32_MAX;

}  // namespace

TensorBatch::TensorBatch(const TensorWriter& writer, const std::vector<uint32_t>& frames,
                         Memory& memory)
    : writer_(writer) {
  if (writer_.byte_length() > kMostBytes / frames.size()) {
    throw Error(Status::invalid_argument,
                "A tensor of " + std::to_string(frames.size()) + " frames of " +
                    std::to_string(writer_.byte_length()) +
                    " bytes would be 2 GiB or more; ask for fewer or smaller ones");
  }
  for (size_t i = 0; i < frames.size(); ++i) places_.emplace(frames[i], i);
  block_ = memory.allocate(writer_.byte_length() * frames.size());
}

void TensorBatch::put(uint32_t frame, const Picture& picture, pixels::ResizeScratch& scratch) {
  const auto [begin, end] = places_.equal_range(frame);
  if (begin == end) return;
  const size_t size = writer_.byte_length();
  uint8_t* first = block_.data + begin->second * size;
  if (writer_.is_for(picture)) {
    writer_.write(picture, scratch, first);
  } else {
    // The stream changed its size: what it is resized to stays.
    const TensorWriter other(writer_.options(), picture.width, picture.height);
    if (other.byte_length() != size) {
      throw Error(Status::invalid_argument,
                  "Frame " + std::to_string(frame) + " is " + std::to_string(picture.width) +
                      " x " + std::to_string(picture.height) +
                      ", not of the stream's size; resize the frames to put them in one tensor");
    }
    other.write(picture, scratch, first);
  }
  for (auto place = std::next(begin); place != end; ++place) {
    std::memcpy(block_.data + place->second * size, first, size);
  }
}

Picture TensorBatch::finish() {
  Picture result;
  writer_.describe(result);
  result.frames = static_cast<uint32_t>(places_.size());
  result.plane_count = 1;
  result.planes[0] = {.data = block_.data,
                      .stride = static_cast<ptrdiff_t>(writer_.byte_length()),
                      .rows = static_cast<uint32_t>(places_.size()),
                      .row_bytes = static_cast<uint32_t>(writer_.byte_length())};
  result.owner = std::move(block_.owner);
  result.block = block_.data;
  result.block_bytes = block_.size;
  return result;
}

}  // namespace cuf
