#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "core/model.h"

namespace cuf {

// What the caller can do about it; the values are those of CufStatus.
enum class Status : int32_t {
  ok = 0,
  invalid_argument = -1,
  invalid_handle = -2,
  unsupported = -3,
  corrupt_data = -4,
  out_of_memory = -5,
  io = -6,
  aborted = -7,
  device_lost = -8,
  internal = -9,
};

// The only exception that the library throws on purpose; the ABI turns it into a CufError.
class Error : public std::runtime_error {
 public:
  Error(Status status, const std::string& message, int32_t native_code = 0,
        int64_t timestamp_us = kNoTimestamp)
      : std::runtime_error(message),
        status(status),
        native_code(native_code),
        timestamp_us(timestamp_us) {}

  Status status;
  int32_t native_code;
  int64_t timestamp_us;
};

// The exception that is being handled, as an Error: what is not one says that memory ran out, or is
// a bug. Takes no memory itself.
Error current_error() noexcept;

// corrupt_data, unless memory is so short that a decoder without any may call damaged what it had
// no memory for.
Status status_of_damage() noexcept;

}  // namespace cuf
