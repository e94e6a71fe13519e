#include <sys/sysinfo.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "abi/boundary.h"
#include "core/device.h"
#include "core/executor.h"
#include "core/log.h"
#include "core/picture_convert.h"
#include "core/registry.h"
#include "libav/backend.h"

using namespace cuf;
using namespace cuf::abi;

namespace {

constexpr uint32_t kMostThreads = 256;

uint32_t processor_count() {
  return std::max(1u, std::thread::hardware_concurrency());
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

// Of the machine, or less where a container of the operating system (cgroup 2) has less.
uint64_t machine_memory() {
  struct sysinfo memory {};
  sysinfo(&memory);
  const uint64_t all = static_cast<uint64_t>(memory.totalram) * memory.mem_unit;
  std::ifstream file("/sys/fs/cgroup/memory.max");
  uint64_t allowed = 0;
  return file >> allowed && allowed > 0 ? std::min(all, allowed) : all;
}

// What lets a hostile file end in an error before the machine runs out of memory.
uint64_t default_budget() {
  return machine_memory() / 4 * 3;
}

void require_cpu(uint32_t backend, uint32_t ordinal) {
  if (backend == CUF_BACKEND_CUDA) {
    throw Error(Status::unsupported,
                "The cuda backend is not part of this build; ask for the cpu or auto backend");
  }
  require(backend <= CUF_BACKEND_CUDA, "Unknown backend; auto, cpu and cuda exist");
  require(ordinal == 0, "The cpu backend has the one adapter 0");
}

// The bound of av_image_check_size(): rows are padded by 128 samples of 8 bytes, and an image stays
// below 2 GiB.
bool fits_in_memory(uint64_t width, uint64_t height) {
  return (width + 128) * 8 * (height + 128) < INT32_MAX;
}

}  // namespace

extern "C" {

int32_t cuf_adapter_scan(uint32_t queue, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto work = object_of<CompletionQueue>(queue)->open_ticket(ticket);
    run_on_pool([work] {
      libav::backend();
      work->complete(1);
    });
    return CUF_OK;
  });
}

int32_t cuf_adapter_list(CufAdapterInfo* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    if (capacity == 0) return 0;
    CufAdapterInfo info{};
    info.struct_size = sizeof(info);
    info.backend = CUF_BACKEND_CPU;
    info.processor_count = processor_count();
    info.memory_bytes = machine_memory();
    put_text(info.name, processor_name());
    put_text(info.vendor, "libav");
    put_text(info.driver, libav::backend().versions());
    out[0] = info;
    return 1;
  });
}

int32_t cuf_adapter_decoder_support(const CufDecoderQuery* query, CufDecoderSupport* out,
                                    CufError* error) {
  return guarded(error, [&] {
    const CufDecoderQuery desc = read_struct(query);
    require_cpu(desc.backend, desc.ordinal);
    auto chroma =
        checked_enum<ChromaFormat>(desc.chroma_format, CUF_CHROMA_OTHER, "Unknown chroma format");
    if (chroma == ChromaFormat::unknown) chroma = ChromaFormat::c420;
    const uint32_t depth = desc.bit_depth == 0 ? 8 : desc.bit_depth;
    const std::string codec = get_text(desc.codec, "codec");
    const DecoderLimits limits = libav::backend().decoder_support(codec, chroma, depth);
    CufDecoderSupport support{};
    support.is_supported = limits.is_supported;
    put_text(support.implementation, limits.implementation);
    put_text(support.reason, limits.reason);
    if (limits.is_supported && !fits_in_memory(desc.width, desc.height)) {
      support.is_supported = 0;
      put_text(support.reason, "A picture of this size is larger than libav takes");
    }
    support.native_format = static_cast<uint32_t>(native_format_of(chroma, depth));
    const auto with_stats = libav::backend().decode_stats_codecs();
    support.has_decode_stats =
        support.is_supported && std::ranges::find(with_stats, codec) != with_stats.end();
    write_struct(out, support);
    return CUF_OK;
  });
}

int32_t cuf_device_create(uint32_t queue, const CufDeviceDesc* desc, uint32_t ticket,
                          CufError* error) {
  return guarded(error, [&] {
    const CufDeviceDesc options = read_struct(desc);
    require_cpu(options.backend, options.ordinal);
    require(options.threads <= kMostThreads, "threads is at most 256");
    auto completions = object_of<CompletionQueue>(queue);
    auto work = completions->open_ticket(ticket);
    const uint32_t threads = options.threads == 0 ? processor_count() : options.threads;
    const uint64_t budget =
        options.memory_budget_bytes == 0 ? default_budget() : options.memory_budget_bytes;
    auto device = std::make_shared<Device>(completions, libav::backend(), threads, budget);
    device->handle = Registry::instance().add(device, queue);
    device->queue_handle = queue;
    log(LogLevel::info, "device", "Made a device on the CPU: ", threads,
        " threads, a memory budget of ", budget, " bytes; ", libav::backend().versions());
    work->complete(device->handle);
    return CUF_OK;
  });
}

int32_t cuf_device_info(uint32_t device, CufDeviceInfo* out) {
  return guarded(nullptr, [&] {
    auto target = object_of<Device>(device);
    CufDeviceInfo info{};
    info.backend = CUF_BACKEND_CPU;
    info.threads = target->threads;
    info.memory_budget_bytes = target->budget->limit();
    write_struct(out, info);
    return CUF_OK;
  });
}

int32_t cuf_device_stats(uint32_t device, CufDeviceStats* out) {
  return guarded(nullptr, [&] {
    auto target = object_of<Device>(device);
    const DeviceCounters& counters = target->counters;
    CufDeviceStats stats{};
    stats.live_demuxers = counters.live_demuxers;
    stats.live_decoders = counters.live_decoders;
    stats.live_frames = counters.live_frames;
    stats.live_sources = counters.live_sources;
    stats.live_samplers = counters.live_samplers;
    stats.live_handles = stats.live_demuxers + stats.live_decoders + stats.live_frames +
                         stats.live_sources + stats.live_samplers;
    stats.live_capsules = counters.live_capsules;
    stats.frame_bytes = counters.frame_bytes;
    stats.pooled_bytes = target->memory->pooled_bytes();
    stats.quarantined_bytes = counters.quarantined_bytes;
    stats.bytes_read = counters.bytes_read;
    stats.packets_decoded = counters.packets_decoded;
    stats.frames_decoded = counters.frames_decoded;
    stats.decoders_created = counters.decoders_created;
    stats.decoders_reused = counters.decoders_reused;
    stats.index_cache_hits = counters.index_cache_hits;
    stats.memory_bytes = target->budget->used();
    write_struct(out, stats);
    return CUF_OK;
  });
}

}  // extern "C"
