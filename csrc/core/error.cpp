#include "core/error.h"

#include <cstdlib>
#include <new>
#include <system_error>

namespace cuf {
namespace {

// Made when the library is loaded: later there may be no memory for their text. Copies share it.
const Error& no_memory = *new Error(
    Status::out_of_memory,
    "No memory left for this call; close what is no longer needed, or ask for less at once");
const Error& unknown = *new Error(Status::internal, "An unknown failure inside the library");

}  // namespace

Error current_error() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return no_memory;
  } catch (const std::length_error&) {
    return no_memory;  // more than any machine has
  } catch (const std::system_error&) {
    return no_memory;  // of threads and locks
  } catch (...) {
    return unknown;
  }
}

Status status_of_damage() noexcept {
  constexpr size_t kEnough = 4 << 20;
  // Volatile: a pair of malloc and free may be left out.
  void* volatile memory = std::malloc(kEnough);
  const bool has_memory = memory != nullptr;
  std::free(memory);
  return has_memory ? Status::corrupt_data : Status::out_of_memory;
}

}  // namespace cuf
