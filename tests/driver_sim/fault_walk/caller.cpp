#include "caller.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "../client.h"

namespace fault_walk {
namespace {

constexpr uint32_t kMostComplaints = 50;
constexpr uint32_t kDeviceTicket = 1;

std::string place;
uint32_t complaint_count = 0;

// What is not the product's: it neither fails nor counts.
class Spared {
 public:
  Spared() { cufsim_spare_thread(1); }
  ~Spared() { cufsim_spare_thread(0); }
};

// Nothing where the context is broken.
std::optional<Bytes> device_bytes(uint64_t context, uint64_t address, size_t size) {
  const Spared spared;
  Bytes bytes(size);
  if (cuCtxPushCurrent_v2(reinterpret_cast<CUcontext>(context)) != CUDA_SUCCESS) return {};
  CUresult result = cuCtxSynchronize();
  if (result == CUDA_SUCCESS) result = cuMemcpyDtoH_v2(bytes.data(), address, size);
  cuCtxPopCurrent_v2(nullptr);
  if (result != CUDA_SUCCESS) return {};
  return bytes;
}

}  // namespace

void set_place(const std::string& now) {
  place = now;
}

void complain(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", place.c_str(), what.c_str());
  if (++complaint_count >= kMostComplaints) std::exit(1);
}

uint32_t complaints() {
  return complaint_count;
}

bool comes_true(const std::function<bool()>& condition) {
  constexpr auto kLongest = std::chrono::seconds(10);
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

Caller::Caller() {
  auto error = sized<CufError>();
  did("making a queue", cuf_queue_create(&queue_, &error), error);
}

void Caller::request_device(uint32_t backend) {
  auto error = sized<CufError>();
  auto desc = sized<CufDeviceDesc>();
  desc.backend = backend;
  desc.threads = 2;
  desc.event_ticket = kDeviceTicket;
  const uint32_t id = ticket();
  const int32_t begun = cuf_device_create(queue_, &desc, id, &error);
  if (const auto done = wait("making a device", id, begun, error)) {
    device_ = static_cast<uint32_t>(done->value);
  }
}

bool Caller::did(const std::string& step, int32_t status, const CufError& error) {
  if (status >= 0) return true;
  if (error.status != status) complain(step + ": the error tells of another status");
  failures_.push_back({step, status, error.native_code, error.message});
  return false;
}

std::optional<CufCompletion> Caller::wait(const std::string& step, uint32_t id, int32_t begun,
                                          const CufError& error) {
  if (!did(step, begun, error)) return std::nullopt;
  for (;;) {
    auto record = sized<CufCompletion>();
    if (cuf_queue_poll(queue_, &record, 1) == 0) {
      cuf_queue_wait(queue_);
      continue;
    }
    if (record.ticket != id || record.kind != CUF_COMPLETION_DONE) continue;
    if (record.status == CUF_OK) return record;
    auto outcome = sized<CufError>();
    if (cuf_queue_error(queue_, id, &outcome) != CUF_OK) complain(step + ": no error was kept");
    did(step, record.status, outcome);
    return std::nullopt;
  }
}

uint32_t Caller::made(const std::string& step, uint32_t id, int32_t begun, const CufError& error) {
  const auto done = wait(step, id, begun, error);
  if (!done) return 0;
  objects_.push_back(static_cast<uint32_t>(done->value));
  return objects_.back();
}

void Caller::keep(const std::string& name, const CufFrameInfo& frame) {
  names_.push_back(name);
  frames_.push_back(frame);
}

void Caller::keep_made(const std::string& name, uint32_t id, int32_t begun, const CufError& error) {
  const auto done = wait(name, id, begun, error);
  if (!done) return;
  auto info = sized<CufFrameInfo>();
  if (cuf_frame_info(static_cast<uint32_t>(done->value), &info) != CUF_OK) {
    complain(name + ": what was made is no frame");
  }
  keep(name, info);
}

bool Caller::has(const std::string& name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

void Caller::read(const std::string& name, const CufFrameInfo& frame) {
  if (frame.decode_status != CUF_DECODE_OK) return;
  Bytes bytes(frame.byte_length);
  if (frame.backend == CUF_BACKEND_CUDA) {
    auto info = sized<CufDeviceInfo>();
    cuf_device_info(device_, &info);
    auto copied = device_bytes(info.cuda_context, frame.address, bytes.size());
    if (copied) note(name, std::move(*copied));
    return;
  }
  const auto size = static_cast<uint32_t>(bytes.size());
  auto error = sized<CufError>();
  const int32_t copied = cuf_frame_copy(frame.frame, bytes.data(), size, &error);
  if (did("copying " + name, copied, error)) note(name, std::move(bytes));
}

void Caller::close(uint32_t handle) {
  if (handle != 0 && cuf_handle_close(handle) != CUF_OK) complain("a handle could not be closed");
}

void Caller::end() {
  for (size_t i = 0; i < frames_.size(); ++i) read(names_[i], frames_[i]);
  for (const CufFrameInfo& frame : frames_) close(frame.frame);
  std::for_each(objects_.rbegin(), objects_.rend(), [this](uint32_t object) { close(object); });
  auto stats = sized<CufDeviceStats>();
  const auto is_empty = [&] {
    return cuf_device_stats(device_, &stats) == CUF_OK && stats.live_handles == 0 &&
           stats.live_capsules == 0;
  };
  if (device_ != 0 && !comes_true(is_empty)) {
    complain("the device counts " + std::to_string(stats.live_handles) + " handles and " +
             std::to_string(stats.live_capsules) + " capsules that are open");
  }
  close(device_);
  close(queue_);
}

}  // namespace fault_walk
