#include "cuda/driver.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "cuda/event.h"
#include "cuda/module.h"
#include "cuda/pool.h"

namespace cufsim {

namespace {

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return json + "\"";
}

template <class Map>
std::string object_of(const Map& map) {
  std::ostringstream json;
  json << "{";
  const char* separator = "";
  for (const auto& [name, value] : map) {
    json << separator << quoted(name) << ":" << value;
    separator = ",";
  }
  json << "}";
  return json.str();
}

/** The newest record of each kind, in hexadecimal digits. */
template <class Records>
std::map<std::string, std::string> last_records(const Records& records) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::map<std::string, std::string> texts;
  for (const auto& [name, kept] : records) {
    std::string text = "\"";
    for (const unsigned char byte : kept.front()) {
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    texts[name] = text + "\"";
  }
  return texts;
}

template <class T, class Owns>
size_t remove_if(Handles<T>& handles, const char* counter, Owns&& owns) {
  std::vector<uint64_t> ended;
  for (const auto& [handle, object] : handles.alive()) {
    if (owns(*object)) ended.push_back(handle);
  }
  for (const uint64_t handle : ended) handles.remove(handle);
  if (counter != nullptr) {
    driver().journal.add(counter, -static_cast<int64_t>(ended.size()));
  }
  return ended.size();
}

}  // namespace

Driver& driver() {
  // Never destroyed: threads of streams may outlive main, and clients close and open the library.
  static Driver* const state = new Driver;
  return *state;
}

Driver::Driver() {
  reset();
}

void Driver::reset() {
  settings.read_environment();
  faults.reset(settings);
  journal.clear();
  encode_records.clear();
  journal.prints = settings.number("log", 0) != 0;
  journal.aborts = settings.number("abort", 0) != 0;
  if (!contexts.alive().empty()) return;
  // Of streams and memory that are gone.
  order = Order();
  make_devices();
}

void Driver::make_devices() {
  const GpuModel* model = find_gpu_model(settings.gpu);
  if (model == nullptr) {
    std::fprintf(stderr, "cufsim: no GPU model %s\n", settings.gpu.c_str());
    std::abort();
  }
  forget_memory_of_devices();
  devices.clear();
  const int64_t count = settings.number("gpus", 1);
  for (int i = 0; i < count; i++) devices.push_back(std::make_unique<Device>(i, *model, settings));
}

void Driver::forget_memory_of_devices() {
  // Pools outlive contexts, but not the GPU that they are of.
  for (const AllocationPtr& allocation : std::set(allocations)) {
    if (!allocation->is_host()) end_allocation(allocation);
  }
  const auto forget_blocks = [&](MemoryPool& pool) {
    for (const FreeBlock& block : pool.free_blocks) {
      pool.device->give_back(block.allocation->size);
      memory.release(block.allocation);
    }
    pool.free_blocks.clear();
  };
  for (const auto& pool : retired_pools) forget_blocks(*pool);
  retired_pools.clear();
  for (const auto& [handle, pool] : std::map(pools.alive())) {
    forget_blocks(*pool);
    if (pool != pool->device->default_pool) journal.add("pools", -1);
    pools.remove(handle);
  }
}

Device* Driver::device(int ordinal) const {
  const bool exists = ordinal >= 0 && static_cast<size_t>(ordinal) < devices.size();
  return exists ? devices[static_cast<size_t>(ordinal)].get() : nullptr;
}

void Driver::lose(int ordinal, CUresult code) {
  Device* gpu = device(ordinal);
  if (gpu != nullptr) gpu->lost = code;
  changed.notify_all();
}

size_t Driver::end_objects_of(const ContextPtr& context) {
  const auto here = [&](const auto& object) { return object.context.lock() == context; };
  size_t left = end_decoders_of ? end_decoders_of(context) : 0;
  if (end_encoders_of) left += end_encoders_of(context);
  left += remove_if(streams, "streams", here);
  left += remove_if(events, "events", here);
  left += remove_if(modules, "modules", here);
  remove_if(functions, nullptr, here);
  std::vector<AllocationPtr> freed;
  for (const AllocationPtr& allocation : allocations) {
    // Memory of pools belongs to the GPU, not to a context.
    if (here(*allocation) && allocation->kind != MemoryKind::kPool) freed.push_back(allocation);
  }
  for (const AllocationPtr& allocation : freed) end_allocation(allocation);
  return left + freed.size();
}

std::string Driver::report() const {
  std::ostringstream json;
  json << "{\"simulated\":true,\"gpus\":" << devices.size()
       << ",\"total_calls\":" << journal.total_calls()
       << ",\"calls\":" << object_of(journal.all_calls())
       << ",\"counters\":" << object_of(journal.counters())
       << ",\"encode\":" << object_of(last_records(encode_records))
       << ",\"problem_count\":" << journal.counter("problems") << ",\"problems\":[";
  const char* separator = "";
  for (const std::string& problem : journal.problems()) {
    json << separator << quoted(problem);
    separator = ",";
  }
  json << "]}\n";
  return json.str();
}

void Driver::write_report() const {
  if (settings.report.empty()) return;
  // Renamed into place: the report of a process that is killed while it writes is whole.
  const std::string part = settings.report + ".part";
  std::FILE* file = std::fopen(part.c_str(), "w");
  if (file == nullptr) return;
  const std::string text = report();
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) == 0 && written) std::rename(part.c_str(), settings.report.c_str());
}

void Driver::write_report_if_done() {
  if (contexts.alive().empty()) write_report();
}

namespace {

struct AtExit {
  ~AtExit() {
    Driver& sim = driver();
    // exit() may come from a thread that holds the mutex.
    if (!sim.mutex.try_lock()) return;
    sim.write_report();
    sim.mutex.unlock();
  }
};

/** Its constructor does nothing: a client that only opens the library pays nothing. */
const AtExit at_exit;

}  // namespace

}  // namespace cufsim
