#include "core/headroom.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

#include "core/error.h"
#include "core/log.h"

namespace cuf {
namespace {

bool is_overcommit_strict() {
  std::ifstream file("/proc/sys/vm/overcommit_memory");
  int mode = 0;
  return file >> mode && mode == 2;
}

bool is_memory_limited() {
  static const bool is_strict = is_overcommit_strict();
  rlimit limit = {};
  return is_strict || (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) ||
         (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY);
}

}  // namespace

void require_headroom(size_t bytes) {
  if (!is_memory_limited()) return;
  void* const space =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (space != MAP_FAILED) {
    munmap(space, bytes);
    return;
  }
  log(LogLevel::warn, "memory", "Less than ", bytes, " bytes of memory are left to the process");
  throw Error(Status::out_of_memory,
              "The process is at its limit of memory: fewer than " + std::to_string(bytes) +
                  " bytes are left to decode with; close what is no longer needed, or raise it");
}

}  // namespace cuf
