#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "core/completion_queue.h"
#include "core/decoder_pool.h"
#include "core/frame_memory.h"
#include "core/ports.h"
#include "core/registry.h"

namespace cuf {

struct DeviceCounters {
  std::atomic<uint32_t> live_demuxers = 0;
  std::atomic<uint32_t> live_decoders = 0;
  std::atomic<uint32_t> live_encoders = 0;
  std::atomic<uint32_t> live_frames = 0;
  std::atomic<uint32_t> live_sources = 0;
  std::atomic<uint32_t> live_samplers = 0;
  std::atomic<uint32_t> live_capsules = 0;
  std::atomic<uint32_t> live_transcoders = 0;
  std::atomic<uint32_t> live_muxers = 0;
  std::atomic<uint32_t> live_sinks = 0;
  std::atomic<uint64_t> frame_bytes = 0;
  std::atomic<uint64_t> quarantined_bytes = 0;
  std::atomic<uint64_t> bytes_read = 0;
  std::atomic<uint64_t> packets_decoded = 0;
  std::atomic<uint64_t> frames_decoded = 0;
  std::atomic<uint64_t> decoders_created = 0;
  std::atomic<uint64_t> decoders_reused = 0;
  std::atomic<uint64_t> index_cache_hits = 0;
};

// Where pictures are decoded, unless that is the CPU.
struct DeviceGpu {
  std::shared_ptr<GpuPort> port;
  uint32_t ordinal = 0;
  uint32_t engines = 0;     // that decode beside each other
  bool falls_back = false;  // what it does not support is decoded by the CPU
};

// What a script's device stands for: one backend, its memory and its counters, shared by all that
// was made from it.
class Device : public Object, public std::enable_shared_from_this<Device> {
 public:
  static constexpr ObjectKind kKind = ObjectKind::device;

  Device(std::shared_ptr<CompletionQueue> queue, BackendPort& backend, uint32_t threads,
         uint64_t memory_budget = UINT64_MAX, DeviceGpu gpu = {}, uint32_t event_ticket = 0)
      : Object(kKind),
        queue(std::move(queue)),
        event_ticket(event_ticket),
        end_(*this),
        backend(backend),
        threads(threads),
        gpu(std::move(gpu)),
        budget(MemoryBudget::of_device(memory_budget)),
        memory(std::make_shared<FrameMemory>(budget)),
        decoders(std::make_shared<DecoderPool>(this->gpu.port == nullptr)) {
    budget->reclaim_from(decoders);
    budget->reclaim_from(memory);
    if (this->gpu.port) this->gpu.port->reclaim_from(decoders);
  }

  // Closing a device closes its demuxers, decoders and sources; frames live until they are closed.
  void close() noexcept override;

  std::unique_ptr<Decoder> create_decoder(const DecoderOptions& options) const;
  Backend kind() const { return gpu.port ? Backend::cuda : Backend::cpu; }
  // Throws Error(unsupported) if no decoder of the codec here exports statistics.
  void require_decode_stats(const std::string& codec) const;
  // Whatever failed here: if it tells that the GPU is lost, the device's owner is told, once.
  void note_failure(const Error& error) noexcept;
  // Runs work of a ticket, which failures end, as Ticket::attempt does.
  template <typename Work>
  void attempt(Ticket& ticket, Work&& work) noexcept {
    ticket.attempt([&] {
      try {
        work();
      } catch (const Error& error) {
        note_failure(error);
        throw;
      }
    });
  }

  // A picture has at least a byte for each, so a larger one is never wanted.
  int64_t most_pixels() const {
    return static_cast<int64_t>(std::min<uint64_t>(budget->limit(), INT32_MAX));
  }

  const std::shared_ptr<CompletionQueue> queue;
  const uint32_t event_ticket;

 private:
  // Told when what is declared below is gone: the last thing that a script's own CUDA context waits
  // for.
  struct End {
    explicit End(const Device& device) : device(device) {}
    ~End() { device.tell(CompletionKind::device_gone); }
    const Device& device;
  };
  const End end_;
  bool tell(CompletionKind kind) const noexcept;

 public:
  BackendPort& backend;
  const uint32_t threads;
  const DeviceGpu gpu;
  const std::shared_ptr<MemoryBudget> budget;
  const std::shared_ptr<FrameMemory> memory;
  const std::shared_ptr<DecoderPool> decoders;
  uint32_t handle = 0;
  uint32_t queue_handle = 0;
  DeviceCounters counters;

 private:
  std::atomic<bool> is_lost_ = false;
};

// Gives an object of the device its handle. It is counted as live from here to its close(), so that
// an object whose opening failed was never counted.
inline uint32_t register_counted(std::shared_ptr<Object> object, const Device& device,
                                 std::atomic<uint32_t>& live) {
  ++live;
  try {
    return Registry::instance().add(std::move(object), device.handle);
  } catch (...) {
    --live;
    throw;
  }
}

}  // namespace cuf
