#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/error.h"
#include "cuframe.h"

// What stands between C and C++ in every export: arguments checked, exceptions turned into a status
// and a sentence.
namespace cuf::abi {

inline constexpr uint32_t kStructSizeBytes = sizeof(uint32_t);

// Copies text into a fixed char array, cut at a UTF-8 boundary, always ended by NUL.
template <size_t N>
void put_text(char (&out)[N], std::string_view text) {
  size_t length = std::min(text.size(), N - 1);
  while (length < text.size() && length > 0 && (text[length] & 0xC0) == 0x80) --length;
  std::memcpy(out, text.data(), length);
  std::memset(out + length, 0, N - length);
}

template <size_t N>
std::string get_text(const char (&text)[N], const char* field) {
  const void* end = std::memchr(text, 0, N);
  if (!end)
    throw Error(Status::invalid_argument, std::string("The text of ") + field + " has no end");
  return std::string(text, static_cast<const char*>(end));
}

inline void fill_error(CufError* out, const Error& error) noexcept {
  if (!out || out->struct_size < sizeof(CufError)) return;
  const std::string_view message = error.what();
  out->status = static_cast<int32_t>(error.status);
  out->native_code = error.native_code;
  out->timestamp_us = error.timestamp_us;
  put_text(out->message, message);
  out->message_length = static_cast<uint32_t>(std::strlen(out->message));
}

template <typename Body>
int32_t guarded(CufError* error, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    const Error failure = current_error();
    fill_error(error, failure);
    return static_cast<int32_t>(failure.status);
  }
}

inline void require(bool condition, const char* message) {
  if (!condition) throw Error(Status::invalid_argument, message);
}

// A descriptor of the caller: shorter ones (older callers) are filled with zeros, longer ones are
// taken when what is unknown here is zero.
template <typename T>
T read_struct(const T* in) {
  require(in != nullptr, "A descriptor is missing (a detached buffer arrives as NULL)");
  uint32_t size;
  std::memcpy(&size, in, kStructSizeBytes);
  require(size >= kStructSizeBytes && size <= 65536, "A descriptor's struct_size is out of range");
  const auto* bytes = reinterpret_cast<const uint8_t*>(in);
  for (uint32_t i = sizeof(T); i < size; ++i) {
    require(bytes[i] == 0,
            "A descriptor holds fields that this library does not know; update the library");
  }
  T result{};
  std::memcpy(&result, in, std::min<size_t>(size, sizeof(T)));
  result.struct_size = sizeof(T);
  return result;
}

// Writes as much of a result as the caller's struct holds.
template <typename T>
void write_struct(T* out, T value) {
  require(out != nullptr,
          "The buffer for the result is missing (a detached buffer arrives as NULL)");
  uint32_t size;
  std::memcpy(&size, out, kStructSizeBytes);
  require(size >= kStructSizeBytes, "The result's struct_size is not set");
  value.struct_size = size;
  std::memcpy(static_cast<void*>(out), &value, std::min<size_t>(size, sizeof(T)));
}

inline void require_buffer(const void* data, uint32_t length) {
  require(data != nullptr || length == 0,
          "A buffer is missing although its length is not 0 (a detached buffer arrives as NULL)");
}

template <typename E>
E checked_enum(uint32_t value, uint32_t greatest, const char* message) {
  require(value <= greatest, message);
  return static_cast<E>(value);
}

}  // namespace cuf::abi
