#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/dlpack.h"
#include "session_bench.h"

using namespace cuf;
using dlpack::Capsule;
using dlpack::VersionedArray;

namespace {

std::shared_ptr<Device> make_device() {
  static NoBackend backend;
  return std::make_shared<Device>(std::make_shared<CompletionQueue>(), backend, 1);
}

// Two planes of 8-bit NV12, 4x4, with rows of `stride` bytes and `gap` bytes between the planes.
std::shared_ptr<Picture> make_picture(ptrdiff_t stride, ptrdiff_t gap) {
  auto bytes = std::make_shared<std::vector<uint8_t>>(1024);
  auto picture = std::make_shared<Picture>();
  picture->format = Format::nv12;
  picture->width = picture->height = 4;
  picture->plane_count = 2;
  picture->block = bytes->data();
  picture->block_bytes = bytes->size();
  picture->planes[0] = {.data = bytes->data(), .stride = stride, .rows = 4, .row_bytes = 4};
  picture->planes[1] = {
      .data = bytes->data() + 4 * stride + gap, .stride = stride, .rows = 2, .row_bytes = 4};
  picture->owner = std::move(bytes);
  return picture;
}

VersionedArray* array_of(const Capsule& capsule) {
  return static_cast<VersionedArray*>(const_cast<void*>(capsule.address()));
}

Status status_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.status;
  }
  return Status::ok;
}

}  // namespace

TEST_CASE("planes with padded rows form one array, planes with a gap between them do not") {
  auto device = make_device();
  Frame padded(device, make_picture(8, 0));
  Frame apart(device, make_picture(8, 8));
  Capsule whole(padded, dlpack::kWholePicture, dlpack::Version::versioned);
  const dlpack::Array& array = array_of(whole)->array;
  CHECK(array.dimensions == 2);
  CHECK(array.shape[0] == 6);
  CHECK(array.shape[1] == 4);
  CHECK(array.strides[0] == 8);
  CHECK(array.strides[1] == 1);
  whole.close();
  const auto export_of = [](const Frame& frame, int32_t plane) {
    return status_of([&] { Capsule(frame, plane, dlpack::Version::legacy).close(); });
  };
  CHECK(export_of(apart, dlpack::kWholePicture) == Status::unsupported);
  CHECK(export_of(apart, 0) == Status::ok);
  CHECK(export_of(apart, 1) == Status::ok);
  CHECK(export_of(apart, 2) == Status::invalid_argument);
  CHECK(export_of(apart, -2) == Status::invalid_argument);
  CHECK(device->counters.live_capsules == 0);
}

TEST_CASE("the memory lives until the deleter or close() frees it, whichever thread is first") {
  auto device = make_device();
  for (int round = 0; round < 200; ++round) {
    std::weak_ptr<const void> memory;
    auto capsule = [&] {
      auto picture = make_picture(4, 0);
      memory = picture->owner;
      Frame frame(device, std::move(picture));
      return std::make_shared<Capsule>(frame, dlpack::kWholePicture, dlpack::Version::versioned);
    }();
    CHECK(!memory.expired());
    std::thread consumer([array = array_of(*capsule)] { array->deleter(array); });
    capsule->close();
    consumer.join();
    CHECK(memory.expired());
    CHECK(device->counters.live_capsules == 0);
  }
}

TEST_CASE("a released array is the consumer's") {
  auto device = make_device();
  auto picture = make_picture(4, 0);
  const std::weak_ptr<const void> memory = picture->owner;
  VersionedArray* array = nullptr;
  {
    Frame frame(device, std::move(picture));
    Capsule capsule(frame, 1, dlpack::Version::versioned);
    array = array_of(capsule);
    capsule.release();
    capsule.close();
  }
  CHECK(!memory.expired());
  CHECK(array->array.dimensions == 3);
  CHECK(array->array.shape[1] == 2);
  CHECK(device->counters.live_capsules == 1);
  std::thread([array] { array->deleter(array); }).join();
  CHECK(memory.expired());
  CHECK(device->counters.live_capsules == 0);
}
