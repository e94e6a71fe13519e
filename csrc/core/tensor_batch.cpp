#include "core/tensor_batch.h"

#include <cstring>
#include <string>
#include <utility>

namespace cuf {
namespace {

// Copies report their size as a signed 32-bit number.
constexpr size_t kMostBytes = INT32_MAX;

class HostTensors : public TensorTarget {
 public:
  HostTensors(size_t tensor_bytes, size_t count, Memory& memory)
      : tensor_bytes_(tensor_bytes),
        memory_(memory),
        block_(memory.allocate(tensor_bytes * count)) {}

  void write(size_t place, const Picture& picture, const TensorShape& shape,
             pixels::ResizeScratch& scratch) override {
    uint8_t* const out = block_.data + place * tensor_bytes_;
    if (!picture.converter) return write_tensor(picture, shape, scratch, out);
    // Of several decoders one may have given the GPU up.
    const Picture on_gpu = picture.converter->to_tensor(picture, shape);
    const Picture tensor = picture.converter->to_host(on_gpu, memory_);
    std::memcpy(out, tensor.block, tensor_bytes_);
  }
  void repeat(size_t from, size_t to) override {
    std::memcpy(block_.data + to * tensor_bytes_, block_.data + from * tensor_bytes_,
                tensor_bytes_);
  }
  void finish(Picture& tensor) override { use_block(tensor, std::move(block_)); }

 private:
  const size_t tensor_bytes_;
  Memory& memory_;
  Memory::Block block_;
};

}  // namespace

TensorBatch::TensorBatch(const TensorShape& shape, const std::vector<uint32_t>& frames,
                         Memory& memory)
    : shape_(shape), memory_(memory) {
  if (shape_.byte_length() > kMostBytes / frames.size()) {
    throw Error(Status::invalid_argument,
                "A tensor of " + std::to_string(frames.size()) + " frames of " +
                    std::to_string(shape_.byte_length()) +
                    " bytes would be 2 GiB or more; ask for fewer or smaller ones");
  }
  for (size_t i = 0; i < frames.size(); ++i) places_.emplace(frames[i], i);
}

TensorTarget& TensorBatch::target_for(const Picture& picture) {
  std::lock_guard lock(mutex_);
  if (!target_) {
    if (picture.converter) {
      target_ = picture.converter->tensors(shape_, places_.size());
    } else {
      target_ = std::make_unique<HostTensors>(shape_.byte_length(), places_.size(), memory_);
    }
  }
  return *target_;
}

void TensorBatch::put(uint32_t frame, const Picture& picture, pixels::ResizeScratch& scratch) {
  const auto [begin, end] = places_.equal_range(frame);
  if (begin == end) return;
  TensorTarget& target = target_for(picture);
  if (shape_.is_for(picture)) {
    target.write(begin->second, picture, shape_, scratch);
  } else {
    // The stream changed its size: what it is resized to stays.
    const TensorShape other(shape_.options(), picture.width, picture.height);
    if (other.byte_length() != shape_.byte_length()) {
      throw Error(Status::invalid_argument,
                  "Frame " + std::to_string(frame) + " is " + std::to_string(picture.width) +
                      " x " + std::to_string(picture.height) +
                      ", not of the stream's size; resize the frames to put them in one tensor");
    }
    target.write(begin->second, picture, other, scratch);
  }
  for (auto place = std::next(begin); place != end; ++place) {
    target.repeat(begin->second, place->second);
  }
}

Picture TensorBatch::finish() {
  Picture result;
  shape_.describe(result);
  result.frames = static_cast<uint32_t>(places_.size());
  target_->finish(result);
  result.plane_count = 1;
  result.planes[0] = {.data = result.block,
                      .stride = static_cast<ptrdiff_t>(shape_.byte_length()),
                      .rows = static_cast<uint32_t>(places_.size()),
                      .row_bytes = static_cast<uint32_t>(shape_.byte_length())};
  return result;
}

}  // namespace cuf
