#pragma once

#include <list>

#include "cuda/kernels/stream_memory.h"
#include "pixels/kernel_parameters.h"
#include "pixels/resize.h"

namespace cuf::cuda {

// Weights of resizes in device memory, for work on one stream. The latest are kept, a direction
// (input and output size) once: 8 bytes for each output and 2 for each weight, 9 KiB for 1920 to
// 224.
class ResizeTables {
 public:
  static constexpr size_t kKept = 16;

  ResizeTables(KernelDriver& driver, CUstream_st* stream) : driver_(driver), stream_(stream) {}

  // Valid for what is put on the stream before the next kKept - 1 calls.
  pixels::DeviceAxis on_device(const pixels::ResizeAxis& axis);

 private:
  struct Table {
    int32_t input;
    pixels::DeviceAxis axis;
    StreamMemory memory;
  };
  Table make(const pixels::ResizeAxis& axis) const;

  KernelDriver& driver_;
  CUstream_st* const stream_;
  std::list<Table> tables_;  // the latest used first
};

}  // namespace cuf::cuda
