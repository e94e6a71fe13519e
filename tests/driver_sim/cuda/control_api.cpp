// What cufsim.h promises.
#include "cufsim.h"

#include <algorithm>
#include <cstring>

#include "cuda/entry.h"

using namespace cufsim;

namespace {

size_t give(const std::string& text, char* out, size_t size) {
  if (out != nullptr && size > 0) {
    const size_t length = std::min(text.size(), size - 1);
    std::memcpy(out, text.data(), length);
    out[length] = 0;
  }
  return text.size();
}

}  // namespace

extern "C" {

uint32_t cufsim_version(void) {
  return 1;
}

void cufsim_reset(void) {
  const Lock lock(driver().mutex);
  driver().reset();
}

int32_t cufsim_set(const char* name, int64_t value) {
  Driver& sim = driver();
  const Lock lock(sim.mutex);
  const bool known = sim.settings.set(name, value);
  sim.journal.prints = sim.settings.number("log", 0) != 0;
  sim.journal.aborts = sim.settings.number("abort", 0) != 0;
  if (sim.contexts.alive().empty()) sim.make_devices();
  return known ? 1 : 0;
}

int32_t cufsim_set_gpu(const char* model) {
  Driver& sim = driver();
  const Lock lock(sim.mutex);
  if (find_gpu_model(model) == nullptr) return 0;
  sim.settings.gpu = model;
  if (sim.contexts.alive().empty()) sim.make_devices();
  return 1;
}

void cufsim_fail(const char* function, uint64_t nth, int32_t code) {
  const Lock lock(driver().mutex);
  driver().faults.fail(function, nth, code);
}

void cufsim_spare_thread(int32_t spared) {
  is_thread_spared() = spared != 0;
}

int32_t cufsim_fault_pending(void) {
  const Lock lock(driver().mutex);
  return driver().faults.pending() ? 1 : 0;
}

void cufsim_lose_device(int32_t gpu, int32_t code) {
  const Lock lock(driver().mutex);
  driver().lose(gpu, result(code));
}

void cufsim_decode_status(uint64_t nth, int32_t status) {
  const Lock lock(driver().mutex);
  driver().faults.decode_status(nth, status);
}

void cufsim_pause(void) {
  const Lock lock(driver().mutex);
  driver().paused = true;
}

void cufsim_resume(void) {
  const Lock lock(driver().mutex);
  driver().paused = false;
  driver().changed.notify_all();
}

uint64_t cufsim_queued(void) {
  const Lock lock(driver().mutex);
  return driver().queued;
}

uint64_t cufsim_calls(const char* function) {
  const Lock lock(driver().mutex);
  return driver().journal.calls(function);
}

uint64_t cufsim_count(const char* name) {
  const Lock lock(driver().mutex);
  return driver().journal.counter(name);
}

int32_t cufsim_set_encode_cap(int32_t cap, int32_t value) {
  const Lock lock(driver().mutex);
  driver().settings.encode_caps[cap] = value;
  return 1;
}

size_t cufsim_encode_record(const char* what, uint32_t back, void* bytes, size_t size) {
  const Lock lock(driver().mutex);
  const auto& records = driver().encode_records;
  const auto kept = records.find(what);
  if (kept == records.end() || back >= kept->second.size()) return 0;
  const auto& record = kept->second[back];
  if (bytes != nullptr) std::memcpy(bytes, record.data(), std::min(size, record.size()));
  return record.size();
}

size_t cufsim_problem(uint32_t index, char* text, size_t size) {
  const Lock lock(driver().mutex);
  const auto& problems = driver().journal.problems();
  return index < problems.size() ? give(problems[index], text, size) : 0;
}

size_t cufsim_report(char* text, size_t size) {
  const Lock lock(driver().mutex);
  return give(driver().report(), text, size);
}

}  // extern "C"
