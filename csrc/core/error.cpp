#include "core/error.h"

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

}  // namespace cuf
