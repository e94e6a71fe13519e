#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/dlpack.h"
#include "core/encoder_format.h"
#include "core/ports.h"

namespace cuf::dlpack {

// An array of another library's that was taken over: its deleter is called when the last holder
// lets go, unless take() was never called.
class Claim {
 public:
  Claim(void* managed, Version version) : managed_(managed), version_(version) {}
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  void take() { is_taken_ = true; }

 private:
  void* const managed_;
  const Version version_;
  std::atomic<bool> is_taken_ = false;
};

struct Imported {
  Picture picture;  // holds the claim
  std::shared_ptr<Claim> claim;
};

// The array at `address`, a VersionedArray or ManagedArray, as a picture of the format; its size is
// that of its shape. `stream`: of memory on a GPU, as GpuPort::adopt() has it; nothing: the legacy
// default stream, as the protocol has it. gpu: of the device; null on the CPU.
// Throws Error(invalid_argument), with the shape and type that the format has, for another array,
// and Error(unsupported) for memory that the device does not reach.
Imported import_array(uint64_t address, Version version, EncoderFormat format,
                      std::optional<uint64_t> stream, GpuPort* gpu);

}  // namespace cuf::dlpack
