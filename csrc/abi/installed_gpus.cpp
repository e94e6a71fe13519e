#include "abi/installed_gpus.h"

#include <atomic>
#include <list>
#include <mutex>
#include <string>

#include "core/error.h"

namespace cuf::abi {
namespace {

// What was found last. What was found before stays, too: it is handed out without a copy.
std::atomic<const cuda::Adapters*> last_found = nullptr;

}  // namespace

const cuda::Adapters& installed_gpus() {
  static std::mutex& mutex = *new std::mutex;
  static auto& all = *new std::list<cuda::Adapters>;
  const std::lock_guard lock(mutex);
  const cuda::Adapters* known = last_found;
  if (known && known->reason.empty()) return *known;
  cuda::Adapters found = cuda::list_adapters();
  if (known && known->reason == found.reason) return *known;
  return *(last_found = &all.emplace_back(std::move(found)));
}

const cuda::Adapters& known_gpus() {
  const cuda::Adapters* known = last_found;
  return known ? *known : installed_gpus();
}

const cuda::Adapter& require_gpu(uint32_t ordinal) {
  const cuda::Adapters& found = installed_gpus();
  if (found.gpus.empty()) {
    throw Error(Status::unsupported,
                "There is no cuda adapter: " + found.reason + "; ask for \"cpu\" or \"auto\"");
  }
  for (const cuda::Adapter& adapter : found.gpus) {
    if (static_cast<uint32_t>(adapter.gpu) == ordinal) return adapter;
  }
  throw Error(Status::unsupported, "There is no GPU " + std::to_string(ordinal) +
                                       "; this machine has " + std::to_string(found.gpus.size()) +
                                       ", numbered from 0 on");
}

}  // namespace cuf::abi
