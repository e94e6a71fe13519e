#pragma once

#include <utility>

#include "cuda/kernels/kernel_driver.h"

namespace cuf::cuda {

// Device memory of one stream, given back in the stream's order.
class StreamMemory {
 public:
  StreamMemory() = default;
  StreamMemory(KernelDriver& driver, CUstream_st* stream, size_t bytes)
      : driver_(&driver),
        stream_(stream),
        address_(driver.allocate(bytes, stream)),
        bytes_(bytes) {}
  StreamMemory(StreamMemory&& other) noexcept { swap(other); }
  StreamMemory& operator=(StreamMemory&& other) noexcept {
    StreamMemory old(std::move(*this));
    swap(other);
    return *this;
  }
  ~StreamMemory() {
    if (driver_ != nullptr) driver_->free(address_, stream_);
  }

  uint64_t address() const { return address_; }
  size_t bytes() const { return bytes_; }

 private:
  void swap(StreamMemory& other) noexcept {
    std::swap(driver_, other.driver_);
    std::swap(stream_, other.stream_);
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
  }

  KernelDriver* driver_ = nullptr;
  CUstream_st* stream_ = nullptr;
  uint64_t address_ = 0;
  size_t bytes_ = 0;
};

}  // namespace cuf::cuda
