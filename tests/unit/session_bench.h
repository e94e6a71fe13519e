#pragma once

#include <cstdint>
#include <memory>

#include "core/completion_queue.h"
#include "core/device.h"
#include "core/registry.h"

// Of devices that open nothing.
class NoBackend : public cuf::BackendPort {
 public:
  std::unique_ptr<cuf::Demuxer> open_demuxer(const cuf::DemuxerOptions&) override {
    return nullptr;
  }
  std::unique_ptr<cuf::Decoder> create_decoder(const cuf::DecoderOptions&) override {
    return nullptr;
  }
  cuf::DecoderLimits decoder_support(const std::string&, cuf::ChromaFormat, uint32_t) override {
    return {};
  }
  std::string versions() const override { return ""; }
  std::string license() const override { return ""; }
};

// A device of a script that waits for each of its calls.
struct SessionBench {
  std::shared_ptr<cuf::CompletionQueue> queue = std::make_shared<cuf::CompletionQueue>();
  std::shared_ptr<cuf::Device> device;
  uint32_t last_ticket = 0;

  explicit SessionBench(cuf::BackendPort& backend, cuf::DeviceGpu gpu = {})
      : device(std::make_shared<cuf::Device>(queue, backend, 2, UINT64_MAX, std::move(gpu))) {
    device->queue_handle = cuf::Registry::instance().add(queue, 0);
    device->handle = cuf::Registry::instance().add(device, device->queue_handle);
  }
  SessionBench(const SessionBench&) = delete;
  ~SessionBench() { cuf::Registry::instance().close(device->queue_handle); }

  std::shared_ptr<cuf::Ticket> ticket() { return queue->open_ticket(++last_ticket); }

  // The next completion of the newest ticket; source events in between are skipped.
  cuf::Completion wait() {
    for (;;) {
      cuf::Completion record[1];
      if (queue->poll(record) == 0) {
        queue->wait();
      } else if (record[0].ticket == last_ticket) {
        return record[0];
      }
    }
  }

  // The next completion of whatever ticket.
  cuf::Completion event() {
    for (;;) {
      cuf::Completion record[1];
      if (queue->poll(record) == 1) return record[0];
      queue->wait();
    }
  }
  bool has_event() {
    cuf::Completion record[1];
    return queue->poll(record) == 1;
  }
};
