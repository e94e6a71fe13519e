#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "abi/boundary.h"
#include "core/completion_queue.h"
#include "core/registry.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

// A terminated Worker closes nothing itself, but its thread ends: then everything that it made is
// closed. The main thread's end is the process's, where nothing may run any more.
struct ThreadQueues {
  std::vector<uint32_t> handles;
  ~ThreadQueues() {
    if (syscall(SYS_gettid) == getpid()) return;
    for (const uint32_t handle : handles) cuf_handle_close(handle);
  }
};

thread_local ThreadQueues thread_queues;

}  // namespace

extern "C" {

int32_t cuf_queue_create(uint32_t* out_queue, CufError* error) {
  return guarded(error, [&] {
    require(out_queue != nullptr, "The buffer for the queue's handle is missing");
    const uint32_t handle = Registry::instance().add(std::make_shared<CompletionQueue>(), 0);
    thread_queues.handles.push_back(handle);
    *out_queue = handle;
    return CUF_OK;
  });
}

int32_t cuf_queue_poll(uint32_t queue, CufCompletion* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require(capacity > 0, "The capacity is 0");
    require_buffer(out, capacity);
    std::array<Completion, 64> records;
    const size_t wanted = std::min<size_t>(capacity, records.size());
    const size_t count = object_of<CompletionQueue>(queue)->poll({records.data(), wanted});
    for (size_t i = 0; i < count; ++i) {
      out[i] = {.struct_size = sizeof(CufCompletion),
                .ticket = records[i].ticket,
                .status = static_cast<int32_t>(records[i].status),
                .kind = static_cast<uint32_t>(records[i].kind),
                .value = records[i].value,
                .extra = records[i].extra};
    }
    return static_cast<int32_t>(count);
  });
}

int32_t cuf_queue_wait(uint32_t queue) {
  return guarded(nullptr, [&] {
    object_of<CompletionQueue>(queue)->wait();
    return CUF_OK;
  });
}

int32_t cuf_queue_wake(uint32_t queue) {
  return guarded(nullptr, [&] {
    object_of<CompletionQueue>(queue)->wake();
    return CUF_OK;
  });
}

int32_t cuf_queue_set_wake(uint32_t queue, const CufWake* wake) {
  return guarded(nullptr, [&] {
    const CufWake desc = read_struct(wake);
    object_of<CompletionQueue>(queue)->set_wake(
        reinterpret_cast<void (*)()>(static_cast<uintptr_t>(desc.callback_address)));
    return CUF_OK;
  });
}

int32_t cuf_queue_error(uint32_t queue, uint32_t ticket, CufError* out) {
  return guarded(nullptr, [&] {
    require(out != nullptr && out->struct_size >= sizeof(CufError),
            "The buffer for the error is too small");
    Error failure(Status::internal, "");
    require(object_of<CompletionQueue>(queue)->take_error(ticket, failure),
            "The ticket has no error");
    fill_error(out, failure);
    return CUF_OK;
  });
}

int32_t cuf_queue_cancel(uint32_t queue, uint32_t ticket) {
  return guarded(nullptr, [&] {
    object_of<CompletionQueue>(queue)->cancel(ticket);
    return CUF_OK;
  });
}

}  // extern "C"
