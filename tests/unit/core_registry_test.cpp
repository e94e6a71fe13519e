#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/registry.h"

using namespace cuf;

namespace {

struct Probe : Object {
  static constexpr ObjectKind kKind = ObjectKind::frame;
  explicit Probe(std::atomic<int>& closes, ObjectKind kind = kKind)
      : Object(kind), closes(closes) {}
  void close() noexcept override { ++closes; }
  std::atomic<int>& closes;
};

Status status_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.status;
  }
  return Status::ok;
}

}  // namespace

TEST_CASE("a stale handle is an error and touches no other object") {
  Registry registry;
  std::atomic<int> closes = 0;
  const uint32_t first = registry.add(std::make_shared<Probe>(closes), 0);
  registry.close(first);
  CHECK(closes == 1);
  CHECK(status_of([&] { registry.close(first); }) == Status::invalid_handle);
  // Enough rounds that slots are reused.
  std::vector<uint32_t> handles;
  for (int i = 0; i < 20000; ++i) {
    const uint32_t handle = registry.add(std::make_shared<Probe>(closes), 0);
    CHECK_NE(handle, first);
    registry.close(handle);
  }
  CHECK(status_of([&] { registry.close(first); }) == Status::invalid_handle);
  CHECK(closes == 20001);
}

TEST_CASE("a handle of another kind is refused") {
  Registry registry;
  std::atomic<int> closes = 0;
  const uint32_t handle = registry.add(std::make_shared<Probe>(closes), 0);
  CHECK(registry.get(handle, ObjectKind::frame));
  CHECK(status_of([&] { registry.get(handle, ObjectKind::decoder); }) == Status::invalid_handle);
  CHECK(status_of([&] { registry.get(0, ObjectKind::frame); }) == Status::invalid_handle);
  CHECK(status_of([&] { registry.get(0xFFFFFFFF, ObjectKind::frame); }) == Status::invalid_handle);
}

TEST_CASE("closing an owner closes what it owns, and nothing can be added to it afterwards") {
  Registry registry;
  std::atomic<int> closes = 0;
  const uint32_t queue = registry.add(std::make_shared<Probe>(closes, ObjectKind::queue), 0);
  const uint32_t device = registry.add(std::make_shared<Probe>(closes, ObjectKind::device), queue);
  const uint32_t frame = registry.add(std::make_shared<Probe>(closes), device);
  registry.close(queue);
  CHECK(closes == 3);
  CHECK(status_of([&] { registry.get(frame, ObjectKind::frame); }) == Status::invalid_handle);
  CHECK(status_of([&] { registry.add(std::make_shared<Probe>(closes), device); }) ==
        Status::aborted);
}

TEST_CASE("handles are made and closed from several threads") {
  Registry registry;
  std::atomic<int> closes = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        const uint32_t handle = registry.add(std::make_shared<Probe>(closes), 0);
        registry.get(handle, ObjectKind::frame);
        registry.close(handle);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(closes == 20000);
}
