#include <sys/sysinfo.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "abi/boundary.h"
#include "abi/installed_gpus.h"
#include "core/device.h"
#include "core/executor.h"
#include "core/log.h"
#include "core/picture_convert.h"
#include "core/registry.h"
#include "cuda/backend.h"
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

// The bound of av_image_check_size(): rows are padded by 128 samples of 8 bytes, and an image stays
// below 2 GiB.
bool fits_in_memory(uint64_t width, uint64_t height) {
  return (width + 128) * 8 * (height + 128) < INT32_MAX;
}

CufAdapterInfo processor_info(const std::string& cuda_absence) {
  CufAdapterInfo info{};
  info.struct_size = sizeof(info);
  info.backend = CUF_BACKEND_CPU;
  info.processor_count = processor_count();
  info.memory_bytes = machine_memory();
  put_text(info.name, processor_name());
  put_text(info.vendor, "libav");
  put_text(info.driver, libav::backend().versions());
  put_text(info.cuda_absence, cuda_absence);
  return info;
}

CufAdapterInfo adapter_info_of(const cuda::Adapter& gpu) {
  CufAdapterInfo info{};
  info.struct_size = sizeof(info);
  info.backend = CUF_BACKEND_CUDA;
  info.ordinal = static_cast<uint32_t>(gpu.gpu);
  info.is_simulated = gpu.is_simulated;
  info.processor_count = processor_count();
  info.decode_engines = gpu.decode_engines;
  info.memory_bytes = gpu.memory_bytes;
  put_text(info.name, gpu.name);
  put_text(info.vendor, "NVIDIA");
  put_text(info.driver, "CUDA " + gpu.driver_version);
  info.compute_major = static_cast<uint32_t>(gpu.compute_major);
  info.compute_minor = static_cast<uint32_t>(gpu.compute_minor);
  info.has_memory_pools = gpu.has_memory_pools;
  put_text(info.encoder_absence, gpu.no_encoder);
  return info;
}

struct DecoderQuestion {
  uint32_t backend = 0;
  uint32_t ordinal = 0;
  std::string codec;
  ChromaFormat chroma = ChromaFormat::c420;
  uint32_t depth = 8;
  uint32_t width = 0;
  uint32_t height = 0;
};

class DecoderAnswer : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::answer;

  explicit DecoderAnswer(const CufDecoderSupport& support) : Object(kKind), support(support) {}
  void close() noexcept override {}

  const CufDecoderSupport support;
};

DecoderQuestion question_of(const CufDecoderQuery& query) {
  DecoderQuestion question;
  require(query.backend <= CUF_BACKEND_CUDA, "Unknown backend; auto, cpu and cuda exist");
  question.backend = query.backend;
  question.ordinal = query.ordinal;
  question.codec = get_text(query.codec, "codec");
  question.chroma =
      checked_enum<ChromaFormat>(query.chroma_format, CUF_CHROMA_OTHER, "Unknown chroma format");
  if (question.chroma == ChromaFormat::unknown) question.chroma = ChromaFormat::c420;
  question.depth = query.bit_depth == 0 ? 8 : query.bit_depth;
  question.width = query.width;
  question.height = query.height;
  return question;
}

// Why pictures of the asked size are not decoded, or nothing.
std::string size_refusal(const DecoderQuestion& question, const DecoderLimits& limits) {
  const auto size = [](uint32_t width, uint32_t height) {
    return std::to_string(width) + " x " + std::to_string(height);
  };
  const uint32_t width = question.width;
  const uint32_t height = question.height;
  if ((width > 0 && width < limits.min_width) || (height > 0 && height < limits.min_height)) {
    return "Pictures smaller than " + size(limits.min_width, limits.min_height) +
           " are not decoded";
  }
  if ((limits.max_width > 0 && width > limits.max_width) ||
      (limits.max_height > 0 && height > limits.max_height)) {
    return "Pictures larger than " + size(limits.max_width, limits.max_height) + " are not decoded";
  }
  const uint64_t macroblocks = uint64_t{width} * height / 256;
  if (limits.max_macroblocks > 0 && macroblocks > limits.max_macroblocks) {
    return "Pictures of more than " + std::to_string(limits.max_macroblocks) +
           " macroblocks are not decoded";
  }
  if (!fits_in_memory(width, height)) return "A picture of this size is larger than libav takes";
  return {};
}

CufDecoderSupport answer_to(const DecoderQuestion& question) {
  DecoderPort* port = &libav::backend();
  std::shared_ptr<GpuPort> gpu;
  if (question.backend == CUF_BACKEND_CUDA) {
    gpu = cuda::open_gpu({.gpu = require_gpu(question.ordinal).gpu});
    port = gpu.get();
  }
  const DecoderLimits limits =
      port->decoder_support(question.codec, question.chroma, question.depth);
  std::string reason = limits.reason;
  if (limits.is_supported) reason = size_refusal(question, limits);
  CufDecoderSupport support{};
  support.is_supported = reason.empty();
  support.min_width = limits.min_width;
  support.min_height = limits.min_height;
  support.max_width = limits.max_width;
  support.max_height = limits.max_height;
  support.max_macroblocks = limits.max_macroblocks;
  support.decode_engines = limits.engines;
  support.native_format = static_cast<uint32_t>(native_format_of(question.chroma, question.depth));
  const auto with_stats = port->decode_stats_codecs();
  support.has_decode_stats =
      support.is_supported && std::ranges::find(with_stats, question.codec) != with_stats.end();
  put_text(support.implementation, limits.implementation);
  put_text(support.reason, reason);
  return support;
}

// The GPU that a device decodes on; none for the CPU's.
DeviceGpu gpu_for(const CufDeviceDesc& options) {
  const bool is_automatic = options.backend == CUF_BACKEND_AUTO;
  const bool is_wanted = options.backend == CUF_BACKEND_CUDA || options.cuda_context != 0;
  if (options.backend == CUF_BACKEND_CPU) {
    require(options.ordinal == 0, "The cpu backend has the one adapter 0");
    return {};
  }
  if (is_automatic && !is_wanted && installed_gpus().gpus.empty()) return {};
  const cuda::Adapter& adapter = require_gpu(options.ordinal);
  try {
    auto port = cuda::open_gpu({.gpu = adapter.gpu,
                                .context = options.cuda_context,
                                .memory_budget_bytes = options.memory_budget_bytes});
    const auto ordinal = static_cast<uint32_t>(port->ordinal());
    return {.port = std::move(port),
            .ordinal = ordinal,
            .engines = adapter.decode_engines,
            .falls_back = is_automatic};
  } catch (const Error& error) {
    if (is_wanted) throw;
    log(LogLevel::warn, "device", "GPU ", adapter.gpu, " cannot be used: ", error.what());
    return {};
  }
}

std::shared_ptr<Device> make_device(const CufDeviceDesc& options,
                                    std::shared_ptr<CompletionQueue> queue) {
  const uint32_t threads = options.threads == 0 ? processor_count() : options.threads;
  DeviceGpu gpu = gpu_for(options);
  uint64_t budget = options.memory_budget_bytes;
  if (budget == 0) {
    budget = default_budget();
    if (gpu.port) budget += require_gpu(gpu.ordinal).memory_bytes;
  }
  auto device = std::make_shared<Device>(std::move(queue), libav::backend(), threads, budget,
                                         std::move(gpu), options.event_ticket);
  log(LogLevel::info, "device", "Made a device on ",
      device->gpu.port ? "GPU " + std::to_string(device->gpu.ordinal) : std::string("the CPU"),
      ": ", threads, " threads, a memory budget of ", budget, " bytes; ",
      libav::backend().versions());
  return device;
}

void put_gpu_stats(CufDeviceStats& stats, const GpuMemoryStats& memory) {
  stats.gpu_frame_bytes = memory.live_bytes;
  stats.gpu_pooled_bytes = memory.kept_bytes;
  stats.gpu_decoder_bytes = memory.decoder_bytes;
  stats.gpu_peak_bytes = memory.peak_bytes;
  stats.gpu_allocations = memory.allocations;
  stats.pinned_bytes = memory.pinned_kept_bytes;
}

}  // namespace

extern "C" {

int32_t cuf_adapter_scan(uint32_t queue, uint32_t ticket) {
  return guarded(nullptr, [&] {
    auto work = object_of<CompletionQueue>(queue)->open_ticket(ticket);
    run_on_pool([work] {
      libav::backend();
      work->complete(static_cast<int64_t>(installed_gpus().gpus.size()) + 1);
    });
    return CUF_OK;
  });
}

int32_t cuf_adapter_list(CufAdapterInfo* out, uint32_t capacity) {
  return guarded(nullptr, [&] {
    require_buffer(out, capacity);
    const cuda::Adapters& found = known_gpus();
    std::vector<CufAdapterInfo> all;
    for (const cuda::Adapter& gpu : found.gpus) all.push_back(adapter_info_of(gpu));
    all.push_back(processor_info(found.reason));
    const auto count = std::min<size_t>(capacity, all.size());
    std::copy_n(all.begin(), count, out);
    return static_cast<int32_t>(count);
  });
}

int32_t cuf_adapter_query(uint32_t queue, const CufDecoderQuery* query, uint32_t ticket,
                          CufError* error) {
  return guarded(error, [&] {
    const DecoderQuestion question = question_of(read_struct(query));
    auto work = object_of<CompletionQueue>(queue)->open_ticket(ticket);
    run_on_pool([question, queue, work] {
      work->attempt([&] {
        auto answer = std::make_shared<DecoderAnswer>(answer_to(question));
        work->complete(Registry::instance().add(std::move(answer), queue));
      });
    });
    return CUF_OK;
  });
}

int32_t cuf_answer_decoder_support(uint32_t answer, CufDecoderSupport* out) {
  return guarded(nullptr, [&] {
    write_struct(out, object_of<DecoderAnswer>(answer)->support);
    return CUF_OK;
  });
}

int32_t cuf_device_create(uint32_t queue, const CufDeviceDesc* desc, uint32_t ticket,
                          CufError* error) {
  return guarded(error, [&] {
    const CufDeviceDesc options = read_struct(desc);
    require(options.backend <= CUF_BACKEND_CUDA, "Unknown backend; auto, cpu and cuda exist");
    require(options.backend != CUF_BACKEND_CPU || options.cuda_context == 0,
            "A CUDA context is for the cuda backend");
    require(options.threads <= kMostThreads, "threads is at most 256");
    auto completions = object_of<CompletionQueue>(queue);
    auto work = completions->open_ticket(ticket);
    run_on_pool([options, queue, completions, work] {
      work->attempt([&] {
        auto device = make_device(options, completions);
        device->handle = Registry::instance().add(device, queue);
        device->queue_handle = queue;
        work->complete(device->handle);
      });
    });
    return CUF_OK;
  });
}

int32_t cuf_device_info(uint32_t device, CufDeviceInfo* out) {
  return guarded(nullptr, [&] {
    auto target = object_of<Device>(device);
    CufDeviceInfo info{};
    info.backend = static_cast<uint32_t>(target->kind());
    info.ordinal = target->gpu.ordinal;
    info.threads = target->threads;
    info.memory_budget_bytes = target->budget->limit();
    if (target->gpu.port) info.cuda_context = target->gpu.port->context();
    info.falls_back = target->gpu.falls_back;
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
    stats.live_encoders = counters.live_encoders;
    stats.live_muxers = counters.live_muxers;
    stats.live_transcoders = counters.live_transcoders;
    stats.live_handles = stats.live_demuxers + stats.live_decoders + stats.live_encoders +
                         stats.live_frames + stats.live_sources + stats.live_samplers +
                         stats.live_muxers + counters.live_sinks + stats.live_transcoders;
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
    if (target->gpu.port) put_gpu_stats(stats, target->gpu.port->memory_stats());
    write_struct(out, stats);
    return CUF_OK;
  });
}

}  // extern "C"
