#pragma once

#include <string>

#include "core/error.h"

namespace cuf::libav {

// libav's words for an AVERROR code.
std::string error_text(int code);

// "<what>: <libav's words>" with the status that fits the code.
Error make_error(int code, const std::string& what, int64_t timestamp_us = kNoTimestamp);

Error out_of_memory(const std::string& what);

// "Could not open x: No such file or directory"
Error system_error(int error_number, const std::string& what);

template <typename T>
T* require(T* pointer, const char* what) {
  if (!pointer) throw out_of_memory(what);
  return pointer;
}

}  // namespace cuf::libav
